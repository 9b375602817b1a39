"""Mending findings: response, re-check, return, closing, waiver, and findings that a reviewer raises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.workflow import (
    FindingSource,
    FindingState,
    RecordState,
    Section,
    Severity,
)
from portal.models.findings import Finding, Rectification
from portal.models.reviews import Review
from portal.models.users import User
from portal.queries.access import require
from portal.services.events import record_event
from portal.services.evidence import store_file
from portal.services.finding_checks import closing_failures, run_check_again
from portal.services.notifications import notify
from portal.services.numbers import next_number
from portal.services.record_access import current_version, locked_record
from portal.services.record_notices import tell_preparers
from portal.services.review_desk import check_independence, sections_of
from portal.services.rows import check_version
from portal.storage import Storage

LONGEST_TEXT = 2000
MOST_FILES = 5
#: A waiver is for a time, not for good.
LONGEST_WAIVER = timedelta(days=366)
ANSWERABLE = frozenset(
    {FindingState.OPEN, FindingState.RETURNED, FindingState.RESPONDED, FindingState.EXPLAINED}
)
ANSWERED = frozenset({FindingState.RESPONDED, FindingState.EXPLAINED})


@dataclass(frozen=True)
class Upload:
    """A file given with a response, and the days that it proves."""

    stream: BinaryIO
    filename: str
    period_from: date | None = None
    period_to: date | None = None


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
    finding = _locked(session, actor, Permission.FINDING_RESPOND, finding_id, expected_version)
    end_waiver_if_past(session, finding)
    if finding.state not in ANSWERABLE:
        raise Refused(N_("已关闭或已豁免的差距不用再回应"), path="state")
    words = _text(text, "body", N_("请写明原因和做法"))
    explains = finding.source is FindingSource.CHECK and finding.severity is Severity.EXPLAIN
    if not explains:
        _check_answer(addressed, done_on)
    files = _store(session, storage, actor, finding, uploads, most_bytes)
    before = finding.state
    finding.state = FindingState.EXPLAINED if explains else FindingState.RESPONDED
    finding.responded_by_id = actor.user_id
    finding.owner_id = finding.owner_id or actor.user_id
    _step(
        finding,
        actor,
        "explanation" if explains else "response",
        words,
        addressed=None if explains else addressed,
        done_on=None if explains else done_on,
        evidence_ids=files,
    )
    _trace(session, actor, finding, "finding.responded", before, text=words, evidence=files)
    if not explains:
        _note_recheck(session, actor, finding)
        _tell_reviewer(session, finding, actor)
    return finding


def recheck(session: Session, actor: Actor, finding_id: int, expected_version: int) -> Finding:
    """Run the finding's check again on the month as it is now, by either side; keeps passed or failed."""
    finding = _locked(session, actor, Permission.FINDING_VIEW, finding_id, expected_version)
    if not (actor.may(Permission.FINDING_RESPOND) or actor.may(Permission.FINDING_CLOSE)):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    if finding.source is not FindingSource.CHECK:
        raise Refused(N_("这项差距由审核人员开具，没有可以重跑的检查"))
    if finding.state is FindingState.CLOSED:
        raise Refused(N_("这项差距已经关闭"))
    _note_recheck(session, actor, finding)
    return finding


