"""Extensions, waivers with a scope, false alarms, look-back, bulk acts and the worker's rounds."""

from dataclasses import MISSING, fields
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from checklists.model import Outcome
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import Month, today
from portal.domain.workflow import FindingSource, FindingState, Severity
from portal.models.finding_life import FindingReminder, FindingRequest
from portal.models.findings import Finding
from portal.models.notifications import Mail, Notification
from portal.queries.finding_pages import finding_page
from portal.queries.finding_statistics import score_of, statistics
from portal.queries.findings import Filters, finding_list
from portal.queries.gap_board import gap_board
from portal.queries.home_queue import regulator_home
from portal.reference.working_days import working_day_after
from portal.services import finding_bulk, finding_requests, finding_waivers, findings
from portal.services.check_findings import blocks, sync_findings
from portal.services.finding_opening import open_finding
from portal.services.finding_rounds import tell_of_due_findings
from portal.services.finding_waivers import WaiverScope
from portal.services.months import find_record
from tests.fixtures.reviewing import MONTH, Reviewing


def opened(session: Session, reviewing: Reviewing, **changes: object) -> Finding:
    """A blocking finding of a visit, about no month."""
    given: dict[str, object] = {
        "source": FindingSource.VISIT,
        "record_id": None,
        "check_id": "CSV-01",
        "subject": "",
        "severity": Severity.BLOCKING,
        "title": "台账缺页",
        "detail": {"message": "请补齐"},
        **changes,
    }
    who = given.pop("by", reviewing.world.steward)
    return open_finding(session, who, reviewing.world.steel_id, **given)  # type: ignore[arg-type]  # as named


def outcome(**changes: Any) -> Outcome:
    """A failed check in the energy section, with empty texts."""
    texts: dict[str, Any] = {entry.name: "" for entry in fields(Outcome) if entry.default is MISSING}
    held = {"outcome": "failed", "section": "energy", "missing": (), "values": {}, "confidence": "official"}
    return Outcome(**{**texts, **held, **changes})


def answered(session: Session, reviewing: Reviewing, finding: Finding) -> None:
    findings.respond(
        session,
        reviewing.world.officer,
        finding.id,
        finding.row_version,
        text="已补齐",
        addressed=True,
        done_on=today(),
    )


