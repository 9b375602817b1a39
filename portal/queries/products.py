"""Products as their pages show them: the list, one product, its system, its footprints."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.accounting.comparison import Comparison, compare, differences
from portal.accounting.footprint_result import FootprintResult
from portal.accounting.footprint_stored import stored_footprint
from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.models.organisations import Organisation
from portal.models.products import Product, ProductFootprint, ProductSystem
from portal.models.records import MonthlyRecord
from portal.queries.access import require
from portal.queries.jobs import JobView, newest_job

#: Kind of the job that works out a system with a simulation.
CALCULATION = "calculate_footprint"


@dataclass(frozen=True)
class ProductLine:
    """One product in the list, with its newest footprint."""

    id: int
    name: str
    model: str
    unit_words: str
    boundary: str
    total: Decimal | None
    period: str
    computed_at: datetime | None
    system: int | None


@dataclass(frozen=True)
class ProductList:
    """The products of an enterprise."""

    enterprise_id: int
    enterprise_name: str
    lines: tuple[ProductLine, ...]
    can_edit: bool


@dataclass(frozen=True)
class FootprintFacts:
    """A stored footprint as plain data, for pages, dossiers and exports."""

    id: int
    product_id: int
    enterprise_id: int
    enterprise_name: str
    uscc: str
    system_number: int
    first_month: str
    last_month: str
    computed_at: datetime
    computed_by: str
    input_sha256: str
    total: Decimal
    product: Mapping[str, Any]
    payload: Mapping[str, Any]
    result: Mapping[str, Any]
    sources: Mapping[str, Any]
    #: Months of which another version is official by now.
    restated: tuple[str, ...]

    @property
    def read(self) -> FootprintResult:
        """The result as the engine gave it."""
        return stored_footprint(self.result)


@dataclass(frozen=True)
class SystemFacts:
    """A version of a product's system as it was entered."""

    id: int
    number: int
    first_month: str
    last_month: str
    payload: Mapping[str, Any]
    note: str
    row_version: int
    updated_at: datetime
    updated_by: str
    frozen: bool


@dataclass(frozen=True)
class ProductPage:
    """A product with its system and footprints, newest first."""

    id: int
    enterprise_id: int
    enterprise_name: str
    facts: Mapping[str, Any]
    row_version: int
    system: SystemFacts | None
    footprints: tuple[FootprintFacts, ...]
    job: JobView | None
    can_edit: bool

    @property
    def title(self) -> str:
        """Name and model."""
        return f"{self.facts['name']} {self.facts['model']}".strip()


@dataclass(frozen=True)
class Compared:
    """Two footprints beside each other; ``differing`` says why they cannot be compared."""

    earlier: FootprintFacts
    comparison: Comparison | None
    differing: tuple[str, ...]


#: What a footprint keeps of its product.
PRODUCT_FACTS = (
    *("name", "model", "functional", "unit_amount", "unit", "unit_words", "mass", "hs_code", "cn_code"),
    *("boundary", "rules", "place", "country", "description", "details"),
)


def product_list(session: Session, actor: Actor, enterprise_id: int) -> ProductList:
    """All products of an enterprise by name; raises NotFound or Refused."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    name = session.scalars(sa.select(Organisation.name).where(Organisation.id == enterprise_id)).one()
    products = session.scalars(
        sa.select(Product).where(Product.enterprise_id == enterprise_id).order_by(Product.name, Product.id)
    ).all()
    ids = [product.id for product in products]
    newest = _newest(session, ids)
    systems = dict(
        session.execute(
            sa.select(ProductSystem.product_id, sa.func.max(ProductSystem.number))
            .where(ProductSystem.product_id.in_(ids))
            .group_by(ProductSystem.product_id)
        ).all()
    )
    lines = tuple(_line(product, newest.get(product.id), systems.get(product.id)) for product in products)
    return ProductList(enterprise_id, name, lines, actor.may(Permission.PRODUCT_EDIT))


def _newest(session: Session, ids: list[int]) -> dict[int, Any]:
    last = (
        sa.select(sa.func.max(ProductFootprint.id))
        .where(ProductFootprint.product_id.in_(ids))
        .group_by(ProductFootprint.product_id)
    )
    rows = session.execute(
        sa.select(
            ProductFootprint.product_id,
            ProductFootprint.total,
            ProductFootprint.first_month,
            ProductFootprint.last_month,
            ProductFootprint.computed_at,
        ).where(ProductFootprint.id.in_(last))
    )
    return {row.product_id: row for row in rows}


def _line(product: Product, footprint: Any, system: int | None) -> ProductLine:
    return ProductLine(
        id=product.id,
        name=product.name,
        model=product.model,
        unit_words=product.unit_words or f"{product.unit_amount} {product.unit}",
        boundary=product.boundary.value,
        total=footprint.total if footprint else None,
        period=f"{footprint.first_month}/{footprint.last_month}" if footprint else "",
        computed_at=footprint.computed_at if footprint else None,
        system=system,
    )


def product_page(session: Session, actor: Actor, enterprise_id: int, product_id: int) -> ProductPage:
    """One product; raises NotFound for another enterprise's."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    product = find_product(session, enterprise_id, product_id)
    system = newest_system(session, product_id)
    footprints = session.scalars(
        _footprints().where(ProductFootprint.product_id == product_id).order_by(ProductFootprint.id.desc())
    ).all()
    official = _official(session, enterprise_id)
    return ProductPage(
        id=product.id,
        enterprise_id=enterprise_id,
        enterprise_name=product.enterprise.name,
        facts=facts_of(product),
        row_version=product.row_version,
        system=_system_facts(session, system) if system else None,
        footprints=tuple(_facts(entry, official) for entry in footprints),
        job=newest_job(session, CALCULATION, system.id) if system else None,
        can_edit=actor.may(Permission.PRODUCT_EDIT),
    )


