"""Evaluations (check runs) and calculations; both are pinned to the data that they saw."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.workflow import JobState, Severity
from portal.models.base import Base
from portal.models.types import DecimalText, UtcDateTime, choice


class Evaluation(Base):
    """One run of the check packs over one version of a month."""

    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"), index=True)
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Revision of the version's data that was looked at.
    revision: Mapped[int] = mapped_column(default=0)
    #: SHA-256 of the facts that the checks saw; signing compares it with the data of that moment.
    input_hash: Mapped[str | None] = mapped_column(sa.String(64))
    #: Pack id → version.
    packs: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    passed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    undecidable: Mapped[int] = mapped_column(default=0)
    not_applicable: Mapped[int] = mapped_column(default=0)

    results: Mapped[list["CheckResult"]] = relationship(
        back_populates="evaluation", order_by="CheckResult.id"
    )


class CheckResult(Base):
    """What one check said about one subject."""

    __tablename__ = "check_results"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(sa.ForeignKey("evaluations.id"), index=True)
    check_id: Mapped[str] = mapped_column(sa.String(40))
    check_version: Mapped[str] = mapped_column(sa.String(20))
    #: passed, failed, not_applicable or undecidable
    outcome: Mapped[str] = mapped_column(sa.String(20))
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    section: Mapped[str] = mapped_column(sa.String(20), default="")
    cell: Mapped[str] = mapped_column(sa.String(80), default="")
    slot: Mapped[str] = mapped_column(sa.String(120), default="")
    #: The Outcome of the engine as primitives: texts in both languages, values looked at.
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    evaluation: Mapped[Evaluation] = relationship(back_populates="results")


class Calculation(Base):
    """The emissions of one version of a month; the newest row counts."""

    __tablename__ = "calculations"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"), index=True)
    #: Revision of the version's data that was calculated.
    revision: Mapped[int]
    guideline: Mapped[str] = mapped_column(sa.String(60))
    unit: Mapped[str] = mapped_column(sa.String(20))
    total: Mapped[Decimal] = mapped_column(DecimalText)
    reported_total: Mapped[Decimal] = mapped_column(DecimalText)
    intensity: Mapped[Decimal | None] = mapped_column(DecimalText)
    #: Amount of the product that the intensity divides by.
    output: Mapped[Decimal | None] = mapped_column(DecimalText)
    output_item: Mapped[str] = mapped_column(sa.String(80), default="")
    subtotals: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    calculated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    lines: Mapped[list["CalculationLine"]] = relationship(
        back_populates="calculation", order_by="CalculationLine.position"
    )


class CalculationLine(Base):
    """One line of a calculation, with all that explains it."""

    __tablename__ = "calculation_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    calculation_id: Mapped[int] = mapped_column(sa.ForeignKey("calculations.id"), index=True)
    position: Mapped[int]
    #: Code of the source stream.
    stream_code: Mapped[str] = mapped_column(sa.String(20))
    category: Mapped[str] = mapped_column(sa.String(20))
    item: Mapped[str] = mapped_column(sa.String(80), default="")
    #: Reported, rounded half-up by the guideline's digits.
    emission: Mapped[Decimal] = mapped_column(DecimalText)
    unrounded: Mapped[Decimal] = mapped_column(DecimalText)
    #: Formula, clause, inputs and factors with source and confidence.
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    calculation: Mapped[Calculation] = relationship(back_populates="lines")
