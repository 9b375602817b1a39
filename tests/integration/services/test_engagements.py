"""Contracts: who may propose, accept and end them, and that access ends in that second."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.domain.access import Actor, EngagementScope, Permission
from portal.domain.engagements import EngagementAction
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.domain.workflow import EngagementState
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.events import Event
from portal.models.notifications import Notification
from portal.models.organisations import Organisation
from portal.queries.access import require
from portal.queries.engagements import engagement_list, engagement_page
from portal.services.engagements import move_engagement, propose_to_enterprise, propose_to_firm
from tests.factories.world import World

YEAR = timedelta(days=365)
BOTH, CARBON, ENVIRONMENT = EngagementScope.BOTH, EngagementScope.CARBON, EngagementScope.ENVIRONMENT


def proposal(database: Database, world: World) -> int:
    """The dyeing mill's proposal to the firm."""
    with database.writing() as session:
        return propose_to_firm(
            session, world.stranger_officer, world.dyeing_id, world.firm_id, BOTH, today(), today() + YEAR
        ).id


def move(database: Database, actor: Actor, engagement_id: int, action: str, reason: str = "合同约定") -> None:
    """Make a move on the row as it stands."""
    with database.writing() as session:
        version = session.get_one(Engagement, engagement_id).row_version
        move_engagement(session, actor, engagement_id, EngagementAction(action), version, reason)


def can_enter(database: Database, actor: Actor, enterprise_id: int) -> bool:
    """Whether the enterprise is the actor's business now."""
    with database.reading() as session:
        try:
            require(session, actor, Permission.ENTERPRISE_VIEW, enterprise_id)
        except NotFound:
            return False
    return True


def test_a_proposal_opens_nothing_until_the_enterprise_accepts(database: Database, world: World) -> None:
    engagement_id = proposal(database, world)
    assert not can_enter(database, world.steward, world.dyeing_id)
    move(database, world.stranger_officer, engagement_id, "accept")
    assert can_enter(database, world.steward, world.dyeing_id)
    assert not can_enter(database, world.other_steward, world.dyeing_id)


