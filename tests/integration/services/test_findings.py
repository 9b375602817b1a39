"""Findings: response, re-check, return, closing by another person, waivers that end."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Role
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import Month, today
from portal.domain.workflow import FindingState, RecordState, Section, Severity
from portal.models.events import Event
from portal.models.evidence import Evidence
from portal.models.findings import Finding
from portal.models.notifications import Notification
from portal.models.plans import PlanVersion
from portal.models.users import User, UserRole
from portal.queries.access import find_actor
from portal.queries.finding_pages import finding_page
from portal.queries.findings import Filters, finding_list, open_findings
from portal.services import finding_waivers, findings
from portal.services.check_findings import blocks
from portal.services.finding_checks import covers
from portal.services.reviews import take_for_review
from portal.services.uploads import Upload
from tests.factories.months import evaluate, make_filled_month, pdf, save_cell, temporary_storage
from tests.fixtures.failures import codes
from tests.fixtures.reviewing import MONTH, Reviewing

NEXT = MONTH.next()
DONE = "已按盘点表改正"


def raised(session: Session, reviewing: Reviewing, severity: Severity = Severity.BLOCKING) -> Finding:
    """A finding that the reviewer of the submitted month raised."""
    record = reviewing.record(session)
    if record.state is RecordState.SUBMITTED:
        take_for_review(session, reviewing.world.regulator, record.id, record.row_version)
    return findings.raise_finding(
        session,
        reviewing.world.regulator,
        record.id,
        section=Section.ENERGY,
        severity=severity,
        title="期末库存与盘点表不一致",
        text="请按盘点表改正并上传",
        due_on=today() + timedelta(days=10),
        cell="S-02.closing_stock",
    )


def blocking_check(session: Session, reviewing: Reviewing) -> Finding:
    """A blocking finding that a check opened in the month after, still with the enterprise."""
    world = reviewing.world
    plan = session.get_one(PlanVersion, reviewing.plan_id)
    record = make_filled_month(session, world, plan, NEXT)
    assert record.current_version_id is not None
    # More closing stock than was ever there: a consumption below zero.
    save_cell(session, world.officer, record.current_version_id, "S-02.closing_stock", "999999")
    evaluate(session, world.officer, record.current_version_id)
    return session.scalars(
        sa.select(Finding)
        .where(Finding.record_id == record.id, Finding.severity == Severity.BLOCKING)
        .order_by(Finding.id)
    ).all()[0]


def respond(session: Session, actor: Actor, finding: Finding, **changes: object) -> Finding:
    given: dict[str, object] = {
        "text": DONE,
        "addressed": True,
        "done_on": today(),
        "storage": temporary_storage(),
        **changes,
    }
    return findings.respond(session, actor, finding.id, finding.row_version, **given)  # type: ignore[arg-type]  # as named


def proof(first: date = MONTH.first, last: date = MONTH.last) -> Upload:
    return Upload(pdf(f"proof {first} {last}"), "盘点表.pdf", first, last)


def test_a_reviewers_finding_goes_from_response_to_closing(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        assert finding.number.startswith("GAP-2026-")
        assert blocks(finding)
        respond(session, world.steward, finding, uploads=[proof()], storage=temporary_storage())
        assert (finding.state, finding.recheck) == (FindingState.RESPONDED, "")
        findings.close(session, world.regulator, finding.id, finding.row_version)
        assert finding.state is FindingState.CLOSED
        assert not blocks(finding)
        assert [step.kind for step in finding.steps] == ["opened", "response", "closed"]
        assert finding.steps[1].for_firm_id == world.firm_id


def test_a_response_is_possible_while_the_month_is_locked(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        assert reviewing.record(session).state is RecordState.UNDER_REVIEW
        respond(session, reviewing.world.officer, finding)
        assert finding.state is FindingState.RESPONDED
        told = session.scalars(
            sa.select(Notification.user_id).where(Notification.text.contains("企业回应了差距"))
        )
        assert list(told) == [reviewing.world.regulator.user_id]


def test_the_wrong_roles_cannot_act_and_strangers_find_nothing(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        for actor in (world.regulator, world.signatory, world.administrator):
            with pytest.raises(Refused):
                respond(session, actor, finding)
        for actor in (world.officer, world.steward, world.signatory):
            with pytest.raises(Refused):
                findings.close(session, actor, finding.id, finding.row_version, "同意")
            with pytest.raises(Refused):
                finding_waivers.waive(session, actor, finding.id, finding.row_version, today(), "理由")
        for actor in (world.stranger_officer, world.other_steward):
            with pytest.raises(NotFound):
                respond(session, actor, finding)
        with pytest.raises(NotFound):
            findings.close(session, world.other_regulator, finding.id, finding.row_version, "同意")
        with pytest.raises(NotFound):
            finding_page(session, world.stranger_officer, finding.id)
        assert finding_list(session, world.stranger_officer, Filters(state="")).total == 0
        assert finding_list(session, world.other_steward, Filters(state="")).total == 0


def test_a_stale_row_version_is_a_conflict_that_names_who_was_first(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        seen = finding.row_version
        respond(session, reviewing.world.officer, finding)
        with pytest.raises(Conflict) as caught:
            findings.respond(session, reviewing.world.steward, finding.id, seen, text="又答", addressed=False)
        assert caught.value.params["who"] == reviewing.world.officer.name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " "}, "body"),
        ({"text": "长" * 2001}, "body"),
        ({"addressed": None}, "addressed"),
        ({"done_on": None}, "done_on"),
        ({"done_on": date(2099, 1, 1)}, "done_on"),
        ({"uploads": [Upload(pdf(), "a.pdf")]}, "period_from"),
        (
            {"uploads": [Upload(pdf(), "a.exe", MONTH.first, MONTH.last)]},
            "file",
        ),
    ],
)
def test_a_response_that_says_too_little_is_refused(
    reviewing: Reviewing, changes: dict[str, object], field: str
) -> None:
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        with pytest.raises(Invalid) as caught:
            respond(session, reviewing.world.officer, finding, **changes)
        assert caught.value.path == field


def test_an_explanation_settles_a_check_that_asks_for_one(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        record_id = blocking_check(session, reviewing).record_id
        finding = session.scalars(
            sa.select(Finding)
            .where(Finding.record_id == record_id, Finding.severity == Severity.EXPLAIN)
            .order_by(Finding.id)
            .limit(1)
        ).one()
        respond(session, reviewing.world.steward, finding, addressed=None, done_on=None)
        assert finding.state is FindingState.EXPLAINED
        findings.return_response(
            session, reviewing.world.regulator, finding.id, finding.row_version, "请说明原因"
        )
        assert finding.state is FindingState.RETURNED
        respond(session, reviewing.world.officer, finding, addressed=None, done_on=None)
        assert finding.state is FindingState.EXPLAINED
        assert finding.steps[-1].kind == "explanation"


def test_closing_runs_the_check_again_and_needs_it_passed_or_a_comment(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = blocking_check(session, reviewing)
        respond(session, world.officer, finding)
        assert finding.recheck == "failed"
        with pytest.raises(GuardFailed) as caught:
            findings.close(session, world.regulator, finding.id, finding.row_version)
        assert codes(caught) == {"recheck_failed"}
    with reviewing.database.writing() as session:
        finding = session.get_one(Finding, finding.id)
        version_id = session.scalar(
            sa.text("SELECT current_version_id FROM monthly_records WHERE id = :id"),
            {"id": finding.record_id},
        )
        save_cell(session, world.officer, version_id, "S-02.closing_stock", "1000")
        findings.recheck(session, world.steward, finding.id, finding.row_version)
        assert finding.recheck == "passed"
        findings.close(session, world.regulator, finding.id, finding.row_version)
        assert finding.state is FindingState.CLOSED


def test_closing_needs_files_that_prove_the_findings_month(reviewing: Reviewing) -> None:
    world, storage = reviewing.world, temporary_storage()
    later = proof(NEXT.first, NEXT.last)
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        respond(session, world.officer, finding, uploads=[later], storage=storage)
        with pytest.raises(GuardFailed) as caught:
            findings.close(session, world.regulator, finding.id, finding.row_version, "已核对")
        assert codes(caught) == {"evidence_period"}
        respond(session, world.officer, finding, uploads=[proof()], storage=storage)
        findings.close(session, world.regulator, finding.id, finding.row_version)
        assert finding.state is FindingState.CLOSED


def test_periods_together_must_hold_every_day_of_the_month() -> None:
    month = Month(2026, 9)
    first, middle, last = date(2026, 9, 1), date(2026, 9, 15), date(2026, 9, 30)
    assert covers([(first, last)], month)
    assert covers([(first, date.max)], month)
    assert covers([(date(2026, 9, 16), last), (first, middle)], month)
    assert not covers([(first, middle), (date(2026, 9, 17), last)], month)
    assert not covers([(first, date(2026, 9, 29))], month)
    assert not covers([(None, last)], month)


def test_nothing_is_closed_before_it_was_responded_to(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        with pytest.raises(GuardFailed) as caught:
            findings.close(session, reviewing.world.regulator, finding.id, finding.row_version, "同意")
        assert codes(caught) == {"no_response"}
        with pytest.raises(Refused):
            findings.return_response(
                session, reviewing.world.regulator, finding.id, finding.row_version, "再改"
            )


def test_the_responder_cannot_close_not_even_in_a_new_job(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        respond(session, world.officer, finding)
        person = session.get_one(User, world.officer.user_id)
        person.organisation_id = world.district_id
        person.roles = [UserRole(role=Role.DISTRICT_REGULATOR)]
    with reviewing.database.writing() as session:
        finding = session.get_one(Finding, finding.id)
        moved = find_actor(session, world.officer.user_id)
        assert moved is not None
        with pytest.raises(GuardFailed) as caught:
            findings.close(session, moved, finding.id, finding.row_version, "同意")
        assert codes(caught) == {"closer_is_responder"}


def test_the_database_refuses_a_closing_by_the_responder(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        respond(session, world.officer, finding)
    with pytest.raises(sa.exc.IntegrityError), reviewing.database.writing() as session:
        session.execute(
            sa.text("UPDATE findings SET state = 'closed', closed_by_id = responded_by_id WHERE id = :id"),
            {"id": finding.id},
        )


def test_a_waiver_past_its_last_day_blocks_again(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = blocking_check(session, reviewing)
        until = today() + timedelta(days=30)
        finding_waivers.waive(session, world.regulator, finding.id, finding.row_version, until, "设备已订货")
        assert not blocks(finding)
        assert finding.severity is Severity.BLOCKING
        assert finding.id not in {line.id for line in open_findings(session, world.steel_id)}
    after = until + timedelta(days=1)
    with time_machine.travel(f"{after}T02:00:00Z", tick=True), reviewing.database.writing() as session:
        finding = session.get_one(Finding, finding.id)
        assert blocks(finding)
        assert finding_page(session, world.officer, finding.id).line.standing == "open"
        assert finding.id in {line.id for line in open_findings(session, world.steel_id)}
        assert finding_waivers.end_waivers(session) == 1
        assert finding.state is FindingState.OPEN
        assert finding_waivers.end_waivers(session) == 0
        respond(session, world.officer, finding)
        assert finding.state is FindingState.RESPONDED


def test_a_waiver_needs_a_reason_and_an_end_within_a_year(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        for until, reason, field in (
            (today() - timedelta(days=1), "理由", "until"),
            (today() + timedelta(days=400), "理由", "until"),
            (today(), " ", "reason"),
        ):
            with pytest.raises(Invalid) as caught:
                finding_waivers.waive(
                    session, reviewing.world.regulator, finding.id, finding.row_version, until, reason
                )
            assert caught.value.path == field


def test_only_the_reviewer_at_work_raises_findings_each_with_its_own_subject(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        first, second = raised(session, reviewing), raised(session, reviewing)
        assert first.subject != second.subject
        with pytest.raises(Refused):
            findings.raise_finding(
                session,
                world.second_regulator,
                reviewing.record(session).id,
                section=Section.ENERGY,
                severity=Severity.NOTE,
                title="题",
                text="文",
                due_on=today(),
            )


def test_every_step_leaves_an_event_and_the_file_belongs_to_the_enterprise(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        respond(session, world.steward, finding, uploads=[proof()], storage=temporary_storage())
        findings.close(session, world.regulator, finding.id, finding.row_version)
        events = session.scalars(
            sa.select(Event).where(Event.subject_kind == "finding", Event.subject_id == finding.id)
        ).all()
        assert [event.action for event in events] == [
            "finding.raised",
            "finding.responded",
            "finding.closed",
        ]
        assert events[1].on_behalf_of_id == world.steel_id
        file = session.get_one(Evidence, finding.steps[1].evidence_ids[0])
        assert (file.enterprise_id, file.uploaded_for_firm_id) == (world.steel_id, world.firm_id)


def test_the_list_filters_sorts_and_searches(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        finding = raised(session, reviewing)
        number = finding.number

        def found(**arguments: str) -> list[str]:
            return [
                line.number
                for line in finding_list(session, world.city_regulator, Filters.read(arguments)).lines
            ]

        assert found() == [number]
        assert found(q=number.lower()) == [number]
        assert found(q="100%_") == []
        assert found(q=f"\x00{number}") == [number]
        assert found(source="review", severity="blocking", month=str(MONTH)) == [number]
        assert found(month=str(NEXT)) == []
        assert found(enterprise=str(world.dyeing_id)) == []
        assert number not in found(state="explained")
        assert found(state="", sort="severity")[0] == number
        assert found(state="nonsense", page="x", month="2026-99", sort="?") == [number]
