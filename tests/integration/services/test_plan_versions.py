"""One version of a plan after another: which is in force in a month, and what a new one changes."""

import pytest

from portal.domain.errors import GuardFailed, Refused
from portal.domain.periods import Month
from portal.domain.workflow import PlanState
from portal.models.database import Database
from portal.queries.plan_differences import compare_versions
from portal.queries.plan_guards import submission_failures
from portal.queries.plans import plan_in_force
from portal.services.plan_streams import RowChange, add_streams, change_rows, remove_stream
from portal.services.plan_template import StreamChoice
from portal.services.plans import approve_plan, clone_plan, submit_plan
from tests.factories.plans import accept_month, approve, make_steel_plan, second_plan
from tests.factories.world import World


def test_each_month_follows_the_version_in_force_that_month(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = second_plan(session, world, first, "2026-07")
        assert plan_in_force(session, world.steel_id, Month(2026, 9)) is first
        approve(session, world, second)
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
        second = second_plan(session, world, first, first.effective_from)
        approve(session, world, second)
        ruling = plan_in_force(session, world.steel_id, Month(2026, 1))
        assert ruling is not None
        assert ruling.number == 2


def test_a_new_version_cannot_begin_before_the_one_in_force(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world, effective_from="2026-03")
        second = second_plan(session, world, first, "2026-01")
        with pytest.raises(GuardFailed) as refused:
            submit_plan(session, world.officer, world.steel_id, second.id, row_version=second.row_version)
    assert [failure.code for failure in refused.value.failures] == ["month_before_ruling"]


def test_a_new_version_begins_after_the_last_accepted_month(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        accept_month(session, world, first, Month(2026, 9))
        second = second_plan(session, world, first, "2026-09")
        codes = [failure.code for failure in submission_failures(session, second)]
        assert codes == ["month_accepted"]
        second.effective_from = "2026-10"
        assert submission_failures(session, second) == []


def test_a_month_accepted_while_the_plan_waits_stops_its_approval(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = second_plan(session, world, first, "2026-09")
        submit_plan(session, world.officer, world.steel_id, second.id, row_version=second.row_version)
        accept_month(session, world, first, Month(2026, 9))
        with pytest.raises(GuardFailed):
            approve_plan(session, world.regulator, world.steel_id, second.id, row_version=second.row_version)


def test_only_one_version_is_under_way(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        clone_plan(session, world.officer, world.steel_id, first.id)
        with pytest.raises(Refused):
            clone_plan(session, world.steward, world.steel_id, first.id)


def test_a_copy_says_exactly_what_changed(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_steel_plan(session, world)
        second = second_plan(session, world, first, "2026-07")
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
