"""Reading reviews: the queue with its clocks, the split view of a version, the questions asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.periods import Month, shanghai_date, today
from portal.domain.workflow import FindingState, RecordState, Severity
from portal.models.events import Event
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.reviews import Question, Review
from portal.models.users import User, UserRole
from portal.queries.access import require, visible_enterprises
from portal.queries.answer_files import AnswerFile, answer_files
from portal.queries.records import RecordHead, record_head
from portal.reference.working_days import REVIEW_DAYS, working_day_after, working_days_between

WAITING = (
    RecordState.SUBMITTED,
    RecordState.UNDER_REVIEW,
    RecordState.PENDING_COUNTERSIGN,
    RecordState.RESTATEMENT_REQUESTED,
)


@dataclass(frozen=True)
class Clock:
    """The time that a review may take; it stands still while a question is open."""

    due_on: date
    paused_since: date | None = None

    @property
    def effective_due_on(self) -> date:
        """The due date as it moves on while the clock stands still."""
        if self.paused_since is None:
            return self.due_on
        return working_day_after(self.due_on, working_days_between(self.paused_since, today()))

    @property
    def working_days_left(self) -> int:
        """Working days to the due date; negative when it is past."""
        return working_days_between(today(), self.effective_due_on)

    @property
    def overdue(self) -> bool:
        """Past due, and not because a question is open."""
        return self.effective_due_on < today()


@dataclass(frozen=True)
class QueueLine:
    """A month that waits for a regulator."""

    record_id: int
    enterprise_id: int
    enterprise: str
    district: str
    month: Month
    state: str
    version: int
    kind: str
    reason: str
    late: bool
    waiting_since: datetime
    clock: Clock
    reviewer: str
    mine: bool
    may_countersign: bool
    blocking: int
    to_explain: int
    total: Decimal | None = None

    @property
    def waiting_days(self) -> int:
        """Calendar days since it came in."""
        return (today() - shanghai_date(self.waiting_since)).days

    @property
    def paused(self) -> bool:
        """Whether a question to the enterprise is open."""
        return self.clock.paused_since is not None


def review_queue(session: Session, actor: Actor) -> list[QueueLine]:
    """Months that wait for this regulator: overdue clocks first, then the longest waiting. Three queries.

    Before a month is taken its clock counts from the day on which it came in.
    """
    rows = session.execute(_queue_select(actor)).all()
    ids = [row.MonthlyRecord.id for row in rows]
    findings = _finding_counts(session, ids)
    asked = _restatements_asked(session, ids)
    lines = [_queue_line(row, actor, findings, asked) for row in rows]
    return sorted(lines, key=lambda line: (not line.clock.overdue, line.waiting_since))


def _queue_select(actor: Actor) -> sa.Select[Any, *tuple[Any, ...]]:
    open_question = (
        sa.select(sa.func.min(Question.asked_at))
        .where(Question.review_id == Review.id, Question.answered_at.is_(None))
        .correlate(Review)
        .scalar_subquery()
    )
    return (
        sa.select(
            MonthlyRecord,
            Organisation.name.label("enterprise"),
            Organisation.district,
            RecordVersion.number,
            RecordVersion.kind,
            Snapshot.submitted_at,
            Snapshot.late,
            Review,
            User.name.label("reviewer"),
            open_question.label("paused_at"),
        )
        .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
        .join(RecordVersion, RecordVersion.id == MonthlyRecord.current_version_id)
        .outerjoin(Snapshot, Snapshot.version_id == RecordVersion.id)
        .outerjoin(Review, Review.version_id == RecordVersion.id)
        .outerjoin(User, User.id == Review.reviewer_id)
        .where(visible_enterprises(actor, Permission.QUEUE_VIEW), MonthlyRecord.state.in_(WAITING))
    )


def _queue_line(
    row: Any, actor: Actor, findings: Mapping[tuple[int, str], int], asked: Mapping[int, datetime]
) -> QueueLine:
    record: MonthlyRecord = row.MonthlyRecord
    review: Review | None = row.Review
    requested = record.state is RecordState.RESTATEMENT_REQUESTED
    since = asked.get(record.id) if requested else row.submitted_at
    since = since or record.opened_at
    under_way = review is not None and not requested
    # A review that was released keeps its clock, but nobody holds it.
    held = under_way and record.state is not RecordState.SUBMITTED
    due = review.due_on if review and under_way else working_day_after(shanghai_date(since), REVIEW_DAYS)
    paused = shanghai_date(row.paused_at) if under_way and row.paused_at else None
    people = {review.reviewer_id, review.proposed_by_id} if review else set()
    return QueueLine(
        record_id=record.id,
        enterprise_id=record.enterprise_id,
        enterprise=row.enterprise,
        district=row.district,
        month=Month.parse(record.month),
        state=record.state.value,
        version=row.number,
        kind=row.kind.value,
        reason=record.reason,
        late=bool(row.late),
        waiting_since=since,
        clock=Clock(due, paused),
        reviewer=row.reviewer or "" if held else "",
        mine=bool(review and held and review.reviewer_id == actor.user_id),
        may_countersign=record.state is RecordState.PENDING_COUNTERSIGN and actor.user_id not in people,
        blocking=findings.get((record.id, "blocking"), 0),
        to_explain=findings.get((record.id, "explain"), 0),
    )


def _finding_counts(session: Session, record_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    held = sa.and_(Finding.waived_until.is_not(None), Finding.waived_until >= today())
    rows = session.execute(
        sa.select(Finding.record_id, Finding.severity, sa.func.count().label("many"))
        .where(Finding.record_id.in_(record_ids), Finding.state != FindingState.CLOSED, ~held)
        .group_by(Finding.record_id, Finding.severity)
    )
    return {(record_id or 0, Severity(severity).value): many for record_id, severity, many in rows}


def _restatements_asked(session: Session, record_ids: Sequence[int]) -> dict[int, datetime]:
    rows = session.execute(
        sa.select(Event.subject_id, sa.func.max(Event.at))
        .where(
            Event.subject_kind == "record",
            Event.subject_id.in_(record_ids),
            Event.action == "record.request_restatement",
        )
        .group_by(Event.subject_id)
    )
    return {subject: at for subject, at in rows if at is not None}


@dataclass(frozen=True)
class QuestionLine:
    """A question to the enterprise and its answer."""

    id: int
    section: str
    text: str
    asked_by: str
    asked_at: datetime
    answer_due_on: date
    answer: str
    answered_by: str
    answered_at: datetime | None
    files: tuple[AnswerFile, ...] = ()

    @property
    def open(self) -> bool:
        """Not answered yet."""
        return self.answered_at is None

    @property
    def days_left(self) -> int:
        """Days until the answer is due."""
        return (self.answer_due_on - today()).days


@dataclass(frozen=True)
class ReviewHead:
    """Where the review of a version stands, and whose it is."""

    id: int
    reviewer_id: int
    reviewer: str
    taken_at: datetime
    clock: Clock
    paused_days: int
    proposed_by_id: int | None
    proposed_by: str
    comment: str
    outcome: str
    questions: tuple[QuestionLine, ...]

    @property
    def open_question(self) -> QuestionLine | None:
        """The question that stops the clock."""
        return next((question for question in self.questions if question.open), None)


def review_head(session: Session, version_id: int | None) -> ReviewHead | None:
    """The review of a version; None before it was taken. The caller has authorised the reader."""
    proposer = aliased(User)
    row = session.execute(
        sa.select(Review, User.name.label("reviewer"), proposer.name.label("proposer"))
        .join(User, User.id == Review.reviewer_id)
        .outerjoin(proposer, proposer.id == Review.proposed_by_id)
        .where(Review.version_id == version_id)
    ).one_or_none()
    if row is None:
        return None
    review: Review = row.Review
    questions = _questions(session, Review.id == review.id)
    paused = next((shanghai_date(entry.asked_at) for entry in questions if entry.open), None)
    return ReviewHead(
        id=review.id,
        reviewer_id=review.reviewer_id,
        reviewer=row.reviewer,
        taken_at=review.taken_at,
        clock=Clock(review.due_on, paused),
        paused_days=review.paused_days,
        proposed_by_id=review.proposed_by_id,
        proposed_by=row.proposer or "",
        comment=review.comment,
        outcome=review.outcome,
        questions=questions,
    )


def _questions(session: Session, condition: sa.ColumnElement[bool]) -> tuple[QuestionLine, ...]:
    answerer = aliased(User)
    rows = session.execute(
        sa.select(
            Question, RecordVersion.record_id, User.name.label("asker"), answerer.name.label("answerer")
        )
        .join(Review, Review.id == Question.review_id)
        .join(RecordVersion, RecordVersion.id == Review.version_id)
        .join(User, User.id == Question.asked_by_id)
        .outerjoin(answerer, answerer.id == Question.answered_by_id)
        .where(condition)
        .order_by(Question.id.desc())
    ).all()
    files = answer_files(session, {row.record_id for row in rows})
    return tuple(
        QuestionLine(
            id=row.Question.id,
            section=row.Question.section.value,
            text=row.Question.text,
            asked_by=row.asker,
            asked_at=row.Question.asked_at,
            answer_due_on=row.Question.answer_due_on,
            answer=row.Question.answer,
            answered_by=row.answerer or "",
            answered_at=row.Question.answered_at,
            files=files.get(row.Question.id, ()),
        )
        for row in rows
    )


@dataclass(frozen=True)
class QuestionsPage:
    """All questions about a month, newest first."""

    head: RecordHead
    questions: tuple[QuestionLine, ...]
    may_answer: bool


def questions_page(session: Session, actor: Actor, enterprise_id: int, month: Month) -> QuestionsPage:
    """The questions of all reviews of a month; raises NotFound for what is foreign."""
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    head = record_head(session, actor, enterprise_id, month)
    return QuestionsPage(
        head=head,
        questions=_questions(session, RecordVersion.record_id == head.record_id),
        may_answer=actor.may(Permission.RECORD_EDIT) and head.state is RecordState.UNDER_REVIEW,
    )


@dataclass(frozen=True)
class Colleague:
    """A reviewer to whom a review can be given."""

    id: int
    name: str
    organisation: str


def colleagues(session: Session, enterprise_id: int) -> list[Colleague]:
    """People who may review this enterprise's months. The caller has authorised the reader."""
    district = sa.select(Organisation.district).where(Organisation.id == enterprise_id).scalar_subquery()
    rows = session.execute(
        sa.select(User.id, User.name, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == User.organisation_id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(
            User.active,
            Organisation.kind == OrganisationKind.AUTHORITY,
            sa.or_(
                UserRole.role == Role.CITY_REGULATOR,
                sa.and_(UserRole.role == Role.DISTRICT_REGULATOR, Organisation.district == district),
            ),
        )
        .distinct()
        .order_by(Organisation.name, User.name)
    )
    return [Colleague(row.id, row.name, row.organisation) for row in rows]


@dataclass(frozen=True)
class StoryLine:
    """Something that happened to a month, with its particulars."""

    at: datetime
    action: str
    actor: str
    organisation: str
    on_behalf: bool
    details: Mapping[str, Any]


#: Steps too small for a story.
_SMALL = ("record.value_saved", "record.save", "record.decide_section", "record.statement_opened")


def story(session: Session, record_id: int, limit: int = 8) -> tuple[StoryLine, ...]:
    """What happened to a month, newest first. The caller has authorised the reader."""
    rows = session.execute(
        sa.select(Event, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Event.actor_organisation_id)
        .where(Event.subject_kind == "record", Event.subject_id == record_id, Event.action.not_in(_SMALL))
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return tuple(
        StoryLine(
            event.at,
            event.action,
            event.actor_name,
            name or "",
            event.on_behalf_of_id is not None,
            json.loads(event.after),
        )
        for event, name in rows
    )
