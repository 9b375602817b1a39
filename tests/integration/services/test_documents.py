"""Issued reports: made of what was signed, stored once, served as stored, proven, withdrawn."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.calculation import calculate
from portal.config import Settings
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.periods import Month
from portal.domain.workflow import JobState
from portal.models.database import Database
from portal.models.documents import IssuedDocument
from portal.models.events import Event
from portal.models.jobs import Job
from portal.models.records import RecordVersion, Snapshot
from portal.queries.documents import DocumentLine, document_state, documents_page, public_document
from portal.queries.monthly_report import load_material
from portal.reference.guidelines import load_guideline
from portal.services.documents import (
    DocumentDamaged,
    issue_monthly_report,
    print_report,
    retry_issue,
    stored_bytes,
    withdraw_document,
)
from portal.services.documents import make_stamp as stamp_for
from portal.services.jobs import finish_job
from portal.services.monthly_report_lines import calculation_part
from portal.services.plans import approve_plan, submit_plan
from portal.services.previews import preview_of, print_preview, request_preview
from portal.services.proofs import verify_documents, verify_everything
from portal.services.signing import recall
from portal.storage import Storage, open_storage
from tests.factories.months import evaluate, make_submitted_month, save_cell, submit_again
from tests.factories.plans import DYEING_CHOICES, MeterSpec, draft_plan, dyeing_meter, fill_plan, make_meter
from tests.factories.reviews import accept, granted
from tests.factories.world import World, make_world
from tests.fixtures.reviewing import Reviewing

CASES = Path(__file__).parents[2] / "cases" / "calculations"
STEEL = json.loads((CASES / "steel-month.json").read_text())


@pytest.fixture(scope="session")
def shared_fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose fonts are cut once for all tests."""
    return tmp_path_factory.mktemp("printing")


@pytest.fixture
def settings(shared_fonts: Path) -> Settings:
    made = Settings.from_env({"INSTANCE_DIR": str(shared_fonts), "PUBLIC_URL": "https://carbon.example.org"})
    return replace(made, instance_dir=shared_fonts)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage((tmp_path / "documents").as_uri())


Issue = Callable[[], DocumentLine]


@pytest.fixture
def issue(reviewing: Reviewing, storage: Storage, settings: Settings) -> Issue:
    """Issues the report of the submitted month's present version."""

    def run() -> DocumentLine:
        with reviewing.database.reading() as session:
            version_id = current(session, reviewing).id
        issue_monthly_report(reviewing.database, storage, settings, version_id)
        with reviewing.database.reading() as session:
            document = document_state(session, version_id).document
        assert document is not None
        return document

    return run


def current(session: Session, reviewing: Reviewing) -> RecordVersion:
    return session.get_one(RecordVersion, reviewing.record(session).current_version_id)


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def damage(storage_folder: Path, key: str, content: bytes | None) -> None:
    path = storage_folder / key
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


def test_the_report_tells_the_steel_month_to_the_last_digit(
    issue: Issue, storage: Storage, reviewing: Reviewing
) -> None:
    text = words(storage.get(issue().storage_key))
    assert "1,214,057.49" in text
    assert "2.0395" in text
    assert "示例钢铁有限公司" in text
    assert reviewing.world.signatory.name in text
    amounts = {activity["id"]: activity for activity in STEEL["input"]["activities"]}
    assert len(STEEL["expected"]["lines"]) == 20
    for line in STEEL["expected"]["lines"]:
        shown = f"{Decimal(line['emission']):,.2f}".replace("-", "−")
        assert f"{Decimal(amounts[line['id']]['amount']):,.2f}" in text, line["id"]
        assert shown in text, line["id"]


def test_the_signed_snapshot_lies_in_the_pdf_byte_for_byte(
    issue: Issue, storage: Storage, reviewing: Reviewing
) -> None:
    document = issue()
    with reviewing.database.reading() as session:
        snapshot = session.get_one(Snapshot, document.version_id)
    with pikepdf.open(io.BytesIO(storage.get(document.storage_key))) as pdf:
        attached = pdf.attachments[f"{document.number}.json"].get_file().read_bytes()
        assert len(pdf.pages) == document.pages
    assert attached == snapshot.content.encode()
    assert json.loads(attached)["calculation"]["total"] == "1214057.49"


