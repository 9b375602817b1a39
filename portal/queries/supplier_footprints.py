"""Suppliers' footprints as their pages show them, and where they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

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
    rows = _rows(session, enterprise_id)
    return SupplierList(
        enterprise_id=enterprise_id,
        enterprise=session.get_one(Organisation, enterprise_id).name,
        lines=tuple(_line(row, rows) for row in rows[:MOST_LINES]),
        may_edit=actor.may(Permission.PRODUCT_EDIT),
    )


def supplier_page(session: Session, actor: Actor, enterprise_id: int, footprint_id: int) -> SupplierPage:
    """One footprint; raises NotFound for another enterprise's."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    rows = _rows(session, enterprise_id)
    row = next((held for held in rows if held.id == footprint_id), None)
    if row is None:
        raise NotFound
    return SupplierPage(
        enterprise_id=enterprise_id,
        line=_line(row, rows),
        pact_id=row.pact_id,
        spec_version=row.spec_version,
        sha256=row.sha256,
        raw=row.raw,
        warnings=tuple(row.warnings),
        uses=_uses(session, enterprise_id, footprint_id),
    )


def _rows(session: Session, enterprise_id: int) -> list[SupplierFootprint]:
    return list(
        session.scalars(
            sa.select(SupplierFootprint)
            .where(SupplierFootprint.enterprise_id == enterprise_id)
            .options(joinedload(SupplierFootprint.imported_by))
            .order_by(SupplierFootprint.id.desc())
        )
    )


def _line(row: SupplierFootprint, rows: list[SupplierFootprint]) -> SupplierLine:
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
        outdated=_outdated(row, rows, today()),
    )


def _outdated(row: SupplierFootprint, rows: list[SupplierFootprint], day: date) -> str:
    """A file replaces those that it names as preceding, and earlier ones with its own id."""
    if any(row.pact_id in other.raw.get("precedingPfIds", ()) for other in rows if other is not row):
        return "replaced"
    if any(other.pact_id == row.pact_id and other.id > row.id for other in rows):
        return "replaced"
    if row.raw.get("status") == "Deprecated":
        return "deprecated"
    until = str(row.raw.get("validityPeriodEnd", ""))[:10]
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
