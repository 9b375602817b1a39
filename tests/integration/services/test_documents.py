"""Issued reports: made of what was signed, stored once, served as stored, proven, withdrawn."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.workflow import JobState
from portal.models.documents import IssuedDocument
from portal.models.events import Event
from portal.models.jobs import Job
from portal.models.records import RecordVersion, Snapshot
from portal.queries.documents import DocumentLine, document_state, documents_page, public_document
from portal.queries.monthly_report import load_material
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
from portal.services.proofs import verify_documents, verify_everything
from portal.services.signing import recall
from portal.storage import Storage
from tests.factories.months import submit_again
from tests.factories.reviews import accept, granted
from tests.fixtures.printing import words
from tests.fixtures.reviewing import Reviewing

STEEL = json.loads((Path(__file__).parents[2] / "cases" / "calculations" / "steel-month.json").read_text())
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
