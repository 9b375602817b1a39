"""A stored footprint with all that the PACT format tells of it beside its figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import Month
from portal.dossiers.pact import FootprintFacts, identifier
from portal.models.products import ProductFootprint
from portal.queries.products import FootprintFacts as StoredFootprint
from portal.queries.products import footprint_of
from portal.reference.factors import load_grid

#: Our words of an allocation's method, as the format has free text.
_METHODS: Mapping[str, str] = {"mass": "按质量分配", "energy": "按能量分配", "economic": "按经济价值分配"}


@dataclass(frozen=True)
class Told:
    """What a person says at the export: kg and kgCO2e per unit; None is not said."""

    mass: Decimal | None
    fossil_carbon: Decimal | None
    biogenic_carbon: Decimal | None = None
    packaging_included: bool | None = None
    packaging: Decimal | None = None


def exported_footprint(
    session: Session, actor: Actor, enterprise_id: int, footprint_id: int, told: Told
) -> FootprintFacts:
    """The footprint as ``to_pact`` takes it; raises NotFound for another enterprise's."""
    stored = footprint_of(session, actor, enterprise_id, footprint_id)
    versions = _versions(session, stored)
    product = stored.product
    return FootprintFacts(
        id=_id(stored.id, stored.input_sha256),
        created=stored.computed_at,
        active=versions[-1][0] == stored.id,
        preceding=tuple(_id(*version) for version in versions if version[0] < stored.id),
        valid_from=None,
        valid_until=None,
        company=stored.enterprise_name,
        uscc=stored.uscc,
        product_id=identifier("product", stored.uscc, stored.product_id),
        product=f"{product['name']} {product['model']}".strip(),
        description=product["description"] or product["unit_words"] or product["name"],
        cn_code=product["cn_code"],
        hs_code=product["hs_code"],
        unit=product["unit"],
        amount=Decimal(product["unit_amount"]),
        mass=told.mass,
        first=Month.parse(stored.first_month).first,
        until=Month.parse(stored.last_month).next().first,
        country=product["country"],
        rules=product["rules"],
        boundary="；".join(_processes(stored.payload)),
        allocation="；".join(_allocations(stored.payload)),
        result=stored.result,
        factors=tuple(dict.fromkeys(_factors(stored.payload))),
        fossil_carbon=told.fossil_carbon,
        biogenic_carbon=told.biogenic_carbon,
        packaging_included=told.packaging_included,
        packaging=told.packaging,
    )


def _versions(session: Session, stored: StoredFootprint) -> list[tuple[int, str]]:
    """All footprints of the same product about the same period, oldest first: a newer one replaces them."""
    rows = session.execute(
        sa.select(ProductFootprint.id, ProductFootprint.input_sha256)
        .where(
            ProductFootprint.product_id == stored.product_id,
            ProductFootprint.first_month == stored.first_month,
            ProductFootprint.last_month == stored.last_month,
        )
        .order_by(ProductFootprint.id)
    )
    return [(row.id, row.input_sha256) for row in rows]


def _id(footprint_id: int, input_sha256: str) -> str:
    return identifier("footprint", footprint_id, input_sha256)


def _processes(payload: Mapping[str, Any]) -> Iterator[str]:
    """Names of the processes that were modelled; those that only carry a factor are inputs of them."""
    for process in payload["processes"]:
        if "factor" not in process:
            yield process.get("name") or process["id"]


def _allocations(payload: Mapping[str, Any]) -> Iterator[str]:
    for process in payload["processes"]:
        if "allocation" in process:
            method = process["allocation"]["method"]
            yield f"{process.get('name') or process['id']}：{_METHODS.get(method, method)}"


def _factors(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and version of each source of background factors; a source that tells no version has none."""
    for process in payload["processes"]:
        factor = process.get("factor", {})
        if "grid" in factor:
            grid = factor["grid"]
            value = load_grid(grid["family"]).factors.get((int(grid["year"]), grid["area"]))
            yield str(value.source) if value else f"{grid['family']} {grid['area']}", str(grid["year"])
        elif factor.get("source"):
            yield factor["source"], "not stated"
