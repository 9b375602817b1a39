"""Saving cells: what a figure may be, who may write it, and what the second writer is told."""

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.workflow import Section
from portal.models.database import Database
from portal.models.events import Event
from portal.models.records import RecordSection, RecordValue, RecordVersion
from portal.queries.sheets import load_sheet
from portal.services.months import find_record, open_months, start_month
from portal.services.values import LONGEST_TEXT, save_value
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world
from tests.fixtures.reviewing import MONTH, Reviewing

CELL = "S-02.purchased"


@pytest.fixture
def month(database: Database) -> tuple[World, int]:
    """A month that was just begun: no cell is filled."""
    with database.writing() as session:
        world = make_world(session)
        make_steel_plan(session, world)
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, MONTH)
        return world, start_month(session, world.officer, record.id, record.row_version).id


def stored(session: Session, version_id: int, cell: str = CELL) -> RecordValue | None:
    stream, _, key = cell.partition(".")
    return session.scalar(
        sa.select(RecordValue).where(
            RecordValue.version_id == version_id,
            RecordValue.stream_code == stream,
            RecordValue.parameter_key == key,
        )
    )


def test_zero_is_a_figure_and_blank_is_none(database: Database, month: tuple[World, int]) -> None:
    world, version_id = month
    with database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(0), 0)
    with database.reading() as session:
        row = stored(session, version_id)
        assert row is not None
        assert row.value == 0
        assert row.value is not None
    with database.writing() as session:
        save_value(session, world.officer, version_id, CELL, None, 1)
    with database.reading() as session:
        row = stored(session, version_id)
        assert row is not None
        assert row.value is None
        assert row.row_version == 2
        sheet = load_sheet(session, version_id)
        assert next(entry for entry in sheet.rows() if entry.cell == CELL).stored is None


@pytest.mark.parametrize("figure", ["0.00000001", "999999999999999", "120188.43", "1E+3", "0.10"])
def test_a_figure_is_kept_to_its_last_digit(
    database: Database, month: tuple[World, int], figure: str
) -> None:
    world, version_id = month
    with database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(figure), 0)
    with database.reading() as session:
        row = stored(session, version_id)
        assert row is not None
        assert row.value is not None
        assert format(row.value, "f") == format(Decimal(figure), "f")


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("-1", "不能填负数"),
        ("-0.00000001", "不能填负数"),
        ("NaN", "要填数字"),
        ("sNaN", "要填数字"),
        ("Infinity", "要填数字"),
        ("-Infinity", "要填数字"),
        ("1E+15", "整数部分最多 15 位"),
        ("1E+999999", "整数部分最多 15 位"),
        ("0.000000001", "小数最多 8 位"),
        ("1E-999999", "小数最多 8 位"),
    ],
)
def test_what_cannot_be_a_figure_is_refused_at_its_cell_and_nothing_is_kept(
    database: Database, month: tuple[World, int], figure: str, words: str
) -> None:
    world, version_id = month
    with pytest.raises(Invalid, match=words) as caught, database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(figure), 0)
    assert caught.value.path == CELL
    with database.reading() as session:
        assert stored(session, version_id) is None
        assert session.get_one(RecordVersion, version_id).revision == 1


def test_another_unit_is_refused_and_the_plans_unit_taken(
    database: Database, month: tuple[World, int]
) -> None:
    world, version_id = month
    with database.writing() as session:
        with pytest.raises(Invalid, match="单位应为 t，不能换成 kg"):
            save_value(session, world.officer, version_id, CELL, Decimal(1), 0, unit="kg")
        row = save_value(session, world.officer, version_id, CELL, Decimal(1), 0, unit="t")
        assert row.unit == "t"


def test_words_that_are_too_long_are_refused(database: Database, month: tuple[World, int]) -> None:
    world, version_id = month
    cell = "QT-01.shutdown_note"
    with database.writing() as session:
        with pytest.raises(Invalid, match="最多 2000 字"):
            save_value(session, world.officer, version_id, cell, None, 0, text="长" * (LONGEST_TEXT + 1))
        assert save_value(session, world.officer, version_id, cell, None, 0, text="长" * LONGEST_TEXT)


