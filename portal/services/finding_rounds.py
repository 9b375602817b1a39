"""The worker's round over findings: reminders, escalation when late, look-back; each is told once."""

from collections.abc import Callable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.messages import N_
from portal.domain.periods import today
from portal.domain.workflow import FindingState, Severity
from portal.models.finding_life import FindingReminder
from portal.models.findings import Finding
from portal.models.users import User
from portal.reference.rectification import Rectification, load_rectification
from portal.reference.working_days import working_day_after, working_days_between
from portal.services.finding_requests import ON_THE_CLOCK
from portal.services.finding_steps import add_step, told_of, trace
from portal.services.mail import queue_mail
from portal.services.notifications import notify
from portal.services.record_notices import tell_preparers, tell_regulators

SOON, LATE, ESCALATED, LOOK_BACK = "soon", "late", "escalated", "look_back"
SAID = {
    SOON: N_("差距 %(number)s 将于 %(day)s 到期：%(title)s"),
    LATE: N_("差距 %(number)s 已过期限 %(day)s：%(title)s"),
    ESCALATED: N_("企业逾期未整改差距 %(number)s（期限 %(day)s）：%(title)s"),
    LOOK_BACK: N_("差距 %(number)s 到了回头看的日子：%(title)s"),
}


def tell_of_due_findings(session: Session) -> int:
    """Remind, escalate and ask for look-backs where the day has come; returns how many were told.

    A round that runs again tells nothing twice: what was told is a row with its due date, so that a new
    date is told of anew. Notes are not chased.
    """
    rules, day = load_rectification(), today()
    horizon = working_day_after(day, rules.remind_before)
    findings = session.scalars(
        sa.select(Finding)
        .where(
            Finding.severity != Severity.NOTE,
            sa.or_(
                sa.and_(Finding.state.in_(ON_THE_CLOCK), Finding.due_on <= horizon),
                sa.and_(Finding.state == FindingState.CLOSED, Finding.look_back_on <= day),
            ),
        )
        .order_by(Finding.id)
        .with_for_update()
    ).all()
    told = _told(session, findings)
    many = 0
    for finding in findings:
        for kind in _kinds(finding, rules, day):
            due = _day_of(finding, kind)
            if (finding.id, kind, due) not in told:
                session.add(FindingReminder(finding_id=finding.id, kind=kind, due_on=due))
                _TELL[kind](session, finding)
                many += 1
    return many


def _kinds(finding: Finding, rules: Rectification, day: date) -> list[str]:
    """What is to be told about the finding today."""
    if finding.state is FindingState.CLOSED:
        return [LOOK_BACK]
    if finding.due_on >= day:
        return [SOON]
    late = working_days_between(finding.due_on, day) >= rules.escalate_after
    return [LATE, ESCALATED] if late else [LATE]


def _day_of(finding: Finding, kind: str) -> date:
    return finding.look_back_on or finding.due_on if kind == LOOK_BACK else finding.due_on


def _told(session: Session, findings: Sequence[Finding]) -> set[tuple[int, str, date]]:
    ids = [finding.id for finding in findings]
    rows = session.execute(
        sa.select(FindingReminder.finding_id, FindingReminder.kind, FindingReminder.due_on).where(
            FindingReminder.finding_id.in_(ids)
        )
    )
    return {(number, kind, due) for number, kind, due in rows}


def _params(finding: Finding, kind: str) -> dict[str, object]:
    return {**told_of(finding), "day": str(_day_of(finding, kind))}


def _remind(kind: str) -> Callable[[Session, Finding], None]:
    def tell(session: Session, finding: Finding) -> None:
        params, link = _params(finding, kind), f"/findings/{finding.id}"
        owner = session.get(User, finding.owner_id) if finding.owner_id else None
        if owner is None or not owner.active:
            tell_preparers(session, finding.enterprise_id, SAID[kind], params, link)
            return
        notify(session, [owner.id], SAID[kind], params, link, finding.enterprise_id)
        sentence = SAID[kind] % params
        queue_mail(session, owner.email, sentence, f"{sentence}\n")

    return tell


def _escalate(session: Session, finding: Finding) -> None:
    params, link = _params(finding, ESCALATED), f"/findings/{finding.id}"
    tell_regulators(session, finding.enterprise_id, SAID[ESCALATED], params, link)
    finding.row_version += 1
    add_step(finding, None, "escalated", "")
    trace(session, None, finding, "finding.escalated", finding.state, due_on=finding.due_on)


def _ask_look_back(session: Session, finding: Finding) -> None:
    params, link = _params(finding, LOOK_BACK), f"/findings/{finding.id}"
    if finding.closed_by_id is not None:
        notify(session, [finding.closed_by_id], SAID[LOOK_BACK], params, link, finding.enterprise_id)
    else:
        tell_regulators(session, finding.enterprise_id, SAID[LOOK_BACK], params, link)


_TELL: dict[str, Callable[[Session, Finding], None]] = {
    SOON: _remind(SOON),
    LATE: _remind(LATE),
    ESCALATED: _escalate,
    LOOK_BACK: _ask_look_back,
}
