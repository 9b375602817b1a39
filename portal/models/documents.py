"""Issued documents: stored bytes, never rendered again."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.periods import now
from portal.models.base import Base
from portal.models.types import UtcDateTime


class IssuedDocument(Base):
    """A document as it was issued. The row and the bytes never change."""

    __tablename__ = "issued_documents"
    __table_args__ = (
        sa.UniqueConstraint("kind", "version_id"),
        sa.CheckConstraint("(version_id IS NULL) <> (dossier_id IS NULL)", name="made_of_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    #: The signed month that it tells; else dossier_id is set.
    version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("record_versions.id"))
    #: Name of the report, such as monthly_report.
    kind: Mapped[str] = mapped_column(sa.String(40))
    #: Such as HZ-MR-202610-0137-V2.
    number: Mapped[str] = mapped_column(sa.String(60), unique=True)
    #: What the QR code leads to; cannot be guessed.
    code: Mapped[str] = mapped_column(sa.String(24), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    size: Mapped[int]
    pages: Mapped[int]
    storage_key: Mapped[str] = mapped_column(sa.String(200))
    snapshot_sha256: Mapped[str] = mapped_column(sa.String(64))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    dossier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("dossiers.id"), unique=True)
    #: Last day on which it holds; None for ever.
    valid_until: Mapped[date | None]
    #: SHA-256 of the certificate that signed the file; empty when it bears no such signature.
    signed_with: Mapped[str] = mapped_column(sa.String(64), default="")


class DocumentWithdrawal(Base):
    """A document was withdrawn, when and why; superseding follows from versions and editions."""

    __tablename__ = "document_withdrawals"

    document_id: Mapped[int] = mapped_column(sa.ForeignKey("issued_documents.id"), primary_key=True)
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    withdrawn_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
