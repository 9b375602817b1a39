"""Check runs: once for one request, pinned to what they saw, stale as soon as that has changed."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.domain.errors import NotFound, Refused
from portal.domain.periods import now
from portal.domain.workflow import FindingSource, FindingState, JobState, RecordState
from portal.models.evaluations import Calculation, CheckResult, Evaluation
from portal.models.evidence import EvidenceLink
from portal.models.findings import Finding
from portal.models.jobs import Job
from portal.models.meters import Calibration, Meter
from portal.models.records import RecordValue, RecordVersion
from portal.queries.records import newest_run
from portal.queries.sheets import load_sheet
from portal.services.evaluations import newest_evaluation, request_evaluation, run_evaluation
from portal.services.evidence import fill_slot, take_out
from portal.services.jobs import finish_job
from portal.services.packs_in_force import shipped_packs
from portal.services.readiness import readiness
from portal.services.signing import recall
from portal.services.values import save_value
from tests.factories.months import STEEL_TOTAL, evaluate, make_submitted_month, pdf, temporary_storage
from tests.fixtures.reviewing import MONTH, Reviewing


def make_draft(reviewing: Reviewing) -> int:
    """Take the month back and evaluate it; gives the version that is being worked on."""
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version_id = recall(session, reviewing.world.signatory, record.id, record.row_version, "示例").id
        evaluate(session, reviewing.world.officer, version_id)
    return version_id


def is_stale(session: Session, version_id: int) -> bool:
    sheet = load_sheet(session, version_id)
    return readiness(session, sheet, figures(sheet)).stale


def change_a_value(session: Session, reviewing: Reviewing, version_id: int) -> None:
    save_value(session, reviewing.world.officer, version_id, "S-02.purchased", Decimal(1), 1)


def clear_a_value(session: Session, reviewing: Reviewing, version_id: int) -> None:
    save_value(session, reviewing.world.officer, version_id, "S-02.purchased", None, 1)


def add_a_file(session: Session, reviewing: Reviewing, version_id: int) -> None:
    slot = next(iter(load_sheet(session, version_id).slots())).code
    fill_slot(
        session,
        temporary_storage(),
        reviewing.world.officer,
        version_id,
        slot,
        pdf("more"),
        "更多.pdf",
        period_from=MONTH.first,
        period_to=MONTH.last,
    )


def take_a_file_out(session: Session, reviewing: Reviewing, version_id: int) -> None:
    link = session.scalars(sa.select(EvidenceLink).where(EvidenceLink.version_id == version_id)).first()
    assert link is not None
    take_out(session, reviewing.world.officer, version_id, link.slot, link.evidence_id)


def change_a_calibration(session: Session, reviewing: Reviewing, version_id: int) -> None:
    used = session.scalars(sa.select(Meter.id).where(Meter.code == "GD-01")).one()
    session.execute(sa.update(Calibration).where(Calibration.meter_id == used).values(result="over_class"))


def file_the_month_before(session: Session, reviewing: Reviewing, version_id: int) -> None:
    plan = session.get_one(RecordVersion, version_id).plan
    make_submitted_month(
        session, reviewing.world, plan, MONTH.previous(), changes={"S-02.closing_stock": "777"}
    )


CHANGES = [
    change_a_value,
    clear_a_value,
    add_a_file,
    take_a_file_out,
    change_a_calibration,
    file_the_month_before,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_run_is_stale_once_what_it_saw_has_changed(
    reviewing: Reviewing, change: Callable[[Session, Reviewing, int], None]
) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.reading() as session:
        assert not is_stale(session, version_id)
    with reviewing.database.writing() as session:
        change(session, reviewing, version_id)
    with reviewing.database.reading() as session:
        assert is_stale(session, version_id)
    with reviewing.database.writing() as session:
        evaluate(session, reviewing.world.officer, version_id)
        assert not is_stale(session, version_id)


def test_time_alone_makes_nothing_stale(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with time_machine.travel(now() + timedelta(days=3), tick=True), reviewing.database.reading() as session:
        assert not is_stale(session, version_id)


def test_putting_a_value_back_makes_the_run_good_again(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.writing() as session:
        old = session.scalars(
            sa.select(RecordValue.value).where(
                RecordValue.version_id == version_id,
                RecordValue.stream_code == "S-02",
                RecordValue.parameter_key == "purchased",
            )
        ).one()
        change_a_value(session, reviewing, version_id)
        assert is_stale(session, version_id)
        save_value(session, reviewing.world.officer, version_id, "S-02.purchased", old, 2)
        assert not is_stale(session, version_id)


def test_a_run_whose_job_has_failed_is_waited_for_no_longer(reviewing: Reviewing) -> None:
    """The server was away, say: the month could never be checked again, nor signed."""
    version_id = make_draft(reviewing)
    with reviewing.database.writing() as session:
        lost = request_evaluation(session, reviewing.world.officer, version_id).id
        assert request_evaluation(session, reviewing.world.officer, version_id).id == lost
        finish_job(session, session.scalars(sa.select(sa.func.max(Job.id))).one(), "busy")
    with reviewing.database.writing() as session:
        told = newest_run(session, version_id)
        assert told is not None
        assert (told.id, told.state, told.under_way) == (lost, JobState.FAILED, False)
        again = request_evaluation(session, reviewing.world.officer, version_id).id
        assert again != lost
        run_evaluation(session, again)
        done = newest_evaluation(session, version_id)
        assert done is not None
        assert done.id == again


def test_a_run_that_is_run_twice_has_one_result(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)

    def counts(session: Session) -> tuple[int | None, ...]:
        return tuple(
            session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (CheckResult, Calculation, Finding, Evaluation)
        )

    with reviewing.database.writing() as session:
        done = newest_evaluation(session, version_id)
        assert done is not None
        number, before = done.id, counts(session)
    with reviewing.database.writing() as session:
        run_evaluation(session, number)
        assert counts(session) == before


def test_a_request_while_one_waits_serves_again(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.writing() as session:
        jobs = session.scalar(sa.select(sa.func.count()).select_from(Job))
        one = request_evaluation(session, reviewing.world.officer, version_id)
        other = request_evaluation(session, reviewing.world.steward, version_id)
        assert one.id == other.id
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == (jobs or 0) + 1


def test_a_run_keeps_what_it_saw_the_packs_and_the_figures(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.reading() as session:
        run = newest_evaluation(session, version_id)
        assert run is not None
        assert run.state is JobState.DONE
        assert len(run.input_hash or "") == 64
        assert run.packs == {pack.id: pack.version for pack in shipped_packs("CETS-AG-03.01-V01-2024")}
        assert "steel-month" in run.packs
        assert run.passed > 0
        newest = session.scalars(
            sa.select(Calculation).where(Calculation.version_id == version_id).order_by(Calculation.id.desc())
        ).first()
        assert newest is not None
        assert newest.total == STEEL_TOTAL
        assert len(newest.lines) == 20


def test_a_gap_opens_a_finding_and_its_mending_closes_it(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)

    def of_cell(session: Session) -> list[Finding]:
        return list(
            session.scalars(
                sa.select(Finding).where(
                    Finding.source == FindingSource.CHECK, Finding.cell == "S-02.purchased"
                )
            )
        )

    with reviewing.database.writing() as session:
        clear_a_value(session, reviewing, version_id)
        evaluate(session, reviewing.world.officer, version_id)
        opened = [finding for finding in of_cell(session) if finding.state is FindingState.OPEN]
        assert opened
        numbers = {finding.number for finding in opened}
    with reviewing.database.writing() as session:
        save_value(session, reviewing.world.officer, version_id, "S-02.purchased", Decimal("120188.43"), 2)
        evaluate(session, reviewing.world.officer, version_id)
        closed = [finding for finding in of_cell(session) if finding.number in numbers]
        assert {finding.state for finding in closed} == {FindingState.CLOSED}
    with reviewing.database.writing() as session:  # the same gap reopens the same finding
        save_value(session, reviewing.world.officer, version_id, "S-02.purchased", None, 3)
        evaluate(session, reviewing.world.officer, version_id)
        again = [finding for finding in of_cell(session) if finding.state is FindingState.OPEN]
        assert {finding.number for finding in again} == numbers


def test_a_month_that_has_moved_on_is_not_touched_by_a_late_run(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.writing() as session:
        number = request_evaluation(session, reviewing.world.officer, version_id).id
        reviewing.record(session).state = RecordState.READY_FOR_SIGNOFF
    with reviewing.database.writing() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(CheckResult))
        run_evaluation(session, number)
        assert session.get_one(Evaluation, number).state is JobState.FAILED
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckResult)) == before


def test_who_may_not_edit_asks_for_no_run(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    for actor in (reviewing.world.signatory, reviewing.world.regulator):
        with pytest.raises(Refused), reviewing.database.writing() as session:
            request_evaluation(session, actor, version_id)
    with pytest.raises(NotFound), reviewing.database.writing() as session:
        request_evaluation(session, reviewing.world.stranger_officer, version_id)


def test_an_unknown_run_is_left_alone(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        run_evaluation(session, 10**6)
