"""Giving a review away: laying it back into the queue, and who is told of a handing over."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.domain.workflow import Decision, RecordState, Section
from portal.models.events import Event
from portal.models.notifications import Notification
from portal.models.reviews import Review
from portal.queries.reviews import review_queue
from portal.services import reviews
from portal.services.signing import recall
from tests.factories.reviews import decide, sections, take
from tests.fixtures.failures import codes
from tests.fixtures.reviewing import MONTH, Reviewing


def test_who_lost_a_review_to_a_colleague_is_told(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        told = sa.select(Notification.params).where(
            Notification.user_id == world.regulator.user_id, Notification.text.contains("已由 %(by)s 转交给")
        )
        hand = (record.id, record.row_version, world.second_regulator.user_id)
        reviews.reassign(session, world.city_regulator, *hand)
        params = session.scalars(told).one()
        assert (params["by"], params["name"]) == (world.city_regulator.name, world.second_regulator.name)


def test_a_released_month_waits_again_and_the_next_reviewer_goes_on(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        due = take(session, world.regulator, record).due_on
        decide(session, world.regulator, record, Section.ENERGY, Decision.ACCEPT)
        reviews.release(session, world.regulator, record.id, record.row_version, "出差两周")
        assert record.state is RecordState.SUBMITTED
        waiting = next(line for line in review_queue(session, world.regulator) if line.month == MONTH)
        assert (waiting.mine, waiting.reviewer, waiting.clock.due_on) == (False, "", due)
        told = sa.select(Notification.user_id).where(Notification.text.contains("放回"))
        people = set(session.scalars(told))
        assert {world.second_regulator.user_id, world.officer.user_id, world.steward.user_id} <= people
        assert world.regulator.user_id not in people
        events = session.scalars(sa.select(Event.after).where(Event.action == "record.release")).all()
        assert len(events) == 1
        assert "出差两周" in events[0]
        review = take(session, world.second_regulator, record)
        assert (review.reviewer_id, review.due_on) == (world.second_regulator.user_id, due)
        assert session.scalar(sa.select(sa.func.count()).select_from(Review)) == 1
        assert sections(session, record)[Section.ENERGY].decision is Decision.ACCEPT


def test_a_month_that_a_reviewer_had_in_hand_cannot_be_recalled(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        reviews.release(session, world.regulator, record.id, record.row_version, "出差两周")
        version = record.row_version
    with pytest.raises(GuardFailed) as refused, reviewing.database.writing() as session:
        recall(session, world.signatory, record.id, version, "要改一个数")
    assert codes(refused) == {"taken"}


def test_only_the_reviewer_releases_and_with_a_reason(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        with pytest.raises(NotFound):  # nobody has taken it yet
            reviews.release(session, world.regulator, record.id, record.row_version, "出差")
        take(session, world.regulator, record)
        with pytest.raises(Invalid):
            reviews.release(session, world.regulator, record.id, record.row_version, " ")
        for other in (world.second_regulator, world.city_regulator):
            with pytest.raises(GuardFailed) as caught:
                reviews.release(session, other, record.id, record.row_version, "出差")
            assert codes(caught) == {"not_assignee"}
        with pytest.raises(Conflict):
            reviews.release(session, world.regulator, record.id, record.row_version - 1, "出差")


def test_nothing_is_released_with_a_question_open_nor_handed_over_when_nobody_holds_it(
    reviewing: Reviewing,
) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        asked = (Section.ENERGY, "为什么？", today() + timedelta(days=3))
        question = reviews.ask(session, world.regulator, record.id, record.row_version, *asked)
        with pytest.raises(GuardFailed) as caught:
            reviews.release(session, world.regulator, record.id, record.row_version, "出差")
        assert codes(caught) == {"question_open"}
        reviews.answer(session, world.officer, question.id, "换了秤")
        reviews.release(session, world.regulator, record.id, record.row_version, "出差")
        hand = (record.id, record.row_version, world.second_regulator.user_id)
        with pytest.raises(Refused):
            reviews.reassign(session, world.city_regulator, *hand)
