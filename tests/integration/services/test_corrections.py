"""Correcting activity data for a late meter: who may, when, and what is kept."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.database import Database
from portal.models.meters import Calibration
from portal.queries.sheets import load_sheet
from portal.services.months import find_record, open_months, start_month
from portal.services.values import correct_value, save_value
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world
from tests.fixtures.reviewing import MONTH

CELLS = {"opening_stock": "10", "purchased": "1000", "sold": "0", "closing_stock": "10"}
CELL = "S-02.purchased"


@pytest.fixture
def late(database: Database) -> tuple[World, int]:
    """A month with one fuel filled, in which every certificate ends on the 20th."""
    with database.writing() as session:
        world = make_world(session)
        make_steel_plan(session, world)
        session.execute(
            sa.update(Calibration)
            .where(Calibration.valid_until > date(2026, 9, 20))
            .values(valid_until=date(2026, 9, 20))
        )
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, MONTH)
        version_id = start_month(session, world.officer, record.id, record.row_version).id
        for key, figure in CELLS.items():
            save_value(session, world.officer, version_id, f"S-02.{key}", Decimal(figure), 0)
        return world, version_id


def kept(database: Database, version_id: int) -> object:
    with database.reading() as session:
        stream = load_sheet(session, version_id).stream("S-02")
        row = stream.row("purchased") if stream else None
        assert row is not None
        return row.correction


def test_the_standing_of_the_meter_is_kept_and_taken_back(
    database: Database, late: tuple[World, int]
) -> None:
    world, version_id = late
    with database.writing() as session:
        row = correct_value(session, world.officer, version_id, CELL, 1, corrected=True)
        assert row.row_version == 2
    found = kept(database, version_id)
    assert isinstance(found, dict)
    assert found["rules"] == "CETS-VG-01.01-V02-2026"
    assert (found["meter"]["from"], found["meter"]["to"]) == ("2026-09-01", "2026-09-30")
    assert found["meter"]["calibrations"][-1] == {"on": "2026-06-01", "until": "2026-09-20"}
    with database.writing() as session:
        correct_value(session, world.officer, version_id, CELL, 2, corrected=False)
    assert kept(database, version_id) is None


def test_only_who_may_fill_the_month_corrects_it(database: Database, late: tuple[World, int]) -> None:
    world, version_id = late
    with pytest.raises(NotFound), database.writing() as session:
        correct_value(session, world.stranger_officer, version_id, CELL, 1, corrected=True)
    with pytest.raises(Refused), database.writing() as session:
        correct_value(session, world.regulator, version_id, CELL, 1, corrected=True)
    assert kept(database, version_id) is None


def test_an_older_page_and_an_empty_cell_are_conflicts(database: Database, late: tuple[World, int]) -> None:
    world, version_id = late
    with pytest.raises(Conflict), database.writing() as session:
        correct_value(session, world.officer, version_id, CELL, 7, corrected=True)
    with pytest.raises(Conflict), database.writing() as session:
        correct_value(session, world.officer, version_id, "S-01.purchased", 0, corrected=True)


def test_what_is_no_amount_is_not_corrected(database: Database, late: tuple[World, int]) -> None:
    world, version_id = late
    with pytest.raises(Refused, match="不需要"), database.writing() as session:
        correct_value(session, world.officer, version_id, "S-02.closing_stock", 1, corrected=True)
