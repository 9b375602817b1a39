"""Both sides sign; then nothing moves, the findings are there once, and the report is the stored one."""

import json
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import sqlalchemy as sa

from portal.domain.access import Actor
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.visits import InspectionState
from portal.models.database import Database
from portal.models.findings import Finding
from portal.models.visits import Answer, Inspection, VisitFinding, VisitReport
from portal.queries.visits import visit_page
from portal.services.visit_answers import AnswerSent, PhotoSent, add_photo, give_answer
from portal.services.visit_reports import issue_visit_report, retry_report, small_picture, verify_visits
from portal.services.visit_signing import (
    close_without_enterprise,
    sign_as_enterprise,
    sign_as_visitor,
    take_back,
)
from portal.storage import Storage, open_storage
from tests.factories.visits import answer, jpeg, key_of, make_visit
from tests.factories.world import PASSWORD, World
from tests.fixtures.application import settings_for


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/storage")


def visited(database: Database, world: World, visitor: Actor) -> int:
    """A visit with one blocking and one expired answer."""
    with database.writing() as session:
        visit = make_visit(session, visitor, world.steel_id)
        answer(session, visitor, visit, "Q-01", "no", "校准报告未入档")
        answer(session, visitor, visit, "Q-05", "2020-01-01")
        answer(session, visitor, visit, "Q-06", "yes")
        return visit.id


def finish(database: Database, world: World, visit_id: int, visitor: Actor, version: int = 1) -> None:
    with database.writing() as session:
        sign_as_visitor(session, visitor, world.steel_id, visit_id, version, password=PASSWORD)


def confirm(database: Database, world: World, visit_id: int, who: Actor, version: int = 2) -> None:
    with database.writing() as session:
        sign_as_enterprise(
            session, who, world.steel_id, visit_id, version, password=PASSWORD, opinion="对事实无异议"
        )


@pytest.fixture
def signed(database: Database, world: World) -> int:
    visit_id = visited(database, world, world.steward)
    finish(database, world, visit_id, world.steward)
    confirm(database, world, visit_id, world.officer)
    return visit_id


def test_both_signatures_stand_over_the_same_content(database: Database, world: World, signed: int) -> None:
    with database.reading() as session:
        page = visit_page(session, world.regulator, world.steel_id, signed)
        assert page.state is InspectionState.SIGNED
        assert [(one.side, one.name) for one in page.signatures] == [
            ("visitor", "李示例"),
            ("enterprise", "沈示例"),
        ]
        assert {one.content_sha256 for one in page.signatures} == {page.content_sha256}
        content = json.loads(session.get_one(Inspection, signed).content)
        assert content["score"]["points"] == "27.3"  # 3 of the weights 5 + 3 + 3
        assert [gap["severity"] for gap in content["gaps"]] == ["blocking", "note"]


def test_each_gap_became_one_finding_of_the_visitor(database: Database, world: World, signed: int) -> None:
    with database.reading() as session:
        rows = session.scalars(sa.select(Finding).order_by(Finding.id)).all()
        assert [(row.check_id, row.severity, row.opened_by_id) for row in rows] == [
            ("Q-01", "blocking", world.steward.user_id),
            ("Q-05", "note", world.steward.user_id),
        ]
        assert "校准报告未入档" in rows[0].detail["message"]
        assert session.scalar(sa.select(sa.func.count(VisitFinding.id))) == 2
        content = json.loads(session.get_one(Inspection, signed).content)
        assert [gap["due_on"] for gap in content["gaps"]] == [row.due_on.isoformat() for row in rows]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inspections SET scope = 'x'",
        "UPDATE inspections SET state = 'open'",
        "DELETE FROM inspections",
        "UPDATE answers SET value = 'yes'",
        "DELETE FROM answers",
        "UPDATE checklists SET pack_version = '2'",
        "UPDATE visit_signatures SET name = 'x'",
        "DELETE FROM visit_signatures",
        "DELETE FROM visit_findings",
    ],
)
def test_the_database_itself_refuses_to_change_a_signed_visit(
    database: Database, signed: int, statement: str
) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="frozen"), database.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert signed