def close(
    session: Session, actor: Actor, finding_id: int, expected_version: int, comment: str = ""
) -> Finding:
    """Close a finding that was responded to; never by who responded.

    A check is run again and must pass, or the comment says why not; files given with the response
    must prove the finding's month. Raises GuardFailed with every reason.
    """
    finding = _locked(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    if finding.state is FindingState.CLOSED:
        raise Refused(N_("这项差距已经关闭"))
    words = _text(comment, "comment")
    if finding.source is FindingSource.CHECK and finding.state in ANSWERED:
        _note_recheck(session, actor, finding)
    failures = closing_failures(session, actor, finding, words)
    if failures:
        raise GuardFailed(failures)
    before = finding.state
    finding.state, finding.closed_at, finding.closed_by_id = FindingState.CLOSED, now(), actor.user_id
    finding.waived_until = None
    _step(finding, actor, "closed", words)
    _trace(session, actor, finding, "finding.closed", before, comment=words, recheck=finding.recheck)
    _tell_responder(session, finding, actor, N_("差距 %(number)s 已关闭：%(title)s"))
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
    finding = _locked(session, actor, Permission.FINDING_CLOSE, finding_id, expected_version)
    if finding.state not in ANSWERED:
        raise Refused(N_("还没有回应，不能退回"))
    words = _text(comment, "comment", N_("退回要写明意见"))
    if due_on is not None and due_on < today():
        raise Invalid(N_("期限不能早于今天"), path="due_on")
    before = finding.state
    finding.state, finding.due_on = FindingState.RETURNED, due_on or finding.due_on
    _step(finding, actor, "returned", words)
    _trace(session, actor, finding, "finding.returned", before, comment=words)
    _tell_responder(session, finding, actor, N_("差距 %(number)s 的回应被退回：%(title)s"))
    return finding


def waive(
    session: Session, actor: Actor, finding_id: int, expected_version: int, until: date, reason: str
) -> Finding:
    """Let a finding not block until a day (with it), for a reason; its severity stays as it was."""
    finding = _locked(session, actor, Permission.FINDING_WAIVE, finding_id, expected_version)
    if finding.state is FindingState.CLOSED:
        raise Refused(N_("这项差距已经关闭"))
    if not today() <= until <= today() + LONGEST_WAIVER:
        raise Invalid(N_("豁免要写明截止日期，从今天起最长一年"), path="until")
    words = _text(reason, "reason", N_("请写明豁免理由和依据"))
    before = finding.state
    finding.state, finding.waived_until = FindingState.WAIVED, until
    _step(finding, actor, "waived", words, done_on=until)
    _trace(session, actor, finding, "finding.waived", before, reason=words, until=until)
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
    if finding.state is not FindingState.WAIVED or finding.waived_until is None:
        return
    if finding.waived_until >= today():
        return
    ended, finding.state, finding.waived_until = finding.waived_until, FindingState.OPEN, None
    finding.row_version += 1
    finding.steps.append(Rectification(kind="waiver_ended", text="", done_on=ended))
    _trace(session, None, finding, "finding.waiver_ended", FindingState.WAIVED, until=ended)
    session.flush()


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
    heading = _text(title, "title", N_("请写明差距是什么"))
    words = _text(text, "body", N_("请写明差距的内容和怎么改"))
    if len(heading) > 300:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": 300}, path="title")
    if due_on < today():
        raise Invalid(N_("期限不能早于今天"), path="due_on")
    year = record.month[:4]
    number = f"GAP-{year}-{next_number(session, f'finding-{year}'):04d}"
    finding = Finding(
        number=number,
        enterprise_id=record.enterprise_id,
        record_id=record.id,
        source=FindingSource.REVIEW,
        check_id="",
        subject=number,
        section=section,
        cell=cell[:80],
        slot="",
        severity=severity,
        title=heading,
        detail={"message": words, "clause": clause[:200], "version": version.number},
        due_on=due_on,
        opened_by_id=actor.user_id,
    )
    session.add(finding)
    _step(finding, actor, "opened", words)
    session.flush()
    _trace(session, actor, finding, "finding.raised", None, title=heading, section=section)
    tell_preparers(
        session,
        record.enterprise_id,
        N_("审核 %(month)s 时开具了差距 %(number)s"),
        {"month": record.month, "number": number},
        f"/findings/{finding.id}",
    )
    return finding


def _locked(
    session: Session, actor: Actor, permission: Permission, finding_id: int, expected_version: int
) -> Finding:
    finding = session.scalar(sa.select(Finding).where(Finding.id == finding_id).with_for_update())
    if finding is None:
        raise NotFound
    require(session, actor, permission, finding.enterprise_id)
    last = finding.steps[-1] if finding.steps else None
    who = session.scalar(sa.select(User.name).where(User.id == last.by_id)) if last and last.by_id else None
    check_version(finding, expected_version, who=who or "", when=last.at if last else None)
    return finding


def _check_answer(addressed: bool | None, done_on: date | None) -> None:
    if addressed is None:
        raise Invalid(N_("请选择是否已经整改"), path="addressed")
    if addressed and done_on is None:
        raise Invalid(N_("已整改的要写明完成日期"), path="done_on")
    if addressed and done_on is not None and done_on > today():
        raise Invalid(N_("完成日期不能晚于今天；还没有完成请选择未整改"), path="done_on")


def _store(
    session: Session,
    storage: Storage | None,
    actor: Actor,
    finding: Finding,
    uploads: Sequence[Upload],
    most_bytes: int,
) -> list[int]:
    if not uploads:
        return []
    if len(uploads) > MOST_FILES:
        raise Invalid(N_("一次最多上传 %(most)s 份文件"), params={"most": MOST_FILES}, path="file")
    require(session, actor, Permission.EVIDENCE_UPLOAD, finding.enterprise_id)
    if storage is None:
        raise ValueError("files need a place to be stored")
    kept = []
    for upload in uploads:
        if upload.period_from is None or upload.period_to is None:
            raise Invalid(N_("请写明文件证明的起止日期"), path="period_from")
        row = store_file(
            session,
            storage,
            actor,
            upload.stream,
            upload.filename,
            enterprise_id=finding.enterprise_id,
            period_from=upload.period_from,
            period_to=upload.period_to,
            most_bytes=most_bytes,
        )
        kept.append(row.id)
    return kept


def _note_recheck(session: Session, actor: Actor, finding: Finding) -> None:
    again = run_check_again(session, finding)
    if again is None:
        return
    finding.recheck, finding.rechecked_at = "passed" if again.passed else "failed", now()
    # Kept as the system's own step: a check, not a person, said so.
    finding.steps.append(Rectification(kind="recheck", text=again.text, addressed=again.passed))
    _trace(session, actor, finding, "finding.rechecked", finding.state, recheck=finding.recheck)


def _step(finding: Finding, actor: Actor, kind: str, text: str, **columns: Any) -> None:
    firm = actor.organisation_id if actor.kind is OrganisationKind.STEWARD_FIRM else None
    finding.steps.append(
        Rectification(kind=kind, text=text, by_id=actor.user_id, for_firm_id=firm, **columns)
    )


def _trace(
    session: Session,
    actor: Actor | None,
    finding: Finding,
    action: str,
    before: FindingState | None,
    **after: object,
) -> None:
    session.flush()
    record_event(
        session,
        actor,
        action,
        "finding",
        finding.id,
        enterprise_id=finding.enterprise_id,
        before={"state": before} if before else None,
        after={"state": finding.state or FindingState.OPEN, **after},
    )


def _tell_responder(session: Session, finding: Finding, actor: Actor, text: str) -> None:
    people = {finding.responded_by_id, finding.owner_id} - {None, actor.user_id}
    params = {"number": finding.number, "title": finding.title[:120]}
    notify(session, [p for p in people if p], text, params, f"/findings/{finding.id}", finding.enterprise_id)


def _tell_reviewer(session: Session, finding: Finding, actor: Actor) -> None:
    reviewer = finding.opened_by_id
    if reviewer is not None and reviewer != actor.user_id:
        notify(
            session,
            [reviewer],
            N_("企业回应了差距 %(number)s：%(title)s"),
            {"number": finding.number, "title": finding.title[:120]},
            f"/findings/{finding.id}",
            finding.enterprise_id,
        )


def _text(text: str, path: str, needed: str = "") -> str:
    words = text.strip()
    if needed and not words:
        raise Invalid(needed, path=path)
    if len(words) > LONGEST_TEXT:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": LONGEST_TEXT}, path=path)
    return words
