"""Writing the trace, and proving that nobody touched it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.periods import now
from portal.models.events import Event, EventChain
from portal.models.records import Snapshot
from portal.models.upsert import insert_if_missing

PLATFORM = "platform"


#: The parts of an event that its hash covers, the hash of the one before it among them.
EVENT_PARTS = (
    "chain",
    "sequence",
    "at",
    "actor_id",
    "actor_name",
    "actor_organisation_id",
    "on_behalf_of_id",
    "enterprise_id",
    "action",
    "subject_kind",
    "subject_id",
    "before",
    "after",
    "previous_hash",
)


def record_event(
    session: Session,
    actor: Actor | None,
    action: str,
    subject_kind: str,
    subject_id: int,
    *,
    enterprise_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Event:
    """Append one event to the enterprise's chain (the platform's when there is none).

    ``actor`` None means the system itself; ``at`` is now, except where an example world is given a
    past. A steward acts on behalf of the enterprise, and the event says so. The chain's row is
    locked, so that two writers never take the same place.
    """
    chain = _locked_chain(session, f"organisation:{enterprise_id}" if enterprise_id else PLATFORM)
    is_steward = actor is not None and actor.kind is OrganisationKind.STEWARD_FIRM
    event = Event(
        chain=chain.name,
        sequence=chain.length + 1,
        at=(at or now()).astimezone(UTC),
        actor_id=actor.user_id if actor else None,
        actor_name=actor.name if actor else "",
        actor_organisation_id=actor.organisation_id if actor else None,
        on_behalf_of_id=enterprise_id if is_steward else None,
        enterprise_id=enterprise_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        before=canonical_json(before or {}),
        after=canonical_json(after or {}),
        previous_hash=chain.head,
    )
    event.hash = _hash(event)
    chain.length, chain.head = event.sequence, event.hash
    session.add(event)
    session.flush()
    return event


@dataclass(frozen=True)
class Fault:
    """Something in the trace that is not as it was written."""

    chain: str
    sequence: int
    problem: str


def verify_trace(session: Session) -> Iterator[Fault]:
    """Yield each altered, removed or reordered event, and each snapshot that does not fit its hash."""
    for chain in session.scalars(sa.select(EventChain).order_by(EventChain.name)):
        yield from _verify_chain(session, chain)
    known = set(session.scalars(sa.select(EventChain.name)))
    for name in session.scalars(sa.select(Event.chain).distinct()):
        if name not in known:
            yield Fault(name, 0, "head of the chain is missing")
    for snapshot in session.scalars(sa.select(Snapshot).execution_options(yield_per=50)):
        if sha256_text(snapshot.content) != snapshot.sha256:
            yield Fault(f"snapshot:{snapshot.version_id}", 0, "content does not fit its hash")


def _verify_chain(session: Session, chain: EventChain) -> Iterator[Fault]:
    expected, previous = 1, ""
    events = session.scalars(
        sa.select(Event)
        .where(Event.chain == chain.name)
        .order_by(Event.sequence)
        .execution_options(yield_per=500)
    )
    for event in events:
        if event.sequence != expected:
            yield Fault(chain.name, expected, f"removed: {expected} to {event.sequence - 1}")
        elif event.previous_hash != previous:
            yield Fault(chain.name, event.sequence, "does not follow the event before it")
        if _hash(event) != event.hash:
            yield Fault(chain.name, event.sequence, "altered")
        expected, previous = event.sequence + 1, event.hash
    if expected != chain.length + 1:
        yield Fault(chain.name, expected, f"removed at the end: {expected} to {chain.length}")
    elif previous != chain.head:
        yield Fault(chain.name, chain.length, "the last event is not the one that was written")


def _locked_chain(session: Session, name: str) -> EventChain:
    query = sa.select(EventChain).where(EventChain.name == name).with_for_update()
    chain = session.scalar(query)
    if chain is None:
        insert_if_missing(session, EventChain, name=name, length=0, head="")
        chain = session.scalars(query.execution_options(populate_existing=True)).one()
    return chain


def _hash(event: Event) -> str:
    parts = {name: getattr(event, name) for name in EVENT_PARTS}
    return sha256_text(canonical_json(parts))
