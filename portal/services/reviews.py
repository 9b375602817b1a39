"""Reviewing a submitted month: taking it, deciding its sections, asking, returning, accepting."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, Role, authorize
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, shanghai_date, today
from portal.domain.workflow import (
    Decision,
    RecordAction,
    RecordState,
    Section,
    VersionStanding,
    next_step,
)
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion, Snapshot
from portal.models.reviews import Question, Review
from portal.queries.access import enterprise_scope, find_actor
from portal.reference.working_days import REVIEW_DAYS, working_day_after, working_days_between
from portal.services.dossier_staleness import mark_restated
from portal.services.events import record_event
from portal.services.months import Move, make_move
from portal.services.notifications import notify
from portal.services.record_access import current_version, locked_record
from portal.services.record_notices import record_path, tell_preparers, tell_regulators, tell_signatories
from portal.services.review_desk import (
    Desk,
    blocking_findings,
    check_independence,
    move_on,
    open_desk,
    sections_of,
)
from portal.services.rows import check_version
from portal.services.uploads import Upload, store_uploads
from portal.storage import Storage

LONGEST_TEXT = 2000


def take_for_review(session: Session, actor: Actor, record_id: int, expected_version: int) -> Review:
    """Take a submitted month: the actor becomes its reviewer.

    The clock of seven working days counts from the day on which the version came in, as the queue shows it.
    A review that was released is taken up where it was left, with its clock, questions and decisions.

    Raises NotFound outside the actor's area, Refused for who prepared it, Conflict when somebody was faster.
    """
    record = locked_record(session, actor, Permission.RECORD_REVIEW, record_id)
    version = current_version(session, record)
    check_independence(session, actor, record, version)
    released = session.scalar(sa.select(Review).where(Review.version_id == version.id))
    due = released.due_on if released else _first_due_on(session, version)
    details = {"version": version.number, "due_on": due}
    make_move(Move(session, actor, record, RecordAction.TAKE, details=details), expected_version, {})
    review = released or Review(version_id=version.id, due_on=due)
    review.reviewer_id, review.taken_at = actor.user_id, now()
    session.add(review)
    session.flush()
    tell_preparers(
        session,
        record.enterprise_id,
        N_("%(month)s 的月度记录已由 %(name)s 受理审核"),
        {"month": record.month, "name": actor.name},
        record_path(record),
    )
    return review


def _first_due_on(session: Session, version: RecordVersion) -> date:
    came_in = session.scalar(sa.select(Snapshot.submitted_at).where(Snapshot.version_id == version.id))
    return working_day_after(shanghai_date(came_in) if came_in else today(), REVIEW_DAYS)


def release(
    session: Session, actor: Actor, record_id: int, expected_version: int, reason: str
) -> MonthlyRecord:
    """Lay a month back into the queue, by its reviewer, with a reason; whoever takes it next goes on.

    Decisions, answered questions and the clock stay. Raises GuardFailed while a question is open.
    """
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    words = _text(reason, "reason", needed=True)
    move_on(session, actor, desk, RecordAction.RELEASE, expected_version, reason=words)
    record = desk.record
    params = {"month": record.month, "name": actor.name, "reason": words[:120]}
    tell_regulators(
        session,
        record.enterprise_id,
        N_("%(name)s 放回了 %(month)s 的审核，等待受理：%(reason)s"),
        params,
        record_path(record, "review"),
        except_user_id=actor.user_id,
    )
    text = N_("%(month)s 的审核由 %(name)s 放回，将由另一位审核人员受理")
    tell_preparers(session, record.enterprise_id, text, params, record_path(record))
    return record


def reassign(
    session: Session, actor: Actor, record_id: int, expected_version: int, reviewer_id: int
) -> Review:
    """Give a review to another reviewer of the area; by its reviewer or by a city regulator.

    Raises Refused for others and where nobody holds it, Invalid when the other person may not review it.
    """
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    if actor.user_id != desk.review.reviewer_id and Role.CITY_REGULATOR not in actor.roles:
        raise Refused(N_("只有承办人或市级审核员可以转交审核"))
    next_step(RecordState(desk.record.state), RecordAction.REASSIGN)
    other = find_actor(session, reviewer_id)
    if other is None:
        raise Invalid(N_("请选择一位审核人员"), path="reviewer")
    try:
        authorize(
            other,
            Permission.RECORD_REVIEW,
            enterprise_scope(session, other, desk.record.enterprise_id),
        )
        check_independence(session, other, desk.record, desk.version)
    except (NotFound, Refused) as error:
        raise Invalid(N_("这位人员不能审核这家企业"), path="reviewer") from error
    check_version(desk.record, expected_version)
    before, desk.review.reviewer_id = desk.review.reviewer_id, other.user_id
    record_event(
        session,
        actor,
        "record.reassigned",
        "record",
        desk.record.id,
        enterprise_id=desk.record.enterprise_id,
        before={"reviewer": before},
        after={"reviewer": other.user_id, "name": other.name},
    )
    notify(
        session,
        [other.user_id],
        N_("%(month)s 的审核转交给您"),
        {"month": desk.record.month},
        record_path(desk.record, "review"),
        desk.record.enterprise_id,
    )
    if before != actor.user_id:
        notify(
            session,
            [before],
            N_("%(month)s 的审核已由 %(by)s 转交给 %(name)s"),
            {"month": desk.record.month, "by": actor.name, "name": other.name},
            record_path(desk.record, "review"),
            desk.record.enterprise_id,
        )
    return desk.review


def decide_section(
    session: Session,
    actor: Actor,
    record_id: int,
    expected_version: int,
    section: Section,
    decision: Decision,
    comment: str = "",
) -> RecordSection:
    """Accept or return one section; a return needs its comment (Invalid). It may be decided anew later."""
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    row = next((row for row in sections_of(session, desk.version) if row.section is section), None)
    if row is None:
        raise NotFound
    words = _text(comment, "comment", needed=decision is Decision.RETURN)
    if decision is Decision.UNDECIDED:
        raise Invalid(N_("请选择接受或退回"), path="decision")
    details = {"section": section, "decision": decision, "comment": words}
    move_on(session, actor, desk, RecordAction.DECIDE_SECTION, expected_version, details=details)
    row.decision, row.comment = decision, words
    row.decided_by_id, row.decided_at = actor.user_id, now()
    return row


def ask(
    session: Session,
    actor: Actor,
    record_id: int,
    expected_version: int,
    section: Section,
    text: str,
    answer_due_on: date,
) -> Question:
    """Ask the enterprise about a section; the clock stands still until it is answered."""
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    if all(row.section is not section for row in sections_of(session, desk.version)):
        raise NotFound
    words = _text(text, "body", needed=True)
    if answer_due_on < today():
        raise Invalid(N_("答复期限不能早于今天"), path="answer_due_on")
    details = {"section": section, "text": words, "answer_due_on": answer_due_on}
    move_on(session, actor, desk, RecordAction.ASK, expected_version, details=details)
    question = Question(section=section, text=words, asked_by_id=actor.user_id, answer_due_on=answer_due_on)
    desk.review.questions.append(question)
    session.flush()
    tell_preparers(
        session,
        desk.record.enterprise_id,
        N_("审核人员就 %(month)s 提出问询，请在 %(day)s 前答复"),
        {"month": desk.record.month, "day": str(answer_due_on)},
        record_path(desk.record, "questions"),
    )
    return question


def answer(
    session: Session,
    actor: Actor,
    question_id: int,
    text: str,
    *,
    uploads: Sequence[Upload] = (),
    storage: Storage | None = None,
    most_bytes: int = 20 * 1024 * 1024,
) -> Question:
    """Answer a question, by the officer or the steward; the due date moves by the working days it was open.

    Files become evidence of the enterprise; the answer's event names them, since the signed version itself
    takes no more files. Raises Refused when it was answered already, Invalid for a file that is not taken.
    """
    record_id = session.scalar(
        sa.select(RecordVersion.record_id)
        .join(Review, Review.version_id == RecordVersion.id)
        .join(Question, Question.review_id == Review.id)
        .where(Question.id == question_id)
    )
    if record_id is None:
        raise NotFound
    desk = open_desk(session, actor, Permission.RECORD_EDIT, record_id)
    # Read after the lock: of two people who answer at once, the second is told.
    question = desk.open_question()
    if question is None or question.id != question_id:
        raise Refused(N_("这个问题已经答复过"))
    words = _text(text, "answer", needed=True)
    files = store_uploads(session, storage, actor, desk.record.enterprise_id, uploads, most_bytes)
    details: dict[str, object] = {"section": question.section, "answer": words, "question": question.id}
    if files:
        details["evidence"] = files
    move_on(session, actor, desk, RecordAction.ANSWER, desk.record.row_version, details=details)
    question.answer, question.answered_by_id, question.answered_at = words, actor.user_id, now()
    stopped = working_days_between(shanghai_date(question.asked_at), today())
    desk.review.paused_days += stopped
    desk.review.due_on = working_day_after(desk.review.due_on, stopped)
    notify(
        session,
        [desk.review.reviewer_id],
        N_("企业答复了 %(month)s 的问询"),
        {"month": desk.record.month},
        record_path(desk.record, "review"),
        desk.record.enterprise_id,
    )
    return question


def return_for_amends(
    session: Session,
    actor: Actor,
    record_id: int,
    expected_version: int,
    amend_due_on: date,
    reason: str = "",
) -> MonthlyRecord:
    """Send the returned sections back to the enterprise; the others stay decided.

    All sections must be decided, at least one returned, each of those with a comment.
    """
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    if amend_due_on < today():
        raise Invalid(N_("补正期限不能早于今天"), path="amend_due_on")
    back = [row for row in sections_of(session, desk.version) if row.decision is Decision.RETURN]
    words = _text(reason, "reason") or "；".join(row.comment for row in back)
    details = {"sections": [row.section for row in back], "amend_due_on": amend_due_on}
    move_on(session, actor, desk, RecordAction.RETURN, expected_version, reason=words, details=details)
    desk.record.reason, desk.record.amend_due_on = words[:LONGEST_TEXT], amend_due_on
    desk.version.standing = VersionStanding.RETURNED
    desk.review.outcome, desk.review.finished_at, desk.review.comment = "returned", now(), words
    params = {"month": desk.record.month, "count": len(back), "day": str(amend_due_on)}
    text = N_("%(month)s 被退回 %(count)s 节，请在 %(day)s 前补正后重新签署提交")
    tell_preparers(session, desk.record.enterprise_id, text, params, record_path(desk.record))
    tell_signatories(session, desk.record.enterprise_id, text, params, record_path(desk.record))
    return desk.record


def propose_acceptance(
    session: Session, actor: Actor, record_id: int, expected_version: int, comment: str = ""
) -> Review:
    """Propose to accept; another reviewer must agree. Raises GuardFailed with all that stands against it."""
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    move_on(session, actor, desk, RecordAction.PROPOSE_ACCEPTANCE, expected_version, reason=comment)
    desk.review.proposed_by_id, desk.review.proposed_at = actor.user_id, now()
    desk.review.comment = _text(comment, "comment")
    tell_regulators(
        session,
        desk.record.enterprise_id,
        N_("%(month)s 的月度记录已提出接受，等待复核"),
        {"month": desk.record.month},
        record_path(desk.record, "review"),
        except_user_id=actor.user_id,
    )
    return desk.review


def accept(
    session: Session,
    actor: Actor,
    record_id: int,
    expected_version: int,
    comment: str = "",
    *,
    countersign_required: bool,
) -> RecordVersion:
    """Accept without a second person; Refused where the setting asks for one."""
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    if countersign_required:
        raise Refused(N_("接受须由另一位审核人员复核，请先提出接受"))
    move_on(session, actor, desk, RecordAction.ACCEPT, expected_version, reason=comment)
    desk.review.comment = _text(comment, "comment")
    return _make_official(session, desk)


def agree(
    session: Session, actor: Actor, record_id: int, expected_version: int, comment: str = ""
) -> RecordVersion:
    """Agree to a proposed acceptance, by somebody other than its proposer and reviewer."""
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    move_on(session, actor, desk, RecordAction.AGREE, expected_version, reason=comment)
    # A waiver may have run out between the proposal and this word.
    failures = blocking_findings(Move(session, actor, desk.record, RecordAction.AGREE))
    if failures:
        raise GuardFailed(failures)
    desk.review.countersigned_by_id = actor.user_id
    return _make_official(session, desk)


def disagree(session: Session, actor: Actor, record_id: int, expected_version: int, reason: str) -> Review:
    """Send a proposed acceptance back to its reviewer, with a reason."""
    desk = open_desk(session, actor, Permission.RECORD_REVIEW, record_id)
    move_on(session, actor, desk, RecordAction.DISAGREE, expected_version, reason=reason)
    desk.review.proposed_by_id = desk.review.proposed_at = None
    notify(
        session,
        [desk.review.reviewer_id],
        N_("%(month)s 的接受没有通过复核：%(reason)s"),
        {"month": desk.record.month, "reason": reason[:120]},
        record_path(desk.record, "review"),
        desk.record.enterprise_id,
    )
    return desk.review


def _make_official(session: Session, desk: Desk) -> RecordVersion:
    """The version becomes the month's official one; the one before stays readable, superseded."""
    record, version = desk.record, desk.version
    if record.official_version_id not in {None, version.id}:
        older = session.get_one(RecordVersion, record.official_version_id)
        older.standing = VersionStanding.SUPERSEDED
    record.official_version_id = version.id
    session.flush()
    mark_restated(session, record)
    record.reason, record.amend_due_on = "", None
    version.standing = VersionStanding.ACCEPTED
    desk.review.outcome, desk.review.finished_at = "accepted", now()
    params = {"month": record.month, "number": version.number}
    text = N_("%(month)s 的月度记录第 %(number)s 版已被接受")
    tell_preparers(session, record.enterprise_id, text, params, record_path(record))
    tell_signatories(session, record.enterprise_id, text, params, record_path(record))
    return version


def _text(text: str, path: str, *, needed: bool = False) -> str:
    words = text.strip()
    if needed and not words:
        messages = {"comment": N_("退回要写明意见"), "body": N_("请写明要问什么")}
        raise Invalid(messages.get(path, N_("这一项要填")), path=path)
    if len(words) > LONGEST_TEXT:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": LONGEST_TEXT}, path=path)
    return words
