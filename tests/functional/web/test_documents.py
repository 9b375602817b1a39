"""Issued documents in the browser: the list, the bytes, the page behind the QR code."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from portal.queries.documents import DocumentLine, find_document
from portal.services.documents import issue_monthly_report
from portal.services.months import find_record
from portal.services.signing import recall
from tests.factories.months import evaluate
from tests.factories.world import World
from tests.fixtures.application import Browser, settings_for
from tests.fixtures.reuse import lend_app
from tests.fixtures.reviewing import MONTH, reviewing_sqlite

__all__ = ["reviewing_sqlite"]

Browse = Callable[[int], Browser]


@dataclass
class Issued:
    """An application whose steel works has one issued report."""

    app: Flask
    world: World
    document: DocumentLine

    @property
    def place(self) -> str:
        """Where the enterprise's documents lie."""
        return f"/enterprises/{self.world.steel_id}/documents"


@pytest.fixture(scope="module")
def printed(
    reviewing_sqlite: tuple[Path, World, int], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, World]:
    """A folder with database, stored files and fonts after the job of the submitted month has run."""
    template, world, _plan = reviewing_sqlite
    folder = tmp_path_factory.mktemp("printed")
    shutil.copy(template, folder / "portal.db")
    app = lend_app(settings_for(f"sqlite:///{folder / 'portal.db'}", folder))
    database = app.extensions["portal.database"]
    with database.reading() as session:
        version_id = find_record(session, world.steel_id, MONTH).current_version_id
    assert version_id is not None
    issue_monthly_report(
        database, app.extensions["portal.storage"], app.extensions["portal.settings"], version_id
    )
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    return folder, world


@pytest.fixture
def issued(printed: tuple[Path, World], tmp_path: Path) -> Iterator[Issued]:
    """A copy of that folder with its own application."""
    folder, world = printed
    for name in ("portal.db", "secret-key"):
        shutil.copy(folder / name, tmp_path / name)
    shutil.copytree(folder / "storage", tmp_path / "storage")
    app = lend_app(settings_for(f"sqlite:///{tmp_path / 'portal.db'}", tmp_path))
    database = app.extensions["portal.database"]
    with database.reading() as session:
        version_id = find_record(session, world.steel_id, MONTH).current_version_id
        document = find_document(session, "monthly_report", version_id or 0)
    assert document is not None
    yield Issued(app, world, document)
    database.engine.dispose()


@pytest.fixture
def app(issued: Issued) -> Flask:
    """The application that ``browse`` signs people in to."""
    return issued.app


def test_the_list_names_each_document_with_its_state(issued: Issued, browse: Browse) -> None:
    page = browse(issued.world.officer.user_id).get(issued.place).text
    assert issued.document.number in page
    assert "有效" in page
    assert "撤销" not in page.replace("已撤销", "")


def test_an_enterprise_without_documents_is_told_when_they_come(issued: Issued, browse: Browse) -> None:
    world = issued.world
    page = browse(world.stranger_officer.user_id).get(f"/enterprises/{world.dyeing_id}/documents").text
    assert "还没有签发的文件" in page
    assert issued.document.number not in page


def test_the_downloaded_bytes_have_the_stored_hash(issued: Issued, browse: Browse) -> None:
    for actor in (issued.world.officer, issued.world.steward, issued.world.regulator):
        answer = browse(actor.user_id).get(f"{issued.place}/{issued.document.id}/download")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.data).hexdigest() == issued.document.sha256
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{issued.document.number}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_stranger_finds_neither_list_nor_file_nor_status(issued: Issued, browse: Browse) -> None:
    world, document = issued.world, issued.document
    own = f"/enterprises/{world.dyeing_id}/documents"
    for actor in (world.stranger_officer, world.other_steward, world.other_regulator):
        browser = browse(actor.user_id)
        for path in ("", f"/{document.id}/download", f"/versions/{document.version_id}/status"):
            assert browser.get(issued.place + path).status_code == 404
        assert browser.post(f"{issued.place}/versions/{document.version_id}/retry").status_code == 404
    browser = browse(world.stranger_officer.user_id)
    assert browser.get(f"{own}/{document.id}/download").status_code == 404
    assert browser.get(f"{own}/versions/{document.version_id}/status").status_code == 404


def test_missing_bytes_give_a_page_and_no_server_error(
    issued: Issued, browse: Browse, tmp_path: Path
) -> None:
    (tmp_path / "storage" / issued.document.storage_key).unlink()
    answer = browse(issued.world.officer.user_id).get(f"{issued.place}/{issued.document.id}/download")
    assert answer.status_code == 404
    assert "存档找不到了" in answer.text


def test_changed_bytes_are_not_served(issued: Issued, browse: Browse, tmp_path: Path) -> None:
    path = tmp_path / "storage" / issued.document.storage_key
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    answer = browse(issued.world.officer.user_id).get(f"{issued.place}/{issued.document.id}/download")
    assert answer.status_code == 404
    assert "指纹不一致" in answer.text


