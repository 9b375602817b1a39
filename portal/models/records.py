"""The month: its record, its versions, their values and their frozen snapshots."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.workflow import Acquisition, Decision, RecordState, Section, VersionKind, VersionStanding
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.plans import PlanVersion
from portal.models.types import DecimalText, UtcDateTime, choice
from portal.models.users import User


class MonthlyRecord(Base):
    """One enterprise, one month, one state; its versions hold the data."""

    __tablename__ = "monthly_records"
    __table_args__ = (sa.UniqueConstraint("enterprise_id", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    #: Such as 2026-10.
    month: Mapped[str] = mapped_column(sa.String(7))
    state: Mapped[RecordState] = mapped_column(
        choice(RecordState), default=RecordState.NOT_STARTED, index=True
    )
    row_version: Mapped[int] = mapped_column(default=1)
    due_on: Mapped[date]
    #: Date by which a returned month must come back.
    amend_due_on: Mapped[date | None]
    #: The version being worked on or last handed in. No foreign key: each table would wait for the other.
    current_version_id: Mapped[int | None]
    #: The accepted version; stays while a restatement is under way.
    official_version_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    enterprise: Mapped[Organisation] = relationship()
    current_version: Mapped["RecordVersion | None"] = relationship(
        primaryjoin="foreign(MonthlyRecord.current_version_id) == RecordVersion.id", viewonly=True
    )
    official_version: Mapped["RecordVersion | None"] = relationship(
        primaryjoin="foreign(MonthlyRecord.official_version_id) == RecordVersion.id", viewonly=True
    )


class RecordVersion(Base):
    """Version 1…n of a month; n+1 is a clone of n with a reason."""

    __tablename__ = "record_versions"
    __table_args__ = (sa.UniqueConstraint("record_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("monthly_records.id"))
    number: Mapped[int]
    kind: Mapped[VersionKind] = mapped_column(choice(VersionKind), default=VersionKind.ORIGINAL)
    standing: Mapped[VersionStanding] = mapped_column(
        choice(VersionStanding), default=VersionStanding.WORKING
    )
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    plan_version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_versions.id"))
    based_on_id: Mapped[int | None] = mapped_column(sa.ForeignKey("record_versions.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: Grows with every change of a value, an evidence link or a note; tells a stale evaluation.
    revision: Mapped[int] = mapped_column(default=1)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ready_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    record: Mapped[MonthlyRecord] = relationship()
    plan: Mapped[PlanVersion] = relationship()
    values: Mapped[list["RecordValue"]] = relationship(back_populates="version")
    sections: Mapped[list["RecordSection"]] = relationship(back_populates="version")
    snapshot: Mapped["Snapshot | None"] = relationship(back_populates="version")


class RecordValue(Base):
    """One cell of a month: a figure (or a text) with how it was obtained."""

    __tablename__ = "record_values"
    __table_args__ = (sa.UniqueConstraint("version_id", "stream_code", "parameter_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"))
    stream_code: Mapped[str] = mapped_column(sa.String(20))
    parameter_key: Mapped[str] = mapped_column(sa.String(40))
    #: None is blank, which is not zero.
    value: Mapped[Decimal | None] = mapped_column(DecimalText)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    unit: Mapped[str] = mapped_column(sa.String(30))
    acquisition: Mapped[Acquisition] = mapped_column(choice(Acquisition))
    meter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meters.id"))
    #: Factor by which a conservative correction has raised or lowered the reading; None when none.
    correction: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    row_version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: Firm of the steward who typed it; None for the enterprise's own people.
    updated_for_firm_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"))

    version: Mapped[RecordVersion] = relationship(back_populates="values")
    updated_by: Mapped[User | None] = relationship()


class RecordSection(Base):
    """A section of a version: whether it may be changed, and the reviewer's word on it."""

    __tablename__ = "record_sections"
    __table_args__ = (sa.UniqueConstraint("version_id", "section"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"))
    section: Mapped[Section] = mapped_column(choice(Section))
    #: False for the sections that a return leaves as they are.
    editable: Mapped[bool] = mapped_column(default=True)
    #: What the enterprise answers to a returned section.
    response: Mapped[str] = mapped_column(sa.Text, default="")
    return_comment: Mapped[str] = mapped_column(sa.Text, default="")
    decision: Mapped[Decision] = mapped_column(choice(Decision), default=Decision.UNDECIDED)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    version: Mapped[RecordVersion] = relationship(back_populates="sections")


class Snapshot(Base):
    """What was signed: the canonical JSON, its hash, the receipt. Never changed, never removed."""

    __tablename__ = "snapshots"

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"), primary_key=True)
    content: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    #: Such as HZ-2026-10-000318.
    receipt_number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    #: The moment of pressing, not of the queue's end.
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: Statement id, version, hash, opened and agreed times.
    statements: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    idempotency_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    evaluation_id: Mapped[int] = mapped_column(sa.ForeignKey("evaluations.id"))
    late: Mapped[bool]

    version: Mapped[RecordVersion] = relationship(back_populates="snapshot")
    signed_by: Mapped[User] = relationship()


class StatementReading(Base):
    """A signatory opened, then agreed to, a statement of one version."""

    __tablename__ = "statement_readings"
    __table_args__ = (sa.UniqueConstraint("version_id", "user_id", "statement"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: Id and version in the statements pack, such as truth/1.
    statement: Mapped[str] = mapped_column(sa.String(60))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
