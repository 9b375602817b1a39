"""Reading the trace of an enterprise: its chain of events, newest first, page by page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Actor, Permission
from portal.models.events import Event, EventChain
from portal.models.organisations import Organisation
from portal.queries.access import require

PER_PAGE = 50


@dataclass(frozen=True)
class Change:
    """One datum before and after; empty where there was none."""

    key: str
    before: str
    after: str


@dataclass(frozen=True)
class TraceEntry:
    """One event of the chain."""

    sequence: int
    at: datetime
    actor: str
    organisation: str
    on_behalf_of: str
    action: str
    subject_kind: str
    subject_id: int
    before: str
    after: str
    previous_hash: str
    hash: str

    @property
    def changes(self) -> tuple[Change, ...]:
        """What it changed, datum by datum."""
        return changes(self.before, self.after)


@dataclass(frozen=True)
class TraceFilter:
    """Which events are wanted; empty is all. ``subject_id`` counts only with ``subject_kind``."""

    action: str = ""
    subject_kind: str = ""
    subject_id: int | None = None


@dataclass(frozen=True)
class TracePage:
    """One page of the chain, and how long the chain is and how it ends."""

    enterprise_id: int
    enterprise_name: str
    length: int
    head: str
    entries: tuple[TraceEntry, ...]
    #: Place in the chain below which the next page begins; None on the last page.
    older: int | None
    newest: bool
    actions: tuple[str, ...]
    subject_kinds: tuple[str, ...]


def trace_page(
    session: Session, actor: Actor, enterprise_id: int, wanted: TraceFilter, before: int | None = None
) -> TracePage:
    """A page of the chain below place ``before``; raises NotFound for a foreign enterprise."""
    require(session, actor, Permission.AUDIT_VIEW, enterprise_id)
    name = chain_name(enterprise_id)
    chain = session.get(EventChain, name)
    conditions = _conditions(name, wanted)
    if before is not None:
        conditions.append(Event.sequence < before)
    rows = session.execute(_entries(conditions).limit(PER_PAGE + 1)).all()
    entries = tuple(_entry(*row) for row in rows[:PER_PAGE])
    return TracePage(
        enterprise_id=enterprise_id,
        enterprise_name=session.get_one(Organisation, enterprise_id).name,
        length=chain.length if chain else 0,
        head=chain.head if chain else "",
        entries=entries,
        older=entries[-1].sequence if len(rows) > PER_PAGE else None,
        newest=before is None,
        actions=_distinct(session, Event.action, name),
        subject_kinds=_distinct(session, Event.subject_kind, name),
    )


def trace_entries(
    session: Session, actor: Actor, enterprise_id: int, wanted: TraceFilter
) -> Iterator[TraceEntry]:
    """All wanted events, newest first, for export; raises NotFound for a foreign enterprise."""
    require(session, actor, Permission.AUDIT_VIEW, enterprise_id)
    query = _entries(_conditions(chain_name(enterprise_id), wanted))
    for row in session.execute(query.execution_options(yield_per=500)):
        yield _entry(*row)


def chain_name(enterprise_id: int) -> str:
    """Name of an enterprise's chain."""
    return f"organisation:{enterprise_id}"


def changes(before: str, after: str) -> tuple[Change, ...]:
    """The data that differ between two canonical JSON objects, or all of one that stands alone."""
    old, new = json.loads(before), json.loads(after)
    keys = [*old, *(key for key in new if key not in old)]
    told = (Change(key, _text(old.get(key)), _text(new.get(key))) for key in keys)
    return tuple(change for change in told if change.before != change.after)


def _text(value: Any) -> str:
    """A datum as words: texts and figures as they are, what is nested as one line, blank as nothing."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "；".join(f"{key}: {_text(part) or '—'}" for key, part in value.items())
    if isinstance(value, list):
        return "、".join(_text(part) for part in value)
    return str(value)


def _conditions(name: str, wanted: TraceFilter) -> list[sa.ColumnElement[bool]]:
    conditions = [Event.chain == name]
    if wanted.action:
        conditions.append(Event.action == wanted.action)
    if wanted.subject_kind:
        conditions.append(Event.subject_kind == wanted.subject_kind)
        if wanted.subject_id is not None:
            conditions.append(Event.subject_id == wanted.subject_id)
    return conditions


_Behalf = aliased(Organisation)


def _entries(
    conditions: list[sa.ColumnElement[bool]],
) -> sa.Select[Event, str | None, str | None]:
    return (
        sa.select(Event, Organisation.name, _Behalf.name)
        .outerjoin(Organisation, Organisation.id == Event.actor_organisation_id)
        .outerjoin(_Behalf, _Behalf.id == Event.on_behalf_of_id)
        .where(*conditions)
        .order_by(Event.sequence.desc())
    )


def _entry(event: Event, organisation: str | None, behalf: str | None) -> TraceEntry:
    return TraceEntry(
        sequence=event.sequence,
        at=event.at,
        actor=event.actor_name,
        organisation=organisation or "",
        on_behalf_of=behalf or "",
        action=event.action,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        before=event.before,
        after=event.after,
        previous_hash=event.previous_hash,
        hash=event.hash,
    )


def _distinct(
    session: Session, column: sa.orm.attributes.InstrumentedAttribute[str], chain: str
) -> tuple[str, ...]:
    return tuple(session.scalars(sa.select(column).where(Event.chain == chain).distinct().order_by(column)))