def test_the_status_fragment_gives_the_file_once_it_is_there(issued: Issued, browse: Browse) -> None:
    browser = browse(issued.world.signatory.user_id)
    path = f"{issued.place}/versions/{issued.document.version_id}/status"
    fragment = browser.get(path, headers={"HX-Request": "true"}).text
    assert f"{issued.place}/{issued.document.id}/download" in fragment
    assert "hx-get" not in fragment
    assert "<html" not in fragment
    assert browser.get(path).status_code == 303


def test_anybody_learns_from_the_code_what_was_issued(issued: Issued) -> None:
    document = issued.document
    reader = issued.app.test_client()
    for path in (
        f"/verify/{document.code}",
        f"/verify/{document.code.replace('-', '').lower()}",
        f"/verify?code={document.code}",
    ):
        answer = reader.get(path)
        assert answer.status_code == 200
        page = answer.text
        assert "本平台签发，现在有效" in page
        for words in (document.number, document.receipt_number, "示例钢铁有限公司", "91330500MA28C4XX0E"):
            assert words in page
        assert f'data-sha256="{document.sha256}"' in page


def test_the_public_page_shows_no_figure_and_no_name_of_a_person(issued: Issued) -> None:
    page = issued.app.test_client().get(f"/verify/{issued.document.code}").text
    for figure in ("1,214,057", "1214057", "2.0395", "tCO"):
        assert figure not in page
    for actor in (issued.world.signatory, issued.world.officer, issued.world.steward):
        assert actor.name not in page
    assert "负责人（签署人）" in page
    assert "本页不显示任何数字" in page


def test_an_unknown_code_is_answered_without_an_error(issued: Issued) -> None:
    reader = issued.app.test_client()
    for path in ("/verify/2222-2222-2222-2222", "/verify?code=abc", "/verify/%3Cscript%3E", "/verify?code="):
        answer = reader.get(path)
        assert answer.status_code == (200 if path.endswith("code=") else 404)
        assert "<script>alert" not in answer.text
        assert ("没有这个核验码" in answer.text) is not path.endswith("code=")


def test_a_recalled_version_is_not_called_valid(issued: Issued) -> None:
    world = issued.world
    with issued.app.extensions["portal.database"].writing() as session:
        record = find_record(session, world.steel_id, MONTH)
        recall(session, world.signatory, record.id, record.row_version, "填错了")
    page = issued.app.test_client().get(f"/verify/{issued.document.code}").text
    assert "已撤回" in page
    assert "现在有效" not in page


def test_a_regulator_withdraws_and_the_public_page_says_why(issued: Issued, browse: Browse) -> None:
    browser = browse(issued.world.regulator.user_id)
    path = f"{issued.place}/{issued.document.id}/withdraw"
    assert "撤销" in browser.get(path).text
    empty = browser.post(path, {"reason": " "})
    assert empty.status_code == 422
    assert "error-summary" in empty.text
    assert browser.post(path, {"reason": "依据的月份已更正"}).status_code == 303
    page = issued.app.test_client().get(f"/verify/{issued.document.code}").text
    assert "本平台签发，已撤销" in page
    assert "依据的月份已更正" in page
    for actor in (issued.world.signatory, issued.world.steward_lead):
        assert browse(actor.user_id).post(path, {"reason": "理由"}).status_code == 403


def test_a_preview_is_asked_for_printed_by_a_job_and_opened(
    issued: Issued, browse: Browse, printed: tuple[Path, World], tmp_path: Path
) -> None:
    world, database = issued.world, issued.app.extensions["portal.database"]
    (tmp_path / "fonts").symlink_to(printed[0] / "fonts")
    with database.writing() as session:
        record = find_record(session, world.steel_id, MONTH)
        version_id = recall(session, world.signatory, record.id, record.row_version, "填错了").id
    browser = browse(world.signatory.user_id)
    path = f"{issued.place}/versions/{version_id}/preview"
    assert browser.get(path).status_code == 400, "nothing to preview before the data are evaluated"
    with database.writing() as session:
        evaluate(session, world.officer, version_id)
    assert "还没有当前数据的预览" in browser.get(path).text
    assert browser.get(f"{path}.pdf").status_code == 404
    assert browser.post(path).status_code == 303
    assert "预览已生成" in browser.get(path, headers={"HX-Request": "true"}).text
    assert browser.get(f"{path}.pdf").data.startswith(b"%PDF")
    stranger = browse(world.stranger_officer.user_id)
    assert stranger.get(path).status_code == stranger.get(f"{path}.pdf").status_code == 404


def test_too_many_questions_from_one_address_are_put_off(issued: Issued) -> None:
    reader = issued.app.test_client()
    answers = [reader.get(f"/verify/{issued.document.code}").status_code for _ in range(31)]
    assert answers[:30] == [200] * 30
    assert answers[30] == 429
    assert reader.get("/verify").status_code == 429
