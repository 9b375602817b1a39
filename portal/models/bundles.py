"""Bundles: what was asked for, and each file in it as it is found and fingerprinted."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.bundles import BundleState, PartKind
from portal.domain.periods import now
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.types import UtcDateTime, choice
from portal.models.users import User


class Bundle(Base):
    """One enterprise, one period, as it stood when the bundle was asked for.

    The archive itself is never stored: it is written from its parts each time that it is fetched, and
    comes out the same to the byte.
    """

    __tablename__ = "bundles"
    __table_args__ = (
        # One at a time for an enterprise.
        sa.Index(
            "uq_bundles_building",
            "enterprise_id",
            unique=True,
            sqlite_where=sa.text("state = 'building'"),
            postgresql_where=sa.text("state = 'building'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    #: First and last month, such as 2026-01; both are in it.
    first_month: Mapped[str] = mapped_column(sa.String(7))
    last_month: Mapped[str] = mapped_column(sa.String(7))
    state: Mapped[BundleState] = mapped_column(choice(BundleState), default=BundleState.BUILDING)
    #: Whose people may fetch it: those of whoever asked for it.
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    #: Events stand in it in full, because who asked may read the trace.
    with_trace: Mapped[bool]
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Bytes of the archive; 0 until it is ready.
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    manifest_sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    #: Certificate that signed the manifest; empty when nobody did.
    fingerprint: Mapped[str] = mapped_column(sa.String(64), default="")
    #: Why it could not be made, in words.
    problem: Mapped[str] = mapped_column(sa.String(300), default="")

    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    requested_by: Mapped[User] = relationship()


class BundlePart(Base):
    """One file of a bundle; ``crc32`` is None until its bytes were read."""

    __tablename__ = "bundle_parts"
    __table_args__ = (
        sa.UniqueConstraint("bundle_id", "position"),
        sa.UniqueConstraint("bundle_id", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bundle_id: Mapped[int] = mapped_column(sa.ForeignKey("bundles.id"))
    position: Mapped[int]
    kind: Mapped[PartKind] = mapped_column(choice(PartKind))
    #: Path in the archive.
    name: Mapped[str] = mapped_column(sa.String(300))
    #: What it is made from, such as stored, snapshot:17 or events.
    origin: Mapped[str] = mapped_column(sa.String(60))
    #: Where its bytes lie; empty until they are made.
    storage_key: Mapped[str] = mapped_column(sa.String(200), default="")
    #: What the bytes should hash to, or do.
    sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    crc32: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: missing or changed: the store does not hold what was entered; it is left out and said so.
    problem: Mapped[str] = mapped_column(sa.String(20), default="")
