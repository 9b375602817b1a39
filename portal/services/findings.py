"""Mending findings: response, re-check, return, closing, false alarm, comment, look-back, raising."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.workflow import (
    ClosedAs,
    FindingAction,
    FindingSource,
    FindingState,
    RecordState,
    Section,
    Severity,
)
from portal.models.findings import Finding
from portal.models.reviews import Review
from portal.reference.rectification import load_rectification
from portal.services.finding_checks import closing_failures, run_check_again
from portal.services.finding_opening import open_finding
from portal.services.finding_requests import withdraw_requests
from portal.services.finding_steps import (
    add_step,
    locked_finding,
    move,
    require_either_side,
    settle,
    tell_opener,
    tell_responder,
    trace,
    written,
)
from portal.services.finding_waivers import end_waiver_if_past
from portal.services.record_access import current_version, locked_record
from portal.services.review_desk import check_independence, sections_of
from portal.services.uploads import Upload, store_uploads
from portal.storage import Storage

ANSWERED = frozenset({FindingState.RESPONDED, FindingState.EXPLAINED})


def respond(
    session: Session,
    actor: Actor,
    finding_id: int,
    expected_version: int,
    *,
    text: str,
    addressed: bool | None = None,
    done_on: date | None = None,
    uploads: Sequence[Upload] = (),
    storage: Storage | None = None,
    most_bytes: int = 20 * 1024 * 1024,
) -> Finding:
    """Say what was done about a finding, with files; possible whatever the state of its month.

    A check that asks for an explanation is settled by it (EXPLAINED). Every other finding needs
    ``addressed``, and with yes the day ``done_on``; it then waits for the regulator, and a check is
    run again at once. Raises Invalid (with the field), Refused, Conflict, NotFound.
    """
    finding = locked_finding(session, actor, Permission.FINDING_RESPOND, finding_id, expected_version)
    end_waiver_if_past(session, finding)
    explains = finding.source is FindingSource.CHECK and finding.severity is Severity.EXPLAIN
    before = move(finding, FindingAction.EXPLAIN if explains else FindingAction.RESPOND)
    words = written(text, "body", N_("请写明原因和做法"))
    if not explains:
        _check_answer(addressed, done_on)
    files = store_uploads(session, storage, actor, finding.enterprise_id, uploads, most_bytes)
    withdraw_requests(session, actor, finding)
    finding.responded_by_id = actor.user_id
    finding.owner_id = finding.owner_id or actor.user_id
    add_step(
        finding,
        actor,
        "explanation" if explains else "response",
        words,
        addressed=None if explains else addressed,
        done_on=None if explains else done_on,
        evidence_ids=files,
    )
    trace(session, actor, finding, "finding.responded", before, text=words, evidence=files)
    if not explains:
        _note_recheck(session, actor, finding)
        tell_opener(session, finding, actor, N_("企业回应了差距 %(number)s：%(title)s"))
    return finding


def recheck(session: Session, actor: Actor, finding_id: int, expected_version: int) -> Finding:
    """Run the finding's check again on the month as it is now, by either side; keeps passed or failed."""
    finding = locked_finding(session, actor, Permission.FINDING_VIEW, finding_id, expected_version)
    require_either_side(actor)
    if finding.source is not FindingSource.CHECK:
        raise Refused(N_("这项差距由人开具，没有可以重跑的检查；由人复核"))
    if finding.state is FindingState.CLOSED:
        raise Refused(N_("这项差距已经关闭"))
    _note_recheck(session, actor, finding)
    return finding


