"""Engagements: proposing, accepting, suspending and ending a steward firm's contract.

Whether a contract gives access is asked anew at each request (``engagement_in_force``), so that
every move here works in the second in which it is committed, for open sessions too.
"""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, OrganisationKind, Permission, Role
from portal.domain.engagements import (
    STANDING,
    EngagementAction,
    Move,
    next_move,
    scopes_meet,
)
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.workflow import EngagementState
from portal.models.engagements import Engagement
from portal.models.organisations import Organisation
from portal.models.users import User
from portal.queries.access import require
from portal.queries.engagements import suspended_by
from portal.services.events import record_event
from portal.services.notifications import notify_roles
from portal.services.numbers import next_number
from portal.services.rows import check_version

LONGEST_YEARS = 5

#: What each move is called in the trace.
EVENTS = {
    EngagementAction.ACCEPT: "engagement.accepted",
    EngagementAction.DECLINE: "engagement.declined",
    EngagementAction.SUSPEND: "engagement.suspended",
    EngagementAction.RESUME: "engagement.resumed",
    EngagementAction.END: "engagement.ended",
}

NOTICES = {
    EngagementAction.ACCEPT: N_("%(who)s 接受了托管合同 %(number)s"),
    EngagementAction.DECLINE: N_("%(who)s 谢绝了托管合同 %(number)s"),
    EngagementAction.SUSPEND: N_("%(who)s 暂停了托管合同 %(number)s"),
    EngagementAction.RESUME: N_("%(who)s 恢复了托管合同 %(number)s"),
    EngagementAction.END: N_("%(who)s 终止了托管合同 %(number)s"),
}


def propose_to_firm(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    firm_id: int,
    scope: EngagementScope,
    starts_on: date,
    ends_on: date,
) -> Engagement:
    """An enterprise's administrator proposes a contract to a steward firm.

    Raises NotFound, Refused, or Invalid with the field at fault.
    """
    require(session, actor, Permission.ENGAGEMENT_PROPOSE, enterprise_id)
    if actor.kind is not OrganisationKind.ENTERPRISE:
        raise NotFound
    firm = session.get(Organisation, firm_id)
    if firm is None or firm.kind is not OrganisationKind.STEWARD_FIRM or not firm.active:
        raise Invalid(N_("没有这家管家机构，请重新选择"), path="firm_id")
    return new_engagement(session, actor, enterprise_id, firm_id, scope, starts_on, ends_on)


def propose_to_enterprise(
    session: Session, actor: Actor, uscc: str, scope: EngagementScope, starts_on: date, ends_on: date
) -> Engagement:
    """A steward firm's lead proposes a contract to the enterprise with this code.

    Raises Refused, or Invalid with the field at fault.
    """
    if not actor.may(Permission.ENGAGEMENT_PROPOSE) or actor.kind is not OrganisationKind.STEWARD_FIRM:
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    enterprise = session.scalar(
        sa.select(Organisation).where(
            Organisation.uscc == uscc,
            Organisation.kind == OrganisationKind.ENTERPRISE,
            Organisation.active,
        )
    )
    if enterprise is None or actor.organisation_id is None:
        raise Invalid(N_("没有找到这个代码的已受理企业；请核对，或请企业先办理登记"), path="uscc")
    return new_engagement(session, actor, enterprise.id, actor.organisation_id, scope, starts_on, ends_on)


def new_engagement(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    firm_id: int,
    scope: EngagementScope,
    starts_on: date,
    ends_on: date,
) -> Engagement:
    """Write the proposal down and tell both sides; the caller has authorised the actor.

    Raises Invalid for dates that make no sense or meet a standing contract of the same firm.
    """
    _check_dates(starts_on, ends_on)
    _refuse_overlap(session, enterprise_id, firm_id, scope, starts_on, ends_on)
    row = Engagement(
        number=_free_number(session),
        firm_id=firm_id,
        enterprise_id=enterprise_id,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        proposed_by_id=actor.user_id,
    )
    session.add(row)
    session.flush()
    dates = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    after = {"number": row.number, "firm_id": firm_id, "scope": scope.value} | dates
    event = "engagement.proposed"
    record_event(session, actor, event, "engagement", row.id, enterprise_id=enterprise_id, after=after)
    _tell(session, row, actor, N_("%(who)s 提出了托管合同 %(number)s，待企业确认"))
    return row


def _free_number(session: Session) -> str:
    """The next number that no contract bears; contracts brought in from elsewhere keep theirs."""
    year = today().year
    while True:
        number = f"EG-{year}-{next_number(session, f'engagement:{year}'):04d}"
        if session.scalar(sa.select(Engagement.id).where(Engagement.number == number)) is None:
            return number


