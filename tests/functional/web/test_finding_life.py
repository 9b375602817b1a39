"""The pages of a finding's life, the boards and the doubtful points, through the real application."""

import io
import shutil
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import today
from portal.domain.workflow import FindingSource, FindingState, Severity
from portal.models.findings import Finding
from portal.models.patterns import LabReport, Suspicion
from portal.services.finding_opening import open_finding
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, reviewing_sqlite  # noqa: F401 - a fixture

Browse = Callable[[int], Browser]
TITLE = "=HYPERLINK(1)"


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
    """A finding of a visit, about no month."""
    with app.extensions["portal.database"].writing() as session:
        return open_finding(
            session,
            world.steward,
            world.steel_id,
            source=FindingSource.VISIT,
            record_id=None,
            check_id="CSV-01",
            subject="",
            severity=Severity.BLOCKING,
            title=TITLE,
            detail={
                "message": "台账缺页",
                "measures": [{"text": "补录台账", "effect": "数据可追溯"}],
            },
        ).id


def held(app: Flask, finding_id: int) -> Finding:
    with app.extensions["portal.database"].reading() as session:
        return session.get_one(Finding, finding_id)


def act(app: Flask, browser: Browser, finding_id: int, path: str, **fields: Any) -> int:
    """Post an act with the finding's version; returns the status."""
    answer = browser.post(
        f"/findings/{finding_id}/{path}", {"row_version": held(app, finding_id).row_version, **fields}
    )
    return int(answer.status_code)


def test_a_finding_without_a_month_is_shown_with_its_measures(
    browse: Browse, world: World, finding_id: int
) -> None:
    page = browse(world.officer.user_id).get(f"/findings/{finding_id}").text
    assert "补录台账" in page
    assert "数据可追溯" in page
    assert "上门或现场检查" in page
    assert "申请延期" in page


def test_more_time_is_asked_for_and_granted(
    app: Flask, browse: Browse, world: World, finding_id: int
) -> None:
    until = held(app, finding_id).due_on + timedelta(days=3)
    officer, regulator = browse(world.officer.user_id), browse(world.regulator.user_id)
    assert act(app, officer, finding_id, "extension/ask", extend_to=until, reason="等备件") == 303
    assert "等备件" in regulator.get(f"/findings/{finding_id}").text
    assert f"/findings/{finding_id}" in regulator.get("/findings?state=asked").text
    assert act(app, regulator, finding_id, "extension/decision", granted="yes", comment="") == 303
    assert held(app, finding_id).due_on == until


def test_a_waiver_is_asked_for_refused_and_granted(
    app: Flask, browse: Browse, world: World, finding_id: int
) -> None:
    until = today() + timedelta(days=30)
    officer, regulator = browse(world.officer.user_id), browse(world.regulator.user_id)
    assert act(app, officer, finding_id, "waiver/ask", until=until, reason="设备已订货") == 303
    assert held(app, finding_id).state is FindingState.WAIVER_ASKED
    assert act(app, regulator, finding_id, "waiver/refusal", comment="可以先补") == 303
    assert held(app, finding_id).state is FindingState.OPEN
    assert act(app, officer, finding_id, "waiver/ask", until=until, reason="仍请豁免") == 303
    assert act(app, regulator, finding_id, "waiver", until=until, reason="同意", reach="one") == 303
    row = held(app, finding_id)
    assert (row.state, row.severity) == (FindingState.WAIVED, Severity.BLOCKING)


def test_a_false_alarm_a_comment_and_what_is_not_allowed(
    app: Flask, browse: Browse, world: World, finding_id: int
) -> None:
    officer, regulator = browse(world.officer.user_id), browse(world.regulator.user_id)
    assert act(app, officer, finding_id, "comment", comment="<b>请看附页</b>") == 303
    assert "&lt;b&gt;请看附页" in regulator.get(f"/findings/{finding_id}").text
    assert act(app, officer, finding_id, "dismissal", reason="误报") == 403
    assert act(app, regulator, finding_id, "dismissal", reason="") == 422
    assert act(app, regulator, finding_id, "dismissal", reason="当日停产") == 303
    assert "误报，已撤销" in officer.get(f"/findings/{finding_id}").text
    assert act(app, regulator, finding_id, "look-back", holds="yes", comment="已核对") == 303
    assert act(app, browse(world.signatory.user_id), finding_id, "comment", comment="看过") == 403