def footprint_of(session: Session, actor: Actor, enterprise_id: int, footprint_id: int) -> FootprintFacts:
    """One stored footprint; raises NotFound for another enterprise's."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    found = session.scalar(_footprints().where(ProductFootprint.id == footprint_id))
    if found is None or found.product.enterprise_id != enterprise_id:
        raise NotFound
    return _facts(found, _official(session, enterprise_id))


def newest_footprint(
    session: Session, product_id: int, first: str = "", last: str = ""
) -> FootprintFacts | None:
    """The newest stored footprint of a product, of exactly this period when one is given.

    The caller has authorised the reader.
    """
    query = _footprints().where(ProductFootprint.product_id == product_id)
    if first:
        query = query.where(ProductFootprint.first_month == first, ProductFootprint.last_month == last)
    found = session.scalars(query.order_by(ProductFootprint.id.desc()).limit(1)).first()
    return _facts(found, _official(session, found.product.enterprise_id)) if found else None


def earlier_footprint(session: Session, present: FootprintFacts) -> FootprintFacts | None:
    """The newest footprint of the same product about a period that began before; None when there is none.

    The caller has authorised the reader.
    """
    found = session.scalars(
        _footprints()
        .where(
            ProductFootprint.product_id == present.product_id,
            ProductFootprint.first_month < present.first_month,
        )
        .order_by(ProductFootprint.first_month.desc(), ProductFootprint.id.desc())
        .limit(1)
    ).first()
    return _facts(found, _official(session, present.enterprise_id)) if found else None


def compared(present: FootprintFacts, earlier: FootprintFacts) -> Compared:
    """Both beside each other, or what keeps them from being compared."""
    here, there = present.read, earlier.read
    differing = differences(there, here)
    return Compared(earlier, None if differing else compare(there, here), differing)


def find_product(session: Session, enterprise_id: int, product_id: int) -> Product:
    """The enterprise's product; raises NotFound for another's."""
    product = session.get(Product, product_id)
    if product is None or product.enterprise_id != enterprise_id:
        raise NotFound
    return product


def newest_system(session: Session, product_id: int) -> ProductSystem | None:
    """The last version of a product's system."""
    return session.scalars(
        sa.select(ProductSystem)
        .where(ProductSystem.product_id == product_id)
        .options(joinedload(ProductSystem.updated_by))
        .order_by(ProductSystem.number.desc())
        .limit(1)
    ).first()


def rests(session: Session, system_id: int) -> bool:
    """Whether a footprint rests on this version of a system."""
    return bool(session.scalar(sa.select(sa.exists().where(ProductFootprint.system_id == system_id))))


def facts_of(product: Product) -> dict[str, Any]:
    """What a footprint keeps of its product: texts."""
    told: dict[str, Any] = {key: getattr(product, key) for key in PRODUCT_FACTS}
    told["unit_amount"] = format(product.unit_amount, "f")
    told["mass"] = "" if product.mass is None else format(product.mass, "f")
    told["boundary"] = product.boundary.value
    return told


def _footprints() -> sa.Select[ProductFootprint]:
    return sa.select(ProductFootprint).options(
        joinedload(ProductFootprint.product).joinedload(Product.enterprise),
        joinedload(ProductFootprint.system),
        joinedload(ProductFootprint.computed_by),
    )


def _official(session: Session, enterprise_id: int) -> dict[str, int | None]:
    rows = session.execute(
        sa.select(MonthlyRecord.month, MonthlyRecord.official_version_id).where(
            MonthlyRecord.enterprise_id == enterprise_id
        )
    )
    return dict(rows.all())


def _facts(row: ProductFootprint, official: Mapping[str, int | None]) -> FootprintFacts:
    return FootprintFacts(
        id=row.id,
        product_id=row.product_id,
        enterprise_id=row.product.enterprise_id,
        enterprise_name=row.product.enterprise.name,
        uscc=row.product.enterprise.uscc,
        system_number=row.system.number,
        first_month=row.first_month,
        last_month=row.last_month,
        computed_at=row.computed_at,
        computed_by=row.computed_by.name,
        input_sha256=row.input_sha256,
        total=row.total,
        product=row.product_facts,
        payload=row.payload,
        result=row.result,
        sources=row.sources,
        restated=tuple(
            entry["month"]
            for entry in row.sources["months"]
            if official.get(entry["month"]) != entry["version_id"]
        ),
    )


def _system_facts(session: Session, system: ProductSystem) -> SystemFacts:
    return SystemFacts(
        id=system.id,
        number=system.number,
        first_month=system.first_month,
        last_month=system.last_month,
        payload=system.payload,
        note=system.note,
        row_version=system.row_version,
        updated_at=system.updated_at,
        updated_by=system.updated_by.name,
        frozen=rests(session, system.id),
    )
