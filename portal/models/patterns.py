"""What the search for patterns looks at beside the months, and the doubtful points (疑点) that it found."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.periods import now
from portal.domain.workflow import Severity
from portal.models.base import Base
from portal.models.types import DecimalText, UtcDateTime, choice


class LabReport(Base):
    """What stands on a test report: its number, laboratory, batch, four dates, and what it is used for."""

    __tablename__ = "lab_reports"
    __table_args__ = (
        sa.Index("ix_lab_reports_enterprise_stream", "enterprise_id", "stream_code"),
        sa.Index("ix_lab_reports_report_number", "report_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    evidence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("evidence.id"))
    stream_code: Mapped[str] = mapped_column(sa.String(20))
    parameter_key: Mapped[str] = mapped_column(sa.String(40))
    #: First and last month whose value it gives.
    month_from: Mapped[str] = mapped_column(sa.String(7))
    month_to: Mapped[str] = mapped_column(sa.String(7))
    report_number: Mapped[str] = mapped_column(sa.String(80))
    batch: Mapped[str] = mapped_column(sa.String(80), default="")
    laboratory: Mapped[str] = mapped_column(sa.String(120))
    #: Number of the laboratory's accreditation (CMA, CNAS); empty when the report shows none.
    accreditation: Mapped[str] = mapped_column(sa.String(80), default="")
    accredited_until: Mapped[date | None]
    #: Whether the accreditation covers this parameter; None when that was not looked up.
    in_scope: Mapped[bool | None]
    sampled_on: Mapped[date | None]
    received_on: Mapped[date | None]
    tested_on: Mapped[date | None]
    reported_on: Mapped[date | None]
    value: Mapped[Decimal | None] = mapped_column(DecimalText)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    noted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))


class EvidenceImage(Base):
    """A picture that lies whole in a page of a PDF, by the hash of its bytes; page 0: nothing to find."""

    __tablename__ = "evidence_images"
    __table_args__ = (
        sa.UniqueConstraint("evidence_id", "page", "sha256"),
        sa.Index("ix_evidence_images_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(sa.ForeignKey("evidence.id"))
    page: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))


class PatternRun(Base):
    """One search over the months up to ``month``, and what came of it."""

    __tablename__ = "pattern_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Newest month that is looked at, such as 2026-10.
    month: Mapped[str] = mapped_column(sa.String(7), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: None: the worker's monthly round.
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    enterprises: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)


class Suspicion(Base):
    """A doubtful point for the regulator; it becomes a finding only when a person raises it."""

    __tablename__ = "suspicions"
    __table_args__ = (
        # Found again, it is the same one.
        sa.UniqueConstraint("enterprise_id", "pattern", "month", "subject"),
        sa.Index("ix_suspicions_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    pattern: Mapped[str] = mapped_column(sa.String(40))
    month: Mapped[str] = mapped_column(sa.String(7))
    #: The cell, report number or file that it is about.
    subject: Mapped[str] = mapped_column(sa.String(160))
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    #: Message id with its figures, the figures of the picture, ids of the other enterprises.
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("pattern_runs.id"))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: open, raised or set_aside
    state: Mapped[str] = mapped_column(sa.String(20), default="open")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    finding_id: Mapped[int | None] = mapped_column(sa.ForeignKey("findings.id"))
