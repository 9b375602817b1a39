"""Reading engagements: each side sees its own contracts, an authority those of its area."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.engagements import MOVES, SIDES, EngagementAction
from portal.domain.errors import NotFound
from portal.domain.periods import today
from portal.domain.workflow import EngagementState
from portal.models.engagements import Engagement
from portal.models.events import Event
from portal.models.organisations import Organisation
from portal.models.users import User
from portal.queries.access import visible_enterprises

PER_PAGE = 20
ENTERPRISE, FIRM = aliased(Organisation), aliased(Organisation)


@dataclass(frozen=True)
class EngagementLine:
    """One contract; ``standing`` is its state as the dates make it: also ``future`` and ``expired``."""

    id: int
    number: str
    enterprise_id: int
    enterprise: str
    firm_id: int
    firm: str
    scope: str
    starts_on: date
    ends_on: date
    state: EngagementState
    standing: str
    days_left: int
    row_version: int
    reason: str


@dataclass(frozen=True)
class EngagementStep:
    """One line of a contract's timeline."""

    action: str
    at: datetime
    who: str
    organisation: str
    reason: str


@dataclass(frozen=True)
class EngagementPage:
    """A contract with what the actor can do with it."""

    line: EngagementLine
    proposed_by: str
    proposed_at: datetime
    actions: tuple[EngagementAction, ...]
    steps: tuple[EngagementStep, ...]


@dataclass(frozen=True)
class EngagementList:
    """One page of the list."""

    lines: tuple[EngagementLine, ...]
    total: int
    page: int
    counts: Mapping[str, int]


def seen_engagements(actor: Actor) -> sa.ColumnElement[bool]:
    """Condition on Engagement: the actor's own side, or its area.

    A firm goes on seeing its ended contracts, though not the enterprise behind them.
    """
    if not actor.may(Permission.ENGAGEMENT_VIEW):
        return sa.false()
    if actor.kind is OrganisationKind.STEWARD_FIRM:
        return Engagement.firm_id == actor.organisation_id
    return Engagement.enterprise_id.in_(
        sa.select(Organisation.id).where(visible_enterprises(actor, Permission.ENGAGEMENT_VIEW))
    )


def engagement_list(
    session: Session, actor: Actor, *, state: str = "", search: str = "", page: int = 1
) -> EngagementList:
    """Contracts that the actor may see: those to be confirmed first, then by their end."""
    mine = seen_engagements(actor)
    counts = {
        key.value: number
        for key, number in session.execute(
            sa.select(Engagement.state, sa.func.count()).where(mine).group_by(Engagement.state)
        )
    }
    query = _lines().where(mine)
    if state in set(EngagementState):
        query = query.where(Engagement.state == EngagementState(state))
    if search:
        columns = (Engagement.number, ENTERPRISE.name, FIRM.name)
        query = query.where(sa.or_(*(column.icontains(search, autoescape=True) for column in columns)))
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    page = max(1, min(page, -(-total // PER_PAGE) or 1))
    first = sa.case((Engagement.state == EngagementState.PROPOSED, 0), else_=1)
    rows = session.execute(
        query.order_by(first, Engagement.ends_on.desc(), Engagement.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return EngagementList(tuple(_line(*row) for row in rows), total, page, counts)


def engagements_of(session: Session, enterprise_id: int) -> tuple[EngagementLine, ...]:
    """All contracts of an enterprise, the latest first; the caller has authorised the actor."""
    rows = session.execute(
        _lines()
        .where(Engagement.enterprise_id == enterprise_id)
        .order_by(Engagement.starts_on.desc(), Engagement.id.desc())
    )
    return tuple(_line(*row) for row in rows)


def engagement_page(session: Session, actor: Actor, engagement_id: int) -> EngagementPage:
    """One contract with its timeline; raises NotFound when it is none of the actor's business."""
    row = session.execute(
        _lines().where(Engagement.id == engagement_id, seen_engagements(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    engagement = row[0]
    proposer = session.get(User, engagement.proposed_by_id) if engagement.proposed_by_id is not None else None
    steps = _steps(session, engagement.id)
    return EngagementPage(
        line=_line(*row),
        proposed_by=proposer.name if proposer else "",
        proposed_at=engagement.proposed_at,
        actions=_actions(session, actor, engagement),
        steps=steps,
    )


def suspended_by(session: Session, engagement_id: int) -> int | None:
    """The organisation that suspended it last: the other side must not lift that by itself."""
    return session.scalar(
        sa.select(Event.actor_organisation_id)
        .where(
            Event.subject_kind == "engagement",
            Event.subject_id == engagement_id,
            Event.action == "engagement.suspended",
        )
        .order_by(Event.id.desc())
        .limit(1)
    )


def _actions(session: Session, actor: Actor, row: Engagement) -> tuple[EngagementAction, ...]:
    if actor.kind not in SIDES:
        return ()
    possible = [
        action for (state, action), move in MOVES.items() if state is row.state and actor.may(move.permission)
    ]
    if EngagementAction.DECLINE in possible:
        possible.remove(EngagementAction.END)  # declining is this side's way out of a proposal
    if EngagementAction.RESUME in possible and suspended_by(session, row.id) != actor.organisation_id:
        possible.remove(EngagementAction.RESUME)
    return tuple(possible)


def _lines() -> sa.Select[Engagement, str, str]:
    return (
        sa.select(Engagement, ENTERPRISE.name, FIRM.name)
        .join(ENTERPRISE, ENTERPRISE.id == Engagement.enterprise_id)
        .join(FIRM, FIRM.id == Engagement.firm_id)
    )


def _line(row: Engagement, enterprise: str, firm: str) -> EngagementLine:
    return EngagementLine(
        id=row.id,
        number=row.number,
        enterprise_id=row.enterprise_id,
        enterprise=enterprise,
        firm_id=row.firm_id,
        firm=firm,
        scope=row.scope.value,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=row.state,
        standing=_standing(row),
        days_left=(row.ends_on - today()).days,
        row_version=row.row_version,
        reason=row.reason,
    )


def _standing(row: Engagement) -> str:
    if row.state is EngagementState.ACTIVE and row.ends_on < today():
        return "expired"
    if row.state is EngagementState.ACTIVE and row.starts_on > today():
        return "future"
    return row.state.value


def _steps(session: Session, engagement_id: int) -> tuple[EngagementStep, ...]:
    rows = session.execute(
        sa.select(Event, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Event.actor_organisation_id)
        .where(Event.subject_kind == "engagement", Event.subject_id == engagement_id)
        .order_by(Event.id)
    )
    return tuple(
        EngagementStep(
            action=event.action.removeprefix("engagement."),
            at=event.at,
            who=event.actor_name,
            organisation=organisation or "",
            reason=json.loads(event.after).get("reason", ""),
        )
        for event, organisation in rows
    )