def test_a_document_is_entered_with_number_code_hash_and_event(
    issue: Issue, storage: Storage, reviewing: Reviewing
) -> None:
    document = issue()
    content = storage.get(document.storage_key)
    assert document.number == f"HZ-MR-202609-{reviewing.world.steel_id:04d}-V1"
    assert re.fullmatch(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){3}", document.code)
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.storage_key == f"documents/{document.sha256[:2]}/{document.sha256}"
    assert document.size == len(content)
    assert document.code in words(content)
    with reviewing.database.reading() as session:
        snapshot = session.get_one(Snapshot, document.version_id)
        row = session.get_one(IssuedDocument, document.id)
        assert row.snapshot_sha256 == snapshot.sha256
        event = session.scalars(sa.select(Event).where(Event.action == "record.document_issued")).one()
        assert json.loads(event.after)["sha256"] == document.sha256
        assert list(verify_everything(session, storage)) == []


def test_running_the_job_twice_issues_one_document(
    issue: Issue, storage: Storage, reviewing: Reviewing
) -> None:
    first, second = issue(), issue()
    assert first == second
    with reviewing.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(IssuedDocument.id))) == 1
        issued = sa.select(sa.func.count(Event.id)).where(Event.action == "record.document_issued")
        assert session.scalar(issued) == 1


def test_a_worker_that_died_after_storing_leaves_no_half_document(
    issue: Issue, storage: Storage, reviewing: Reviewing, settings: Settings
) -> None:
    with reviewing.database.reading() as session:
        version_id = current(session, reviewing).id
        material = load_material(session, version_id)
    printed = print_report(material, stamp_for(material, settings), settings)
    storage.put(f"documents/{printed.sha256[:2]}/{printed.sha256}", printed.content)
    with reviewing.database.reading() as session:
        assert document_state(session, version_id).document is None
    document = issue()
    assert document.sha256 != printed.sha256
    assert stored_bytes(storage, document.storage_key, document.sha256)


def test_a_version_that_nobody_signed_gets_no_report(
    reviewing: Reviewing, storage: Storage, settings: Settings
) -> None:
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version = recall(session, reviewing.world.signatory, record.id, record.row_version, "填错了")
        version_id = version.id
    with pytest.raises(NotFound):
        issue_monthly_report(reviewing.database, storage, settings, version_id)


def test_changed_and_missing_bytes_are_found_and_not_served(
    issue: Issue, storage: Storage, reviewing: Reviewing, tmp_path: Path
) -> None:
    document = issue()
    content = storage.get(document.storage_key)
    for changed in (content.replace(b"%PDF", b"%PDG", 1), None):
        damage(tmp_path / "documents", document.storage_key, changed)
        with pytest.raises(DocumentDamaged):
            stored_bytes(storage, document.storage_key, document.sha256)
        with reviewing.database.reading() as session:
            faults = list(verify_documents(session, storage))
        assert [fault.chain for fault in faults] == [f"document:{document.number}"]


def test_an_issued_document_cannot_be_changed_in_the_database(issue: Issue, reviewing: Reviewing) -> None:
    document = issue()
    for statement in (
        sa.update(IssuedDocument).values(sha256="0" * 64).where(IssuedDocument.id == document.id),
        sa.delete(IssuedDocument).where(IssuedDocument.id == document.id),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="frozen"), reviewing.database.writing() as session:
            session.execute(statement)