def move_engagement(
    session: Session,
    actor: Actor,
    engagement_id: int,
    action: EngagementAction,
    row_version: int,
    reason: str = "",
) -> Engagement:
    """Accept, decline, suspend, resume or end a contract.

    Raises NotFound (none of the actor's business), Refused, Conflict, or Invalid without a reason
    where one is needed.
    """
    row = _locked(session, actor, engagement_id)
    move = next_move(row.state, action)
    _authorize_side(session, actor, row, move)
    last = session.get(User, row.decided_by_id) if row.decided_by_id else None
    check_version(row, row_version, who=last.name if last else "", when=row.decided_at)
    if move.needs_reason and not reason.strip():
        raise Invalid(N_("请写明理由，对方会看到"), path="reason")
    _guard(session, actor, row, action)
    before = {"state": row.state.value}
    row.state, row.reason = move.to, reason.strip()
    row.decided_by_id, row.decided_at = actor.user_id, now()
    if move.to is EngagementState.ENDED:
        row.ended_at = row.decided_at
    session.flush()
    record_event(
        session,
        actor,
        EVENTS[action],
        "engagement",
        row.id,
        enterprise_id=row.enterprise_id,
        before=before,
        after={"state": row.state.value, "number": row.number, "reason": row.reason},
    )
    _tell(session, row, actor, NOTICES[action])
    return row


def _locked(session: Session, actor: Actor, engagement_id: int) -> Engagement:
    """The row, locked, for somebody of one of its two sides."""
    row = session.scalar(
        sa.select(Engagement)
        .where(Engagement.id == engagement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or actor.organisation_id not in (row.enterprise_id, row.firm_id):
        raise NotFound
    return row


def _authorize_side(session: Session, actor: Actor, row: Engagement, move: Move) -> None:
    """The enterprise by its scope; the firm by its own contract, in force or not."""
    if actor.kind is OrganisationKind.ENTERPRISE:
        require(session, actor, move.permission, row.enterprise_id)
    elif actor.organisation_id != row.firm_id:
        raise NotFound
    elif not actor.may(move.permission):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))


def _guard(session: Session, actor: Actor, row: Engagement, action: EngagementAction) -> None:
    if action is EngagementAction.ACCEPT:
        if row.ends_on < today():
            raise Refused(N_("合同期已经过了，不能再接受；请另提一份"))
        _refuse_overlap(
            session, row.enterprise_id, row.firm_id, row.scope, row.starts_on, row.ends_on, except_id=row.id
        )
    if action is EngagementAction.RESUME and suspended_by(session, row.id) != actor.organisation_id:
        raise Refused(N_("合同由对方暂停，只能由对方恢复"))


def _check_dates(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Invalid(N_("结束不能早于开始"), path="ends_on")
    if ends_on < today():
        raise Invalid(N_("合同已经到期，请核对日期"), path="ends_on")
    if (ends_on - starts_on).days > LONGEST_YEARS * 366:
        raise Invalid(N_("一份合同最长 %(years)s 年"), params={"years": LONGEST_YEARS}, path="ends_on")


def _refuse_overlap(
    session: Session,
    enterprise_id: int,
    firm_id: int,
    scope: EngagementScope,
    starts_on: date,
    ends_on: date,
    *,
    except_id: int | None = None,
) -> None:
    # The enterprise's row is locked: two proposals at once are looked at one after the other.
    session.execute(sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update())
    rows = session.scalars(
        sa.select(Engagement).where(
            Engagement.enterprise_id == enterprise_id,
            Engagement.firm_id == firm_id,
            Engagement.state.in_(STANDING),
            Engagement.starts_on <= ends_on,
            Engagement.ends_on >= starts_on,
        )
    )
    for other in rows:
        if other.id != except_id and scopes_meet(other.scope, scope):
            raise Invalid(
                N_("与同一机构的合同 %(number)s（%(start)s 至 %(end)s）重叠；请改日期，或先终止那一份"),
                params={
                    "number": other.number,
                    "start": other.starts_on.isoformat(),
                    "end": other.ends_on.isoformat(),
                },
                path="starts_on",
            )


def _tell(session: Session, row: Engagement, actor: Actor, text: str) -> None:
    params = {"who": actor.organisation_name or actor.name, "number": row.number}
    link = f"/engagements/{row.id}"
    notify_roles(
        session,
        row.enterprise_id,
        [Role.ENTERPRISE_ADMINISTRATOR],
        text,
        params,
        link,
        row.enterprise_id,
        except_user_id=actor.user_id,
    )
    notify_roles(
        session,
        row.firm_id,
        [Role.STEWARD_LEAD, Role.STEWARD],
        text,
        params,
        link,
        except_user_id=actor.user_id,
    )
