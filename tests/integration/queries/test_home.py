"""What each home page reads: only one's own, in a number of queries that does not grow with the data."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import EngagementScope, OrganisationKind
from portal.domain.errors import NotFound, Refused
from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import (
    EngagementState,
    FindingSource,
    FindingState,
    PlanState,
    RecordState,
    Section,
    Severity,
    VersionStanding,
)
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.evaluations import Calculation, Evaluation
from portal.models.findings import Finding
from portal.models.meters import Calibration, Meter
from portal.models.organisations import EnterpriseProfile, Organisation, Permit
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.reviews import Question, Review
from portal.queries.board import BoardFilters, board
from portal.queries.home import officer_home
from portal.queries.home_queue import regulator_home
from portal.queries.home_signing import signing_home
from tests.factories.world import World, make_engagement, make_organisation, make_world

LAST = Month.of(today()).previous()


@pytest.fixture
def world(database: Database) -> World:
    """The small world on each kind of database."""
    with database.writing() as session:
        made = make_world(session)
        session.execute(sa.update(EnterpriseProfile).values(first_month=str(LAST.plus(-23))))
        return made


def make_record(
    session: Session,
    enterprise_id: int,
    month: Month,
    state: RecordState,
    *,
    total: str = "",
    signed_by: int | None = None,
    standing: VersionStanding = VersionStanding.WORKING,
) -> MonthlyRecord:
    """A month in a state; with ``total`` also a version and its calculation, signed when asked for."""
    record = MonthlyRecord(enterprise_id=enterprise_id, month=str(month), state=state, due_on=due_on(month))
    session.add(record)
    session.flush()
    if total:
        version = RecordVersion(
            record_id=record.id,
            number=1,
            plan_version_id=_plan(session, enterprise_id).id,
            standing=standing,
        )
        session.add(version)
        session.flush()
        record.current_version_id = version.id
        if state is RecordState.ACCEPTED:
            record.official_version_id = version.id
        session.add(_calculation(version.id, total))
        if signed_by is not None:
            _sign(session, version, month, signed_by)
    session.flush()
    return record


def _calculation(version_id: int, total: str) -> Calculation:
    return Calculation(
        version_id=version_id,
        revision=1,
        guideline="CETS-AG-03.01-V01-2024",
        unit="tCO2",
        total=Decimal(total),
        reported_total=Decimal(total),
        intensity=Decimal("2.0395"),
        output=Decimal(595279),
        output_item="粗钢",
        subtotals={"fuel": total},
    )


def _sign(session: Session, version: RecordVersion, month: Month, user_id: int) -> None:
    run = Evaluation(version_id=version.id)
    session.add(run)
    session.flush()
    session.add(
        Snapshot(
            version_id=version.id,
            content="{}",
            sha256="0" * 64,
            receipt_number=f"HZ-{month}-{version.id:06d}",
            submitted_at=datetime(month.next().year, month.next().number, 5, tzinfo=UTC),
            signed_by_id=user_id,
            statements=[],
            idempotency_key=f"key-{version.id}",
            evaluation_id=run.id,
            late=False,
        )
    )


def _plan(session: Session, enterprise_id: int) -> PlanVersion:
    found = session.scalars(sa.select(PlanVersion).where(PlanVersion.enterprise_id == enterprise_id)).first()
    if found is not None:
        return found
    plan = PlanVersion(
        enterprise_id=enterprise_id,
        number=1,
        state=PlanState.APPROVED,
        guideline="CETS-AG-03.01-V01-2024",
        effective_from="2024-01",
    )
    session.add(plan)
    session.flush()
    return plan


def make_finding(
    session: Session, record: MonthlyRecord, number: str, days: int, state: FindingState = FindingState.OPEN
) -> Finding:
    """A blocking finding of a month, due in ``days``."""
    finding = Finding(
        number=number,
        enterprise_id=record.enterprise_id,
        record_id=record.id,
        source=FindingSource.CHECK,
        check_id=number,
        subject=number,
        severity=Severity.BLOCKING,
        title=f"示例差距 {number}",
        state=state,
        due_on=today() + timedelta(days=days),
    )
    session.add(finding)
    session.flush()
    return finding


def queries_of(database: Database, read: Callable[[Session], Any]) -> int:
    """How many statements ``read`` sends."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(str(arguments[2]))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.reading() as session:
            read(session)
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    return len(sent)


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
            record_id=restated.id, number=2, plan_version_id=_plan(session, world.steel_id).id
        )
        session.add(amended)
        session.flush()
        session.add(_calculation(amended.id, "999"))
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


