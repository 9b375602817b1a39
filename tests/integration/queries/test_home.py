"""What each home page reads: only one's own, in a number of queries that does not grow with the data."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import EngagementScope, OrganisationKind
from portal.domain.errors import NotFound, Refused
from portal.domain.periods import Month, today
from portal.domain.workflow import (
    EngagementState,
    FindingState,
    PlanState,
    RecordState,
    Section,
)
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.meters import Calibration, Meter
from portal.models.organisations import EnterpriseProfile, Organisation, Permit
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordVersion
from portal.models.reviews import Question, Review
from portal.queries.board import BoardFilters, board
from portal.queries.home import officer_home
from portal.queries.home_signing import signing_home
from tests.factories.states import (
    make_calculation,
    make_finding,
    make_plan_version,
    make_record,
    queries_of,
)
from tests.factories.world import World, make_engagement, make_organisation, make_world

LAST = Month.of(today()).previous()


@pytest.fixture
def world(database: Database) -> World:
    """The small world on each kind of database."""
    with database.writing() as session:
        made = make_world(session)
        session.execute(sa.update(EnterpriseProfile).values(first_month=str(LAST.plus(-23))))
        return made


def make_clients(
    session: Session, world: World, first: int, last: int, state: RecordState = RecordState.DRAFT
) -> None:
    """Clients ``first`` up to ``last`` of the firm, each with a full year and a finding."""
    for index in range(first, last):
        client = make_organisation(
            session,
            OrganisationKind.ENTERPRISE,
            f"示例客户 {index:02d} 有限公司",
            f"91330500CLIENT{index:04d}",
            district="330502",
            first_month=str(LAST.plus(-23)),
        )
        make_engagement(session, world.firm_id, client.id, number=f"EG-C-{index:04d}")
        for back in range(12):
            record = make_record(session, client.id, LAST.plus(-back), state)
        make_finding(session, record, f"GAP-C-{index:04d}", 5)


def test_the_board_sends_as_many_queries_for_three_clients_as_for_thirty(
    database: Database, world: World
) -> None:
    def read(session: Session) -> None:
        board(session, world.steward, BoardFilters())

    with database.writing() as session:
        make_clients(session, world, 0, 2)
    few = queries_of(database, read)
    with database.writing() as session:
        make_clients(session, world, 2, 29)
    assert queries_of(database, read) == few


def test_the_board_shows_clients_under_contracts_in_force_only(database: Database, world: World) -> None:
    day = today()
    with database.writing() as session:
        ways = {
            "suspended": {"state": EngagementState.SUSPENDED},
            "proposed": {"state": EngagementState.PROPOSED},
            "over": {"ends_on": day - timedelta(days=1)},
            "to come": {"starts_on": day + timedelta(days=1)},
        }
        for index, (name, terms) in enumerate(ways.items()):
            client = make_organisation(
                session, OrganisationKind.ENTERPRISE, f"示例 {name}", f"9133050000000{index:05d}"
            )
            make_engagement(session, world.firm_id, client.id, number=f"EG-W-{index}", **terms)  # type: ignore[arg-type]  # terms by name
    with database.reading() as session:
        shown = board(session, world.steward, BoardFilters())
        other = board(session, world.other_steward, BoardFilters())
    assert [row.enterprise_id for row in shown.clients] == [world.steel_id]
    assert other.clients == ()


def test_a_month_outside_the_contract_holds_no_data(database: Database, world: World) -> None:
    with database.writing() as session:
        engagement = session.get_one(Engagement, world.engagement_id)
        engagement.starts_on = LAST.plus(-3).first
        for back in range(12):
            make_record(session, world.steel_id, LAST.plus(-back), RecordState.ACCEPTED)
    with database.reading() as session:
        (row,) = board(session, world.steward, BoardFilters()).clients
    assert [cell.state for cell in row.cells] == ["outside"] * 8 + ["accepted"] * 4
    assert all(cell.until is None and not cell.opened for cell in row.cells[:8])


def test_a_contract_for_the_environment_shows_its_client_without_states(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        session.get_one(Engagement, world.engagement_id).scope = EngagementScope.ENVIRONMENT
        record = make_record(session, world.steel_id, LAST, RecordState.RETURNED)
        make_finding(session, record, "GAP-1", -3)
    with database.reading() as session:
        (row,) = board(session, world.steward, BoardFilters()).clients
    assert (row.cells, row.findings, row.needs_me) == ((), 0, False)


def test_late_clients_stand_first_and_the_counts_ignore_the_filters(database: Database, world: World) -> None:
    late_month = LAST.plus(-2)
    with database.writing() as session:
        make_clients(session, world, 0, 2, RecordState.ACCEPTED)
        for back in range(12):
            make_record(session, world.steel_id, LAST.plus(-back), RecordState.ACCEPTED)
        late = sa.select(Organisation.id).where(Organisation.name == "示例客户 01 有限公司")
        session.execute(
            sa.update(MonthlyRecord)
            .where(MonthlyRecord.enterprise_id.in_(late), MonthlyRecord.month == str(late_month))
            .values(state=RecordState.DRAFT)
        )
    with database.reading() as session:
        shown = board(session, world.steward, BoardFilters())
        picked = board(session, world.steward, BoardFilters(search="钢铁"))
        only_late = board(session, world.steward, BoardFilters(show="overdue"))
    assert shown.chosen[0].name == "示例客户 01 有限公司"
    assert [cell.month for cell in shown.chosen[0].late] == [late_month]
    assert shown.late_months == 1
    assert [row.name for row in picked.chosen] == ["示例钢铁有限公司"]
    assert picked.count("overdue") == 1
    assert [row.name for row in only_late.chosen] == ["示例客户 01 有限公司"]


def test_an_open_question_makes_a_month_wait_for_the_steward(database: Database, world: World) -> None:
    with database.writing() as session:
        record = make_record(session, world.steel_id, LAST, RecordState.UNDER_REVIEW, total="1.00")
        for back in range(1, 12):
            make_record(session, world.steel_id, LAST.plus(-back), RecordState.ACCEPTED)
        review = Review(
            version_id=record.current_version_id or 0,
            reviewer_id=world.regulator.user_id,
            due_on=today() + timedelta(days=7),
        )
        session.add(review)
        session.flush()
    with database.reading() as session:
        before = board(session, world.steward, BoardFilters()).clients[0].needs_me
    with database.writing() as session:
        session.add(
            Question(
                review_id=review.id,
                section=Section.ENERGY,
                text="请说明",
                asked_by_id=world.regulator.user_id,
                answer_due_on=today() + timedelta(days=3),
            )
        )
    with database.reading() as session:
        row = board(session, world.steward, BoardFilters()).clients[0]
    assert (before, row.needs_me) == (False, True)
    assert row.cells[-1].question_due == today() + timedelta(days=3)


def test_filters_of_the_board_drop_what_they_do_not_know() -> None:
    asked = BoardFilters.read({"scope": "all", "show": "x", "sort": "'", "page": "-3", "q": " 钢 "})
    assert asked == BoardFilters(search="钢")
    assert asked.arguments(show="me") == {"q": "钢", "show": "me"}


def make_meter(session: Session, enterprise_id: int, code: str, *days: int, retired: bool = False) -> None:
    """A meter whose calibrations end in ``days``."""
    meter = Meter(
        enterprise_id=enterprise_id,
        code=code,
        name="皮带秤",
        type="belt_scale",
        valid_from=today() - timedelta(days=900),
        valid_to=today() - timedelta(days=1) if retired else None,
    )
    meter.calibrations = [
        Calibration(
            calibrated_on=today() + timedelta(days=left - 365),
            valid_until=today() + timedelta(days=left),
            result="pass",
        )
        for left in days
    ]
    session.add(meter)


def test_what_expires_within_ninety_days_is_listed_and_nothing_else(database: Database, world: World) -> None:
    with database.writing() as session:
        make_meter(session, world.steel_id, "NEAR", 90)
        make_meter(session, world.steel_id, "PAST", -4)
        make_meter(session, world.steel_id, "FAR", 91)
        make_meter(session, world.steel_id, "RENEWED", -5, 300)
        make_meter(session, world.steel_id, "RETIRED", 5, retired=True)
        make_meter(session, world.dyeing_id, "FOREIGN", 5)
        session.execute(sa.update(Engagement).values(ends_on=today() + timedelta(days=30)))
        session.add(
            Permit(
                enterprise_id=world.steel_id,
                number="P-1",
                category="key",
                valid_from=today() - timedelta(days=900),
                valid_to=today() + timedelta(days=100),
            )
        )
    with database.reading() as session:
        found = officer_home(session, world.officer).expiries
    listed = [(entry.kind, entry.days_left) for entry in found if entry.kind != "plan"]
    assert listed == [("calibration", -4), ("engagement", 30), ("permit_renewal", 40), ("calibration", 90)]
    assert [entry.name for entry in found if entry.kind == "calibration"] == ["皮带秤 PAST", "皮带秤 NEAR"]


def test_the_reminder_of_next_years_plan_ends_when_one_is_handed_in(database: Database, world: World) -> None:
    end_of_year = today().replace(month=12, day=31)
    expected = (end_of_year - today()).days <= 90
    with database.reading() as session:
        before = [entry.kind for entry in officer_home(session, world.officer).expiries]
    with database.writing() as session:
        session.add(
            PlanVersion(
                enterprise_id=world.steel_id,
                number=1,
                state=PlanState.SUBMITTED,
                guideline="CETS-AG-03.01-V01-2024",
                effective_from=f"{today().year + 1}-01",
            )
        )
    with database.reading() as session:
        after = [entry.kind for entry in officer_home(session, world.officer).expiries]
        dyeing = [entry.kind for entry in officer_home(session, world.stranger_officer).expiries]
    assert ("plan" in before) is expected
    assert after == []
    assert dyeing == []  # not in the national market: the duty is not theirs


def test_the_month_at_hand_is_a_returned_one_before_the_newest_draft(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_record(session, world.steel_id, LAST, RecordState.SUBMITTED)
        make_record(session, world.steel_id, LAST.plus(-1), RecordState.DRAFT)
        make_record(session, world.steel_id, LAST.plus(-2), RecordState.READY_FOR_SIGNOFF)
        make_record(session, world.steel_id, LAST.plus(-3), RecordState.RETURNED)
        make_record(session, world.dyeing_id, LAST, RecordState.DRAFT)
    with database.reading() as session:
        page = officer_home(session, world.officer)
    assert page.current is not None
    assert page.current.month == LAST.plus(-3)
    assert [line.month for line in page.earlier] == [LAST.plus(-1)]
    assert [line.month for line in page.to_sign] == [LAST.plus(-2)]
    assert page.months_to_open is False


def test_findings_come_by_due_date_and_those_of_earlier_months_stand_apart(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        now = make_record(session, world.steel_id, LAST, RecordState.DRAFT)
        before = make_record(session, world.steel_id, LAST.plus(-1), RecordState.ACCEPTED)
        foreign = make_record(session, world.dyeing_id, LAST, RecordState.DRAFT)
        make_finding(session, now, "GAP-NOW", 9)
        make_finding(session, before, "GAP-LATE", -2)
        make_finding(session, before, "GAP-CLOSED", 1, FindingState.CLOSED)
        make_finding(session, foreign, "GAP-FOREIGN", 1)
    with database.reading() as session:
        page = officer_home(session, world.officer)
    assert [line.number for line in page.findings] == ["GAP-LATE", "GAP-NOW"]
    assert [line.number for line in page.earlier_findings()] == ["GAP-LATE"]
    assert page.overdue_findings == 1


def test_the_strip_takes_the_accepted_version_and_leaves_out_unfinished_drafts(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_record(session, world.steel_id, LAST, RecordState.DRAFT, total="50")
        restated = make_record(session, world.steel_id, LAST.plus(-1), RecordState.ACCEPTED, total="100")
        make_record(session, world.steel_id, LAST.plus(-13), RecordState.ACCEPTED, total="80")
        amended = RecordVersion(
            record_id=restated.id, number=2, plan_version_id=make_plan_version(session, world.steel_id).id
        )
        session.add(amended)
        session.flush()
        session.add(make_calculation(amended.id, "999"))
        restated.state, restated.current_version_id = RecordState.DRAFT, amended.id
    with database.reading() as session:
        strip = officer_home(session, world.officer).strip
    assert len(strip) == 12
    assert (strip[-1].total, strip[-1].draft, strip[-1].counted) == (Decimal(50), True, False)
    assert (strip[-2].total, strip[-2].last_year, strip[-2].counted) == (Decimal(100), Decimal(80), True)
    assert (strip[0].total, strip[0].counted, strip[0].opened) == (None, False, False)


def test_the_officers_home_sends_as_many_queries_for_two_years_as_for_two_months(
    database: Database, world: World
) -> None:
    def read(session: Session) -> None:
        officer_home(session, world.officer)

    with database.writing() as session:
        for back in range(2):
            record = make_record(session, world.steel_id, LAST.plus(-back), RecordState.ACCEPTED, total="1")
        make_finding(session, record, "GAP-0", 3)
        make_meter(session, world.steel_id, "M-0", 5)
    few = queries_of(database, read)
    with database.writing() as session:
        for back in range(2, 24):
            record = make_record(session, world.steel_id, LAST.plus(-back), RecordState.ACCEPTED, total="1")
            make_finding(session, record, f"GAP-{back}", 3)
            make_meter(session, world.steel_id, f"M-{back}", 5)
    assert queries_of(database, read) == few


def test_a_steward_or_a_regulator_has_no_officers_home(database: Database, world: World) -> None:
    with database.reading() as session:
        for stranger in (world.steward, world.regulator, world.platform_administrator):
            with pytest.raises((NotFound, Refused)):
                officer_home(session, stranger)


def test_the_signatory_sees_figures_against_last_month_and_last_year(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_record(session, world.steel_id, LAST, RecordState.READY_FOR_SIGNOFF, total="121.41")
        make_record(
            session,
            world.steel_id,
            LAST.plus(-1),
            RecordState.SUBMITTED,
            total="118.94",
            signed_by=world.signatory.user_id,
        )
        make_record(session, world.steel_id, LAST.plus(-12), RecordState.ACCEPTED, total="123.63")
        make_record(session, world.dyeing_id, LAST, RecordState.READY_FOR_SIGNOFF, total="9")
    with database.reading() as session:
        page = signing_home(session, world.signatory)
    (waiting,) = page.waiting
    total = waiting.figures[0]
    assert (total.key, total.now, total.previous, total.last_year) == (
        "total",
        Decimal("121.41"),
        Decimal("118.94"),
        Decimal("123.63"),
    )
    assert [figure.key for figure in waiting.figures] == ["total", "fuel", "output", "intensity"]
    assert [(line.month, line.state) for line in page.signed] == [(LAST.plus(-1), "submitted")]
    assert page.signed_total == 1


def test_the_signing_list_sends_a_fixed_number_of_queries(database: Database, world: World) -> None:
    def read(session: Session) -> None:
        signing_home(session, world.signatory)

    def add(first: int, last: int) -> None:
        with database.writing() as session:
            for back in range(first, last):
                state = RecordState.READY_FOR_SIGNOFF if back % 2 else RecordState.ACCEPTED
                signer = None if back % 2 else world.signatory.user_id
                make_record(session, world.steel_id, LAST.plus(-back), state, total="1", signed_by=signer)

    add(0, 2)
    few = queries_of(database, read)
    add(2, 20)
    assert queries_of(database, read) == few
