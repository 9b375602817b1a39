"""Taking answers and photos of a visit, each exactly once, however often the browser sends them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.questions import NOT_APPLICABLE, Question, is_valid
from portal.domain.access import Actor, Permission
from portal.domain.errors import Conflict, Invalid, NotFound
from portal.domain.figures import parse_decimal
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.visits import (
    MOST_PHOTOS,
    InspectionAction,
    InspectionState,
    moment_given,
    next_state,
)
from portal.models.visits import Answer, Inspection, VisitPhoto
from portal.queries.visit_packs import pinned_question
from portal.services.evidence import store_file
from portal.services.visits import locked_visit, trace
from portal.storage import Storage

LONGEST_VALUE, LONGEST_NOTE, MOST_DECIMALS = 500, 2000, 12
PHOTO_ENDINGS = frozenset({"jpg", "jpeg", "png"})
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: An answer that waited longer than this in a browser is taken as this old.
OLDEST_MS = 400 * 24 * 3600 * 1000


@dataclass(frozen=True)
class AnswerSent:
    """An answer as the browser sends it; ``age_ms`` is how long ago it was given."""

    question: str
    value: str
    note: str
    key: str
    device: str = ""
    age_ms: int = 0


@dataclass(frozen=True)
class AnswerTaken:
    """What became of it. ``stale``: a newer answer was there; ``repeated``: it had arrived before."""

    answer: Answer
    in_force: Answer
    stale: bool
    repeated: bool


def give_answer(
    session: Session, actor: Actor, enterprise_id: int, visit_id: int, sent: AnswerSent
) -> AnswerTaken:
    """Keep one answer. The one given last counts, whichever arrives last; all of them stay.

    The same key sent again changes nothing and gives the same row, also after the visit was signed.
    An empty value takes an answer back. Raises NotFound, Refused (signed), Invalid with the field, and
    Conflict when the key belongs to another visit, question or answer.
    """
    visit = locked_visit(session, actor, Permission.VISIT_CONDUCT, enterprise_id, visit_id)
    _check_key(sent.key)
    earlier = session.scalar(sa.select(Answer).where(Answer.idempotency_key == sent.key))
    if earlier is not None:
        _check_same(earlier.inspection_id, earlier.question, visit, sent.question)
        _check_said(earlier, plain_answer(_question(visit, sent.question), sent.value), _note(sent))
        newest = _in_force(session, visit.id, sent.question) or earlier
        return AnswerTaken(earlier, newest, stale=newest.id != earlier.id, repeated=True)
    next_state(InspectionState(visit.state), InspectionAction.ANSWER)
    value = plain_answer(_question(visit, sent.question), sent.value)
    note = _note(sent)
    before = _in_force(session, visit.id, sent.question)
    device = sent.device.replace("\0", "")[:40]
    received = now()
    given_at = moment_given(received, min(sent.age_ms, OLDEST_MS))
    if before is not None and (before.device, before.given_by_id) == (device, actor.user_id):
        # One browser sends in the order of giving; an age is only as exact as the way here was quick.
        given_at = max(given_at, before.given_at)
    stale = before is not None and before.given_at > given_at
    answer = Answer(
        inspection_id=visit.id,
        question=sent.question,
        value=value,
        note=note,
        idempotency_key=sent.key,
        device=device,
        given_at=given_at,
        received_at=received,
        given_by_id=actor.user_id,
        stale=stale,
    )
    session.add(answer)
    session.flush()
    trace(session, actor, visit, "visit.answered", question=sent.question, value=value, stale=stale)
    return AnswerTaken(answer, before if before is not None and stale else answer, stale, repeated=False)


def _note(sent: AnswerSent) -> str:
    note = sent.note.replace("\0", "").strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_NOTE}, path="note")
    return note


def plain_answer(question: Question, value: str) -> str:
    """The answer in the one form in which it is kept; raises Invalid (path ``value``)."""
    value = value.replace("\0", "").strip()
    if value in {"", NOT_APPLICABLE}:
        return value
    if len(value) > LONGEST_VALUE:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_VALUE}, path="value")
    if question.answer_type == "number":
        return _plain_number(value)
    if question.answer_type == "date":
        return _plain_date(value)
    if not is_valid(question, value):
        raise Invalid(N_("请从列出的选项中选择"), path="value")
    return value


def _plain_number(value: str) -> str:
    """A figure that is read off a meter, in plain digits; 1,5 is none, neither fifteen nor one and a half."""
    try:
        number = parse_decimal(value, decimals=MOST_DECIMALS)
    except Invalid as error:
        raise Invalid(error.message, params=error.params, path="value") from error
    return format(number or Decimal(0), "f")


def _plain_date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Invalid(N_("日期要写成 2026-11-22 的样子"), path="value") from None


@dataclass(frozen=True)
class PhotoSent:
    """A photo as the browser sends it."""

    question: str
    stream: BinaryIO
    filename: str
    key: str
    age_ms: int = 0


def add_photo(
    session: Session,
    storage: Storage,
    actor: Actor,
    enterprise_id: int,
    visit_id: int,
    sent: PhotoSent,
    *,
    most_bytes: int,
) -> VisitPhoto:
    """Keep a photo for a question, once. Raises Invalid (path ``file``) for anything but JPEG and PNG."""
    visit = locked_visit(session, actor, Permission.VISIT_CONDUCT, enterprise_id, visit_id)
    _check_key(sent.key)
    earlier = session.scalar(sa.select(VisitPhoto).where(VisitPhoto.idempotency_key == sent.key))
    if earlier is not None:
        _check_same(earlier.inspection_id, earlier.question, visit, sent.question)
        return earlier
    next_state(InspectionState(visit.state), InspectionAction.ANSWER)
    _question(visit, sent.question)
    if sent.filename.rpartition(".")[2].lower() not in PHOTO_ENDINGS:
        raise Invalid(N_("照片只收 JPG 和 PNG"), path="file")
    count = session.scalar(
        sa.select(sa.func.count(VisitPhoto.id)).where(
            VisitPhoto.inspection_id == visit.id,
            VisitPhoto.question == sent.question,
            VisitPhoto.removed_at.is_(None),
        )
    )
    if (count or 0) >= MOST_PHOTOS:
        raise Invalid(N_("一题最多 %(most)s 张照片"), params={"most": MOST_PHOTOS}, path="file")
    row = store_file(
        session,
        storage,
        actor,
        sent.stream,
        sent.filename,
        enterprise_id=enterprise_id,
        period_from=visit.visited_on,
        period_to=visit.visited_on,
        most_bytes=most_bytes,
    )
    photo = VisitPhoto(
        inspection_id=visit.id,
        question=sent.question,
        evidence_id=row.id,
        idempotency_key=sent.key,
        taken_at=moment_given(now(), min(sent.age_ms, OLDEST_MS)),
        taken_by_id=actor.user_id,
    )
    session.add(photo)
    session.flush()
    trace(session, actor, visit, "visit.photo_added", question=sent.question, sha256=row.sha256)
    return photo


def remove_photo(session: Session, actor: Actor, enterprise_id: int, visit_id: int, photo_id: int) -> None:
    """Take a photo out of the visit before it is signed; the file stays in the enterprise's archive."""
    visit = locked_visit(session, actor, Permission.VISIT_CONDUCT, enterprise_id, visit_id)
    photo = session.scalar(
        sa.select(VisitPhoto).where(VisitPhoto.id == photo_id, VisitPhoto.inspection_id == visit.id)
    )
    if photo is None:
        raise NotFound
    next_state(InspectionState(visit.state), InspectionAction.ANSWER)
    if photo.removed_at is None:
        photo.removed_at = now()
        trace(session, actor, visit, "visit.photo_removed", question=photo.question, photo=photo.id)


