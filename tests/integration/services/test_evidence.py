"""Evidence files: told by their content, named by their hash, laid into slots, never lost."""

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.workflow import Section
from portal.models.database import Database
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.records import RecordSection, RecordVersion
from portal.queries.sheets import load_sheet
from portal.services.evidence import fill_slot, find_evidence, link_existing, store_file, take_out
from portal.services.months import find_record, open_months, start_month
from portal.storage import Storage, open_storage
from tests.factories.months import pdf
from tests.factories.plans import make_steel_plan
from tests.factories.world import World
from tests.fixtures.reviewing import MONTH, Reviewing

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(64)
ELF = b"\x7fELF" + bytes(64)
SHELL = b"#!/bin/sh\nrm -rf x\n"
HTML = b"<!doctype html><script>alert(1)</script>"
WHOLE = {"period_from": MONTH.first, "period_to": MONTH.last}


def xlsx() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", "<Relationships/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return kept.getvalue()


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path / 'files'}")


@pytest.fixture
def month(database: Database, world: World) -> tuple[int, str, str]:
    """A month that was just begun, with the codes of two of its slots."""
    with database.writing() as session:
        make_steel_plan(session, world)
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, MONTH)
        version_id = start_month(session, world.officer, record.id, record.row_version).id
        first, second = list(load_sheet(session, version_id).slots())[:2]
        return version_id, first.code, second.code


def keep(
    session: Session, storage: Storage, world: World, content: bytes, name: str, most: int = 10_000
) -> Evidence:
    return store_file(
        session,
        storage,
        world.officer,
        io.BytesIO(content),
        name,
        enterprise_id=world.steel_id,
        most_bytes=most,
    )


def links(session: Session, version_id: int, slot: str) -> list[int]:
    return list(
        session.scalars(
            sa.select(EvidenceLink.evidence_id).where(
                EvidenceLink.version_id == version_id, EvidenceLink.slot == slot
            )
        )
    )


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (pdf("x").getvalue(), "台账.pdf", "application/pdf"),
        (pdf("x").getvalue(), "台账.PDF", "application/pdf"),
        (PNG, "照片.png", "image/png"),
        (JPEG, "照片.jpeg", "image/jpeg"),
        ("日期,吨\n2026-09-01,3.5\n".encode(), "台账.csv", "text/csv"),
        ("日期,吨\n2026-09-01,3.5\n".encode("gb18030"), "台账.csv", "text/csv"),
        ("日期\t吨\r\n".encode("utf-8-sig"), "台账.csv", "text/csv"),
    ],
)
def test_the_kind_of_a_file_is_told_by_its_content(
    database: Database, world: World, storage: Storage, content: bytes, name: str, media_type: str
) -> None:
    with database.writing() as session:
        row = keep(session, storage, world, content, name)
        assert row.media_type == media_type
        assert row.sha256 == hashlib.sha256(content).hexdigest()
        assert storage.get(row.storage_key) == content


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (ELF, "台账.pdf", "这种文件不收"),
        (SHELL, "台账.csv", "这种文件不收"),
        (HTML, "台账.pdf", "这种文件不收"),
        (b"\0,\0;" * 10, "台账.csv", "这种文件不收"),
        (b"a,b\x07c\n", "台账.csv", "这种文件不收"),
        (PNG, "台账.pdf", "结尾，内容却是 PNG"),
        (pdf("x").getvalue(), "台账.exe", "结尾，内容却是 PDF"),
        (pdf("x").getvalue(), "台账.pdf.exe", "结尾，内容却是 PDF"),
        (pdf("x").getvalue(), "台账", "内容却是 PDF"),
        (b"a,b\n", "台账.xlsx", "内容却是 CSV"),
        (b"", "台账.pdf", "文件是空的"),
        (pdf("x").getvalue() + bytes(10_001), "台账.pdf", "文件超过"),
    ],
)
def test_a_file_that_lies_is_empty_or_too_large_is_refused_and_leaves_nothing(
    database: Database, world: World, storage: Storage, content: bytes, name: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words), database.writing() as session:
        keep(session, storage, world, content, name)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 0
    digest = hashlib.sha256(content).hexdigest()
    assert not storage.exists(f"evidence/{digest[:2]}/{digest}")