def make_submitted(session: Session, world: World, enterprise_id: int, month: Month, total: str) -> None:
    """A signed month that waits for its review."""
    make_record(
        session,
        enterprise_id,
        month,
        RecordState.SUBMITTED,
        total=total,
        signed_by=(world.signatory if enterprise_id == world.steel_id else world.stranger_signatory).user_id,
        standing=VersionStanding.SUBMITTED,
    )


def test_a_regulators_queue_holds_their_own_district_and_run_out_clocks_first(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_submitted(session, world, world.steel_id, LAST, "110")
        make_submitted(session, world, world.steel_id, LAST.plus(-2), "100")
        make_record(session, world.steel_id, LAST.plus(-12), RecordState.ACCEPTED, total="100")
        make_submitted(session, world, world.dyeing_id, LAST, "5")
    with database.reading() as session:
        mine = regulator_home(session, world.regulator)
        city = regulator_home(session, world.city_regulator)
        other = regulator_home(session, world.other_regulator)
    assert [entry.line.month for entry in mine.mine] == [LAST.plus(-2), LAST]
    assert mine.mine[1].change == Decimal("0.1")
    assert mine.overdue >= 1
    assert len(city.mine) == 3
    assert [entry.line.enterprise_id for entry in other.mine] == [world.dyeing_id]


def test_among_months_with_time_left_the_riskier_stands_first_with_its_reasons(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        make_submitted(session, world, world.dyeing_id, LAST, "5")
        make_submitted(session, world, world.steel_id, LAST, "131")
        make_record(session, world.steel_id, LAST.plus(-12), RecordState.ACCEPTED, total="100")
    with database.reading() as session:
        queue = regulator_home(session, world.city_regulator).mine
    assert [entry.line.enterprise_id for entry in queue] == [world.steel_id, world.dyeing_id]
    assert [reason.message for reason in queue[0].reasons] == ["排放量同比变化超过三成"]
    assert (queue[0].points, queue[1].points) == (10, 0)


def test_what_somebody_else_has_taken_waits_apart(database: Database, world: World) -> None:
    with database.writing() as session:
        record = make_record(session, world.steel_id, LAST, RecordState.UNDER_REVIEW, total="1")
        session.add(
            Review(
                version_id=record.current_version_id or 0,
                reviewer_id=world.second_regulator.user_id,
                due_on=today() + timedelta(days=7),
            )
        )
        asked = make_record(
            session, world.steel_id, LAST.plus(-3), RecordState.RESTATEMENT_REQUESTED, total="1"
        )
        asked.reason = "期末库存漏计"
    with database.reading() as session:
        first = regulator_home(session, world.regulator)
        second = regulator_home(session, world.second_regulator)
    assert (len(first.mine), len(first.others)) == (0, 1)
    assert (len(second.mine), len(second.others)) == (1, 0)
    assert [entry.line.reason for entry in first.restatements] == ["期末库存漏计"]


def test_the_queue_sends_a_fixed_number_of_queries(database: Database, world: World) -> None:
    def read(session: Session) -> None:
        regulator_home(session, world.regulator)

    def add(first: int, last: int) -> None:
        with database.writing() as session:
            for back in range(first, last):
                make_submitted(session, world, world.steel_id, LAST.plus(-back), "1")

    add(0, 3)
    few = queries_of(database, read)
    add(3, 23)
    assert queries_of(database, read) == few
