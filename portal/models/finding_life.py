"""What is asked for, granted and sent out about findings: extensions, waivers, reminders."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.periods import now
from portal.models.base import Base
from portal.models.types import UtcDateTime


class FindingRequest(Base):
    """The enterprise's side asks for more time, or for a waiver; a regulator grants or refuses."""

    __tablename__ = "finding_requests"
    __table_args__ = (
        # One question of a kind at a time.
        sa.Index(
            "uq_finding_requests_open",
            "finding_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(sa.ForeignKey("findings.id"), index=True)
    #: extension or waiver
    kind: Mapped[str] = mapped_column(sa.String(20))
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    granted: Mapped[bool | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class Waiver(Base):
    """A regulator lets what a check finds not block, within a scope and until a day; severities stay."""

    __tablename__ = "waivers"
    __table_args__ = (sa.Index("ix_waivers_enterprise_check", "enterprise_id", "check_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    check_id: Mapped[str] = mapped_column(sa.String(40))
    #: Empty: every stream that the check asks about.
    stream_code: Mapped[str] = mapped_column(sa.String(20), default="")
    #: First and last month, such as 2026-10; both are in it.
    month_from: Mapped[str] = mapped_column(sa.String(7))
    month_to: Mapped[str] = mapped_column(sa.String(7))
    #: Last day on which it holds.
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.Text)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))


class FindingReminder(Base):
    """That somebody was told of a due date; the key keeps a second round from telling it again."""

    __tablename__ = "finding_reminders"
    __table_args__ = (sa.UniqueConstraint("finding_id", "kind", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(sa.ForeignKey("findings.id"))
    #: soon, late, escalated or look_back
    kind: Mapped[str] = mapped_column(sa.String(20))
    due_on: Mapped[date]
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
