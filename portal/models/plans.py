"""Versions of the quality-control plan (数据质量控制方案)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.workflow import Acquisition, PlanState, Section
from portal.models.base import Base
from portal.models.meters import Meter
from portal.models.types import UtcDateTime, choice


class PlanVersion(Base):
    """One version; once approved it never changes and rules from ``effective_from`` on."""

    __tablename__ = "plan_versions"
    __table_args__ = (
        sa.UniqueConstraint("enterprise_id", "number"),
        # One approved version a starting month, so that each month has one plan.
        sa.Index(
            "uq_plan_versions_effective",
            "enterprise_id",
            "effective_from",
            unique=True,
            sqlite_where=sa.text("state = 'approved'"),
            postgresql_where=sa.text("state = 'approved'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    number: Mapped[int]
    state: Mapped[PlanState] = mapped_column(choice(PlanState), default=PlanState.DRAFT)
    guideline: Mapped[str] = mapped_column(sa.String(60))
    #: First month under this version, such as 2026-01.
    effective_from: Mapped[str] = mapped_column(sa.String(7))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    boundary: Mapped[str] = mapped_column(sa.Text, default="")
    #: Which drawings lie with it: organisation_chart, site_plan, process_chart → evidence id.
    drawings: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    row_version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    content_sha256: Mapped[str | None] = mapped_column(sa.String(64))

    streams: Mapped[list["SourceStream"]] = relationship(
        back_populates="plan", order_by="SourceStream.position", cascade="all, delete-orphan"
    )


class SourceStream(Base):
    """A source stream (排放源流): a fuel, material, product, purchased energy or wastewater."""

    __tablename__ = "source_streams"
    __table_args__ = (sa.UniqueConstraint("plan_version_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_versions.id"))
    position: Mapped[int]
    #: Stays the same from version to version, such as S-02.
    code: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(120))
    #: The calculation's category: fuel, process, carbonate, product, electricity, output …
    category: Mapped[str] = mapped_column(sa.String(20))
    #: Item of the guideline's own table; empty where the category has none.
    item: Mapped[str] = mapped_column(sa.String(80), default="")
    section: Mapped[Section] = mapped_column(choice(Section))

    plan: Mapped[PlanVersion] = relationship(back_populates="streams")
    parameters: Mapped[list["Parameter"]] = relationship(
        back_populates="stream", order_by="Parameter.position", cascade="all, delete-orphan"
    )


class Parameter(Base):
    """A parameter of a stream: how it is obtained, by which meter, with what evidence."""

    __tablename__ = "parameters"
    __table_args__ = (sa.UniqueConstraint("stream_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stream_id: Mapped[int] = mapped_column(sa.ForeignKey("source_streams.id"))
    position: Mapped[int]
    #: Name in the catalogue: purchased, closing_stock, net_calorific_value …
    key: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    unit: Mapped[str] = mapped_column(sa.String(30))
    digits: Mapped[int] = mapped_column(default=2)
    derived: Mapped[bool] = mapped_column(default=False)
    required: Mapped[bool] = mapped_column(default=True)
    acquisition: Mapped[Acquisition] = mapped_column(choice(Acquisition))
    meter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meters.id"))
    frequency: Mapped[str] = mapped_column(sa.String(40), default="")
    department: Mapped[str] = mapped_column(sa.String(80), default="")
    source_record: Mapped[str] = mapped_column(sa.String(200), default="")
    missing_rule: Mapped[str] = mapped_column(sa.String(300), default="")
    clause: Mapped[str] = mapped_column(sa.String(60), default="")

    stream: Mapped[SourceStream] = relationship(back_populates="parameters")
    meter: Mapped[Meter | None] = relationship()
    slots: Mapped[list["EvidenceSlot"]] = relationship(
        back_populates="parameter", order_by="EvidenceSlot.id", cascade="all, delete-orphan"
    )


class EvidenceSlot(Base):
    """What the plan says must be there each month to prove a parameter."""

    __tablename__ = "evidence_slots"
    __table_args__ = (sa.UniqueConstraint("parameter_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parameter_id: Mapped[int] = mapped_column(sa.ForeignKey("parameters.id"))
    #: Stays the same from version to version, such as ledger.
    code: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    clause: Mapped[str] = mapped_column(sa.String(60), default="")
    mandatory: Mapped[bool] = mapped_column(default=True)

    parameter: Mapped[Parameter] = relationship(back_populates="slots")