def test_an_accepted_later_version_supersedes_the_document(issue: Issue, reviewing: Reviewing) -> None:
    world = reviewing.world
    first = issue()
    with reviewing.database.writing() as session:
        accept(session, world, reviewing.record(session))
        granted(session, world, reviewing.record(session))
    with reviewing.database.writing() as session:
        submit_again(session, world, reviewing.record(session))
    second = issue()
    with reviewing.database.reading() as session:
        before = public_document(session, first.code)
    assert before is not None
    assert before.state == "valid", "a restatement under way leaves the accepted version in force"
    with reviewing.database.writing() as session:
        accept(session, world, reviewing.record(session))
    with reviewing.database.reading() as session:
        old, new = public_document(session, first.code), public_document(session, second.code)
    assert old is not None
    assert new is not None
    assert (old.state, new.state) == ("superseded", "valid")
    assert (old.present_version, old.present_code) == (2, second.code)
    assert old.present_since is not None


def test_a_regulator_withdraws_a_document_with_a_reason(issue: Issue, reviewing: Reviewing) -> None:
    world, document = reviewing.world, issue()
    with reviewing.database.writing() as session:
        for actor in (world.officer, world.signatory, world.steward):
            with pytest.raises(Refused):
                withdraw_document(session, actor, world.steel_id, document.id, "理由")
        for actor in (world.other_regulator, world.stranger_officer):
            with pytest.raises(NotFound):
                withdraw_document(session, actor, world.steel_id, document.id, "理由")
        with pytest.raises(Invalid):
            withdraw_document(session, world.regulator, world.steel_id, document.id, "  ")
        with pytest.raises(NotFound):
            withdraw_document(session, world.city_regulator, world.dyeing_id, document.id, "理由")
        withdraw_document(session, world.regulator, world.steel_id, document.id, "依据的月份已更正")
    with reviewing.database.writing() as session:
        with pytest.raises(Invalid):
            withdraw_document(session, world.regulator, world.steel_id, document.id, "再来一次")
        found = public_document(session, document.code)
        event = session.scalars(sa.select(Event).where(Event.action == "document.withdrawn")).one()
    assert found is not None
    assert (found.state, found.reason) == ("withdrawn", "依据的月份已更正")
    assert event.actor_id == world.regulator.user_id


