"""The gaps on a month's pages are those that asking every check would give."""

import random
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.domain.periods import Month
from portal.models.database import Database
from portal.queries.sheets import load_sheet
from portal.services import gaps
from portal.services.evaluations import check
from portal.services.facts import facts_of
from portal.services.months import find_record, open_months, start_month
from tests.factories.months import save_cell, steel_cells
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world

MONTH = Month(2026, 9)


def _started(session: Session) -> tuple[World, int]:
    world = make_world(session)
    make_steel_plan(session, world)
    open_months(session, world.steel_id)
    record = find_record(session, world.steel_id, MONTH)
    version = start_month(session, world.officer, record.id, record.row_version)
    for cell, figure in steel_cells(session, version).items():
        save_cell(session, world.officer, version.id, cell, figure)
    return world, version.id


def _compared(session: Session, version_id: int) -> int:
    """Compare what the pages are told with a whole run; returns how many gaps there are."""
    sheet = load_sheet(session, version_id)
    month = figures(sheet)
    told, digest = gaps.gaps_now(session, sheet, month)
    outcomes, _, whole_digest = check(session, sheet, month)
    assert told == tuple(outcome for outcome in outcomes if outcome.is_gap)
    assert digest == whole_digest
    return len(told)


def test_after_each_saved_value_the_gaps_are_those_of_a_whole_run(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        world, version_id = _started(session)
        cells = [
            row.cell
            for row in load_sheet(session, version_id).rows()
            if not row.derived and not row.cell.startswith("QT-01")
        ]
        chance = random.Random(7)
        counts = {_compared(session, version_id)}
        for number in range(25):
            figure = str(Decimal(chance.randrange(10**8)) / 100) if number % 3 else "0"
            save_cell(session, world.officer, version_id, chance.choice(cells), figure)
            counts.add(_compared(session, version_id))
        assert len(counts) > 1


def test_one_saved_value_does_not_ask_every_check_again(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.writing() as session:
        world, version_id = _started(session)
        _compared(session, version_id)
        asked: list[object] = []
        whole = gaps.run_about
        monkeypatch.setattr(
            gaps, "run_about", lambda pack, facts, *rest: asked.append(rest) or whole(pack, facts, *rest)
        )
        save_cell(session, world.officer, version_id, "S-02.purchased", "120000.5")
        _compared(session, version_id)
        packs = len(asked)
        assert {len(rest) for rest in asked} == {2}
        _compared(session, version_id)
        assert len(asked) == packs


def test_a_new_file_or_another_day_asks_everything(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        _, version_id = _started(session)
        sheet = load_sheet(session, version_id)
        facts = facts_of(sheet, figures(sheet))
        assert gaps.changed_cells(facts, {**facts, "slots": []}) == frozenset()
        other = [{**row, "department": "别的部门"} for row in facts["rows"]]
        assert gaps.changed_cells(facts, {**facts, "rows": other}) == frozenset()
        changed = [
            {**row, "value": Decimal(1)} if row["cell"] == "S-02.purchased" else row for row in facts["rows"]
        ]
        assert gaps.changed_cells(facts, {**facts, "rows": changed}) == {"S-02.purchased"}
