"""Pages of findings, through the real application."""

import io
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import today
from portal.domain.workflow import Section, Severity
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord
from portal.services import findings
from portal.services.reviews import take_for_review
from tests.factories.months import pdf
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, reviewing_sqlite  # noqa: F401 - a fixture

Browse = Callable[[int], Browser]
TITLE = "=期末库存与盘点表不一致"


@pytest.fixture
def sqlite_url(reviewing_sqlite: tuple[Path, World, int], tmp_path: Path) -> str:  # noqa: F811 - asks for it
    """The database in which the month is submitted."""
    path = tmp_path / "portal.db"
    shutil.copy(reviewing_sqlite[0], path)
    return f"sqlite:///{path}"


@pytest.fixture
def world(reviewing_sqlite: tuple[Path, World, int]) -> World:  # noqa: F811 - asks for it
    """The people of that database."""
    return reviewing_sqlite[1]


@pytest.fixture
def finding_id(app: Flask, world: World) -> int:
    """A blocking finding raised in the review."""
    with app.extensions["portal.database"].writing() as session:
        record = session.scalars(sa.select(MonthlyRecord).where(MonthlyRecord.month == str(MONTH))).one()
        take_for_review(session, world.regulator, record.id, record.row_version)
        return findings.raise_finding(
            session,
            world.regulator,
            record.id,
            section=Section.ENERGY,
            severity=Severity.BLOCKING,
            title=TITLE,
            text="请按盘点表改正 <b>并</b> 上传",
            due_on=today() + timedelta(days=5),
        ).id


def held(app: Flask, finding_id: int) -> Finding:
    with app.extensions["portal.database"].reading() as session:
        return session.get_one(Finding, finding_id)


def version(app: Flask, finding_id: int) -> dict[str, Any]:
    return {"row_version": held(app, finding_id).row_version}


def response(app: Flask, finding_id: int, **changes: Any) -> dict[str, Any]:
    return {
        **version(app, finding_id),
        "addressed": "yes",
        "body": "已改正",
        "done_on": str(today()),
        "period_from": str(MONTH.first),
        "period_to": str(MONTH.last),
        **changes,
    }


