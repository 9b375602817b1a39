"""Disclosures and dossiers on the pages: begun, filled in, completed, signed, issued, renewed, withdrawn."""

import csv
import hashlib
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.domain.periods import today
from portal.domain.workflow import JobState
from portal.models.dossiers import Dossier
from portal.models.jobs import Job
from portal.queries.dossier_lines import dossier_lines
from tests.factories.dossier_rows import make_issued_dossier, make_signed_dossier
from tests.factories.world import PASSWORD, World
from tests.fixtures.application import Browser
from tests.fixtures.issued import ANSWERS, KIND, Issued, issued, issued_folder

__all__ = ["issued", "issued_folder"]

Browse = Callable[[int], Browser]
OTHER = "示例：另一份决定书"


@pytest.fixture
def app(issued: Issued) -> Flask:
    """The application that ``browse`` signs people in to."""
    return issued.app


@pytest.fixture
def world(issued: Issued) -> World:
    """Its people."""
    return issued.world


def begin(browser: Browser, world: World, kind: str = KIND, subject: str = OTHER) -> str:
    """Begin a document on its page; gives the address of the document."""
    answer = browser.post(f"/enterprises/{world.steel_id}/dossiers/new/{kind}", {"subject": subject})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def version(browser: Browser, path: str) -> str:
    """The row version that the forms of a page carry."""
    found = re.search(r'name="row_version"[^>]*value="(\d+)"', browser.get(path).text)
    assert found, path
    return found[1]


def cells(key: str, rows: list[dict[str, str]]) -> dict[str, str]:
    """A table of answers as a form sends it."""
    return {f"{key}-{row}-{name}": text for row, cells in enumerate(rows) for name, text in cells.items()}


def fill(browser: Browser, path: str) -> None:
    """Answer all questions of the ad-hoc disclosure."""
    for section in ("matter", "account", "measures"):
        page = f"{path}/sections/{section}"
        sent: dict[str, str] = {"row_version": version(browser, page)}
        for key, answer in ANSWERS.items():
            sent |= {key: answer} if isinstance(answer, str) else cells(key, [dict(row) for row in answer])
        assert browser.post(page, sent).status_code == 303


def test_the_hub_names_what_is_due_possible_and_missing(world: World, browse: Browse) -> None:
    page = browse(world.officer.user_id).get(f"/enterprises/{world.steel_id}/dossiers").text
    for words in (
        "应完成",
        "企业环境信息依法披露年度报告",
        "还缺 12 个月",
        "临时环境信息依法披露报告",
        "月度报告",
    ):
        assert words in page
    stranger = browse(world.stranger_officer.user_id).get(f"/enterprises/{world.dyeing_id}/dossiers").text
    assert "还没有签发的披露或认证材料" in stranger
    reader = browse(world.regulator.user_id).get(f"/enterprises/{world.steel_id}/dossiers").text
    assert "dossiers/new/" not in reader, "who may not edit is offered no beginning"


def test_a_document_goes_from_its_first_word_to_the_issued_file(world: World, browse: Browse) -> None:
    officer, signatory = browse(world.officer.user_id), browse(world.signatory.user_id)
    path = begin(officer, world)
    early = officer.post(f"{path}/complete", {"row_version": version(officer, path)})
    assert early.status_code == 409
    assert "error-summary" in early.text
    assert f"{path}/sections/matter" in early.text, "what is missing links to its part"
    fill(officer, path)
    done = officer.post(f"{path}/complete", {"row_version": version(officer, path)})
    assert done.status_code == 303, done.text
    assert browse(world.steward.user_id).get(f"{path}/sign").status_code == 403
    for waiting in ("/", f"/enterprises/{world.steel_id}/dossiers"):
        assert f"{path}/sign" in signatory.get(waiting).text
    wrong = {"row_version": version(signatory, f"{path}/sign"), "agree": "y", "password": "wrong"}
    assert signatory.post(f"{path}/sign", wrong).status_code == 422
    assert signatory.post(f"{path}/sign", {**wrong, "agree": "", "password": PASSWORD}).status_code == 422
    assert signatory.post(f"{path}/sign", {**wrong, "password": PASSWORD}).status_code == 303
    assert officer.get(f"{path}/sections/matter").text.count("disabled") >= 1, "what is signed stands still"
    assert signatory.post(f"{path}/issue", {"row_version": "1"}).status_code == 303
    page = signatory.get(path).text
    for words in ("签发的文件", "HZ-AH-", "公开核验页", "有效"):
        assert words in page
    file = signatory.get(f"{path}/document.pdf")
    assert file.data.startswith(b"%PDF")
    assert hashlib.sha256(file.data).hexdigest() == file.headers["X-Document-SHA256"]
    status = signatory.get(f"{path}/status", headers={"HX-Request": "true"})
    assert status.headers["HX-Refresh"] == "true"
    assert "<html" not in status.text