def test_a_steward_lead_proposes_by_code_and_cannot_accept_it_themselves(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        code = session.get_one(Organisation, world.dyeing_id).uscc
        engagement_id = propose_to_enterprise(
            session, world.steward_lead, code, CARBON, today(), today() + YEAR
        ).id
    with pytest.raises(Refused):
        move(database, world.steward_lead, engagement_id, "accept")
    with pytest.raises(NotFound):
        move(database, world.administrator, engagement_id, "accept")
    move(database, world.stranger_officer, engagement_id, "accept")
    assert can_enter(database, world.steward, world.dyeing_id)


def test_a_plain_steward_and_an_officer_propose_nothing(database: Database, world: World) -> None:
    with pytest.raises(Refused), database.writing() as session:
        propose_to_enterprise(session, world.steward, "91330502MA0000002X", BOTH, today(), today() + YEAR)
    with pytest.raises(Refused), database.writing() as session:
        propose_to_firm(
            session, world.officer, world.steel_id, world.other_firm_id, BOTH, today(), today() + YEAR
        )


def test_nobody_proposes_for_a_foreign_enterprise(database: Database, world: World) -> None:
    with pytest.raises(NotFound), database.writing() as session:
        propose_to_firm(
            session, world.administrator, world.dyeing_id, world.firm_id, BOTH, today(), today() + YEAR
        )


def test_an_overlapping_proposal_of_the_same_firm_names_the_contract_in_the_way(
    database: Database, world: World
) -> None:
    for scope in (BOTH, CARBON, ENVIRONMENT):
        with pytest.raises(Invalid) as caught, database.writing() as session:
            propose_to_firm(
                session, world.administrator, world.steel_id, world.firm_id, scope, today(), today() + YEAR
            )
        assert caught.value.path == "starts_on"
        assert caught.value.params["number"] == "EG-2026-0001"
    with database.writing() as session:
        later = today() + timedelta(days=366)
        propose_to_firm(
            session, world.administrator, world.steel_id, world.firm_id, BOTH, later, later + YEAR
        )
        propose_to_firm(
            session, world.administrator, world.steel_id, world.other_firm_id, BOTH, today(), today() + YEAR
        )


def test_two_scopes_that_do_not_meet_may_stand_side_by_side(database: Database, world: World) -> None:
    with database.writing() as session:
        for scope in (CARBON, ENVIRONMENT):
            propose_to_firm(
                session,
                world.stranger_officer,
                world.dyeing_id,
                world.firm_id,
                scope,
                today(),
                today() + YEAR,
            )


@pytest.mark.parametrize(("start", "end"), [(10, 5), (-20, -10), (0, 9000)])
def test_dates_that_make_no_sense_are_refused(database: Database, world: World, start: int, end: int) -> None:
    with pytest.raises(Invalid) as caught, database.writing() as session:
        propose_to_firm(
            session,
            world.stranger_officer,
            world.dyeing_id,
            world.firm_id,
            BOTH,
            today() + timedelta(days=start),
            today() + timedelta(days=end),
        )
    assert caught.value.path == "ends_on"


@pytest.mark.parametrize("action", ["suspend", "end"])
def test_access_ends_with_the_move(database: Database, world: World, action: str) -> None:
    assert can_enter(database, world.steward, world.steel_id)
    move(database, world.administrator, world.engagement_id, action)
    assert not can_enter(database, world.steward, world.steel_id)


def test_access_ends_by_itself_after_the_last_day(database: Database, world: World) -> None:
    with time_machine.travel(today() + timedelta(days=365), tick=False):
        assert can_enter(database, world.steward, world.steel_id)
    with time_machine.travel(today() + timedelta(days=367), tick=False):
        assert not can_enter(database, world.steward, world.steel_id)


def test_only_the_side_that_suspended_resumes(database: Database, world: World) -> None:
    move(database, world.administrator, world.engagement_id, "suspend")
    with pytest.raises(Refused):
        move(database, world.steward_lead, world.engagement_id, "resume")
    with database.reading() as session:
        page = engagement_page(session, world.steward_lead, world.engagement_id)
        assert page.actions == (EngagementAction.END,)
    move(database, world.administrator, world.engagement_id, "resume")
    assert can_enter(database, world.steward, world.steel_id)
    move(database, world.steward_lead, world.engagement_id, "suspend")
    with pytest.raises(Refused):
        move(database, world.administrator, world.engagement_id, "resume")


def test_an_ended_contract_does_not_come_back(database: Database, world: World) -> None:
    move(database, world.steward_lead, world.engagement_id, "end")
    for action in ("resume", "accept", "suspend", "end"):
        with pytest.raises(Refused):
            move(database, world.administrator, world.engagement_id, action)


def test_ending_needs_a_reason_and_keeps_the_row_as_it_was_without(database: Database, world: World) -> None:
    with pytest.raises(Invalid) as caught:
        move(database, world.administrator, world.engagement_id, "end", reason="  ")
    assert caught.value.path == "reason"
    assert can_enter(database, world.steward, world.steel_id)


def test_the_second_of_two_moves_at_once_gets_a_conflict(database: Database, world: World) -> None:
    with database.writing() as session:
        move_engagement(
            session, world.administrator, world.engagement_id, EngagementAction.SUSPEND, 1, "检查"
        )
    with pytest.raises(Conflict) as caught, database.writing() as session:
        move_engagement(session, world.steward_lead, world.engagement_id, EngagementAction.END, 1, "不再服务")
    assert caught.value.params["who"] == "周示例"


def test_both_sides_are_told_and_the_event_names_on_whose_behalf(database: Database, world: World) -> None:
    move(database, world.steward_lead, world.engagement_id, "end")
    with database.reading() as session:
        told = set(session.scalars(sa.select(Notification.user_id)))
        assert told == {world.administrator.user_id, world.steward.user_id}
        event = session.scalars(sa.select(Event).where(Event.action == "engagement.ended")).one()
        assert (event.enterprise_id, event.on_behalf_of_id) == (world.steel_id, world.steel_id)


def test_each_side_sees_its_own_contracts_and_a_regulator_those_of_the_district(
    database: Database, world: World
) -> None:
    with database.reading() as session:
        for actor, number in (
            (world.administrator, 1),
            (world.officer, 1),
            (world.stranger_officer, 0),
            (world.steward, 1),
            (world.other_steward, 0),
            (world.regulator, 1),
            (world.other_regulator, 0),
            (world.city_regulator, 1),
        ):
            assert engagement_list(session, actor).total == number
        assert engagement_list(session, world.steward, search="钢铁").total == 1
        assert engagement_list(session, world.steward, state="ended").total == 0
        with pytest.raises(NotFound):
            engagement_page(session, world.other_steward, world.engagement_id)
        page = engagement_page(session, world.regulator, world.engagement_id)
        assert page.actions == ()
        assert page.line.state is EngagementState.ACTIVE
