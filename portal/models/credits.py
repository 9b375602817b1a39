"""Carbon credits and sinks of enterprises, and the serials that no two of them may share."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.credits import CreditKind
from portal.domain.periods import now
from portal.models.base import Base
from portal.models.evidence import Evidence
from portal.models.types import DecimalText, UtcDateTime, choice


class Credit(Base):
    """A cancelled block of credits; stands still while a signed dossier uses it (triggers)."""

    __tablename__ = "credits"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    kind: Mapped[CreditKind] = mapped_column(choice(CreditKind))
    registry_name: Mapped[str] = mapped_column(sa.String(120))
    project_id: Mapped[str] = mapped_column(sa.String(80))
    project_name: Mapped[str] = mapped_column(sa.String(200))
    methodology: Mapped[str] = mapped_column(sa.String(120))
    vintage: Mapped[int]
    #: As the registry writes them; ``serial_to`` is "" for a single serial.
    serial_from: Mapped[str] = mapped_column(sa.String(200))
    serial_to: Mapped[str] = mapped_column(sa.String(200))
    #: tCO2e.
    quantity: Mapped[Decimal] = mapped_column(DecimalText)
    cancelled_on: Mapped[date]
    beneficiary: Mapped[str] = mapped_column(sa.String(200))
    #: The registry's proof that they were cancelled.
    evidence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("evidence.id"))
    #: The neutrality dossier that uses them; later editions of it use them too.
    dossier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("dossiers.id"), index=True)
    row_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))

    evidence: Mapped[Evidence | None] = relationship()


class CreditSerials(Base):
    """The serials of a credit as they are compared; a trigger refuses a block that overlaps another."""

    __tablename__ = "credit_serials"
    __table_args__ = (
        sa.UniqueConstraint("registry_key", "series", "first_number"),
        sa.CheckConstraint("first_number <= last_number", name="forwards"),
    )

    credit_id: Mapped[int] = mapped_column(sa.ForeignKey("credits.id"), primary_key=True)
    registry_key: Mapped[str] = mapped_column(sa.String(120))
    series: Mapped[str] = mapped_column(sa.String(200))
    first_number: Mapped[int] = mapped_column(sa.BigInteger)
    last_number: Mapped[int] = mapped_column(sa.BigInteger)
