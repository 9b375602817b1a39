"""Reading quality-control plans: which one rules a month, what it holds, what waits for approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.domain.access import Actor, Permission
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.errors import NotFound
from portal.domain.periods import Month
from portal.domain.workflow import PlanState
from portal.models.organisations import Organisation
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.records import MonthlyRecord
from portal.models.users import User
from portal.queries.access import require, visible_enterprises

#: Versions that rule, or once ruled, from their first month on.
RULING = (PlanState.APPROVED, PlanState.SUPERSEDED)
#: Versions that may still be changed by those who draw them up.
EDITABLE = (PlanState.DRAFT, PlanState.RETURNED)
#: Versions that are under way; an enterprise has at most one.
UNDER_WAY = (*EDITABLE, PlanState.SUBMITTED)


def with_content() -> tuple[Any, ...]:
    """Loader options that bring streams, parameters, meters and slots in a fixed number of queries."""
    parameters = selectinload(PlanVersion.streams).selectinload(SourceStream.parameters)
    return (parameters.joinedload(Parameter.meter), parameters.selectinload(Parameter.slots))


def plan_in_force(session: Session, enterprise_id: int, month: Month) -> PlanVersion | None:
    """The version that rules ``month``, with its content; None before the first approved one.

    A superseded version still rules the months before its successor's first month.
    """
    return session.scalars(
        sa.select(PlanVersion)
        .where(
            PlanVersion.enterprise_id == enterprise_id,
            PlanVersion.state.in_(RULING),
            PlanVersion.effective_from <= str(month),
        )
        .order_by(PlanVersion.effective_from.desc(), PlanVersion.number.desc())
        .limit(1)
        .options(*with_content())
    ).first()


def load_plan(session: Session, enterprise_id: int, plan_id: int) -> PlanVersion:
    """A version of this enterprise with its content; raises NotFound."""
    plan = session.scalars(
        sa.select(PlanVersion)
        .where(PlanVersion.id == plan_id, PlanVersion.enterprise_id == enterprise_id)
        .options(*with_content())
    ).first()
    if plan is None:
        raise NotFound
    return plan


def last_accepted_month(session: Session, enterprise_id: int) -> str | None:
    """The latest month with an accepted version, such as 2026-09; None when there is none."""
    return session.scalar(
        sa.select(sa.func.max(MonthlyRecord.month)).where(
            MonthlyRecord.enterprise_id == enterprise_id, MonthlyRecord.official_version_id.is_not(None)
        )
    )


def plan_content(plan: PlanVersion) -> dict[str, Any]:
    """What the version says, as plain data in a fixed order: the thing that is hashed and compared."""
    return {
        "guideline": plan.guideline,
        "number": plan.number,
        "effective_from": plan.effective_from,
        "reason": plan.reason,
        "boundary": plan.boundary,
        "drawings": dict(plan.drawings or {}),
        "streams": [_stream_content(stream) for stream in plan.streams],
    }


def content_sha256(plan: PlanVersion) -> str:
    """SHA-256 of the canonical content."""
    return sha256_text(canonical_json(plan_content(plan)))


def _stream_content(stream: SourceStream) -> dict[str, Any]:
    return {
        "code": stream.code,
        "name": stream.name,
        "category": stream.category,
        "item": stream.item,
        "section": stream.section.value,
        "parameters": [_parameter_content(parameter) for parameter in stream.parameters],
    }


def _parameter_content(parameter: Parameter) -> dict[str, Any]:
    return {
        "key": parameter.key,
        "name": parameter.name,
        "unit": parameter.unit,
        "digits": parameter.digits,
        "derived": parameter.derived,
        "required": parameter.required,
        "acquisition": parameter.acquisition.value,
        "meter": parameter.meter.code if parameter.meter else "",
        "frequency": parameter.frequency,
        "department": parameter.department,
        "source_record": parameter.source_record,
        "missing_rule": parameter.missing_rule,
        "clause": parameter.clause,
        "slots": [
            {"code": slot.code, "title": slot.title, "clause": slot.clause, "mandatory": slot.mandatory}
            for slot in parameter.slots
        ],
    }


@dataclass(frozen=True)
class PlanLine:
    """One version in the list."""

    id: int
    number: int
    state: PlanState
    effective_from: str
    reason: str
    guideline: str
    streams: int
    parameters: int
    created_by: str
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    rules_now: bool


@dataclass(frozen=True)
class PlanList:
    """All versions of an enterprise, newest first."""

    enterprise_id: int
    enterprise_name: str
    guideline: str
    lines: tuple[PlanLine, ...]
    can_edit: bool

    @property
    def under_way(self) -> PlanLine | None:
        """The version that is being drawn up or waits for the regulator."""
        return next((line for line in self.lines if line.state in UNDER_WAY), None)

    @property
    def latest_ruling(self) -> PlanLine | None:
        """The newest approved version, from which the next one is copied."""
        return next((line for line in self.lines if line.state is PlanState.APPROVED), None)


def version_list(session: Session, actor: Actor, enterprise_id: int, month: Month) -> PlanList:
    """The versions of an enterprise; ``month`` decides which one is marked as ruling."""
    require(session, actor, Permission.PLAN_VIEW, enterprise_id)
    enterprise = session.scalars(
        sa.select(Organisation)
        .where(Organisation.id == enterprise_id)
        .options(joinedload(Organisation.profile))
    ).one()
    streams, parameters = _counts(session, enterprise_id)
    rows = session.execute(
        sa.select(PlanVersion, User.name)
        .outerjoin(User, User.id == PlanVersion.created_by_id)
        .where(PlanVersion.enterprise_id == enterprise_id)
        .order_by(PlanVersion.number.desc())
    ).all()
    ruling = plan_in_force(session, enterprise_id, month)
    lines = tuple(
        PlanLine(
            id=plan.id,
            number=plan.number,
            state=plan.state,
            effective_from=plan.effective_from,
            reason=plan.reason,
            guideline=plan.guideline,
            streams=streams.get(plan.id, 0),
            parameters=parameters.get(plan.id, 0),
            created_by=name or "",
            created_at=plan.created_at,
            submitted_at=plan.submitted_at,
            decided_at=plan.decided_at,
            rules_now=ruling is not None and ruling.id == plan.id,
        )
        for plan, name in rows
    )
    return PlanList(
        enterprise_id=enterprise_id,
        enterprise_name=enterprise.name,
        guideline=enterprise.profile.guideline if enterprise.profile else "",
        lines=lines,
        can_edit=actor.may(Permission.PLAN_EDIT),
    )


def _counts(session: Session, enterprise_id: int) -> tuple[dict[int, int], dict[int, int]]:
    rows = session.execute(
        sa.select(
            SourceStream.plan_version_id,
            sa.func.count(SourceStream.id.distinct()),
            sa.func.count(Parameter.id),
        )
        .join(PlanVersion, PlanVersion.id == SourceStream.plan_version_id)
        .outerjoin(Parameter, Parameter.stream_id == SourceStream.id)
        .where(PlanVersion.enterprise_id == enterprise_id)
        .group_by(SourceStream.plan_version_id)
    ).all()
    return {plan: streams for plan, streams, _ in rows}, {plan: count for plan, _, count in rows}


@dataclass(frozen=True)
class WaitingPlan:
    """A version that waits for the regulator."""

    id: int
    enterprise_id: int
    enterprise_name: str
    district: str
    number: int
    effective_from: str
    reason: str
    submitted_at: datetime | None


def waiting_plans(session: Session, actor: Actor) -> tuple[WaitingPlan, ...]:
    """Submitted versions in the regulator's area, longest waiting first; empty for everybody else."""
    if not actor.may(Permission.PLAN_APPROVE):
        return ()
    rows: Sequence[Any] = session.execute(
        sa.select(PlanVersion, Organisation)
        .join(Organisation, Organisation.id == PlanVersion.enterprise_id)
        .where(PlanVersion.state == PlanState.SUBMITTED, visible_enterprises(actor, Permission.PLAN_APPROVE))
        .order_by(PlanVersion.submitted_at, PlanVersion.id)
    ).all()
    return tuple(
        WaitingPlan(
            id=plan.id,
            enterprise_id=enterprise.id,
            enterprise_name=enterprise.name,
            district=enterprise.district,
            number=plan.number,
            effective_from=plan.effective_from,
            reason=plan.reason,
            submitted_at=plan.submitted_at,
        )
        for plan, enterprise in rows
    )
