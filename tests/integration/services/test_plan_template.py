"""What the template of a guideline puts into a plan, and how its rows are filled."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.streams import StreamValues, payload
from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.domain.workflow import Acquisition, Section
from portal.models.database import Database
from portal.models.plans import SourceStream
from portal.queries.plan_guards import submission_failures
from portal.queries.plans import plan_in_force
from portal.reference.catalogue import load_catalogue
from portal.services.plan_streams import RowChange, change_rows, fill_rows, remove_stream
from portal.services.plan_template import FIXED_CODE, StreamChoice
from portal.services.plans import create_plan
from tests.factories.plans import STEEL_CHOICES, STEEL_METERS, draft_plan, make_meter, make_steel_plan
from tests.factories.world import World

CASE = Path(__file__).resolve().parents[2] / "cases" / "calculations" / "steel-month.json"


def test_the_template_gives_each_item_its_parameters_and_evidence(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = create_plan(
            session,
            world.officer,
            world.steel_id,
            [StreamChoice("fuel", "烟煤"), StreamChoice("fuel", "焦炭"), StreamChoice("output", "粗钢")],
            effective_from="2026-01",
        )
        assert [stream.code for stream in plan.streams] == ["S-01", "S-02", "S-03", FIXED_CODE]
        coal = plan.streams[0]
        assert coal.section is Section.ENERGY
        rows = {row.key: row for row in coal.parameters}
        assert rows["purchased"].unit == "t"
        assert rows["net_calorific_value"].unit == "GJ/t"
        assert rows["purchased"].acquisition is Acquisition.MEASURED
        assert [slot.code for slot in rows["purchased"].slots] == ["fuel_ledger", "calibration"]
        assert rows["consumed"].derived


def test_every_plan_asks_whether_production_changed(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = create_plan(
            session,
            world.stranger_officer,
            world.dyeing_id,
            [StreamChoice("fuel", "天然气")],
            effective_from="2026-01",
        )
        fixed = plan.streams[-1]
        assert (fixed.code, fixed.name, fixed.category, fixed.section) == (
            *("QT-01", "生产变化情况", "other"),
            Section.OTHER,
        )
        assert {row.key: (row.unit, row.derived, row.required) for row in fixed.parameters} == {
            "production_changed": ("", False, False),
            "shutdown_note": ("", False, False),
        }


def test_an_item_that_the_guideline_does_not_know_is_refused(database: Database, world: World) -> None:
    with database.writing() as session, pytest.raises(Invalid):
        create_plan(
            session,
            world.officer,
            world.steel_id,
            [StreamChoice("fuel", "木柴")],
            effective_from="2026-01",
        )


def test_the_steel_plan_counts_the_twenty_lines_to_the_last_digit(database: Database, world: World) -> None:
    with database.writing() as session:
        make_steel_plan(session, world)
    case = json.loads(CASE.read_text("utf-8"))
    amounts = {(line["category"], line["item"]): line["amount"] for line in case["input"]["activities"]}
    amounts["output", "粗钢"] = case["input"]["output"]["amount"]
    with database.reading() as session:
        plan = plan_in_force(session, world.steel_id, Month(2026, 10))
        assert plan is not None
        values = [_values(stream, amounts) for stream in plan.streams if stream.code != FIXED_CODE]
        given, blank = payload(load_catalogue(plan.guideline), values)
    assert blank == ()
    result = calculate(given).as_json()
    assert result["total"] == "1214057.49"
    assert result["intensity"] == "2.0395"
    assert sorted(line["emission"] for line in result["lines"]) == sorted(
        line["emission"] for line in case["expected"]["lines"]
    )


def _values(stream: SourceStream, amounts: dict[tuple[str, str], str]) -> StreamValues:
    amount, keys = Decimal(amounts[stream.category, stream.item]), {row.key for row in stream.parameters}
    stock = {"opening_stock": Decimal(70), "closing_stock": Decimal(70)} if "opening_stock" in keys else {}
    bought = {"purchased": amount, "sold": Decimal(0)} if "purchased" in keys else {"amount": amount}
    ways = {row.key: row.acquisition.value for row in stream.parameters}
    unit = stream.parameters[0].unit
    return StreamValues(stream.code, stream.category, stream.item, unit, {**stock, **bought}, ways)


def test_a_default_needs_no_meter(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        missing = {failure.cell for failure in submission_failures(session, plan) if "meter" in failure.code}
    assert "S-02.net_calorific_value" not in missing
    assert "S-02.purchased" in missing


def test_many_rows_are_filled_at_once_and_what_was_typed_stays(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        plan.streams[0].parameters[1].department = "煤场"
        changed = fill_rows(
            session,
            world.officer,
            world.steel_id,
            plan.id,
            row_version=plan.row_version,
            section="energy",
            department="能源管理部",
        )
        rows = [row for stream in plan.streams for row in stream.parameters if not row.derived]
        energy = [row for row in rows if row.stream.section is Section.ENERGY]
        assert changed == len(energy) - 1
        assert {row.department for row in energy} == {"能源管理部", "煤场"}
        assert {row.department for row in rows if row.stream.section is Section.PROCESS} == {""}


def test_the_stream_on_changes_of_production_stays(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        with pytest.raises(Invalid):
            remove_stream(
                session,
                world.officer,
                world.steel_id,
                plan.id,
                plan.streams[-1].id,
                row_version=plan.row_version,
            )


def test_coke_keeps_the_guidelines_default(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        coke = next(stream for stream in plan.streams if stream.item == "焦炭")
        row = next(row for row in coke.parameters if row.key == "net_calorific_value")
        assert row.acquisition is Acquisition.DEFAULT
        with pytest.raises(Invalid) as refused:
            change_rows(
                session,
                world.officer,
                world.steel_id,
                plan.id,
                coke.id,
                {row.id: RowChange("measured", None, "", "", "", "")},
                row_version=plan.row_version,
            )
        assert refused.value.field == f"p{row.id}-acquisition"


def test_a_meter_of_another_enterprise_cannot_be_named(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        foreign = make_meter(session, world.dyeing_id, STEEL_METERS["purchased"])
        row = plan.streams[0].parameters[1]
        with pytest.raises(Invalid):
            change_rows(
                session,
                world.officer,
                world.steel_id,
                plan.id,
                plan.streams[0].id,
                {row.id: RowChange("measured", foreign.id, "", "", "", "")},
                row_version=plan.row_version,
            )
