"""One act on several findings: give them to somebody, remind, give more time; each for itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import DomainError, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.models.findings import Finding
from portal.models.users import User
from portal.queries.access import require
from portal.queries.finding_owners import candidates
from portal.services.finding_requests import EXTENSION, ON_THE_CLOCK, decide, open_request
from portal.services.finding_steps import add_step, require_either_side, tell_responder, told_of, trace
from portal.services.notifications import notify
from portal.services.record_notices import tell_preparers

MOST = 200


@dataclass
class BulkResult:
    """Numbers of the findings that were changed, and why others were not."""

    done: list[str] = field(default_factory=list)
    left: list[tuple[str, DomainError]] = field(default_factory=list)


def assign(session: Session, actor: Actor, finding_ids: Sequence[int], user_id: int) -> BulkResult:
    """Give findings to a person who can respond to them, of the enterprise or of its steward firm."""

    def give(finding: Finding) -> None:
        if user_id not in {person.user_id for person in candidates(session, {finding.enterprise_id})}:
            raise Refused(N_("这个人不能处理这家企业的差距"))
        if finding.closed_at is not None:
            raise Refused(N_("这项差距已经关闭"))
        finding.owner_id = user_id
        name = session.scalar(sa.select(User.name).where(User.id == user_id)) or ""
        add_step(finding, actor, "assigned", name)
        trace(session, actor, finding, "finding.assigned", finding.state, owner=user_id)
        if user_id != actor.user_id:
            _tell(session, finding, user_id, N_("差距 %(number)s 由您负责：%(title)s"))

    return _each(session, actor, finding_ids, give)


def remind(session: Session, actor: Actor, finding_ids: Sequence[int], text: str) -> BulkResult:
    """Remind who is to mend them, with a few words."""

    def urge(finding: Finding) -> None:
        if finding.state not in ON_THE_CLOCK:
            raise Refused(N_("这项差距现在不等企业处理"))
        add_step(finding, actor, "reminded", text.strip())
        trace(session, actor, finding, "finding.reminded", finding.state, text=text.strip())
        said = N_("请处理差距 %(number)s，%(day)s 到期：%(title)s")
        if finding.owner_id:
            _tell(session, finding, finding.owner_id, said)
        else:
            link = f"/findings/{finding.id}"
            tell_preparers(session, finding.enterprise_id, said, _params(finding), link)

    return _each(session, actor, finding_ids, urge)


def extend(
    session: Session, actor: Actor, finding_ids: Sequence[int], until: date, reason: str
) -> BulkResult:
    """Give more time, by the regulator, with a reason; answers a request that waits."""
    if until <= today():
        raise Invalid(N_("期限要晚于今天"), path="until")
    if not reason.strip():
        raise Invalid(N_("请写明延期的理由"), path="reason")

    def give(finding: Finding) -> None:
        require(session, actor, Permission.FINDING_CLOSE, finding.enterprise_id)
        if finding.state not in ON_THE_CLOCK:
            raise Refused(N_("这项差距现在不等企业处理"))
        if until <= finding.due_on:
            raise Refused(N_("新的期限不比现在的晚"))
        request = open_request(session, finding, EXTENSION)
        if request is not None:
            decide(request, actor, granted=True)
        before, finding.due_on = finding.due_on, until
        add_step(finding, actor, "extension_granted", reason.strip(), done_on=until)
        trace(
            session,
            actor,
            finding,
            "finding.extension_granted",
            finding.state,
            due_before=before,
            due_on=until,
        )
        tell_responder(session, finding, actor, N_("差距 %(number)s 的延期已同意：%(title)s"))

    return _each(session, actor, finding_ids, give)


def _each(
    session: Session, actor: Actor, finding_ids: Sequence[int], act: Callable[[Finding], None]
) -> BulkResult:
    require_either_side(actor)
    if not finding_ids:
        raise Invalid(N_("请先在列表里选中差距"), path="act")
    result = BulkResult()
    for finding_id in sorted(set(finding_ids))[:MOST]:
        finding = session.scalar(sa.select(Finding).where(Finding.id == finding_id).with_for_update())
        if finding is None:
            raise NotFound
        require(session, actor, Permission.FINDING_VIEW, finding.enterprise_id)
        try:
            act(finding)
        except Refused as error:
            result.left.append((finding.number, error))
        else:
            finding.row_version += 1
            result.done.append(finding.number)
    return result


def _params(finding: Finding) -> dict[str, object]:
    return {**told_of(finding), "day": str(finding.due_on)}


def _tell(session: Session, finding: Finding, user_id: int, text: str) -> None:
    notify(session, [user_id], text, _params(finding), f"/findings/{finding.id}", finding.enterprise_id)
