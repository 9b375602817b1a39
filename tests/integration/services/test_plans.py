"""Plans: submitted, approved, frozen, returned, thrown away; who may do which."""

import pytest
import sqlalchemy as sa

from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import Month
from portal.domain.workflow import PlanState
from portal.models.database import Database
from portal.models.events import Event
from portal.models.notifications import Notification
from portal.models.plans import Parameter
from portal.queries.plans import content_sha256, load_plan, version_list, waiting_plans
from portal.services.plan_streams import add_streams, fill_rows
from portal.services.plan_template import StreamChoice
from portal.services.plans import approve_plan, create_plan, discard_plan, return_plan, submit_plan
from tests.factories.plans import (
    DYEING_CHOICES,
    STEEL_CHOICES,
    draft_plan,
    fill_plan,
    finish_plan,
    make_dyeing_plan,
    make_steel_plan,
    steel_meter,
)
from tests.factories.world import World


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