def close(
    session: Session, actor: Actor, finding_id: int, expected_version: int, comment: str = ""
) -> Finding:
    """Close a finding that was responded to; never by who responded.

    A check is run again and must pass, or the comment says why not; files given with the response
    must prove the finding's month. A day is set on which somebody looks whether the mending held.
    Raises GuardFailed with every reason.
    """
    finding = locked_finding(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    if finding.state is FindingState.CLOSED:
        raise Refused(N_("这项差距已经关闭"))
    words = written(comment, "comment")
    if finding.source is FindingSource.CHECK and finding.state in ANSWERED:
        _note_recheck(session, actor, finding)
    failures = closing_failures(session, actor, finding, words)
    if failures:
        raise GuardFailed(failures)
    before = move(finding, FindingAction.CLOSE)
    settle(finding, actor, ClosedAs.MENDED)
    if finding.severity is not Severity.NOTE:
        finding.look_back_on = load_rectification().look_back_on(today())
    add_step(finding, actor, "closed", words)
    trace(session, actor, finding, "finding.closed", before, comment=words, recheck=finding.recheck)
    tell_responder(session, finding, actor, N_("差距 %(number)s 已关闭：%(title)s"))
    return finding


def return_response(
    session: Session,
    actor: Actor,
    finding_id: int,
    expected_version: int,
    comment: str,
    due_on: date | None = None,
) -> Finding:
    """Send a response back with a comment, and with a new date where one is given."""
    finding = locked_finding(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    before = move(finding, FindingAction.RETURN)
    words = written(comment, "comment", N_("退回要写明意见"))
    if due_on is not None and due_on < today():
        raise Invalid(N_("期限不能早于今天"), path="due_on")
    finding.due_on = due_on or finding.due_on
    add_step(finding, actor, "returned", words)
    trace(session, actor, finding, "finding.returned", before, comment=words)
    tell_responder(session, finding, actor, N_("差距 %(number)s 的回应被退回：%(title)s"))
    return finding


def dismiss(session: Session, actor: Actor, finding_id: int, expected_version: int, reason: str) -> Finding:
    """Set a finding aside as a false alarm, by the regulator, with a reason.

    The same check opens it again only when its figures change.
    """
    finding = locked_finding(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    before = move(finding, FindingAction.DISMISS)
    words = written(reason, "reason", N_("请写明为什么是误报"))
    if actor.user_id == finding.responded_by_id:
        raise Refused(N_("回应人不能自己关闭，请由另一位审核人员关闭"))
    withdraw_requests(session, actor, finding)
    settle(finding, actor, ClosedAs.FALSE_ALARM)
    add_step(finding, actor, "dismissed", words)
    trace(session, actor, finding, "finding.dismissed", before, reason=words)
    tell_responder(session, finding, actor, N_("差距 %(number)s 已按误报撤销：%(title)s"))
    return finding


def comment(session: Session, actor: Actor, finding_id: int, expected_version: int, text: str) -> Finding:
    """Add a comment, by either side; it moves nothing."""
    finding = locked_finding(session, actor, Permission.FINDING_VIEW, finding_id, expected_version)
    require_either_side(actor)
    words = written(text, "comment", N_("请写下内容"))
    add_step(finding, actor, "comment", words)
    trace(session, actor, finding, "finding.commented", finding.state, text=words)
    tell_responder(session, finding, actor, N_("差距 %(number)s 有新的留言：%(title)s"))
    tell_opener(session, finding, actor, N_("差距 %(number)s 有新的留言：%(title)s"))
    return finding


def look_back(
    session: Session, actor: Actor, finding_id: int, expected_version: int, *, holds: bool, comment: str
) -> Finding:
    """Say whether the mending of a closed finding has held; opens it again, with a new date, when not."""
    finding = locked_finding(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    words = written(comment, "comment", N_("请写明回头看核对了什么"))
    before = move(finding, FindingAction.CONFIRM_LOOK_BACK if holds else FindingAction.FAIL_LOOK_BACK)
    finding.look_back_on = None
    if not holds:
        finding.due_on = load_rectification().due_on(finding.severity, today())
    add_step(finding, actor, "look_back", words, addressed=holds)
    trace(session, actor, finding, "finding.looked_back", before, holds=holds, comment=words)
    if not holds:
        tell_responder(session, finding, actor, N_("差距 %(number)s 回头看不合格，重新打开：%(title)s"))
    return finding


def raise_finding(
    session: Session,
    actor: Actor,
    record_id: int,
    *,
    section: Section,
    severity: Severity,
    title: str,
    text: str,
    due_on: date,
    cell: str = "",
    clause: str = "",
) -> Finding:
    """Raise a finding in the review of a month, by its reviewer; a blocking one stops the acceptance."""
    record = locked_record(session, actor, Permission.RECORD_REVIEW, record_id)
    version = current_version(session, record)
    check_independence(session, actor, record, version)
    reviewer = session.scalar(sa.select(Review.reviewer_id).where(Review.version_id == version.id))
    if record.state is not RecordState.UNDER_REVIEW or reviewer != actor.user_id:
        raise Refused(N_("只有正在审核这个月的承办人可以开具差距"))
    if all(row.section is not section for row in sections_of(session, version)):
        raise NotFound
    words = written(text, "body", N_("请写明差距的内容和怎么改"))
    return open_finding(
        session,
        actor,
        record.enterprise_id,
        source=FindingSource.REVIEW,
        record_id=record.id,
        check_id="",
        subject="",
        severity=severity,
        title=title.strip(),
        detail={"message": words, "clause": clause[:200], "version": version.number},
        due_on=due_on,
        section=section,
        cell=cell,
    )


def _check_answer(addressed: bool | None, done_on: date | None) -> None:
    if addressed is None:
        raise Invalid(N_("请选择是否已经整改"), path="addressed")
    if addressed and done_on is None:
        raise Invalid(N_("已整改的要写明完成日期"), path="done_on")
    if addressed and done_on is not None and done_on > today():
        raise Invalid(N_("完成日期不能晚于今天；还没有完成请选择未整改"), path="done_on")


def _note_recheck(session: Session, actor: Actor, finding: Finding) -> None:
    again = run_check_again(session, finding)
    if again is None:
        return
    finding.recheck, finding.rechecked_at = "passed" if again.passed else "failed", now()
    # Kept as the system's own step: a check, not a person, said so.
    columns: dict[str, Any] = {"addressed": again.passed}
    add_step(finding, None, "recheck", again.text, **columns)
    trace(session, actor, finding, "finding.rechecked", finding.state, recheck=finding.recheck)
