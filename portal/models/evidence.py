"""Evidence files (支撑材料) and the slots that they fill."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.models.base import Base
from portal.models.types import UtcDateTime
from portal.models.users import User


class Evidence(Base):
    """One uploaded file; a newer revision names the one that it replaces."""

    __tablename__ = "evidence"
    __table_args__ = (sa.Index("ix_evidence_sha256", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Owner; None only while a registration is not accepted yet.
    enterprise_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registrations.id"), index=True)
    filename: Mapped[str] = mapped_column(sa.String(200))
    #: Found from the content, not from the name.
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    storage_key: Mapped[str] = mapped_column(sa.String(200))
    #: The days that the file proves.
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("evidence.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    uploaded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    uploaded_for_firm_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"))

    uploaded_by: Mapped[User] = relationship()


class EvidenceLink(Base):
    """A file laid into a slot of a version of a month."""

    __tablename__ = "evidence_links"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "slot", "evidence_id"),
        sa.Index("ix_evidence_links_evidence_id", "evidence_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"))
    #: stream.parameter.slot, such as S-02.purchased.ledger.
    slot: Mapped[str] = mapped_column(sa.String(120))
    evidence_id: Mapped[int] = mapped_column(sa.ForeignKey("evidence.id"))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    evidence: Mapped[Evidence] = relationship()
