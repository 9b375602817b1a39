"""Visits: the pinned question packs, every answer that was given, photos, signatures, the issued report."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.visits import InspectionKind, InspectionState, Side
from portal.models.base import Base
from portal.models.evidence import Evidence
from portal.models.organisations import Organisation
from portal.models.types import UtcDateTime, choice
from portal.models.users import User


class Inspection(Base):
    """One visit of a steward or inspection of the authority; frozen once both sides have signed."""

    __tablename__ = "inspections"
    __table_args__ = (sa.Index("ix_inspections_enterprise_visited", "enterprise_id", "visited_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Shown to people, such as HZ-VS-20261112-0061.
    number: Mapped[str] = mapped_column(sa.String(30), unique=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    kind: Mapped[InspectionKind] = mapped_column(choice(InspectionKind))
    state: Mapped[InspectionState] = mapped_column(choice(InspectionState), default=InspectionState.OPEN)
    row_version: Mapped[int] = mapped_column(default=1)
    #: The steward firm or the authority that comes.
    visitor_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    engagement_id: Mapped[int | None] = mapped_column(sa.ForeignKey("engagements.id"))
    #: Set when the lot chose the enterprise.
    draw_id: Mapped[int | None] = mapped_column(sa.ForeignKey("draws.id"))
    visited_on: Mapped[date]
    #: What is looked at, in the visitor's words.
    scope: Mapped[str] = mapped_column(sa.String(300), default="")
    #: Who of the enterprise comes along, and who else of the visitor's.
    accompanied_by: Mapped[str] = mapped_column(sa.String(200), default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: Canonical JSON of everything, and its SHA-256; written when the visitor signs.
    content: Mapped[str] = mapped_column(sa.Text, default="")
    content_sha256: Mapped[str] = mapped_column(sa.String(64), default="")

    enterprise: Mapped[Organisation] = relationship(foreign_keys=[enterprise_id])
    visitor: Mapped[Organisation] = relationship(foreign_keys=[visitor_id])
    opened_by: Mapped[User] = relationship()
    checklists: Mapped[list["Checklist"]] = relationship(order_by="Checklist.position")
    signatures: Mapped[list["VisitSignature"]] = relationship(order_by="VisitSignature.id")


class Checklist(Base):
    """A question pack as it was on the day: its version is pinned and its questions are copied."""

    __tablename__ = "checklists"
    __table_args__ = (sa.UniqueConstraint("inspection_id", "pack_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspections.id"))
    position: Mapped[int]
    pack_id: Mapped[str] = mapped_column(sa.String(60))
    pack_version: Mapped[str] = mapped_column(sa.String(20))
    #: Titles, source, confidence, and the questions as portal.domain.visits.Question writes them.
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class Answer(Base):
    """One answer as it was given. Never changed: a later one counts instead, an older one stays."""

    __tablename__ = "answers"
    __table_args__ = (sa.Index("ix_answers_inspection_question", "inspection_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspections.id"))
    #: pack:question, such as carbon-steward:CS-063.
    question: Mapped[str] = mapped_column(sa.String(120))
    value: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    #: Made in the browser; the same answer sent again is the same row.
    idempotency_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    device: Mapped[str] = mapped_column(sa.String(40), default="")
    #: When it was given, by the portal's clock; received_at minus the time that it waited in the browser.
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    given_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: A newer answer was there already when it arrived.
    stale: Mapped[bool] = mapped_column(default=False)

    given_by: Mapped[User] = relationship()


class VisitPhoto(Base):
    """A photo taken for a question; the file is evidence of the enterprise."""

    __tablename__ = "visit_photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspections.id"), index=True)
    question: Mapped[str] = mapped_column(sa.String(120))
    evidence_id: Mapped[int] = mapped_column(sa.ForeignKey("evidence.id"))
    idempotency_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: Taken out before the visitor signed; the file stays in the archive.
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    evidence: Mapped[Evidence] = relationship()
    taken_by: Mapped[User] = relationship()


class VisitSignature(Base):
    """Who signed for a side, and over which content; or why the enterprise did not."""

    __tablename__ = "visit_signatures"
    __table_args__ = (sa.UniqueConstraint("inspection_id", "side"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspections.id"))
    side: Mapped[Side] = mapped_column(choice(Side))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(sa.String(80))
    organisation: Mapped[str] = mapped_column(sa.String(200))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: What the enterprise says to it; for a refused signature the visitor's account of the refusal.
    opinion: Mapped[str] = mapped_column(sa.Text, default="")
    declined: Mapped[bool] = mapped_column(default=False)
    content_sha256: Mapped[str] = mapped_column(sa.String(64))


class VisitFinding(Base):
    """The finding that an answer made; one a question and visit."""

    __tablename__ = "visit_findings"
    __table_args__ = (sa.UniqueConstraint("inspection_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspections.id"))
    question: Mapped[str] = mapped_column(sa.String(120))
    finding_id: Mapped[int] = mapped_column(sa.ForeignKey("findings.id"), index=True)


class VisitReport(Base):
    """The report of a visit as it was issued. The row and the bytes never change."""

    __tablename__ = "visit_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspections.id"), unique=True)
    #: What the QR code leads to; cannot be guessed.
    code: Mapped[str] = mapped_column(sa.String(24), unique=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
    pages: Mapped[int]
    storage_key: Mapped[str] = mapped_column(sa.String(200))
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