def test_a_finding_without_a_month_lives_and_closes_by_another_person(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = opened(session, reviewing)
        assert finding.due_on == working_day_after(today(), 10)
        page = finding_page(session, world.officer, finding.id)
        assert page.line.month is None
        assert {"respond", "ask_waiver", "ask_extension", "comment"} <= page.acts
        assert not {"close", "waive", "dismiss"} & page.acts
        answered(session, reviewing, finding)
        with pytest.raises(GuardFailed):
            findings.close(session, world.regulator, finding.id, finding.row_version)
        findings.close(session, world.regulator, finding.id, finding.row_version, "已看台账")
        assert (finding.state, finding.closed_as) == (FindingState.CLOSED, "mended")
        assert finding.look_back_on is not None


def test_a_firm_without_a_contract_opens_nothing(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session, pytest.raises(NotFound):
        opened(session, reviewing, by=reviewing.world.other_steward)


def test_a_look_back_that_fails_opens_it_again_with_a_new_date(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = opened(session, reviewing)
        answered(session, reviewing, finding)
        findings.close(session, world.regulator, finding.id, finding.row_version, "已看台账")
        day = finding.look_back_on
    assert day is not None
    with time_machine.travel(f"{day}T02:00:00Z", tick=True), reviewing.database.writing() as session:
        finding = session.get_one(Finding, finding.id)
        assert tell_of_due_findings(session) == 1
        assert finding_list(session, world.regulator, Filters(state="look_back")).total == 1
        with pytest.raises(Refused):
            findings.look_back(
                session, world.officer, finding.id, finding.row_version, holds=True, comment="好"
            )
        findings.look_back(
            session, world.regulator, finding.id, finding.row_version, holds=False, comment="又缺页"
        )
        assert (finding.state, finding.closed_as, finding.closed_at) == (FindingState.OPEN, "", None)
        assert finding.due_on == working_day_after(day, 10)


def test_more_time_is_granted_or_refused_by_the_regulator_alone(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = opened(session, reviewing)
        due, until = finding.due_on, working_day_after(finding.due_on, 5)

        def ask(day: date) -> None:
            finding_requests.ask_extension(
                session,
                world.officer,
                finding.id,
                finding.row_version,
                day,
                "等备件",
            )

        for wrong in (due, working_day_after(due, 21)):
            with pytest.raises(Invalid):
                ask(wrong)
        ask(until)
        with pytest.raises(Refused):
            ask(until)
        assert finding.due_on == due
        decide = finding_requests.decide_extension
        with pytest.raises(Refused):
            decide(session, world.officer, finding.id, finding.row_version, granted=True, comment="")
        with pytest.raises(Invalid):
            decide(session, world.regulator, finding.id, finding.row_version, granted=False, comment=" ")
        decide(session, world.regulator, finding.id, finding.row_version, granted=True, comment="")
        assert finding.due_on == until
        with pytest.raises(NotFound):
            decide(session, world.regulator, finding.id, finding.row_version, granted=True, comment="")


def test_a_waiver_that_is_asked_for_blocks_until_it_is_granted_and_a_response_takes_it_back(
    reviewing: Reviewing,
) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = opened(session, reviewing)
        until = today() + timedelta(days=20)
        finding_waivers.ask_waiver(
            session, world.steward, finding.id, finding.row_version, until, "设备已订货"
        )
        assert finding.state is FindingState.WAIVER_ASKED
        assert blocks(finding)
        answered(session, reviewing, finding)
        request = session.scalars(sa.select(FindingRequest)).one()
        assert (request.granted, request.decided_at is not None) == (None, True)
        finding_waivers.waive(session, world.regulator, finding.id, finding.row_version, until, "同意")
        assert not blocks(finding)
        assert finding.severity is Severity.BLOCKING


def test_a_waiver_reaches_the_same_check_in_its_months_and_no_other(reviewing: Reviewing) -> None:
    world = reviewing.world
    gap = outcome(check_id="AD-99", subject="S-02.purchased", cell="S-02.purchased", severity="blocking")
    other = outcome(check_id="AD-98", subject="S-02.purchased", cell="S-02.purchased", severity="blocking")
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        later = find_record(session, world.steel_id, MONTH.next())
        beyond = find_record(session, world.steel_id, MONTH.previous())
        sync_findings(session, record, [gap, other])
        session.flush()
        first = session.scalars(sa.select(Finding).where(Finding.check_id == "AD-99")).one()
        finding_waivers.waive(
            session,
            world.regulator,
            first.id,
            first.row_version,
            today() + timedelta(days=60),
            "计量器具在检",
            WaiverScope(MONTH, MONTH.next(), "S-02"),
        )
        for month in (later, beyond):
            sync_findings(session, month, [gap])
        session.flush()
        states = {(row.check_id, row.record_id): row.state for row in session.scalars(sa.select(Finding))}
        assert states["AD-99", record.id] is states["AD-99", later.id] is FindingState.WAIVED
        assert states["AD-98", record.id] is states["AD-99", beyond.id] is FindingState.OPEN


def test_a_false_alarm_stays_one_until_its_figures_change(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        gap = outcome(check_id="AD-99", subject="S-02.purchased", severity="blocking", actual="1")
        sync_findings(session, record, [gap])
        session.flush()
        finding = session.scalars(sa.select(Finding).where(Finding.check_id == "AD-99")).one()
        findings.dismiss(session, world.regulator, finding.id, finding.row_version, "当日停产")
        sync_findings(session, record, [gap])
        assert (finding.state, finding.closed_as) == (FindingState.CLOSED, "false_alarm")
        changed = outcome(check_id="AD-99", subject="S-02.purchased", severity="blocking", actual="2")
        sync_findings(session, record, [changed])
        assert (finding.state, finding.closed_as) == (FindingState.OPEN, "")


def test_bulk_acts_take_each_finding_for_itself(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        one, two = opened(session, reviewing), opened(session, reviewing)
        answered(session, reviewing, two)
        result = finding_bulk.assign(session, world.steward_lead, [one.id, two.id], world.steward.user_id)
        assert result.done == [one.number, two.number]
        result = finding_bulk.remind(session, world.regulator, [one.id, two.id], "请抓紧")
        assert (result.done, [number for number, _ in result.left]) == ([one.number], [two.number])
        with pytest.raises(Refused):
            finding_bulk.assign(session, world.signatory, [one.id], world.steward.user_id)
        until = one.due_on + timedelta(days=3)
        with pytest.raises(Refused):
            finding_requests.decide_extension(
                session, world.steward, one.id, one.row_version, granted=True, comment=""
            )
        assert finding_bulk.extend(session, world.steward, [one.id], until, "台风").done == []
        assert finding_bulk.extend(session, world.regulator, [one.id], until, "台风").done == [one.number]
        stranger = finding_bulk.assign(session, world.regulator, [one.id], world.stranger_officer.user_id)
        assert stranger.done == []
        with pytest.raises(NotFound):
            finding_bulk.remind(session, world.other_regulator, [one.id], "")


def test_a_late_finding_is_told_once_a_kind_and_reaches_the_regulator(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = opened(session, reviewing)
        finding_bulk.assign(session, world.officer, [finding.id], world.officer.user_id)
        assert tell_of_due_findings(session) == 0
        due = finding.due_on
    told = []
    for day in (due, due, due + timedelta(days=1), working_day_after(due, 5), working_day_after(due, 6)):
        with time_machine.travel(f"{day}T02:00:00Z", tick=True), reviewing.database.writing() as session:
            told.append(tell_of_due_findings(session))
    assert told == [1, 0, 1, 1, 0]
    with reviewing.database.reading() as session:
        kinds = session.scalars(sa.select(FindingReminder.kind).order_by(FindingReminder.id)).all()
        assert kinds == ["soon", "late", "escalated"]
        assert len(session.scalars(sa.select(Mail)).all()) == 2
        heard = session.scalars(
            sa.select(Notification.user_id).where(Notification.text.contains("逾期未整改"))
        ).all()
        assert set(heard) == {world.regulator.user_id, world.second_regulator.user_id}


def test_boards_show_the_actors_own_area_with_the_numbers_behind(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = opened(session, reviewing)
        session.flush()
        for actor in (world.officer, world.steward, world.regulator, world.city_regulator):
            board = gap_board(session, actor)
            assert finding.id in {line.id for line in board.lines}
            assert sum(board.totals.values()) == len(board.lines)
            assert board.trend[-1].month == Month.of(today())
        for actor in (world.stranger_officer, world.other_steward, world.other_regulator):
            assert gap_board(session, actor).lines == ()
        found = statistics(session, world.regulator)
        assert [group.key for group in found.districts] == ["330502"]
        assert [firm.name for firm in found.firms] == ["示例碳管家服务有限公司"]
        assert statistics(session, world.other_regulator).firms == ()
        queue = regulator_home(session, world.regulator)
        waiting = (*queue.mine, *queue.others)
        assert [one.line.month for one in waiting] == [MONTH]
        assert waiting[0].points == sum(reason.points for reason in waiting[0].reasons)


def test_a_score_needs_a_review_and_falls_with_each_share() -> None:
    assert score_of(0, 0, 5, 1, 1) is None
    assert score_of(10, 0, 0, 0, 0) == 100
    assert score_of(10, 5, 0, 0, 0) == 80
    assert score_of(10, 10, 4, 4, 4) == 0