def test_the_list_shows_what_is_mine_and_nothing_else(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    for person in (world.officer, world.steward, world.signatory, world.regulator, world.city_regulator):
        assert TITLE in browse(person.user_id).get("/findings").text
    for person in (world.stranger_officer, world.other_steward, world.other_regulator):
        browser = browse(person.user_id)
        assert TITLE not in browser.get("/findings?state=").text
        assert TITLE not in browser.get("/findings.csv?state=").text
        assert browser.get(f"/findings/{finding_id}").status_code == 404
        assert browser.post(f"/findings/{finding_id}/response", {}).status_code in {403, 404}
        assert browser.post(f"/findings/{finding_id}/recheck", {}).status_code == 404
    assert browse(world.platform_administrator.user_id).get("/findings").status_code == 403


def test_the_address_holds_the_filters_and_nonsense_is_left_out(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    browser = browse(world.officer.user_id)
    assert TITLE in browser.get(f"/findings?severity=blocking&month={MONTH}&q=盘点&source=review").text
    assert TITLE not in browser.get("/findings?severity=note").text
    assert "没有符合条件的差距" in browser.get("/findings?q=没有这个").text
    assert browser.get("/findings?state=x&month=2026-99&enterprise=a&page=-1&sort=z").status_code == 200
    page = browser.get(f"/findings/{finding_id}?severity=blocking&sort=number").text
    assert "/findings?severity=blocking&amp;sort=number" in page


def test_the_export_holds_no_formula(app: Flask, world: World, browse: Browse, finding_id: int) -> None:
    answer = browse(world.regulator.user_id).get("/findings.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert f"'{TITLE}" in answer.data.decode("utf-8-sig")


def test_text_of_others_is_shown_as_text(app: Flask, world: World, browse: Browse, finding_id: int) -> None:
    page = browse(world.officer.user_id).get(f"/findings/{finding_id}").text
    assert "&lt;b&gt;" in page
    assert "<b>并</b>" not in page


def test_a_response_with_a_file_goes_to_closing(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    officer, regulator = browse(world.officer.user_id), browse(world.regulator.user_id)
    sent = response(app, finding_id, file=(pdf("stock"), "盘点表.pdf"))
    answer = officer.post(f"/findings/{finding_id}/response", sent, content_type="multipart/form-data")
    assert answer.status_code == 303
    page = regulator.get(f"/findings/{finding_id}").text
    assert "盘点表.pdf" in page
    assert "等主管部门确认" in page
    evidence_id = held(app, finding_id).steps[-1].evidence_ids[0]
    file = f"/enterprises/{world.steel_id}/evidence/{evidence_id}/download"
    with regulator.get(file) as sent_back:
        assert sent_back.data == pdf("stock").getvalue()
    assert browse(world.stranger_officer.user_id).get(file).status_code == 404
    assert regulator.post(f"/findings/{finding_id}/close", version(app, finding_id)).status_code == 303
    assert held(app, finding_id).state == "closed"


def test_a_bad_response_keeps_what_was_typed(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    browser = browse(world.officer.user_id)
    address = f"/findings/{finding_id}/response"
    for changes, said in (
        ({"body": ""}, "请写明原因和做法"),
        ({"done_on": ""}, "已整改的要写明完成日期"),
        ({"done_on": "昨天"}, "日期要写成"),
        ({"addressed": ""}, "请选择是否已经整改"),
        ({"period_to": "2020-01-01"}, "不能早于"),
        ({"file": (io.BytesIO(b"MZ\x90\0"), "a.pdf")}, "这种文件不收"),
        ({"file": (pdf("x"), "a.pdf"), "period_from": ""}, "请写明文件证明的起止日期"),
    ):
        answer = browser.post(
            address, response(app, finding_id, **changes), content_type="multipart/form-data"
        )
        assert (answer.status_code, said in answer.text) == (422, True), said
        assert 'id="error-summary"' in answer.text
        assert "body" in changes or "已改正</textarea>" in answer.text
    assert held(app, finding_id).state == "open"


def test_a_stale_page_gets_a_conflict(app: Flask, world: World, browse: Browse, finding_id: int) -> None:
    browser = browse(world.officer.user_id)
    stale = response(app, finding_id, row_version=99)
    assert browser.post(f"/findings/{finding_id}/response", stale).status_code == 409


def test_closing_before_a_response_says_why_not(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    browser = browse(world.regulator.user_id)
    answer = browser.post(f"/findings/{finding_id}/close", {**version(app, finding_id), "comment": "好"})
    assert answer.status_code == 422
    assert "企业还没有回应，不能关闭" in answer.text
    assert browse(world.officer.user_id).post(f"/findings/{finding_id}/close", {}).status_code == 403


def test_a_response_is_returned_with_a_comment(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    officer, regulator = browse(world.officer.user_id), browse(world.regulator.user_id)
    officer.post(f"/findings/{finding_id}/response", response(app, finding_id))
    address = f"/findings/{finding_id}/return"
    assert regulator.post(address, {**version(app, finding_id), "comment": ""}).status_code == 422
    assert regulator.post(address, {**version(app, finding_id), "comment": "缺盖章"}).status_code == 303
    page = officer.get(f"/findings/{finding_id}").text
    assert "缺盖章" in page
    assert "回应被退回" in page


def test_a_waiver_shows_its_last_day(app: Flask, world: World, browse: Browse, finding_id: int) -> None:
    browser = browse(world.regulator.user_id)
    address, until = f"/findings/{finding_id}/waiver", today() + timedelta(days=9)
    assert browser.post(address, {**version(app, finding_id), "until": str(until)}).status_code == 422
    good = {**version(app, finding_id), "until": str(until), "reason": "设备已订货"}
    assert browse(world.officer.user_id).post(address, good).status_code == 403
    assert browser.post(address, good).status_code == 303
    assert f"已豁免至 {until}" in browser.get(f"/findings/{finding_id}").text


def test_a_reviewer_raises_a_finding_through_the_page(
    app: Flask, world: World, browse: Browse, finding_id: int
) -> None:
    browser = browse(world.regulator.user_id)
    address = f"/enterprises/{world.steel_id}/records/{MONTH}/review/findings"
    assert "开具差距" in browser.get(f"{address}?section=energy&cell=S-02.purchased").text
    given = {
        "section": "process",
        "severity": "explain",
        "title": "石灰石用量偏低",
        "body": "请核对磅单",
        "due_on": str(today()),
    }
    assert browser.post(address, {**given, "title": ""}).status_code == 422
    assert browser.post(address, {**given, "due_on": "2020-01-01"}).status_code == 422
    answer = browser.post(address, given)
    assert answer.status_code == 303
    assert "石灰石用量偏低" in browser.get(answer.headers["Location"]).text
    assert browse(world.officer.user_id).post(address, given).status_code == 403
    assert browse(world.other_regulator.user_id).post(address, given).status_code == 404