def _check_key(key: str) -> None:
    if _KEY.fullmatch(key) is None:
        raise Invalid(N_("提交标识不对，请刷新本页"), path="key")


def _check_same(inspection_id: int, question: str, visit: Inspection, wanted: str) -> None:
    if inspection_id != visit.id or question != wanted:
        raise Conflict(N_("这个提交标识已用在别处，请刷新本页"), path="key")


def _check_said(earlier: Answer, value: str, note: str) -> None:
    """A key stands for one answer: another under the same key would be lost while it looks kept."""
    if (earlier.value, earlier.note) != (value, note):
        raise Conflict(N_("这个提交标识已用在别处，请刷新本页"), path="key")


def _question(visit: Inspection, key: str) -> Question:
    pack_id, _, question_id = key.partition(":")
    for checklist in visit.checklists:
        question = pinned_question(checklist.content, question_id) if checklist.pack_id == pack_id else None
        if question is not None:
            return question
    raise Invalid(N_("这次检查没有这一题"), path="question")


def _in_force(session: Session, visit_id: int, question: str) -> Answer | None:
    return session.scalar(
        sa.select(Answer)
        .where(Answer.inspection_id == visit_id, Answer.question == question)
        .order_by(Answer.given_at.desc(), Answer.id.desc())
        .limit(1)
    )
