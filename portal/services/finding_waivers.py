"""Waivers: asked for by the enterprise's side, given by the regulator alone, for a scope and until a day."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.workflow import FindingAction, FindingSource, FindingState
from portal.models.finding_life import Waiver
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord
from portal.queries.findings import stream_of
from portal.services import finding_requests as requests
from portal.services.finding_steps import add_step, locked_finding, move, tell_responder, trace, written
from portal.services.record_notices import tell_preparers

#: A waiver is for a time, not for good.
LONGEST_WAIVER = timedelta(days=366)


@dataclass(frozen=True)
class WaiverScope:
    """What a waiver reaches beyond its own finding: the same check in these months, on one stream or all."""

    month_from: Month
    month_to: Month
    stream_code: str = ""


def ask_waiver(
    session: Session, actor: Actor, finding_id: int, expected_version: int, until: date, reason: str
) -> Finding:
    """Ask the regulator to let the finding not block until a day; it blocks until that is granted."""
    finding = locked_finding(session, actor, Permission.FINDING_RESPOND, finding_id, expected_version)
    before = move(finding, FindingAction.ASK_WAIVER)
    _check_until(until)
    words = written(reason, "reason", N_("请写明豁免理由和依据"))
    requests.ask_waiver(session, actor, finding, until, words)
    add_step(finding, actor, "waiver_asked", words, done_on=until)
    trace(session, actor, finding, "finding.waiver_asked", before, until=until, reason=words)
    return finding


def refuse_waiver(
    session: Session, actor: Actor, finding_id: int, expected_version: int, comment: str
) -> Finding:
    """Refuse the waiver that was asked for, saying why; the finding is open again."""
    finding = locked_finding(session, actor, Permission.FINDING_WAIVE, finding_id, expected_version)
    before = move(finding, FindingAction.REFUSE_WAIVER)
    words = written(comment, "comment", N_("不同意要写明理由"))
    _answer(session, actor, finding, granted=False)
    add_step(finding, actor, "waiver_refused", words)
    trace(session, actor, finding, "finding.waiver_refused", before, comment=words)
    tell_responder(session, finding, actor, N_("差距 %(number)s 的豁免没有同意：%(title)s"))
    return finding


def waive(
    session: Session,
    actor: Actor,
    finding_id: int,
    expected_version: int,
    until: date,
    reason: str,
    scope: WaiverScope | None = None,
) -> Finding:
    """Let a finding not block until a day (with it), for a reason; its severity stays as it was.

    With ``scope`` the same check is waived in these months too, for what it has found and will find.
    """
    finding = locked_finding(session, actor, Permission.FINDING_WAIVE, finding_id, expected_version)
    _check_until(until)
    words = written(reason, "reason", N_("请写明豁免理由和依据"))
    if scope is not None:
        _grant_scope(session, actor, finding, until, words, scope)
    _answer(session, actor, finding, granted=True)
    _waive(session, actor, finding, until, words)
    tell_preparers(
        session,
        finding.enterprise_id,
        N_("差距 %(number)s 已豁免至 %(day)s"),
        {"number": finding.number, "day": str(until)},
        f"/findings/{finding.id}",
    )
    return finding


def end_waivers(session: Session) -> int:
    """Open the findings again whose waiver ran out; returns how many. Safe to run at any time.

    Guards go by the date and need no run of this; it only brings the written state in line.
    """
    past = session.scalars(
        sa.select(Finding)
        .where(Finding.state == FindingState.WAIVED, Finding.waived_until < today())
        .with_for_update()
    ).all()
    for finding in past:
        end_waiver_if_past(session, finding)
    return len(past)


def end_waiver_if_past(session: Session, finding: Finding) -> None:
    """Open one finding again when its waiver ran out."""
    ended = finding.waived_until
    if finding.state is not FindingState.WAIVED or ended is None or ended >= today():
        return
    move(finding, FindingAction.END_WAIVER)
    finding.row_version += 1
    add_step(finding, None, "waiver_ended", "", done_on=ended)
    trace(session, None, finding, "finding.waiver_ended", FindingState.WAIVED, until=ended)
    session.flush()


def waive_by_scope(session: Session, finding: Finding, month: str) -> None:
    """Waive a finding that a check has just opened when a waiver in force reaches it."""
    waiver = session.scalar(
        sa.select(Waiver)
        .where(
            Waiver.enterprise_id == finding.enterprise_id,
            Waiver.check_id == finding.check_id,
            Waiver.stream_code.in_(("", stream_of(finding))),
            Waiver.month_from <= month,
            Waiver.month_to >= month,
            Waiver.until >= today(),
        )
        .order_by(Waiver.until.desc())
        .limit(1)
    )
    if waiver is not None:
        _waive(session, None, finding, waiver.until, waiver.reason)


def _grant_scope(
    session: Session, actor: Actor, finding: Finding, until: date, words: str, scope: WaiverScope
) -> None:
    if finding.source is not FindingSource.CHECK:
        raise Refused(N_("只有检查开出的差距可以按检查和月份豁免"))
    if scope.month_to < scope.month_from:
        raise Invalid(N_("结束月份不能早于开始月份"), path="month_to")
    session.add(
        Waiver(
            enterprise_id=finding.enterprise_id,
            check_id=finding.check_id,
            stream_code=scope.stream_code,
            month_from=str(scope.month_from),
            month_to=str(scope.month_to),
            until=until,
            reason=words,
            granted_by_id=actor.user_id,
        )
    )
    for other in _alike(session, finding, scope):
        if scope.stream_code in ("", stream_of(other)):
            other.row_version += 1
            _waive(session, actor, other, until, words)


def _alike(session: Session, finding: Finding, scope: WaiverScope) -> list[Finding]:
    return list(
        session.scalars(
            sa.select(Finding)
            .join(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
            .where(
                Finding.enterprise_id == finding.enterprise_id,
                Finding.source == FindingSource.CHECK,
                Finding.check_id == finding.check_id,
                Finding.id != finding.id,
                Finding.state != FindingState.CLOSED,
                MonthlyRecord.month.between(str(scope.month_from), str(scope.month_to)),
            )
            .with_for_update(of=Finding)
        )
    )


def _waive(session: Session, actor: Actor | None, finding: Finding, until: date, words: str) -> None:
    before = move(finding, FindingAction.WAIVE)
    finding.waived_until = until
    add_step(finding, actor, "waived", words, done_on=until)
    trace(
        session,
        actor,
        finding,
        "finding.waived",
        before,
        reason=words,
        until=until,
        severity=finding.severity,
    )


def _answer(session: Session, actor: Actor, finding: Finding, *, granted: bool) -> None:
    request = requests.open_request(session, finding, requests.WAIVER)
    if request is not None:
        requests.decide(request, actor, granted=granted)


def _check_until(until: date) -> None:
    if not today() <= until <= today() + LONGEST_WAIVER:
        raise Invalid(N_("豁免要写明截止日期，从今天起最长一年"), path="until")
