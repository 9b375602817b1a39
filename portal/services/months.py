"""Opening months, starting them, and moving them along the table of TRANSITIONS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Failure, GuardFailed, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import Guard, RecordAction, RecordState, Section, Step, next_step
from portal.models.organisations import EnterpriseProfile
from portal.models.plans import PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion
from portal.models.upsert import insert_if_missing
from portal.queries.plans import plan_in_force
from portal.services.events import record_event
from portal.services.record_access import locked_record
from portal.services.rows import check_version


@dataclass
class Move:
    """A step that is being made: what the guards look at."""

    session: Session
    actor: Actor
    record: MonthlyRecord
    action: RecordAction
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


GuardFunction = Callable[[Move], Sequence[Failure]]


def make_move(
    move: Move, expected_version: int, guards: Mapping[Guard, GuardFunction], *, to: RecordState | None = None
) -> Step:
    """Make one step: compare the row's version, run all guards, change the state, write the event.

    The record is already locked and the actor authorised. ``to`` replaces the step's own end where a
    setting shortens the way. Raises Refused, Conflict, or GuardFailed with every reason.
    """
    step = next_step(RecordState(move.record.state), move.action)
    check_version(move.record, expected_version)
    failures = [failure for guard in step.guards for failure in guards[guard](move)]
    if failures:
        raise GuardFailed(failures)
    before = move.record.state
    move.record.state = RecordState(to or step.to)
    record_event(
        move.session,
        move.actor,
        f"record.{move.action.value}",
        "record",
        move.record.id,
        enterprise_id=move.record.enterprise_id,
        before={"state": before},
        after={"state": move.record.state, "reason": move.reason, **move.details},
    )
    return step


def reason_given(move: Move) -> Sequence[Failure]:
    """A move that somebody else must understand needs its reason."""
    if move.reason.strip():
        return ()
    return (Failure("reason_missing", N_("请写明理由")),)


COMMON_GUARDS: Mapping[Guard, GuardFunction] = {Guard.REASON_GIVEN: reason_given}


def open_months(session: Session, enterprise_id: int | None = None) -> int:
    """Open each month that has ended since the enterprise's first one; returns how many were new.

    Safe to run at any time and twice at once. A month is opened on the day after its end.
    """
    last = Month.of(today()).previous()
    query = sa.select(EnterpriseProfile.organisation_id, EnterpriseProfile.first_month)
    if enterprise_id is not None:
        query = query.where(EnterpriseProfile.organisation_id == enterprise_id)
    opened = 0
    for owner, first in session.execute(query).all():
        known = set(
            session.scalars(sa.select(MonthlyRecord.month).where(MonthlyRecord.enterprise_id == owner))
        )
        month = Month.parse(first)
        while month <= last:
            if str(month) not in known:
                insert_if_missing(
                    session,
                    MonthlyRecord,
                    enterprise_id=owner,
                    month=str(month),
                    state=RecordState.NOT_STARTED,
                    due_on=due_on(month),
                )
                opened += 1
            month = month.next()
    return opened


def find_record(session: Session, enterprise_id: int, month: Month) -> MonthlyRecord:
    """The record of an enterprise's month; raises NotFound while it is not open."""
    record = session.scalar(
        sa.select(MonthlyRecord).where(
            MonthlyRecord.enterprise_id == enterprise_id, MonthlyRecord.month == str(month)
        )
    )
    if record is None:
        raise NotFound(N_("这个月还没有开放填报"))
    return record


def start_month(session: Session, actor: Actor, record_id: int, expected_version: int) -> RecordVersion:
    """Begin a month under the plan in force; raises Invalid when there is no approved plan for it."""
    record = locked_record(session, actor, Permission.RECORD_EDIT, record_id)
    plan = plan_in_force(session, record.enterprise_id, Month.parse(record.month))
    if plan is None:
        raise Invalid(N_("这个月没有已批准的质量控制方案；请先编制方案并报主管部门审核"), path="plan")
    make_move(Move(session, actor, record, RecordAction.START), expected_version, COMMON_GUARDS)
    version = RecordVersion(record_id=record.id, number=1, plan_version_id=plan.id)
    session.add(version)
    session.flush()
    add_sections(session, version, plan)
    record.current_version_id = version.id
    return version


def add_sections(session: Session, version: RecordVersion, plan: PlanVersion) -> None:
    """Give the version a row for each section that its plan has something in."""
    used = set(
        session.scalars(
            sa.select(SourceStream.section).where(SourceStream.plan_version_id == plan.id).distinct()
        )
    )
    session.add_all(
        RecordSection(version_id=version.id, section=section)
        for section in Section
        if section in used or section is Section.EVIDENCE
    )
    session.flush()