def test_a_failed_job_is_shown_and_can_be_tried_again(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        version_id = current(session, reviewing).id
        state = document_state(session, version_id)
        assert (state.document, state.state) == (None, "queued")
        assert state.job is not None
        finish_job(session, state.job.id, "internal")
    with reviewing.database.writing() as session:
        assert document_state(session, version_id).state == "failed"
        with pytest.raises(NotFound):
            retry_issue(session, world.stranger_officer, world.steel_id, version_id)
        with pytest.raises(NotFound):
            retry_issue(session, world.stranger_officer, world.dyeing_id, version_id)
        retry_issue(session, world.officer, world.steel_id, version_id)
    with reviewing.database.reading() as session:
        assert session.scalars(sa.select(Job.state).where(Job.kind == "issue_monthly_report")).all() == [
            JobState.QUEUED
        ]
        page = documents_page(session, world.officer, world.steel_id)
        assert [entry.state.state for entry in page.waiting] == ["queued"]


def test_a_preview_is_marked_on_every_page_and_enters_nothing(
    reviewing: Reviewing, storage: Storage, settings: Settings
) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version_id = recall(session, world.signatory, record.id, record.row_version, "填错了").id
        with pytest.raises(Invalid):
            preview_of(session, storage, world.officer, world.steel_id, version_id)
    with reviewing.database.writing() as session:
        evaluate(session, world.officer, version_id)
        request_preview(session, world.officer, world.steel_id, version_id)
    print_preview(reviewing.database, storage, settings, version_id)
    with reviewing.database.reading() as session:
        preview = preview_of(session, storage, world.officer, world.steel_id, version_id)
        assert preview.ready
        with pytest.raises(NotFound):
            preview_of(session, storage, world.stranger_officer, world.dyeing_id, version_id)
        assert session.scalar(sa.select(sa.func.count(IssuedDocument.id))) == 0
    content = storage.get(preview.key)
    text = words(content)
    assert "1,214,057.49" in text
    assert "尚未提交" in text
    assert "尚未签署" in text
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert not pdf.attachments
        assert text.count("未签发") >= len(pdf.pages)


def test_a_changed_month_asks_for_a_new_preview(
    reviewing: Reviewing, storage: Storage, settings: Settings
) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version_id = recall(session, world.signatory, record.id, record.row_version, "填错了").id
        evaluate(session, world.officer, version_id)
    print_preview(reviewing.database, storage, settings, version_id)
    with reviewing.database.writing() as session:
        before = preview_of(session, storage, world.officer, world.steel_id, version_id)
        save_cell(session, world.officer, version_id, "S-06.amount", "313")
        after = preview_of(session, storage, world.officer, world.steel_id, version_id)
    assert (before.ready, after.ready) == (True, False)


def make_dyeing_month(session: Session, world: World, storage: Storage) -> int:
    """The dyeing mill's October 2026, signed by its own people; gives the version."""
    mill = replace(
        world,
        officer=world.stranger_officer,
        signatory=world.stranger_signatory,
        regulator=world.other_regulator,
        steel_id=world.dyeing_id,
    )
    plan = draft_plan(session, mill.officer, world.dyeing_id, DYEING_CHOICES)
    fill_plan(session, plan, mill.officer, dyeing_meter)
    output = next(stream for stream in plan.streams if stream.category == "output")
    meter = make_meter(session, world.dyeing_id, MeterSpec("CL-01", "成品验布计长仪", "truck_scale", "1.0"))
    output.parameters[0].meter_id = meter.id
    submit_plan(session, mill.officer, world.dyeing_id, plan.id, row_version=plan.row_version)
    approve_plan(session, mill.regulator, world.dyeing_id, plan.id, row_version=plan.row_version)
    cells = {
        "S-01.purchased": "35.2",
        "S-01.sold": "0",
        "S-02.amount": "1256",
        "S-03.amount": "4200",
        "S-03.enthalpy": "2778",
        "S-04.amount": "320",
    }
    record = make_submitted_month(session, mill, plan, Month(2026, 10), changes=cells, storage=storage)
    assert record.current_version_id is not None
    return record.current_version_id


def test_a_general_industry_month_is_told_in_carbon_dioxide_equivalents(
    sqlite_database: Database, storage: Storage, settings: Settings
) -> None:
    with sqlite_database.writing() as session:
        version_id = make_dyeing_month(session, make_world(session), storage)
    issue_monthly_report(sqlite_database, storage, settings, version_id)
    with sqlite_database.reading() as session:
        document = document_state(session, version_id).document
    assert document is not None
    text = words(storage.get(document.storage_key))
    for figure in ("761.09", "624.73", "1,244.75", "2,630.57", "8.2205", "2,694.26", "0.4974"):
        assert figure in text, figure
    for phrase in ("企业温室气体排放总量", "净购入电力", "净购入蒸汽", "单位印染布排放强度"):
        assert phrase in text, phrase


def test_the_lines_of_a_general_industry_month_are_told_with_their_factors() -> None:
    case = json.loads((CASES / "dyeing-mill-month.json").read_text())
    signed = {"calculation": calculate(case["input"]).as_json()}
    part = calculation_part(signed, load_guideline("industry-other-2015"))
    labels = [column["key"] for column in part["calculation"]["columns"]]
    assert labels == ["content", "factor", "share", "conversion"]
    lines = {line["id"]: line for group in part["groups"] for line in group["lines"]}
    assert [group["letter"] for group in part["groups"]] == ["A", "B", "C", "D"]
    factors = {
        key: {factor["column"]: factor["value"] for factor in line["factors"]} for key, line in lines.items()
    }
    assert factors["power"] == {"factor": "0.4974"}
    assert factors["steam"] == {"content": "2694.26", "factor": "0.11"}
    assert factors["water"] == {"content": "1.5", "factor": "0.25", "share": "0.3", "conversion": "28"}
    assert factors["gas"]["share"] == "0.99"
    assert [lines[key]["emission"] for key in ("gas", "power", "steam", "water")] == [
        "761.09",
        "624.73",
        "1244.75",
        "189.00",
    ]
    assert {line["confidence"] for line in lines.values()} == {"official", "transcribed"}