def test_a_workbook_is_taken_as_one(database: Database, world: World, storage: Storage) -> None:
    with database.writing() as session:
        assert keep(session, storage, world, xlsx(), "台账.xlsx").media_type.endswith("spreadsheetml.sheet")
        with pytest.raises(Invalid):
            keep(session, storage, world, xlsx(), "台账.docx")


def test_exactly_the_limit_is_taken(database: Database, world: World, storage: Storage) -> None:
    content = pdf("x").getvalue()
    with database.writing() as session:
        assert keep(session, storage, world, content, "a.pdf", most=len(content)).size == len(content)
        with pytest.raises(Invalid):
            keep(session, storage, world, content, "a.pdf", most=len(content) - 1)


def test_a_name_keeps_neither_folders_nor_tricks(database: Database, world: World, storage: Storage) -> None:
    with database.writing() as session:
        for given, kept in (
            ("../../etc/台账.pdf", "台账.pdf"),
            ("C:\\temp\\台账.pdf", "台账.pdf"),
            ('台"账\r\n<x>.pdf', "台账x.pdf"),
            ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
        ):
            assert keep(session, storage, world, pdf(given).getvalue(), given).filename == kept


def test_a_period_that_ends_before_it_begins_is_refused(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    backwards = {"period_from": MONTH.last, "period_to": MONTH.first}
    with pytest.raises(Invalid) as caught, database.writing() as session:
        fill_slot(session, storage, world.officer, version_id, slot, pdf(), "a.pdf", **backwards)
    assert caught.value.path == "period_to"


def test_a_period_may_reach_over_the_months_ends(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    long = {"period_from": MONTH.first - timedelta(days=90), "period_to": MONTH.first}
    with database.writing() as session:
        row = fill_slot(session, storage, world.officer, version_id, slot, pdf(), "a.pdf", **long)
        assert links(session, version_id, slot) == [row.id]


def test_the_day_before_and_the_day_after_the_month_are_refused(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    for day in (MONTH.first - timedelta(days=1), MONTH.last + timedelta(days=1)):
        with pytest.raises(Invalid, match="不在 2026-09 之内"), database.writing() as session:
            fill_slot(
                session,
                storage,
                world.officer,
                version_id,
                slot,
                pdf(),
                "a.pdf",
                period_from=day,
                period_to=day,
            )


def test_one_file_fills_several_slots_and_each_only_once(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, first, second = month
    with database.writing() as session:
        row = fill_slot(session, storage, world.officer, version_id, first, pdf(), "a.pdf", **WHOLE)
        link_existing(session, world.officer, version_id, second, row.id)
        revision = session.get_one(RecordVersion, version_id).revision
        link_existing(session, world.officer, version_id, second, row.id)
        assert links(session, version_id, first) == links(session, version_id, second) == [row.id]
        assert session.get_one(RecordVersion, version_id).revision == revision == 3


def test_the_same_bytes_twice_are_two_rows_over_one_stored_file(
    database: Database, world: World, storage: Storage
) -> None:
    with database.writing() as session:
        one = keep(session, storage, world, pdf("x").getvalue(), "一.pdf")
        other = keep(session, storage, world, pdf("x").getvalue(), "二.pdf")
        assert one.id != other.id
        assert one.storage_key == other.storage_key


def test_a_replaced_file_leaves_the_slot_and_stays_in_the_archive(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    with database.writing() as session:
        old = fill_slot(session, storage, world.officer, version_id, slot, pdf("1"), "旧.pdf", **WHOLE)
        new = fill_slot(
            session,
            storage,
            world.officer,
            version_id,
            slot,
            pdf("2"),
            "新.pdf",
            replaces_id=old.id,
            **WHOLE,
        )
        assert links(session, version_id, slot) == [new.id]
        assert new.replaces_id == old.id
        kept = find_evidence(session, world.officer, world.steel_id, old.id)
        assert storage.get(kept.storage_key) == pdf("1").getvalue()


def test_a_file_that_is_taken_out_stays_and_can_be_laid_in_again(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    with database.writing() as session:
        row = fill_slot(session, storage, world.steward, version_id, slot, pdf(), "a.pdf", **WHOLE)
        assert row.uploaded_for_firm_id == world.firm_id
        take_out(session, world.officer, version_id, slot, row.id)
        assert links(session, version_id, slot) == []
        with pytest.raises(NotFound):
            take_out(session, world.officer, version_id, slot, row.id)
        link_existing(session, world.officer, version_id, slot, row.id)
        assert links(session, version_id, slot) == [row.id]


def test_another_enterprises_file_is_not_found(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    with database.writing() as session:
        row = store_file(
            session,
            storage,
            world.stranger_officer,
            pdf("theirs"),
            "a.pdf",
            enterprise_id=world.dyeing_id,
        )
        theirs = row.id
    with pytest.raises(NotFound), database.writing() as session:
        link_existing(session, world.officer, version_id, slot, theirs)
    with pytest.raises(NotFound), database.reading() as session:
        find_evidence(session, world.officer, world.steel_id, theirs)
    with pytest.raises(NotFound), database.reading() as session:
        find_evidence(session, world.officer, world.dyeing_id, theirs)


@pytest.mark.parametrize("slot", ["S-99.purchased.ledger", "", ".", "S-01.moisture.nothing"])
def test_a_slot_that_the_plan_does_not_have_is_not_found(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str], slot: str
) -> None:
    with pytest.raises(NotFound), database.writing() as session:
        fill_slot(session, storage, world.officer, month[0], slot, pdf(), "a.pdf", **WHOLE)


def test_who_only_reads_lays_nothing_in(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    for actor in (world.signatory, world.regulator, world.administrator):
        with pytest.raises(Refused), database.writing() as session:
            fill_slot(session, storage, actor, version_id, slot, pdf(), "a.pdf", **WHOLE)
    for stranger in (world.stranger_officer, world.other_steward):
        with pytest.raises(NotFound), database.writing() as session:
            fill_slot(session, storage, stranger, version_id, slot, pdf(), "a.pdf", **WHOLE)


def test_a_section_that_was_not_returned_takes_no_file_unless_evidence_was(
    database: Database, world: World, storage: Storage, month: tuple[int, str, str]
) -> None:
    version_id, slot, _ = month
    with database.writing() as session:
        session.execute(
            sa.update(RecordSection).where(RecordSection.version_id == version_id).values(editable=False)
        )
    with pytest.raises(Refused, match="没有被退回"), database.writing() as session:
        fill_slot(session, storage, world.officer, version_id, slot, pdf(), "a.pdf", **WHOLE)
    with database.writing() as session:
        session.execute(
            sa.update(RecordSection)
            .where(RecordSection.version_id == version_id, RecordSection.section == Section.EVIDENCE)
            .values(editable=True)
        )
        assert fill_slot(session, storage, world.officer, version_id, slot, pdf(), "a.pdf", **WHOLE)


def test_a_submitted_month_takes_no_file(reviewing: Reviewing, storage: Storage) -> None:
    with reviewing.database.reading() as session:
        version_id = reviewing.record(session).current_version_id or 0
        slot = session.scalars(sa.select(sa.func.min(EvidenceLink.slot))).one()
    with pytest.raises(Refused), reviewing.database.writing() as session:
        fill_slot(session, storage, reviewing.world.officer, version_id, slot, pdf(), "a.pdf", **WHOLE)