def test_a_cell_that_follows_from_others_is_refused(database: Database, month: tuple[World, int]) -> None:
    world, version_id = month
    with database.reading() as session:
        derived = next(row.cell for row in load_sheet(session, version_id).rows() if row.derived)
    with pytest.raises(Refused, match="由其他格算出"), database.writing() as session:
        save_value(session, world.officer, version_id, derived, Decimal(1), 0)


@pytest.mark.parametrize("cell", ["S-99.purchased", "S-02.nothing", "S-02", "", ".", "S-02.purchased.more"])
def test_a_cell_that_the_plan_does_not_have_is_not_found(
    database: Database, month: tuple[World, int], cell: str
) -> None:
    world, version_id = month
    with pytest.raises(NotFound), database.writing() as session:
        save_value(session, world.officer, version_id, cell, Decimal(1), 0)


def test_the_second_writer_gets_who_when_and_what_stands_there(
    database: Database, month: tuple[World, int]
) -> None:
    world, version_id = month
    with database.writing() as session:
        save_value(session, world.steward, version_id, CELL, Decimal("7.50"), 0)
    with pytest.raises(Conflict) as caught, database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(8), 0)
    assert caught.value.params["who"] == world.steward.name
    assert caught.value.current == {"value": Decimal("7.50"), "text": "", "row_version": 1}


def test_a_form_of_a_filled_cell_does_not_fit_a_cell_never_filled(
    database: Database, month: tuple[World, int]
) -> None:
    world, version_id = month
    with pytest.raises(Conflict) as caught, database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(8), 3)
    assert caught.value.current is None


def test_a_save_counts_the_revision_and_leaves_an_event_that_names_for_whom(
    database: Database, month: tuple[World, int]
) -> None:
    world, version_id = month
    with database.writing() as session:
        row = save_value(session, world.steward, version_id, CELL, Decimal(7), 0)
        assert row.updated_for_firm_id == world.firm_id
    with database.reading() as session:
        assert session.get_one(RecordVersion, version_id).revision == 2
        event = session.scalars(sa.select(Event).where(Event.action == "record.value_saved")).one()
        assert event.on_behalf_of_id == world.steel_id
        assert event.actor_organisation_id == world.firm_id
        assert '"value":"7"' in event.after.replace(" ", "")


def test_saving_the_same_again_changes_nothing(database: Database, month: tuple[World, int]) -> None:
    world, version_id = month
    with database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(7), 0)
        save_value(session, world.officer, version_id, CELL, Decimal("7.0"), 1)
        assert session.get_one(RecordVersion, version_id).revision == 2
        assert session.scalar(
            sa.select(sa.func.count()).select_from(Event).where(Event.action == "record.value_saved")
        ) == (1)


def test_who_may_not_write_does_not(database: Database, month: tuple[World, int]) -> None:
    world, version_id = month
    for actor in (world.signatory, world.administrator, world.regulator):
        with pytest.raises(Refused), database.writing() as session:
            save_value(session, actor, version_id, CELL, Decimal(1), 0)
    for stranger in (world.stranger_officer, world.other_steward, world.platform_administrator):
        with pytest.raises(NotFound), database.writing() as session:
            save_value(session, stranger, version_id, CELL, Decimal(1), 0)


def test_a_locked_section_is_refused_while_another_is_open(
    database: Database, month: tuple[World, int]
) -> None:
    world, version_id = month
    with database.writing() as session:
        session.execute(
            sa.update(RecordSection)
            .where(RecordSection.version_id == version_id, RecordSection.section != Section.ENERGY)
            .values(editable=False)
        )
    with database.writing() as session:
        save_value(session, world.officer, version_id, CELL, Decimal(1), 0)
        with pytest.raises(Refused, match="没有被退回"):
            save_value(session, world.officer, version_id, "S-18.amount", Decimal(1), 0)


def test_a_submitted_month_is_refused(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        version_id = reviewing.record(session).current_version_id
        with pytest.raises(Refused, match="已锁定、已提交"):
            save_value(session, reviewing.world.officer, version_id or 0, CELL, Decimal(1), 1)


def test_an_unknown_version_is_not_found(database: Database, month: tuple[World, int]) -> None:
    world, version_id = month
    with pytest.raises(NotFound), database.writing() as session:
        save_value(session, world.officer, version_id + 1000, CELL, Decimal(1), 0)
