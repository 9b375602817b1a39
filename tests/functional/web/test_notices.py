"""Letters that ask for mending: a draft of a gap, a draft of a returned month, and who gets them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import today
from portal.domain.workflow import Decision, FindingState, Section
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord, RecordSection
from portal.services import reviews
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, reviewing_sqlite  # noqa: F401 - a fixture
from tests.functional.web.test_findings import finding_id, sqlite_url, world  # noqa: F401 - fixtures
from tests.unit.reports.conftest import page_texts

Browse = Callable[[int], Browser]


@pytest.fixture
def returned_id(app: Flask, world: World) -> int:  # noqa: F811 - asks for it
    """The version that a reviewer has returned for its energy section."""
    with app.extensions["portal.database"].writing() as session:
        record = session.scalars(sa.select(MonthlyRecord).where(MonthlyRecord.month == str(MONTH))).one()
        reviews.take_for_review(session, world.regulator, record.id, record.row_version)
        version_id = record.current_version_id
        assert version_id is not None
        sections = session.scalars(sa.select(RecordSection).where(RecordSection.version_id == version_id))
        for row in sections.all():
            word = Decision.RETURN if row.section is Section.ENERGY else Decision.ACCEPT
            comment = "烟煤消耗量与台账相差54.00吨（6.2.1.1）" if word is Decision.RETURN else ""
            reviews.decide_section(
                session, world.regulator, record.id, record.row_version, row.section, word, comment
            )
        reviews.return_for_amends(
            session, world.regulator, record.id, record.row_version, today() + timedelta(days=7)
        )
        return int(version_id)


def _draft(browser: Browser, path: str) -> str:
    """Have the letter printed; gives its text, of one page."""
    assert "生成文稿" in browser.get(path).text
    assert browser.post(path).status_code == 303
    assert "打开文稿 PDF" in browser.get(path).text
    answer = browser.get(f"{path}/notice.pdf")
    assert answer.mimetype == "application/pdf"
    (page,) = page_texts(answer.data)
    return page.replace(" ", "")


def test_a_gap_becomes_a_draft_letter_of_one_page(
    app: Flask,
    world: World,  # noqa: F811 - asks for it
    browse: Browse,
    finding_id: int,  # noqa: F811 - asks for it
) -> None:
    browser = browse(world.regulator.user_id)
    path = f"/enterprises/{world.steel_id}/notices/finding/{finding_id}"
    assert path in browser.get(f"/findings/{finding_id}").text
    text = _draft(browser, path)
    for words in ("示例钢铁有限公司：", "限期整改的通知", "期末库存与盘点表不一致", "经审核", "未印发"):
        assert words in text, words
    due = today() + timedelta(days=5)
    assert f"请于{due.year}年{due.month}月{due.day}日前完成整改" in text
    with app.extensions["portal.database"].writing() as session:
        session.get_one(Finding, finding_id).state = FindingState.CLOSED
    assert browser.get(path).status_code == 400


def test_a_returned_month_becomes_a_draft_letter(
    app: Flask,
    world: World,  # noqa: F811 - asks for it
    browse: Browse,
    returned_id: int,
) -> None:
    path = f"/enterprises/{world.steel_id}/notices/return/{returned_id}"
    browser = browse(world.regulator.user_id)
    assert path in browser.get(f"/enterprises/{world.steel_id}/records/{MONTH}").text
    text = _draft(browser, path)
    for words in (
        "关于退回示例钢铁有限公司2026年9月",
        "一、能源消耗数据。",
        "相差54.00吨（6.2.1.1）。",
        "收悉",
    ):
        assert words in text, words
    due = today() + timedelta(days=7)
    assert f"请于{due.year}年{due.month}月{due.day}日前补正" in text


def test_only_the_authority_of_the_place_gets_a_letter(
    world: World,  # noqa: F811 - asks for it
    browse: Browse,
    finding_id: int,  # noqa: F811 - asks for it
) -> None:
    path = f"/enterprises/{world.steel_id}/notices/finding/{finding_id}"
    assert browse(world.officer.user_id).get(path).status_code == 403
    assert browse(world.other_regulator.user_id).get(path).status_code == 404
    elsewhere = f"/enterprises/{world.dyeing_id}/notices/finding/{finding_id}"
    assert browse(world.city_regulator.user_id).get(elsewhere).status_code == 404
    for never in ("return/999999", "visit/1"):
        path_of_none = f"/enterprises/{world.steel_id}/notices/{never}"
        assert browse(world.regulator.user_id).get(path_of_none).status_code == 404
    assert browse(world.regulator.user_id).get(f"{path}/notice.pdf").status_code == 303
