"""Plans: made from the template, submitted, approved, frozen, superseded, in force month by month."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.calculation import calculate
from portal.accounting.streams import StreamValues, payload
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import Month, due_on
from portal.domain.workflow import Acquisition, PlanState, RecordState, Section, VersionStanding
from portal.models.database import Database
from portal.models.events import Event
from portal.models.notifications import Notification
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.plan_differences import compare_versions
from portal.queries.plan_guards import submission_failures
from portal.queries.plans import content_sha256, load_plan, plan_in_force, version_list, waiting_plans
from portal.reference.catalogue import load_catalogue
from portal.services.plan_streams import RowChange, add_streams, change_rows, fill_rows, remove_stream
from portal.services.plan_template import FIXED_CODE, StreamChoice
from portal.services.plans import (
    approve_plan,
    change_head,
    clone_plan,
    create_plan,
    discard_plan,
    return_plan,
    submit_plan,
)
from tests.factories.plans import (
    DYEING_CHOICES,
    STEEL_CHOICES,
    STEEL_METERS,
    draft_plan,
    fill_plan,
    finish_plan,
    make_dyeing_plan,
    make_meter,
    make_steel_plan,
    steel_meter,
)
from tests.factories.world import World, make_world

CASE = Path(__file__).resolve().parents[2] / "cases" / "calculations" / "steel-month.json"


@pytest.fixture
def world(database: Database) -> World:
    """The small world."""
    with database.writing() as session:
        return make_world(session)


def _second(session: Session, world: World, old: PlanVersion, month: str, **changes: str) -> PlanVersion:
    plan = clone_plan(session, world.officer, world.steel_id, old.id)
    change_head(
        session,
        world.officer,
        world.steel_id,
        plan.id,
        row_version=plan.row_version,
        effective_from=month,
        boundary=plan.boundary,
        reason=changes.get("reason", "更换计量器具"),
    )
    return plan


def _approve(session: Session, world: World, plan: PlanVersion) -> None:
    submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
    approve_plan(session, world.regulator, world.steel_id, plan.id, row_version=plan.row_version)


def _accept_month(session: Session, world: World, plan: PlanVersion, month: Month) -> None:
    record = MonthlyRecord(
        enterprise_id=world.steel_id, month=str(month), state=RecordState.ACCEPTED, due_on=due_on(month)
    )
    session.add(record)
    session.flush()
    version = RecordVersion(
        record_id=record.id, number=1, standing=VersionStanding.ACCEPTED, plan_version_id=plan.id
    )
    session.add(version)
    session.flush()
    record.current_version_id = record.official_version_id = version.id


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


def test_submitting_names_everything_that_is_missing_at_once(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = create_plan(
            session,
            world.officer,
            world.steel_id,
            [StreamChoice("fuel", "烟煤")],
            effective_from="2026-01",
            reason="",
        )
        with pytest.raises(GuardFailed) as refused:
            submit_plan(session, world.officer, world.steel_id, plan.id, row_version=1)
    codes = [failure.code for failure in refused.value.failures]
    assert {"boundary_missing", "reason_missing", "meter_missing", "department_missing"} <= set(codes)
    assert {failure.cell for failure in refused.value.failures if failure.code == "meter_missing"} == {
        "S-01.purchased",
        "S-01.sold",
        "S-01.closing_stock",
    }
    assert not any(failure.cell == "S-01.consumed" for failure in refused.value.failures)


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


def test_approval_hashes_the_content_and_tells_the_enterprise(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        assert plan.state is PlanState.APPROVED
        assert plan.content_sha256 == content_sha256(plan)
        assert plan.decided_by_id == world.regulator.user_id
        heard = set(session.scalars(sa.select(Notification.user_id)))
        assert {world.officer.user_id, world.regulator.user_id, world.second_regulator.user_id} <= heard
        assert world.other_regulator.user_id not in heard


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE parameters SET department = 'x'",
        "UPDATE source_streams SET name = 'x'",
        "DELETE FROM parameters WHERE key = 'moisture'",
        "UPDATE plan_versions SET boundary = 'x'",
        "UPDATE plan_versions SET content_sha256 = NULL",
    ],
)
def test_the_database_refuses_to_change_an_approved_version(
    database: Database, world: World, statement: str
) -> None:
    with database.writing() as session:
        make_steel_plan(session, world)
    with pytest.raises(sa.exc.DBAPIError, match="frozen"), database.writing() as session:
        session.execute(sa.text(statement))


def test_services_refuse_to_change_what_is_submitted_or_approved(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        arguments = (session, world.officer, world.steel_id, plan.id)
        with pytest.raises(Refused):
            add_streams(*arguments, [StreamChoice("fuel", "柴油")], row_version=plan.row_version)
        with pytest.raises(Refused):
            submit_plan(*arguments, row_version=plan.row_version)
        with pytest.raises(Refused):
            discard_plan(*arguments, row_version=plan.row_version)


def test_each_month_follows_the_version_in_force_that_month(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = _second(session, world, first, "2026-07")
        assert plan_in_force(session, world.steel_id, Month(2026, 9)) is first
        _approve(session, world, second)
        session.expire_all()
        assert (first.state, second.state) == (PlanState.SUPERSEDED, PlanState.APPROVED)
    with database.reading() as session:
        numbers = [
            plan.number if plan else None
            for plan in (
                plan_in_force(session, world.steel_id, month)
                for month in (Month(2024, 12), Month(2025, 1), Month(2026, 6), Month(2026, 7), Month(2027, 1))
            )
        ]
        assert plan_in_force(session, world.dyeing_id, Month(2026, 7)) is None
    assert numbers == [None, 1, 1, 2, 2]


def test_of_two_versions_from_the_same_month_the_later_one_rules(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = _second(session, world, first, first.effective_from)
        _approve(session, world, second)
        ruling = plan_in_force(session, world.steel_id, Month(2026, 1))
        assert ruling is not None
        assert ruling.number == 2


def test_a_new_version_cannot_begin_before_the_one_in_force(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world, effective_from="2026-03")
        second = _second(session, world, first, "2026-01")
        with pytest.raises(GuardFailed) as refused:
            submit_plan(session, world.officer, world.steel_id, second.id, row_version=second.row_version)
    assert [failure.code for failure in refused.value.failures] == ["month_before_ruling"]


def test_a_new_version_begins_after_the_last_accepted_month(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        _accept_month(session, world, first, Month(2026, 9))
        second = _second(session, world, first, "2026-09")
        codes = [failure.code for failure in submission_failures(session, second)]
        assert codes == ["month_accepted"]
        second.effective_from = "2026-10"
        assert submission_failures(session, second) == []


def test_a_month_accepted_while_the_plan_waits_stops_its_approval(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = _second(session, world, first, "2026-09")
        submit_plan(session, world.officer, world.steel_id, second.id, row_version=second.row_version)
        _accept_month(session, world, first, Month(2026, 9))
        with pytest.raises(GuardFailed):
            approve_plan(session, world.regulator, world.steel_id, second.id, row_version=second.row_version)


def test_a_returned_version_is_mended_and_submitted_again(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        fill_plan(session, plan, world.officer, steel_meter)
        arguments = (session, world.steel_id, plan.id)
        submit_plan(session, world.officer, *arguments[1:], row_version=plan.row_version)
        with pytest.raises(Invalid):
            return_plan(session, world.regulator, *arguments[1:], row_version=plan.row_version, comment=" ")
        return_plan(
            session, world.regulator, *arguments[1:], row_version=plan.row_version, comment="缺取样说明"
        )
        assert (plan.state, plan.comment) == (PlanState.RETURNED, "缺取样说明")
        submit_plan(session, world.officer, *arguments[1:], row_version=plan.row_version)
        assert plan.state is PlanState.SUBMITTED
        with pytest.raises(Refused):
            discard_plan(session, world.officer, *arguments[1:], row_version=plan.row_version)


def test_only_one_version_is_under_way(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        clone_plan(session, world.officer, world.steel_id, first.id)
        with pytest.raises(Refused):
            clone_plan(session, world.steward, world.steel_id, first.id)


def test_a_copy_says_exactly_what_changed(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = _second(session, world, first, "2026-07")
        assert compare_versions(session, world.officer, world.steel_id, first.id, second.id).differences[
            0
        ].field == ("effective_from")
        row = second.streams[1].parameters[1]
        change_rows(
            session,
            world.steward,
            world.steel_id,
            second.id,
            second.streams[1].id,
            {row.id: RowChange("measured", row.meter_id, "每日", row.department, "", row.missing_rule)},
            row_version=second.row_version,
        )
        arguments = (session, world.officer, world.steel_id, second.id)
        add_streams(*arguments, [StreamChoice("fuel", "柴油")], row_version=second.row_version)
        remove_stream(*arguments, second.streams[0].id, row_version=second.row_version)
    with database.reading() as session:
        found = compare_versions(session, world.regulator, world.steel_id, second.id, first.id)
    seen = {(item.kind, item.stream, item.parameter, item.field) for item in found.differences}
    assert seen == {
        ("changed", "", "", "effective_from"),
        ("changed", "S-02 烟煤", "购入量", "frequency"),
        ("changed", "S-02 烟煤", "购入量", "source_record"),
        ("removed", "S-01 洗精煤", "", "stream"),
        ("added", "S-22 柴油", "", "stream"),
    }
    assert (found.old_number, found.new_number, found.added, found.removed) == (1, 2, 1, 1)


def test_a_removed_code_is_never_given_to_another_stream(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = clone_plan(session, world.officer, world.steel_id, first.id)
        last = next(stream for stream in second.streams if stream.code == "S-21")
        arguments = (session, world.officer, world.steel_id, second.id)
        remove_stream(*arguments, last.id, row_version=second.row_version)
        add_streams(*arguments, [StreamChoice("output", "粗钢")], row_version=second.row_version)
        assert "S-22" in [stream.code for stream in second.streams]
        assert "S-21" not in [stream.code for stream in second.streams]


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


def test_a_stale_row_version_is_refused_with_the_name_of_who_was_faster(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        arguments = (world.steel_id, plan.id)
        fill_rows(session, world.steward, *arguments, row_version=1, department="能源部")
        with pytest.raises(Conflict) as refused:
            fill_rows(session, world.officer, *arguments, row_version=1, department="生产部")
    assert refused.value.params["who"] == "李示例"


def test_wrong_roles_and_strangers_are_refused(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        fill_plan(session, plan, world.officer, steel_meter)
        submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
        version = plan.row_version
        for actor, error in (
            (world.officer, Refused),
            (world.steward_lead, Refused),
            (world.signatory, Refused),
            (world.other_regulator, NotFound),
            (world.other_steward, NotFound),
            (world.stranger_officer, NotFound),
        ):
            with pytest.raises(error):
                approve_plan(session, actor, world.steel_id, plan.id, row_version=version)
        with pytest.raises(NotFound):
            load_plan(session, world.dyeing_id, plan.id)
        with pytest.raises(NotFound):
            version_list(session, world.stranger_officer, world.steel_id, Month(2026, 10))
        with pytest.raises(Refused):
            create_plan(session, world.regulator, world.steel_id, DYEING_CHOICES, effective_from="2026-01")
        approve_plan(session, world.city_regulator, world.steel_id, plan.id, row_version=version)


def test_the_regulators_queue_holds_the_plans_of_their_area(database: Database, world: World) -> None:
    with database.writing() as session:
        make_dyeing_plan(session, world)
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        fill_plan(session, plan, world.officer, steel_meter)
        submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
        assert [item.id for item in waiting_plans(session, world.regulator)] == [plan.id]
        assert [item.id for item in waiting_plans(session, world.city_regulator)] == [plan.id]
        assert waiting_plans(session, world.other_regulator) == ()
        assert waiting_plans(session, world.officer) == ()


def test_a_stewards_work_on_the_plan_is_told_on_whose_behalf(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.steward, world.steel_id, STEEL_CHOICES)
        finish_plan(session, plan, world.steward, world.regulator, steel_meter)
        events = session.scalars(
            sa.select(Event).where(Event.subject_kind == "plan").order_by(Event.id)
        ).all()
    assert [events[0].action, events[-1].action] == ["plan.created", "plan.approved"]
    assert events[0].on_behalf_of_id == world.steel_id
    assert events[-1].on_behalf_of_id is None


def test_a_draft_is_thrown_away_with_all_its_rows(database: Database, world: World) -> None:
    with database.writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        discard_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
        assert session.scalar(sa.select(sa.func.count()).select_from(Parameter)) == 0
