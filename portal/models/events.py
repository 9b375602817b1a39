"""The trace: append-only events, chained by hash, one chain an organisation."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.periods import now
from portal.models.base import Base
from portal.models.types import UtcDateTime


class EventChain(Base):
    """The head of a chain: how long it is and how it ends. Its row lock orders the writers."""

    __tablename__ = "event_chains"

    #: organisation:12 or platform
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    length: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(sa.String(64), default="")


class Event(Base):
    """Something that happened, by whom and on whose behalf. Never changed, never removed."""

    __tablename__ = "events"
    __table_args__ = (
        sa.UniqueConstraint("chain", "sequence"),
        sa.Index("ix_events_subject", "subject_kind", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[str] = mapped_column(sa.ForeignKey("event_chains.name"))
    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: None for what the system does by itself.
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(sa.String(80), default="")
    #: The steward firm or authority that the actor acted for.
    actor_organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"))
    #: The enterprise on whose behalf a steward acted.
    on_behalf_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"))
    enterprise_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    #: Such as record.signed.
    action: Mapped[str] = mapped_column(sa.String(60))
    subject_kind: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]
    #: Canonical JSON text of what was and what is, so that the hash can be computed again.
    before: Mapped[str] = mapped_column(sa.Text, default="{}")
    after: Mapped[str] = mapped_column(sa.Text, default="{}")
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))


class Counter(Base):
    """Running numbers shown to people: receipts, registrations, findings."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
