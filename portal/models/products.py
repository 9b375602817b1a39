"""Products, their product systems, the footprints worked out from them, and footprints of suppliers."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.products import Boundary
from portal.models import triggers  # noqa: F401 - its functions are made before they are used here
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.types import DecimalText, UtcDateTime, choice
from portal.models.users import User


class Product(Base):
    """What an enterprise makes and tells the footprint of, per declared or functional unit."""

    __tablename__ = "products"
    __table_args__ = (sa.UniqueConstraint("enterprise_id", "name", "model"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    model: Mapped[str] = mapped_column(sa.String(120))
    #: Whether the unit says what the product does (functional) or only how much of it (declared).
    functional: Mapped[bool] = mapped_column(default=False)
    unit_amount: Mapped[Decimal] = mapped_column(DecimalText)
    #: Symbol as portal.domain.quantities knows it: kg, m2, kWh, 个.
    unit: Mapped[str] = mapped_column(sa.String(30))
    #: The unit in words, such as 1 kg 染色面料.
    unit_words: Mapped[str] = mapped_column(sa.String(200), default="")
    #: Kilograms of product in one unit; None while nobody has weighed it.
    mass: Mapped[Decimal | None] = mapped_column(DecimalText)
    hs_code: Mapped[str] = mapped_column(sa.String(20), default="")
    #: Combined nomenclature of the EU, for exports that ask for it.
    cn_code: Mapped[str] = mapped_column(sa.String(20), default="")
    boundary: Mapped[Boundary] = mapped_column(choice(Boundary), default=Boundary.CRADLE_TO_GATE)
    #: Product rules that the footprint follows; two footprints compare only under the same.
    rules: Mapped[str] = mapped_column(sa.String(300), default="")
    #: Where it is made, in words, and as ISO 3166-1 alpha-2.
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    country: Mapped[str] = mapped_column(sa.String(2), default="CN")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    #: What exports ask for beyond this: key → text, see portal.domain.products.DETAILS.
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    row_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))

    enterprise: Mapped[Organisation] = relationship()


class ProductSystem(Base):
    """Version n of a product's system; once a footprint rests on it, the next change makes version n + 1."""

    __tablename__ = "product_systems"
    __table_args__ = (sa.UniqueConstraint("product_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    number: Mapped[int]
    #: First and last month whose figures it takes, such as 2025-10.
    first_month: Mapped[str] = mapped_column(sa.String(7))
    last_month: Mapped[str] = mapped_column(sa.String(7))
    #: Processes as ``portal footprint`` takes them, with references to months: portal.domain.products.
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    row_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))

    product: Mapped[Product] = relationship()
    updated_by: Mapped[User] = relationship()


class ProductFootprint(Base):
    """A footprint as it was worked out: what went in, what came out, from which filed versions. Frozen."""

    __tablename__ = "product_footprints"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), index=True)
    system_id: Mapped[int] = mapped_column(sa.ForeignKey("product_systems.id"), index=True)
    first_month: Mapped[str] = mapped_column(sa.String(7))
    last_month: Mapped[str] = mapped_column(sa.String(7))
    #: Input of ``portal footprint`` with every reference resolved, and what the command gives back.
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    result: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: What the references were resolved to: filed months, factors, supplier footprints, one row a figure.
    sources: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: The product as it was then.
    product_facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: kgCO2e per unit.
    total: Mapped[Decimal] = mapped_column(DecimalText)
    #: SHA-256 of the canonical payload.
    input_sha256: Mapped[str] = mapped_column(sa.String(64))
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    computed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))

    product: Mapped[Product] = relationship()
    system: Mapped[ProductSystem] = relationship()
    computed_by: Mapped[User] = relationship()


class SupplierFootprint(Base):
    """A footprint that a supplier sent as PACT JSON. Never changed: a newer file is a newer row."""

    __tablename__ = "supplier_footprints"
    __table_args__ = (sa.UniqueConstraint("enterprise_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    #: Id of the footprint in the supplier's own system.
    pact_id: Mapped[str] = mapped_column(sa.String(100))
    spec_version: Mapped[str] = mapped_column(sa.String(20))
    supplier: Mapped[str] = mapped_column(sa.String(200))
    product: Mapped[str] = mapped_column(sa.String(300))
    #: Declared unit as the file names it, and how much of it the footprint is for.
    unit: Mapped[str] = mapped_column(sa.String(30))
    amount: Mapped[Decimal] = mapped_column(DecimalText)
    #: kgCO2e per declared unit amount.
    pcf_excluding_biogenic_uptake: Mapped[Decimal] = mapped_column(DecimalText)
    pcf_including_biogenic_uptake: Mapped[Decimal] = mapped_column(DecimalText)
    period_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    period_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    geography: Mapped[str] = mapped_column(sa.String(60), default="")
    #: Per cent.
    primary_data_share: Mapped[Decimal | None] = mapped_column(DecimalText)
    raw: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: Of the bytes that came.
    sha256: Mapped[str] = mapped_column(sa.String(64))
    #: What does not fit in it, as {"code", "path", "message", "params"}.
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    imported_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))

    imported_by: Mapped[User] = relationship()


#: Rows that are never changed and never removed.
APPEND_ONLY: Final = ("product_footprints", "supplier_footprints")
_RESTS = "EXISTS (SELECT 1 FROM product_footprints f WHERE f.system_id = OLD.id)"
_WORDS = "a product system with footprints is frozen"


def sqlite_triggers() -> list[str]:
    """CREATE TRIGGER statements for SQLite."""
    verbs = ("update", "delete")
    return [
        *(
            f"CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} rows are frozen'); END"
            for table in APPEND_ONLY
            for verb in verbs
        ),
        *(
            f"CREATE TRIGGER product_systems_frozen_{verb} BEFORE {verb.upper()} ON product_systems "
            f"WHEN {_RESTS} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            for verb in verbs
        ),
    ]


def postgresql_triggers() -> list[str]:
    """CREATE FUNCTION and CREATE TRIGGER statements for PostgreSQL."""
    return [
        "CREATE FUNCTION refuse_change_of_product_system() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_RESTS} THEN RAISE EXCEPTION '{_WORDS}'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        *(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            for table in APPEND_ONLY
        ),
        "CREATE TRIGGER product_systems_frozen BEFORE UPDATE OR DELETE ON product_systems "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_product_system()",
    ]


def _attach() -> None:
    for dialect, statements in (("sqlite", sqlite_triggers()), ("postgresql", postgresql_triggers())):
        for statement in statements:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


_attach()
