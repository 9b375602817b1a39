"""Questions to the enterprise: who asks and answers, and how they stop the clock."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.domain.workflow import Section
from portal.models.reviews import Review
from portal.reference.working_days import working_day_after, working_days_between
from portal.services import reviews
from tests.factories.reviews import decide_all, take
from tests.fixtures.failures import codes
from tests.fixtures.reviewing import Reviewing


def test_questions_stop_the_clock_for_the_working_days_they_are_open(reviewing: Reviewing) -> None:
    world = reviewing.world
    with time_machine.travel("2026-11-23T02:00:00Z", tick=True), reviewing.database.writing() as session:
        record = reviewing.record(session)
        due = take(session, world.regulator, record).due_on
        question = reviews.ask(
            session,
            world.regulator,
            record.id,
            record.row_version,
            Section.ENERGY,
            "8 月 11 日起用哪台秤？",
            today() + timedelta(days=5),
        )
        question_id = question.id
    with time_machine.travel("2026-11-30T02:00:00Z", tick=True), reviewing.database.writing() as session:
        reviews.answer(session, world.steward, question_id, "GD-01，换托辊期间")
        record = reviewing.record(session)
        review = session.scalars(
            sa.select(Review).where(Review.version_id == record.current_version_id)
        ).one()
        assert review.paused_days == 5
        assert working_days_between(due, review.due_on) == 5
        assert review.due_on == working_day_after(due, 5)


def test_nothing_is_finished_while_a_question_is_open(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record)
        ask = (session, world.regulator, record.id)
        reviews.ask(*ask, record.row_version, Section.ENERGY, "为什么？", today())
        for finish in (
            lambda: reviews.accept(*ask, record.row_version, countersign_required=False),
            lambda: reviews.ask(*ask, record.row_version, Section.ENERGY, "又为什么？", today()),
        ):
            with pytest.raises(GuardFailed) as caught:
                finish()
            assert codes(caught) == {"question_open"}


def test_a_question_is_answered_once_and_by_who_prepares(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        question = reviews.ask(
            session, world.regulator, record.id, record.row_version, Section.ENERGY, "为什么？", today()
        )
        with pytest.raises(Refused):
            reviews.answer(session, world.signatory, question.id, "答")
        with pytest.raises(NotFound):
            reviews.answer(session, world.stranger_officer, question.id, "答")
        with pytest.raises(Invalid):
            reviews.answer(session, world.officer, question.id, " ")
        reviews.answer(session, world.officer, question.id, "按台账")
        with pytest.raises(Refused, match="答复过"):
            reviews.answer(session, world.officer, question.id, "再答")
