"""Opening months, beginning them, and the one function that moves them."""

import threading
from datetime import date

import pytest
import sqlalchemy as sa
import time_machine

from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import Month, due_on
from portal.domain.workflow import RecordAction, RecordState, Section
from portal.models.database import Database
from portal.models.events import Event
from portal.models.organisations import EnterpriseProfile
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion
from portal.services.months import COMMON_GUARDS, Move, find_record, make_move, open_months, start_month
from tests.factories.plans import make_steel_plan
from tests.factories.world import World


def months(database: Database, enterprise_id: int) -> list[str]:
    with database.reading() as session:
        return list(
            session.scalars(
                sa.select(MonthlyRecord.month)
                .where(MonthlyRecord.enterprise_id == enterprise_id)
                .order_by(MonthlyRecord.month)
            )
        )


def open_all(database: Database, enterprise_id: int | None = None) -> int:
    with database.writing() as session:
        return open_months(session, enterprise_id)


def test_a_month_opens_on_the_day_after_its_end_in_shanghai(database: Database, world: World) -> None:
    with time_machine.travel("2026-03-31T15:59:00Z", tick=True):
        assert open_all(database, world.steel_id) == 2
    assert months(database, world.steel_id) == ["2026-01", "2026-02"]
    with time_machine.travel("2026-03-31T16:01:00Z", tick=True):
        assert open_all(database, world.steel_id) == 1
    assert months(database, world.steel_id) == ["2026-01", "2026-02", "2026-03"]


def test_opening_again_opens_nothing(database: Database, world: World) -> None:
    with time_machine.travel("2026-05-10T00:00:00Z", tick=True):
        assert open_all(database) == 8  # four months of two enterprises
        assert open_all(database) == 0
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(MonthlyRecord)) == 8


def test_opening_twice_at_once_opens_each_month_once(database: Database, world: World) -> None:
    barrier, errors = threading.Barrier(2), list[Exception]()

    def run() -> None:
        barrier.wait()
        try:
            open_all(database)
        except sa.exc.SQLAlchemyError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = months(database, world.steel_id)
    assert len(found) == len(set(found)) > 8


def test_nothing_opens_before_the_first_month_nor_in_the_future(database: Database, world: World) -> None:
    with database.writing() as session:
        session.execute(sa.update(EnterpriseProfile).values(first_month="2026-04"))
    with time_machine.travel("2026-04-15T00:00:00Z", tick=True):
        assert open_all(database) == 0
    with time_machine.travel("2026-06-15T00:00:00Z", tick=True):
        assert open_all(database, world.dyeing_id) == 2
    assert months(database, world.dyeing_id) == ["2026-04", "2026-05"]
    assert months(database, world.steel_id) == []


def test_an_open_month_knows_its_due_date(database: Database, world: World) -> None:
    open_all(database, world.steel_id)
    with database.reading() as session:
        record = find_record(session, world.steel_id, Month(2026, 9))
        assert record.due_on == due_on(Month(2026, 9)) == date(2026, 11, 9)
        assert record.state is RecordState.NOT_STARTED
        with pytest.raises(NotFound):
            find_record(session, world.steel_id, Month(2040, 1))


def test_a_month_without_an_approved_plan_cannot_begin(database: Database, world: World) -> None:
    open_all(database, world.steel_id)
    with database.writing() as session:
        record = find_record(session, world.steel_id, Month(2026, 9))
        with pytest.raises(Invalid, match="没有已批准的质量控制方案"):
            start_month(session, world.officer, record.id, record.row_version)
        assert record.state is RecordState.NOT_STARTED


def test_a_month_begins_once_under_the_plan_in_force_with_its_sections(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, Month(2026, 9))
        seen = record.row_version
        version = start_month(session, world.steward, record.id, seen)
        assert (version.number, version.plan_version_id) == (1, plan.id)
        assert record.current_version_id == version.id
        sections = set(
            session.scalars(sa.select(RecordSection.section).where(RecordSection.version_id == version.id))
        )
        assert sections == {
            *(Section.ENERGY, Section.PROCESS, Section.OUTPUT, Section.OTHER, Section.EVIDENCE),
        }
    with pytest.raises(Refused), database.writing() as session:
        start_month(session, world.officer, record.id, seen + 1)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(RecordVersion)) == 1
        event = session.scalars(sa.select(Event).where(Event.action == "record.start")).one()
        assert event.on_behalf_of_id == world.steel_id


def test_an_old_page_cannot_begin_a_month(database: Database, world: World) -> None:
    with database.writing() as session:
        make_steel_plan(session, world)
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, Month(2026, 9))
        with pytest.raises(Conflict):
            start_month(session, world.officer, record.id, record.row_version + 1)


def test_a_move_tells_every_reason_and_then_changes_nothing(database: Database, world: World) -> None:
    open_all(database, world.steel_id)
    with database.writing() as session:
        record = find_record(session, world.steel_id, Month(2026, 9))
        before = record.row_version
        move = Move(session, world.regulator, record, RecordAction.EXEMPT, reason="  ")
        with pytest.raises(GuardFailed) as caught:
            make_move(move, before, COMMON_GUARDS)
        assert [failure.code for failure in caught.value.failures] == ["reason_missing"]
        assert record.state is RecordState.NOT_STARTED
    with database.reading() as session:
        kept = session.get_one(MonthlyRecord, record.id)
        assert kept.state is RecordState.NOT_STARTED
        assert session.scalars(sa.select(Event).where(Event.subject_kind == "record")).all() == []


def test_a_move_writes_its_event_with_before_and_after(database: Database, world: World) -> None:
    open_all(database, world.steel_id)
    with database.writing() as session:
        record = find_record(session, world.steel_id, Month(2026, 9))
        move = Move(session, world.regulator, record, RecordAction.EXEMPT, reason="停产")
        make_move(move, record.row_version, COMMON_GUARDS)
    with database.reading() as session:
        event = session.scalars(sa.select(Event).where(Event.action == "record.exempt")).one()
        assert "not_started" in event.before
        assert "not_required" in event.after
        assert "停产" in event.after
        assert session.get_one(MonthlyRecord, record.id).row_version == 2
