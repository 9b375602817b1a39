"""The regulator's queue: what waits for them, ranked, and in a fixed number of queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.periods import Month, today
from portal.domain.workflow import (
    RecordState,
)
from portal.models.database import Database
from portal.models.organisations import EnterpriseProfile
from portal.models.reviews import Review
from portal.queries.home_queue import regulator_home
from tests.factories.states import make_record, make_submitted, queries_of
from tests.factories.world import World, make_world

LAST = Month.of(today()).previous()


@pytest.fixture
def world(database: Database) -> World:
    """The small world on each kind of database."""
    with database.writing() as session:
        made = make_world(session)
        session.execute(sa.update(EnterpriseProfile).values(first_month=str(LAST.plus(-23))))
        return made


def test_a_regulators_queue_holds_their_own_district_and_run_out_clocks_first(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_submitted(session, world, world.steel_id, LAST, "110")
        make_submitted(session, world, world.steel_id, LAST.plus(-2), "100")
        make_record(session, world.steel_id, LAST.plus(-12), RecordState.ACCEPTED, total="100")
        make_submitted(session, world, world.dyeing_id, LAST, "5")
    with database.reading() as session:
        mine = regulator_home(session, world.regulator)
        city = regulator_home(session, world.city_regulator)
        other = regulator_home(session, world.other_regulator)
    assert [entry.line.month for entry in mine.mine] == [LAST.plus(-2), LAST]
    assert mine.mine[1].change == Decimal("0.1")
    assert mine.overdue >= 1
    assert len(city.mine) == 3
    assert [entry.line.enterprise_id for entry in other.mine] == [world.dyeing_id]


def test_among_months_with_time_left_the_riskier_stands_first_with_its_reasons(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_submitted(session, world, world.dyeing_id, LAST, "5")
        make_submitted(session, world, world.steel_id, LAST, "131")
        make_record(session, world.steel_id, LAST.plus(-12), RecordState.ACCEPTED, total="100")
    with database.reading() as session:
        queue = regulator_home(session, world.city_regulator).mine
    assert [entry.line.enterprise_id for entry in queue] == [world.steel_id, world.dyeing_id]
    assert [reason.message for reason in queue[0].reasons] == ["排放量同比变化超过三成"]
    assert (queue[0].points, queue[1].points) == (10, 0)


def test_what_somebody_else_has_taken_waits_apart(database: Database, world: World) -> None:
    with database.writing() as session:
        record = make_record(session, world.steel_id, LAST, RecordState.UNDER_REVIEW, total="1")
        session.add(
            Review(
                version_id=record.current_version_id or 0,
                reviewer_id=world.second_regulator.user_id,
                due_on=today() + timedelta(days=7),
            )
        )
        asked = make_record(
            session, world.steel_id, LAST.plus(-3), RecordState.RESTATEMENT_REQUESTED, total="1"
        )
        asked.reason = "期末库存漏计"
    with database.reading() as session:
        first = regulator_home(session, world.regulator)
        second = regulator_home(session, world.second_regulator)
    assert (len(first.mine), len(first.others)) == (0, 1)
    assert (len(second.mine), len(second.others)) == (1, 0)
    assert [entry.line.reason for entry in first.restatements] == ["期末库存漏计"]


def test_the_queue_sends_a_fixed_number_of_queries(database: Database, world: World) -> None:
    def read(session: Session) -> None:
        regulator_home(session, world.regulator)

    def add(first: int, last: int) -> None:
        with database.writing() as session:
            for back in range(first, last):
                make_submitted(session, world, world.steel_id, LAST.plus(-back), "1")

    add(0, 3)
    few = queries_of(database, read)
    add(3, 23)
    assert queries_of(database, read) == few
