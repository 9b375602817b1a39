"""Findings (差距) and what is said and done about them."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.workflow import FindingSource, FindingState, Section, Severity
from portal.models.base import Base
from portal.models.types import UtcDateTime, choice
from portal.models.users import User


class Finding(Base):
    """A gap, from a check, a reviewer, a visit or a pattern, with its life; most are about a month."""

    __tablename__ = "findings"
    __table_args__ = (
        # One finding a check and place; it is reopened, not doubled.
        sa.UniqueConstraint("record_id", "source", "check_id", "subject"),
        sa.Index("ix_findings_enterprise_state", "enterprise_id", "state"),
        # The responder never closes.
        sa.CheckConstraint(
            "closed_by_id IS NULL OR responded_by_id IS NULL OR closed_by_id <> responded_by_id",
            name="closer_is_not_responder",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Shown to people, such as GAP-2026-0121.
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    #: None where the finding is not about one month, such as one of a visit.
    record_id: Mapped[int | None] = mapped_column(sa.ForeignKey("monthly_records.id"))
    source: Mapped[FindingSource] = mapped_column(choice(FindingSource))
    check_id: Mapped[str] = mapped_column(sa.String(40), default="")
    #: What it is about: a cell, a slot, the record, a question; for a reviewer's finding its own number.
    subject: Mapped[str] = mapped_column(sa.String(120), default="")
    section: Mapped[Section | None] = mapped_column(choice(Section))
    cell: Mapped[str] = mapped_column(sa.String(80), default="")
    slot: Mapped[str] = mapped_column(sa.String(120), default="")
    #: The severity that the check gave; a waiver does not change it.
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    title: Mapped[str] = mapped_column(sa.String(300))
    #: Texts in both languages, expected, actual, clause, how to mend.
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    state: Mapped[FindingState] = mapped_column(choice(FindingState), default=FindingState.OPEN)
    row_version: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    due_on: Mapped[date]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: Who responded last; this person never closes it.
    responded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: Outcome of the last re-check on current data: passed, failed or empty.
    recheck: Mapped[str] = mapped_column(sa.String(20), default="")
    rechecked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: None with ``closed_at`` set: closed by a check that passes on newer data.
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: Last day on which a waiver holds; the next day the finding blocks again.
    waived_until: Mapped[date | None]
    #: mended or false_alarm; empty while it is not closed.
    closed_as: Mapped[str] = mapped_column(sa.String(20), default="")
    #: Day from which the regulator looks whether the mending has held; None once that was done.
    look_back_on: Mapped[date | None]

    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    steps: Mapped[list["Rectification"]] = relationship(
        back_populates="finding", order_by="Rectification.id", lazy="selectin"
    )


class Rectification(Base):
    """One step in a finding's life: a response, a return, a waiver, a closing word."""

    __tablename__ = "rectifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(sa.ForeignKey("findings.id"), index=True)
    #: What was done; each kind has its words in portal.web.finding_display.
    kind: Mapped[str] = mapped_column(sa.String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    for_firm_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"))
    #: Whether it was addressed; None where the step is no response.
    addressed: Mapped[bool | None]
    text: Mapped[str] = mapped_column(sa.Text, default="")
    #: Day on which it was or will be mended.
    done_on: Mapped[date | None]
    evidence_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)

    finding: Mapped[Finding] = relationship(back_populates="steps")
    by: Mapped[User | None] = relationship()