def test_neutrality_of_an_event_stands_beside_that_of_the_enterprise(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    hub = f"/enterprises/{world.steel_id}/dossiers"
    begin(officer, world, "carbon_neutrality", "2025")
    assert f"{hub}/new/carbon_neutrality" in officer.get(hub).text, "another one can be begun"
    assert "2026 示例展会" in officer.get(f"{hub}/new/carbon_neutrality").text, "the hint says how"
    path = begin(officer, world, "carbon_neutrality", "2025 示例展会")
    assert "2025年 · 示例展会" in officer.get(path).text


def test_a_table_of_answers_works_by_its_buttons_alone(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    page = f"{begin(officer, world)}/sections/measures"
    sent = {"row_version": version(officer, page), "measures-0-measure": "示例措施甲"}
    more = officer.post(page, {**sent, "add_row": "measures"})
    assert more.status_code == 200
    assert 'value="示例措施甲"' in more.text
    assert 'name="measures-1-measure"' in more.text
    two = {**sent, "measures-4-measure": "示例措施乙"}
    less = officer.post(page, {**two, "remove_row": "measures-0"}).text
    assert 'value="示例措施乙"' in less
    assert "示例措施甲" not in less
    assert "示例措施" not in officer.get(page).text, "the buttons keep nothing"


def test_what_is_wrong_is_said_at_its_cell_and_what_was_typed_stays(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    path = begin(officer, world)
    page = f"{path}/sections/matter"
    sent = {"row_version": version(officer, page), "penalty_amount": "一万", "received_on": "2026-13-40"}
    answer = officer.post(page, sent)
    assert answer.status_code == 422
    for words in ('href="#penalty_amount"', 'href="#received_on"', 'value="一万"', 'value="2026-13-40"'):
        assert words in answer.text
    table = f"{path}/sections/measures"
    rows = cells("measures", [{"measure": "甲", "state": "done"}, {"measure": "乙", "done_on": "昨天"}])
    answer = officer.post(table, {"row_version": version(officer, table), **rows})
    assert answer.status_code == 422
    assert 'href="#measures-1-done_on"' in answer.text
    assert 'value="昨天"' in answer.text


def test_a_stale_form_is_refused_with_both_sides_kept(world: World, browse: Browse) -> None:
    officer, steward = browse(world.officer.user_id), browse(world.steward.user_id)
    page = f"{begin(officer, world)}/sections/matter"
    old = version(officer, page)
    assert steward.post(page, {"row_version": old, "authority": "甲局"}).status_code == 303
    answer = officer.post(page, {"row_version": old, "authority": "乙局"})
    assert answer.status_code == 409
    assert 'value="乙局"' in answer.text
    assert officer.post(page, {"row_version": version(officer, page), "authority": "乙局"}).status_code == 303


def test_a_pasted_label_counts_as_its_choice_and_a_wild_figure_as_itself(
    issued: Issued, world: World, browse: Browse
) -> None:
    officer = browse(world.officer.user_id)
    path = begin(officer, world)
    table, matter = f"{path}/sections/measures", f"{path}/sections/matter"
    label = re.search(r'<option value="done"[^>]*>([^<]+)<', officer.get(table).text)
    assert label
    rows = cells("measures", [{"measure": "甲", "state": label[1], "done_on": "2026年1月5日"}])
    assert officer.post(table, {"row_version": version(officer, table), **rows}).status_code == 303
    sent = {"row_version": version(officer, matter), "penalty_amount": "１２，３４５.６０"}
    assert officer.post(matter, sent).status_code == 303
    with issued.database.reading() as session:
        (line,) = dossier_lines(session, Dossier.subject == OTHER)
        answers = session.get_one(Dossier, line.id).answers
    assert answers["measures"] == [{"measure": "甲", "state": "done", "done_on": "2026-01-05"}]
    assert answers["penalty_amount"] == "12345.60"


def test_a_withdrawn_document_says_why_everywhere(issued: Issued, browse: Browse) -> None:
    browser = browse(issued.world.signatory.user_id)
    path = f"{issued.place}/{issued.line.id}/withdraw"
    assert browse(issued.world.officer.user_id).post(path, {"reason": "理由"}).status_code == 403
    assert browser.post(path, {"reason": " "}).status_code == 422
    assert browser.post(path, {"reason": "披露的事项有误"}).status_code == 303
    for page in (
        browser.get(issued.place).text,
        browser.get(f"{issued.place}/{issued.line.id}").text,
        issued.app.test_client().get(f"/verify/{issued.document.code}").text,
    ):
        assert "已撤销" in page
        assert "披露的事项有误" in page


def test_a_new_edition_takes_the_answers_along(issued: Issued, browse: Browse) -> None:
    officer = browse(issued.world.officer.user_id)
    answer = officer.post(f"{issued.place}/{issued.line.id}/edition", {"row_version": "1"})
    assert answer.status_code == 303
    page = officer.get(answer.location).text
    assert "第 2 版次" in page
    assert "示例行政处罚决定书" in officer.get(f"{answer.location}/sections/matter").text
    assert "各版次" in page


def test_a_draft_is_discarded_after_its_dialog_and_only_by_who_edits(world: World, browse: Browse) -> None:
    officer, signatory = browse(world.officer.user_id), browse(world.signatory.user_id)
    path = begin(officer, world)
    page = officer.get(path).text
    assert f'action="{path}/discard"' in page
    assert 'data-dialog="discard"' in page
    assert f"{path}/discard" not in signatory.get(path).text, "who may not edit is offered no discarding"
    assert signatory.post(f"{path}/discard", {"row_version": version(officer, path)}).status_code == 403
    assert officer.post(f"{path}/discard", {"row_version": "99"}).status_code == 409
    done = officer.post(f"{path}/discard", {"row_version": version(officer, path)})
    assert done.status_code == 303
    assert OTHER not in officer.get(done.location).text.replace("草稿已删除", "")
    assert officer.get(path).status_code == 404


def test_a_stranger_finds_nothing_of_a_document(issued: Issued, browse: Browse) -> None:
    world, own = issued.world, f"{issued.place}/{issued.line.id}"
    for actor in (world.stranger_officer, world.other_steward, world.other_regulator):
        browser = browse(actor.user_id)
        for path in (
            issued.place,
            own,
            f"{own}/document.pdf",
            f"{own}/sections/matter",
            f"{own}/preview.pdf",
        ):
            assert browser.get(path).status_code == 404, path
        assert browser.post(f"{own}/edition").status_code == 404
    foreign = own.replace(f"/{world.steel_id}/", f"/{world.dyeing_id}/")
    assert browse(world.stranger_officer.user_id).get(foreign).status_code == 404


def test_an_issue_that_failed_says_why_and_can_be_asked_for_again(issued: Issued, browse: Browse) -> None:
    said = "印章密钥已吊销，文件没有签发"
    with issued.database.writing() as session:
        dossier = make_signed_dossier(session, issued.world, "emission_report", "2024")
        failed = {"kind": "issue_dossier", "subject_id": dossier.id, "enterprise_id": issued.world.steel_id}
        session.add(Job(**failed, state=JobState.FAILED, error=f"key_unusable: {said}"))
        path = f"{issued.place}/{dossier.id}"
    page = browse(issued.world.signatory.user_id).get(path).text
    assert said in page
    assert f'action="{path}/issue"' in page


def test_the_register_shows_filters_and_exports_the_issued(issued: Issued, browse: Browse) -> None:
    world = issued.world
    with issued.database.writing() as session:
        make_issued_dossier(
            session, world, "carbon_footprint", "示例坯布", valid_until=today() - timedelta(days=1)
        )
        make_signed_dossier(session, world, "emission_report", "2025")
    regulator = browse(world.regulator.user_id)
    page = regulator.get("/dossiers/register").text
    assert issued.document.number in page
    assert "示例坯布" in page
    expired = regulator.get("/dossiers/register?standing=expired").text
    assert "示例坯布" in expired
    assert issued.document.number not in expired
    rows = list(csv.reader(io.StringIO(regulator.get(f"/dossiers/register.csv?kind={KIND}").text)))
    assert [row[0] for row in rows[1:]] == [issued.document.number]
    assert issued.document.sha256 in rows[1]
    assert regulator.get("/dossiers/register.xlsx").data.startswith(b"PK")
    assert issued.document.number not in browse(world.other_regulator.user_id).get("/dossiers/register").text
    assert browse(world.officer.user_id).get("/dossiers/register").status_code == 403


def test_the_stewards_board_has_every_clients_documents(issued: Issued, browse: Browse) -> None:
    world = issued.world
    page = browse(world.steward.user_id).get("/dossiers").text
    assert "示例钢铁有限公司" in page
    assert issued.document.number in page
    assert "企业环境信息依法披露年度报告" in page, "what is due stands there before it is begun"
    only = browse(world.steward.user_id).get("/dossiers?show=issued").text
    assert issued.document.number in only
    other = browse(world.other_steward.user_id).get("/dossiers").text
    assert "示例钢铁有限公司" not in other


@pytest.mark.parametrize("path", ["new/nothing", "99999", "1/sections/nothing"])
def test_an_unknown_document_is_not_found(issued: Issued, browse: Browse, path: str) -> None:
    assert browse(issued.world.officer.user_id).get(f"{issued.place}/{path}").status_code == 404