def test_an_answer_that_comes_after_the_signatures_is_refused_but_a_repeated_one_is_answered(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        visit = make_visit(session, world.steward, world.steel_id)
        visit_id = visit.id
        early = AnswerSent(key_of("Q-01"), "yes", "", "key-before-signing")
        give_answer(session, world.steward, world.steel_id, visit_id, early)
    finish(database, world, visit_id, world.steward)
    with database.writing() as session:
        assert give_answer(session, world.steward, world.steel_id, visit_id, early).repeated
        late = AnswerSent(key_of("Q-01"), "no", "", "key-after-signing")
        with pytest.raises(Refused, match="撤回签字"):
            give_answer(session, world.steward, world.steel_id, visit_id, late)


def test_after_the_visitors_signature_the_database_takes_no_answer(database: Database, world: World) -> None:
    visit_id = visited(database, world, world.steward)
    finish(database, world, visit_id, world.steward)
    with pytest.raises(sa.exc.DBAPIError, match="frozen"), database.writing() as session:
        session.execute(
            sa.insert(Answer).values(
                inspection_id=visit_id,
                question=key_of("Q-01"),
                value="yes",
                idempotency_key="past-the-service",
                given_at=sa.func.current_timestamp(),
                given_by_id=world.steward.user_id,
            )
        )


def test_the_visitor_takes_the_signature_back_answers_on_and_signs_again(
    database: Database, world: World
) -> None:
    visit_id = visited(database, world, world.steward)
    finish(database, world, visit_id, world.steward)
    with database.writing() as session:
        take_back(session, world.steward, world.steel_id, visit_id, 2)
        answer(session, world.steward, session.get_one(Inspection, visit_id), "Q-01", "yes")
    finish(database, world, visit_id, world.steward, 3)
    confirm(database, world, visit_id, world.signatory, 4)
    with database.reading() as session:
        assert session.scalars(sa.select(Finding.check_id)).all() == ["Q-05"]


def test_nobody_signs_for_the_other_side(database: Database, world: World) -> None:
    visit_id = visited(database, world, world.steward)
    with pytest.raises(Refused):
        finish(database, world, visit_id, world.officer)
    with pytest.raises(Refused):
        confirm(database, world, visit_id, world.officer, 1)  # not before the visitor
    finish(database, world, visit_id, world.steward)
    for who in (world.steward, world.steward_lead, world.regulator):
        with pytest.raises(Refused):
            confirm(database, world, visit_id, who)
    with pytest.raises(NotFound):
        confirm(database, world, visit_id, world.stranger_signatory)


def test_a_wrong_password_or_an_old_page_signs_nothing(database: Database, world: World) -> None:
    visit_id = visited(database, world, world.steward)
    with pytest.raises(Invalid) as refused, database.writing() as session:
        sign_as_visitor(session, world.steward, world.steel_id, visit_id, 1, password="wrong-password")
    assert refused.value.field == "password"
    with pytest.raises(Conflict):
        finish(database, world, visit_id, world.steward, 7)
    with database.reading() as session:
        assert session.get_one(Inspection, visit_id).state == InspectionState.OPEN


def test_nothing_is_signed_while_nothing_is_answered(database: Database, world: World) -> None:
    with database.writing() as session:
        visit_id = make_visit(session, world.steward, world.steel_id).id
    with pytest.raises(GuardFailed):
        finish(database, world, visit_id, world.steward)


def test_an_authority_closes_what_the_enterprise_would_not_sign_and_a_steward_cannot(
    database: Database, world: World
) -> None:
    for visitor, allowed in ((world.regulator, True), (world.steward, False)):
        visit_id = visited(database, world, visitor)
        finish(database, world, visit_id, visitor)
        close = (visitor, world.steel_id, visit_id, 2)
        with database.writing() as session:
            if not allowed:
                with pytest.raises(Refused):
                    close_without_enterprise(session, *close, password=PASSWORD, reason="不签")
                continue
            with pytest.raises(Invalid):
                close_without_enterprise(session, *close, password=PASSWORD, reason=" ")
            close_without_enterprise(session, *close, password=PASSWORD, reason="负责人拒签，两人在场")
        with database.reading() as session:
            page = visit_page(session, world.officer, world.steel_id, visit_id)
            declined = page.signature("enterprise")
            assert declined is not None
            assert declined.declined
            assert len(page.findings) == 2


def test_the_report_holds_answers_photos_findings_and_both_signatures(
    database: Database, world: World, storage: Storage, tmp_path: Path
) -> None:
    visit_id = visited(database, world, world.steward)
    with database.writing() as session:
        sent = PhotoSent(key_of("Q-01"), jpeg(), "皮带秤.jpg", "key-of-the-photo")
        place = (session, storage, world.steward, world.steel_id, visit_id)
        sha256 = add_photo(*place, sent, most_bytes=10**6).evidence.sha256
    finish(database, world, visit_id, world.steward)
    settings = settings_for(f"sqlite:///{tmp_path}/unused.db", tmp_path)
    with pytest.raises(NotFound):
        issue_visit_report(database, storage, settings, visit_id)
    confirm(database, world, visit_id, world.officer)
    for _ in range(2):  # a job may run twice
        issue_visit_report(database, storage, settings, visit_id)
    with database.reading() as session:
        report = session.scalars(sa.select(VisitReport)).one()
        content = storage.get(report.storage_key)
        assert list(verify_visits(session, storage)) == []
        number = session.get_one(Inspection, visit_id).number
    text = "".join(page_texts(content))
    for words in (
        "李示例",
        "沈示例",
        "对事实无异议",
        "GAP-",
        sha256[:8],
        "校准报告未入档",
        report.code,
        number,
    ):
        assert words in text, words
    with pikepdf.open(tmp_path / "report.pdf" if _write(tmp_path, content) else "") as pdf:
        assert set(pdf.attachments) == {f"{number}.json", f"photo-01-{sha256[:8]}.jpg"}
        signed = pdf.attachments[f"{number}.json"].get_file().read_bytes()
        assert json.loads(signed)["photos"][0]["sha256"] == sha256


def page_texts(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        return ["".join(page.get_textpage().get_text_bounded().split()) for page in document]
    finally:
        document.close()


def _write(folder: Path, content: bytes) -> int:
    return (folder / "report.pdf").write_bytes(content)


def test_a_changed_report_is_seen(
    database: Database, world: World, signed: int, storage: Storage, tmp_path: Path
) -> None:
    issue_visit_report(database, storage, settings_for(f"sqlite:///{tmp_path}/unused.db", tmp_path), signed)
    with database.reading() as session:
        report = session.scalars(sa.select(VisitReport)).one()
    (tmp_path / "storage" / report.storage_key).write_bytes(b"something else")
    with database.reading() as session:
        assert [fault.problem for fault in verify_visits(session, storage)] == [
            "stored bytes do not fit their hash"
        ]
        with pytest.raises(NotFound):
            retry_report(session, world.officer, world.steel_id, signed)  # there is one already


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff\xe0 no more than the beginning", b"GIF89a" + bytes(40), bytes(1000)]
)
def test_what_is_no_picture_is_left_out_of_print(content: bytes) -> None:
    assert small_picture(content) == b""


def test_a_picture_is_printed_small_and_without_what_the_camera_wrote() -> None:
    from io import BytesIO

    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "示例相机"
    stream = BytesIO()
    Image.new("RGB", (2400, 1200), "#888").save(stream, "JPEG", exif=exif)
    with Image.open(BytesIO(small_picture(stream.getvalue()))) as small:
        assert small.size == (1000, 500)
        assert not small.getexif()
