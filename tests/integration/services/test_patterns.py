"""The search over filed months: what it gathers, what it writes down, and what the regulator does with it."""

import io
from datetime import date

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import Session

from portal.domain.errors import NotFound, Refused
from portal.domain.workflow import FindingSource, Severity
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.jobs import Job
from portal.models.organisations import Organisation
from portal.models.patterns import EvidenceImage, LabReport, PatternRun, Suspicion
from portal.models.records import MonthlyRecord, RecordVersion
from portal.services import patterns
from portal.services.evidence_pictures import pictures_of
from portal.services.jobs import finish_job
from tests.factories.months import pdf, temporary_storage
from tests.fixtures.reviewing import MONTH, Reviewing

DIGEST = "b" * 64


def noted(session: Session, reviewing: Reviewing, **changes: object) -> LabReport:
    """A test report of the submitted month, in order unless ``changes`` say otherwise."""
    world = reviewing.world
    values: dict[str, object] = {
        "enterprise_id": world.steel_id,
        "stream_code": "S-02",
        "parameter_key": "net_calorific_value",
        "month_from": str(MONTH),
        "month_to": str(MONTH),
        "report_number": "JC-0901",
        "laboratory": "示例检测有限公司",
        "sampled_on": MONTH.first,
        "reported_on": MONTH.last,
        "noted_by_id": world.officer.user_id,
        **changes,
    }
    row = LabReport(**values)
    session.add(row)
    session.flush()
    return row


def searched(reviewing: Reviewing) -> PatternRun:
    with reviewing.database.writing() as session:
        run_id = patterns.request_search(session, reviewing.world.regulator, MONTH).id
    patterns.search(reviewing.database, temporary_storage_with_pdfs(reviewing), run_id)
    with reviewing.database.reading() as session:
        return session.get_one(PatternRun, run_id)


def temporary_storage_with_pdfs(reviewing: Reviewing):  # type: ignore[no-untyped-def]
    storage = temporary_storage()
    with reviewing.database.reading() as session:
        for key in session.scalars(sa.select(Evidence.storage_key).distinct()):
            storage.put(key, pdf("example").read())
    return storage


def same_file_elsewhere(session: Session, reviewing: Reviewing) -> None:
    """The other enterprise files the same month with the very file that the steel works used."""
    world, record = reviewing.world, reviewing.record(session)
    version = session.get_one(RecordVersion, record.current_version_id)
    links = sa.select(EvidenceLink).where(EvidenceLink.version_id == version.id)
    link = session.scalars(links.limit(1)).one()
    file = session.get_one(Evidence, link.evidence_id)
    other = MonthlyRecord(
        enterprise_id=world.dyeing_id, month=str(MONTH), state=record.state, due_on=record.due_on
    )
    session.add(other)
    session.flush()
    twin = RecordVersion(record_id=other.id, number=1, plan_version_id=version.plan_version_id)
    copy = Evidence(
        enterprise_id=world.dyeing_id,
        filename="台账.pdf",
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        storage_key=file.storage_key,
        period_from=MONTH.first,
        period_to=MONTH.last,
        uploaded_by_id=world.stranger_officer.user_id,
    )
    session.add_all([twin, copy])
    session.flush()
    other.current_version_id = twin.id
    session.add(EvidenceLink(version_id=twin.id, slot=link.slot, evidence_id=copy.id))


def test_a_clean_month_has_no_doubtful_point_and_a_second_search_adds_none(reviewing: Reviewing) -> None:
    run = searched(reviewing)
    assert (run.enterprises, run.found, run.new) == (1, 0, 0)
    assert run.finished_at is not None


def test_a_search_whose_job_has_failed_is_taken_up_again(reviewing: Reviewing) -> None:
    regulator = reviewing.world.regulator
    jobs = sa.select(Job.id).where(Job.kind == patterns.JOB).order_by(Job.id)
    with reviewing.database.writing() as session:
        run_id = patterns.request_search(session, regulator, MONTH).id
        assert patterns.request_search(session, regulator, MONTH).id == run_id
        first = session.scalars(jobs).one()
        finish_job(session, first, "busy")
        assert patterns.request_search(session, regulator, MONTH).id == run_id
        assert len(session.scalars(jobs).all()) == 2
    patterns.search(reviewing.database, temporary_storage_with_pdfs(reviewing), run_id)
    with reviewing.database.reading() as session:
        assert session.get_one(PatternRun, run_id).finished_at is not None


