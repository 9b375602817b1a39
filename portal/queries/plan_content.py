"""What a plan says, row by row, read once: an approved plan never changes again."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.workflow import Acquisition, Section
from portal.models.plans import EvidenceSlot, Parameter, PlanVersion, SourceStream

#: How many plans are kept for one database; about 60 KB each.
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """What must be there each month to prove a row."""

    code: str
    title: str
    clause: str
    mandatory: bool


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One parameter, as the plan has it."""

    slots: tuple[PlannedSlot, ...]
    key: str
    name: str
    unit: str
    digits: int
    derived: bool
    required: bool
    acquisition: Acquisition
    meter_id: int | None
    frequency: str
    department: str
    source_record: str
    missing_rule: str
    clause: str


@dataclass(frozen=True, slots=True)
class PlannedStream:
    """One source stream and its parameters."""

    code: str
    name: str
    category: str
    item: str
    section: Section
    rows: tuple[PlannedRow, ...]


Key = tuple[int, str]

#: By the pool of connections, which is one a database: two databases never share an entry, and what was
#: read of a database goes with it.
_kept: WeakKeyDictionary[Any, dict[Key, tuple[PlannedStream, ...]]] = WeakKeyDictionary()


def planned_streams(session: Session, plan: PlanVersion) -> tuple[PlannedStream, ...]:
    """The streams of a plan in its order.

    A plan that was approved is read once and kept, by its id and by the hash of its content; triggers
    refuse every change to its rows. Drafts are read each time.
    """
    if plan.content_sha256 is None:
        return _read(session, plan.id)
    kept = _kept.setdefault(session.get_bind().engine.pool, {})
    key = (plan.id, plan.content_sha256)
    found = kept.get(key)
    if found is None:
        found = _read(session, plan.id)
        while len(kept) >= MOST_KEPT:
            kept.pop(next(iter(tuple(kept))), None)  # a copy: another thread may be adding
        kept[key] = found
    return found


def _read(session: Session, plan_id: int) -> tuple[PlannedStream, ...]:
    slots = _slots(session, plan_id)
    rows: dict[int, list[PlannedRow]] = defaultdict(list)
    for row in session.execute(
        sa.select(
            Parameter.id,
            Parameter.stream_id,
            Parameter.key,
            Parameter.name,
            Parameter.unit,
            Parameter.digits,
            Parameter.derived,
            Parameter.required,
            Parameter.acquisition,
            Parameter.meter_id,
            Parameter.frequency,
            Parameter.department,
            Parameter.source_record,
            Parameter.missing_rule,
            Parameter.clause,
        )
        .join(SourceStream, SourceStream.id == Parameter.stream_id)
        .where(SourceStream.plan_version_id == plan_id)
        .order_by(Parameter.position)
    ):
        content: tuple[Any, ...] = tuple(row)[2:]
        rows[row.stream_id].append(PlannedRow(tuple(slots[row.id]), *content))
    streams = session.execute(
        sa.select(
            SourceStream.id,
            SourceStream.code,
            SourceStream.name,
            SourceStream.category,
            SourceStream.item,
            SourceStream.section,
        )
        .where(SourceStream.plan_version_id == plan_id)
        .order_by(SourceStream.position)
    )
    return tuple(PlannedStream(*stream[1:], rows=tuple(rows[stream.id])) for stream in streams)


def _slots(session: Session, plan_id: int) -> dict[int, list[PlannedSlot]]:
    found: dict[int, list[PlannedSlot]] = defaultdict(list)
    for parameter_id, code, title, clause, mandatory in session.execute(
        sa.select(
            EvidenceSlot.parameter_id,
            EvidenceSlot.code,
            EvidenceSlot.title,
            EvidenceSlot.clause,
            EvidenceSlot.mandatory,
        )
        .join(Parameter, Parameter.id == EvidenceSlot.parameter_id)
        .join(SourceStream, SourceStream.id == Parameter.stream_id)
        .where(SourceStream.plan_version_id == plan_id)
        .order_by(EvidenceSlot.id)
    ):
        found[parameter_id].append(PlannedSlot(code, title, clause, mandatory))
    return found
