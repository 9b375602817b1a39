"""Reviews: who may, what must be decided, what a return unlocks, how questions stop the clock."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.domain.access import Role
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.domain.workflow import Decision, RecordState, Section, Severity, VersionStanding
from portal.models.notifications import Notification
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord
from portal.models.users import User, UserRole
from portal.queries.access import find_actor
from portal.queries.reviews import review_queue
from portal.reference.working_days import working_days_between
from portal.services import reviews
from portal.services.findings import raise_finding
from portal.services.record_access import current_version
from portal.services.signing import answer_section, start_amending
from portal.services.values import save_value
from tests.factories.months import make_submitted_month, submit_again
from tests.factories.reviews import accept, decide, decide_all, sections, take
from tests.fixtures.failures import codes
from tests.fixtures.reviewing import MONTH, Reviewing

EARLIER = MONTH.previous()


def test_the_clock_of_seven_working_days_counts_from_the_day_the_month_came_in(reviewing: Reviewing) -> None:
    with time_machine.travel("2026-09-28T02:00:00Z", tick=True), reviewing.database.writing() as session:
        plan = session.get_one(PlanVersion, reviewing.plan_id)
        record = make_submitted_month(session, reviewing.world, plan, EARLIER)
    with time_machine.travel("2026-09-30T02:00:00Z", tick=True), reviewing.database.writing() as session:
        record = session.merge(record)
        waiting = next(
            line for line in review_queue(session, reviewing.world.regulator) if line.month == EARLIER
        )
        review = take(session, reviewing.world.regulator, record)
        assert review.due_on == waiting.clock.due_on
        assert record.state is RecordState.UNDER_REVIEW
        # 1 to 7 October are holidays and Saturday the 10th is worked in their place.
        assert review.due_on == date(2026, 10, 13)
        assert review.reviewer_id == reviewing.world.regulator.user_id


def test_people_of_the_enterprise_and_the_steward_cannot_take_it(reviewing: Reviewing) -> None:
    world = reviewing.world
    for actor in (world.officer, world.signatory, world.steward, world.steward_lead):
        with reviewing.database.writing() as session, pytest.raises(Refused):
            take(session, actor, reviewing.record(session))


def test_strangers_learn_nothing(reviewing: Reviewing) -> None:
    world = reviewing.world
    for actor in (world.other_regulator, world.stranger_officer, world.other_steward):
        with reviewing.database.writing() as session, pytest.raises(NotFound):
            take(session, actor, reviewing.record(session))


def test_a_city_regulator_can_take_a_month_of_any_district(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        take(session, reviewing.world.city_regulator, reviewing.record(session))
        assert reviewing.record(session).state is RecordState.UNDER_REVIEW


def test_who_prepared_the_month_cannot_review_it_in_a_new_job(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        person = session.get_one(User, world.officer.user_id)
        person.organisation_id = world.district_id
        person.roles = [UserRole(role=Role.DISTRICT_REGULATOR)]
    with reviewing.database.writing() as session:
        moved = find_actor(session, world.officer.user_id)
        assert moved is not None
        with pytest.raises(Refused, match="参与编制"):
            take(session, moved, reviewing.record(session))


def test_the_second_to_take_gets_a_conflict_or_is_refused(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        seen = record.row_version
        take(session, world.regulator, record)
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        with pytest.raises(Refused):
            reviews.take_for_review(session, world.second_regulator, record.id, seen)


def test_a_stale_row_version_is_a_conflict(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        stale = record.row_version - 1
        with pytest.raises(Conflict):
            reviews.decide_section(
                session, world.regulator, record.id, stale, Section.ENERGY, Decision.ACCEPT
            )


def test_only_the_reviewer_decides(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        with pytest.raises(GuardFailed) as caught:
            decide(session, world.second_regulator, record, Section.ENERGY, Decision.ACCEPT)
        assert codes(caught) == {"not_assignee"}


def test_a_return_needs_a_comment(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, reviewing.world.regulator, record)
        with pytest.raises(Invalid) as caught:
            decide(session, reviewing.world.regulator, record, Section.ENERGY, Decision.RETURN, "  ")
        assert caught.value.path == "comment"


def test_nothing_is_finished_with_a_section_undecided(reviewing: Reviewing) -> None:
    actor = reviewing.world.regulator
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, actor, record)
        decide(session, actor, record, Section.ENERGY, Decision.ACCEPT)
        with pytest.raises(GuardFailed) as caught:
            reviews.accept(session, actor, record.id, record.row_version, countersign_required=False)
        assert {failure.section for failure in caught.value.failures} == {
            "process",
            "output",
            "other",
            "evidence",
        }
        with pytest.raises(GuardFailed) as caught:
            reviews.return_for_amends(
                session, actor, record.id, record.row_version, today() + timedelta(days=7)
            )
        assert codes(caught) == {"section_undecided", "nothing_returned"}


def test_a_returned_section_stands_against_acceptance(reviewing: Reviewing) -> None:
    actor = reviewing.world.regulator
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, actor, record)
        decide_all(session, actor, record, Section.ENERGY)
        with pytest.raises(GuardFailed) as caught:
            reviews.propose_acceptance(session, actor, record.id, record.row_version)
        assert codes(caught) == {"section_returned"}


def test_acceptance_makes_the_version_official(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version = accept(session, reviewing.world, record)
        assert record.state is RecordState.ACCEPTED
        assert record.official_version_id == version.id
        assert version.standing is VersionStanding.ACCEPTED
        told = set(session.scalars(sa.select(Notification.user_id)))
        assert {reviewing.world.officer.user_id, reviewing.world.signatory.user_id} <= told


def test_acceptance_needs_a_second_person_where_the_setting_asks(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record)
        with pytest.raises(Refused):
            reviews.accept(session, world.regulator, record.id, record.row_version, countersign_required=True)
        reviews.propose_acceptance(session, world.regulator, record.id, record.row_version, "无异议")
        assert record.state is RecordState.PENDING_COUNTERSIGN
        with pytest.raises(GuardFailed) as caught:
            reviews.agree(session, world.regulator, record.id, record.row_version)
        assert codes(caught) == {"is_proposer"}
        reviews.disagree(session, world.second_regulator, record.id, record.row_version, "焦炭未核")
        assert record.state is RecordState.UNDER_REVIEW
        reviews.propose_acceptance(session, world.regulator, record.id, record.row_version)
        reviews.agree(session, world.second_regulator, record.id, record.row_version)
        assert record.state is RecordState.ACCEPTED


def test_disagreeing_needs_a_reason(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record)
        reviews.propose_acceptance(session, world.regulator, record.id, record.row_version)
        with pytest.raises(GuardFailed) as caught:
            reviews.disagree(session, world.second_regulator, record.id, record.row_version, " ")
        assert codes(caught) == {"reason_missing"}


def test_an_open_blocking_finding_stands_against_acceptance(reviewing: Reviewing) -> None:
    actor = reviewing.world.regulator
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, actor, record)
        decide_all(session, actor, record)
        raise_finding(
            session,
            actor,
            record.id,
            section=Section.ENERGY,
            severity=Severity.BLOCKING,
            title="盘点表缺页",
            text="请补全第 2 页",
            due_on=today() + timedelta(days=5),
        )
        with pytest.raises(GuardFailed) as caught:
            reviews.accept(session, actor, record.id, record.row_version, countersign_required=False)
        assert codes(caught) == {"blocking_finding"}


def test_only_the_returned_sections_unlock_and_the_others_stay_decided(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record, Section.ENERGY)
        first = current_version(session, record)
        reviews.return_for_amends(
            session, world.regulator, record.id, record.row_version, today() + timedelta(days=7)
        )
        assert record.state is RecordState.RETURNED
        assert first.standing is VersionStanding.RETURNED
        version = start_amending(session, world.officer, record.id, record.row_version)
        rows = sections(session, record)
        assert {section for section, row in rows.items() if row.editable} == {Section.ENERGY}
        assert rows[Section.ENERGY].return_comment == "请核对期末库存"
        assert rows[Section.ENERGY].decision is Decision.UNDECIDED
        assert {row.decision for section, row in rows.items() if section is not Section.ENERGY} == {
            Decision.ACCEPT
        }
        with pytest.raises(Refused):
            save_value(session, world.officer, version.id, "S-06.amount", None, 1)


def test_the_amend_loop_ends_in_the_second_version_being_official(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record, Section.ENERGY)
        reviews.return_for_amends(
            session, world.regulator, record.id, record.row_version, today() + timedelta(days=7)
        )
        version = start_amending(session, world.officer, record.id, record.row_version)
        answer_section(session, world.officer, version.id, "energy", "已按盘点表改正")
        submit_again(session, world, record)
        take(session, world.second_regulator, record)
        decide(session, world.second_regulator, record, Section.ENERGY, Decision.ACCEPT)
        reviews.accept(
            session, world.second_regulator, record.id, record.row_version, countersign_required=False
        )
        assert (record.official_version_id, version.number) == (version.id, 2)
        assert record.amend_due_on is None


def test_a_review_is_handed_over_by_its_reviewer_or_the_city(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        hand = (session, world.second_regulator, record.id, record.row_version)
        with pytest.raises(Refused):
            reviews.reassign(*hand, world.second_regulator.user_id)
        for nobody in (world.other_regulator.user_id, world.officer.user_id, 0):
            with pytest.raises(Invalid):
                reviews.reassign(session, world.city_regulator, record.id, record.row_version, nobody)
        reviews.reassign(
            session, world.city_regulator, record.id, record.row_version, world.second_regulator.user_id
        )
        decide(session, world.second_regulator, record, Section.ENERGY, Decision.ACCEPT)


def test_the_queue_shows_overdue_clocks_first_and_only_what_is_the_readers_business(
    reviewing: Reviewing,
) -> None:
    world = reviewing.world
    with time_machine.travel("2026-11-02T02:00:00Z", tick=True), reviewing.database.writing() as session:
        plan = session.get_one(PlanVersion, reviewing.plan_id)
        late = make_submitted_month(session, world, plan, EARLIER).id
    with time_machine.travel("2026-12-01T02:00:00Z", tick=True), reviewing.database.writing() as session:
        plan = session.get_one(PlanVersion, reviewing.plan_id)
        make_submitted_month(session, world, plan, MONTH.next())
    with time_machine.travel("2026-12-03T02:00:00Z", tick=True), reviewing.database.writing() as session:
        first, second = (line for line in review_queue(session, world.regulator) if line.month != MONTH)
        assert (first.month, first.clock.overdue) == (EARLIER, True)
        assert (second.month, second.clock.overdue) == (MONTH.next(), False)
        assert (second.clock.working_days_left, second.waiting_days) == (5, 2)
        record = session.get_one(MonthlyRecord, late)
        take(session, world.regulator, record)
        ask = (Section.ENERGY, "为什么？", today() + timedelta(days=9))
        reviews.ask(session, world.regulator, record.id, record.row_version, *ask)
    with time_machine.travel("2026-12-08T02:00:00Z", tick=True), reviewing.database.reading() as session:
        asked = next(line for line in review_queue(session, world.regulator) if line.month == EARLIER)
        assert (asked.mine, asked.paused, asked.clock.overdue) == (True, True, True)
        assert asked.clock.working_days_left == working_days_between(
            date(2026, 12, 3), asked.clock.due_on
        )  # it stands still since the question was asked
        assert len(review_queue(session, world.city_regulator)) == 3
        for nobody in (world.other_regulator, world.officer, world.steward, world.platform_administrator):
            assert review_queue(session, nobody) == []