def test_dates_out_of_order_are_found_once_however_often_one_looks(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        noted(session, reviewing, received_on=MONTH.first, tested_on=None)
        noted(session, reviewing, report_number="JC-0902", reported_on=date(2020, 1, 1))
    assert searched(reviewing).new == 1
    again = searched(reviewing)
    assert (again.found, again.new) == (1, 0)
    with reviewing.database.reading() as session:
        found = session.scalars(sa.select(Suspicion)).one()
        assert (found.pattern, found.severity) == ("date_order", Severity.BLOCKING)
        assert "JC-0902" in found.detail["message"] % found.detail["params"]


def test_a_file_of_another_enterprise_is_found_for_both_without_a_name(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        same_file_elsewhere(session, reviewing)
    searched(reviewing)
    with reviewing.database.reading() as session:
        world = reviewing.world
        found = session.scalars(sa.select(Suspicion).order_by(Suspicion.enterprise_id)).all()
        assert {(one.pattern, one.enterprise_id) for one in found} == {
            ("same_file", world.steel_id),
            ("same_file", world.dyeing_id),
        }
        name = session.get_one(Organisation, world.dyeing_id).name
        assert all(name not in str(one.detail) for one in found)


def test_a_regulator_makes_a_finding_of_it_or_sets_it_aside(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        for number in ("JC-1", "JC-2"):
            noted(session, reviewing, report_number=number, reported_on=date(2020, 1, 1))
    searched(reviewing)
    with reviewing.database.writing() as session:
        first, second = session.scalars(sa.select(Suspicion.id).order_by(Suspicion.id))
        for stranger in (world.other_regulator,):
            with pytest.raises(NotFound):
                patterns.raise_suspicion(session, stranger, first, "请说明")
        with pytest.raises(Refused):
            patterns.set_aside(session, world.officer, second, "没有问题")
        finding = patterns.raise_suspicion(session, world.regulator, first, "请说明日期")
        assert (finding.source, finding.check_id) == (FindingSource.PATTERN, "date_order")
        assert finding.record_id == reviewing.record(session).id
        assert finding.detail["picture"]["kind"] == "dates"
        patterns.set_aside(session, world.regulator, second, "已核对原件")
        for done in (first, second):
            with pytest.raises(Refused):
                patterns.set_aside(session, world.regulator, done, "再看")


def test_only_regulators_search_and_the_monthly_round_asks_once(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        with pytest.raises(Refused):
            patterns.request_search(session, reviewing.world.officer, MONTH)
        run = patterns.request_monthly_search(session)
        assert run is not None
        assert patterns.request_monthly_search(session) is None
        assert session.scalar(sa.select(Job.subject_id).where(Job.kind == "find_patterns")) == run.id


def scan(seed: int) -> bytes:
    """A PDF of one page that is one picture."""
    buffer = io.BytesIO()
    picture = Image.effect_noise((420, 420), 60 + seed).convert("L")
    picture.save(buffer, "PDF", resolution=72)
    return buffer.getvalue()


def test_a_scanned_page_is_known_again_in_another_file_and_small_marks_are_not() -> None:
    page = scan(1)
    ((number, digest),) = pictures_of(page)
    assert number == 1
    assert len(digest) == 64
    assert pictures_of(page + b"\n% another file\n") == [(1, digest)]
    assert pictures_of(scan(2)) != [(1, digest)]
    assert pictures_of(pdf("words only").read()) == []
    assert pictures_of(b"%PDF-1.4 not sound") == []


def test_pictures_are_read_once_and_a_file_without_any_is_remembered(reviewing: Reviewing) -> None:
    searched(reviewing)
    with reviewing.database.reading() as session:
        rows = session.scalars(sa.select(EvidenceImage)).all()
        assert rows
        assert {row.page for row in rows} == {0}
    searched(reviewing)
    with reviewing.database.reading() as session:
        assert len(session.scalars(sa.select(EvidenceImage)).all()) == len(rows)