def test_ticked_findings_are_given_to_a_person(
    app: Flask, browse: Browse, world: World, finding_id: int
) -> None:
    lead = browse(world.steward_lead.user_id)
    fields = {"act": "assign", "ids": finding_id, "owner": world.steward.user_id}
    assert lead.post("/findings/bulk", fields).status_code == 303
    assert held(app, finding_id).owner_id == world.steward.user_id
    foreign = {**fields, "owner": world.stranger_officer.user_id}
    lead.post("/findings/bulk", foreign)
    assert held(app, finding_id).owner_id == world.steward.user_id
    assert browse(world.other_steward.user_id).post("/findings/bulk", fields).status_code == 404
    assert lead.post("/findings/bulk", {"act": "assign"}).status_code == 303
    later = held(app, finding_id).due_on + timedelta(days=9)
    extend = {"act": "extend", "ids": finding_id, "until": later, "reason": "台风"}
    browse(world.regulator.user_id).post("/findings/bulk", extend)
    assert held(app, finding_id).due_on == later


def test_files_hold_what_is_shown_and_no_formula(browse: Browse, world: World, finding_id: int) -> None:
    officer = browse(world.officer.user_id)
    csv = officer.get("/findings.csv?state=").get_data().decode("utf-8-sig")
    assert f"'{TITLE}" in csv or TITLE not in csv.replace(f"'{TITLE}", "")
    book = zipfile.ZipFile(io.BytesIO(officer.get("/findings.xlsx?state=").get_data()))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert TITLE in book.read("xl/sharedStrings.xml").decode()


@pytest.mark.parametrize("who", ["officer", "steward", "regulator", "signatory"])
def test_the_board_says_what_to_do_first(browse: Browse, world: World, finding_id: int, who: str) -> None:
    browser = browse(getattr(world, who).user_id)
    page = browser.get("/findings/board").text
    assert f"/findings/{finding_id}" in page
    assert browser.get("/findings/board/sections.csv").status_code == 200
    assert browser.get("/findings/board/trend.xlsx").get_data()[:2] == b"PK"
    assert browser.get("/findings/board/nothing.csv").status_code == 404


def test_the_statistics_are_the_regulators(browse: Browse, world: World, finding_id: int) -> None:
    regulator = browse(world.regulator.user_id)
    page = regulator.get("/statistics").text
    for words in ("按区县", "按行业", "按检查", "反复出现", "管家质量分", "待审月份的风险排序"):
        assert words in page
    for table in ("ranking", "districts", "industries", "checks", "repeats", "firms"):
        assert regulator.get(f"/statistics/{table}.csv").status_code == 200
    assert browse(world.officer.user_id).get("/statistics").status_code == 403


def test_a_test_report_is_noted_found_and_made_a_finding(app: Flask, browse: Browse, world: World) -> None:
    officer, regulator = browse(world.officer.user_id), browse(world.regulator.user_id)
    where = f"/enterprises/{world.steel_id}/lab-reports"
    fields = {
        "cell": "S-02.moisture",
        "report_number": "JC-77",
        "laboratory": "示例检测有限公司",
        "in_scope": "",
        "sampled_on": "2026-09-20",
        "reported_on": "2026-09-10",
        "month_from": str(MONTH),
        "month_to": str(MONTH),
    }
    assert officer.post(where, {**fields, "cell": "S-99.moisture"}).status_code == 422
    assert officer.post(where, fields).status_code == 303
    assert "JC-77" in officer.get(where).text
    assert regulator.post("/patterns/search", {"month": str(MONTH)}).status_code == 303
    database = app.extensions["portal.database"]
    with database.reading() as session:
        assert session.scalars(sa.select(LabReport)).one().reported_on == date(2026, 9, 10)
    page = regulator.get("/patterns").text
    assert "JC-77" in page
    assert "<svg" in page
    with database.reading() as session:
        suspicion_id = session.scalars(sa.select(Suspicion.id)).one()
    address = f"/patterns/{suspicion_id}/decision"
    assert regulator.post(address, {"words": "", "raise_it": "1"}).status_code == 303
    answer = regulator.post(address, {"words": "请说明日期", "raise_it": "1"})
    assert answer.headers["Location"].startswith("/findings/")
    assert "JC-77" in officer.get(answer.headers["Location"]).text
    assert officer.get("/patterns").status_code == 403
