"""Asking for more time to mend a finding, and the regulator's answer."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.workflow import FindingState
from portal.models.finding_life import FindingRequest
from portal.models.findings import Finding
from portal.reference.rectification import load_rectification
from portal.reference.working_days import working_day_after
from portal.services.finding_steps import add_step, locked_finding, tell_responder, told_of, trace, written
from portal.services.record_notices import tell_regulators

EXTENSION, WAIVER = "extension", "waiver"
#: The clock runs for the enterprise's side in these states only.
ON_THE_CLOCK = frozenset({FindingState.OPEN, FindingState.RETURNED, FindingState.WAIVER_ASKED})


def ask_extension(
    session: Session, actor: Actor, finding_id: int, expected_version: int, until: date, reason: str
) -> Finding:
    """Ask for a later due date, with a reason, before it is due; the date moves only when granted."""
    finding = locked_finding(session, actor, Permission.FINDING_RESPOND, finding_id, expected_version)
    if finding.state not in ON_THE_CLOCK:
        raise Refused(N_("现在不等企业处理，不用申请延期"))
    if finding.due_on < today():
        raise Refused(N_("已经过了期限，不能再申请延期"))
    latest = _latest(finding)
    if not finding.due_on < until <= latest:
        raise Invalid(
            N_("延期要晚于现在的期限，最晚到 %(day)s"), params={"day": str(latest)}, path="extend_to"
        )
    words = written(reason, "reason", N_("请写明延期的理由"))
    _ask(session, actor, finding, EXTENSION, until, words)
    add_step(finding, actor, "extension_asked", words, done_on=until)
    trace(session, actor, finding, "finding.extension_asked", finding.state, until=until, reason=words)
    _tell_regulators(session, finding, N_("差距 %(number)s 申请延期：%(title)s"))
    return finding


def decide_extension(
    session: Session, actor: Actor, finding_id: int, expected_version: int, *, granted: bool, comment: str
) -> Finding:
    """Grant or refuse the extension that was asked for; a refusal says why."""
    finding = locked_finding(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    request = open_request(session, finding, EXTENSION)
    if request is None:
        raise NotFound
    words = written(comment, "comment", "" if granted else N_("不同意要写明理由"))
    decide(request, actor, granted=granted)
    before = finding.due_on
    if granted:
        finding.due_on = request.until
    kind = "extension_granted" if granted else "extension_refused"
    add_step(finding, actor, kind, words, done_on=finding.due_on)
    trace(session, actor, finding, f"finding.{kind}", finding.state, due_before=before, due_on=finding.due_on)
    said = (
        N_("差距 %(number)s 的延期已同意：%(title)s")
        if granted
        else N_("差距 %(number)s 的延期没有同意：%(title)s")
    )
    tell_responder(session, finding, actor, said)
    return finding


def ask_waiver(session: Session, actor: Actor, finding: Finding, until: date, words: str) -> FindingRequest:
    """Write down that a waiver is asked for; the caller moves the finding."""
    request = _ask(session, actor, finding, WAIVER, until, words)
    _tell_regulators(session, finding, N_("差距 %(number)s 申请豁免：%(title)s"))
    return request


def open_request(session: Session, finding: Finding, kind: str) -> FindingRequest | None:
    """The request of this kind that waits for an answer."""
    return session.scalar(
        sa.select(FindingRequest).where(
            FindingRequest.finding_id == finding.id,
            FindingRequest.kind == kind,
            FindingRequest.decided_at.is_(None),
        )
    )


def decide(request: FindingRequest, actor: Actor, *, granted: bool | None) -> None:
    """Write the answer; None: it is not asked for any more."""
    request.granted, request.decided_at, request.decided_by_id = granted, now(), actor.user_id


def withdraw_requests(session: Session, actor: Actor, finding: Finding) -> None:
    """Nobody need answer what is not asked for any more: the finding was responded to, or set aside."""
    for kind in (EXTENSION, WAIVER):
        request = open_request(session, finding, kind)
        if request is not None:
            decide(request, actor, granted=None)


def _ask(
    session: Session, actor: Actor, finding: Finding, kind: str, until: date, words: str
) -> FindingRequest:
    if open_request(session, finding, kind) is not None:
        raise Refused(N_("已经有一份申请在等答复"))
    request = FindingRequest(
        finding_id=finding.id, kind=kind, until=until, reason=words, asked_by_id=actor.user_id
    )
    session.add(request)
    return request


def _latest(finding: Finding) -> date:
    return working_day_after(finding.due_on, load_rectification().longest_extension)


def _tell_regulators(session: Session, finding: Finding, text: str) -> None:
    tell_regulators(
        session,
        finding.enterprise_id,
        text,
        told_of(finding),
        f"/findings/{finding.id}",
    )
