"""Suppliers' footprints as their pages show them, and where they are used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import today
from portal.domain.quantities import CONTEXT
from portal.models.organisations import Organisation
from portal.models.products import Product, ProductSystem, SupplierFootprint
from portal.queries.access import require
from portal.reference.pact import load_pact

MOST_LINES = 500


@dataclass(frozen=True)
class SupplierLine:
    """One footprint in the list; ``per_unit`` is kgCO2e without biogenic uptake per ``symbol``."""

    id: int
    supplier: str
    product: str
    unit: str
    symbol: str
    per_unit: Decimal
    period_from: datetime | None
    period_to: datetime | None
    geography: str
    primary_share: Decimal | None
    warnings: int
    imported_at: datetime
    imported_by: str
    #: Why it should not be used any more: deprecated, expired, replaced; "" while it holds.
    outdated: str


@dataclass(frozen=True)
class SupplierList:
    """All footprints that suppliers of an enterprise sent, the newest first."""

    enterprise_id: int
    enterprise: str
    lines: tuple[SupplierLine, ...]
    may_edit: bool


@dataclass(frozen=True)
class Use:
    """A version of a product's system that takes a supplier's footprint as an input."""

    product_id: int
    product: str
    system: int


@dataclass(frozen=True)
class SupplierPage:
    """One footprint with everything that its file says."""

    enterprise_id: int
    line: SupplierLine
    pact_id: str
    spec_version: str
    sha256: str
    raw: Mapping[str, Any]
    warnings: tuple[Mapping[str, Any], ...]
    uses: tuple[Use, ...]


def supplier_list(session: Session, actor: Actor, enterprise_id: int) -> SupplierList:
    """The footprints of an enterprise's suppliers; raises NotFound or Refused."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    held = _held(session, enterprise_id)
    return SupplierList(
        enterprise_id=enterprise_id,
        enterprise=session.get_one(Organisation, enterprise_id).name,
        lines=tuple(_line(entry, held) for entry in held[:MOST_LINES]),
        may_edit=actor.may(Permission.PRODUCT_EDIT),
    )


def supplier_page(session: Session, actor: Actor, enterprise_id: int, footprint_id: int) -> SupplierPage:
    """One footprint; raises NotFound for another enterprise's."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    held = _held(session, enterprise_id)
    found = next((entry for entry in held if entry.row.id == footprint_id), None)
    if found is None:
        raise NotFound
    row = found.row
    return SupplierPage(
        enterprise_id=enterprise_id,
        line=_line(found, held),
        pact_id=row.pact_id,
        spec_version=row.spec_version,
        sha256=row.sha256,
        raw=row.raw,
        warnings=tuple(row.warnings),
        uses=_uses(session, enterprise_id, footprint_id),
    )


class _Held(NamedTuple):
    """A row without its file, and what of the file says whether it still holds."""

    row: SupplierFootprint
    status: str
    valid_until: str | None
    preceding: Sequence[str] | None


def _held(session: Session, enterprise_id: int) -> list[_Held]:
    raw = SupplierFootprint.raw
    rows = session.execute(
        sa.select(
            SupplierFootprint,
            raw["status"].as_string(),
            raw["validityPeriodEnd"].as_string(),
            raw["precedingPfIds"].as_json(),
        )
        .where(SupplierFootprint.enterprise_id == enterprise_id)
        .options(joinedload(SupplierFootprint.imported_by), defer(SupplierFootprint.raw))
        .order_by(SupplierFootprint.id.desc())
    )
    return [_Held(*row) for row in rows]


def _line(held: _Held, all_held: Sequence[_Held]) -> SupplierLine:
    row = held.row
    with localcontext(CONTEXT):
        per_unit = row.pcf_excluding_biogenic_uptake / row.amount
    return SupplierLine(
        id=row.id,
        supplier=row.supplier,
        product=row.product,
        unit=row.unit,
        symbol=load_pact().units.get(row.unit, row.unit),
        per_unit=per_unit,
        period_from=row.period_from,
        period_to=row.period_to,
        geography=row.geography,
        primary_share=row.primary_data_share,
        warnings=len(row.warnings),
        imported_at=row.imported_at,
        imported_by=row.imported_by.name,
        outdated=_outdated(held, all_held, today()),
    )


def _outdated(held: _Held, all_held: Sequence[_Held], day: date) -> str:
    """A file replaces those that it names as preceding, and earlier ones with its own id."""
    pact_id = held.row.pact_id
    if any(pact_id in (other.preceding or ()) for other in all_held if other is not held):
        return "replaced"
    if any(other.row.pact_id == pact_id and other.row.id > held.row.id for other in all_held):
        return "replaced"
    if held.status == "Deprecated":
        return "deprecated"
    until = (held.valid_until or "")[:10]
    return "expired" if until and until < day.isoformat() else ""


def _uses(session: Session, enterprise_id: int, footprint_id: int) -> tuple[Use, ...]:
    systems = session.execute(
        sa.select(Product.id, Product.name, Product.model, ProductSystem.number, ProductSystem.payload)
        .join(ProductSystem, ProductSystem.product_id == Product.id)
        .where(Product.enterprise_id == enterprise_id)
        .order_by(Product.id, ProductSystem.number)
    )
    return tuple(
        Use(product_id, f"{name} {model}".strip(), number)
        for product_id, name, model, number, payload in systems
        if _takes(payload, str(footprint_id))
    )


def _takes(payload: Mapping[str, Any], footprint_id: str) -> bool:
    return any(
        row.get("from") == "supplier" and str(row.get("supplier", "")) == footprint_id
        for process in payload.get("processes", ())
        for row in process.get("inputs", ())
    )
