"""Pages of reviews, through the real application."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import today
from portal.domain.workflow import Section, Severity
from portal.models.records import MonthlyRecord, RecordSection
from portal.services import findings
from portal.services.record_access import current_version
from portal.services.signing import answer_section, start_amending
from tests.factories.months import save_cell, submit_again
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, reviewing_sqlite  # noqa: F401 - a fixture

Browse = Callable[[int], Browser]
REVIEW = f"/enterprises/{{}}/records/{MONTH}/review"


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
def review(world: World) -> str:
    """Address of the review."""
    return REVIEW.format(world.steel_id)


def record(app: Flask) -> MonthlyRecord:
    with app.extensions["portal.database"].reading() as session:
        return session.scalars(sa.select(MonthlyRecord).where(MonthlyRecord.month == str(MONTH))).one()


def version(app: Flask) -> dict[str, Any]:
    return {"row_version": record(app).row_version}


def take(app: Flask, browser: Browser, review: str) -> None:
    assert browser.post(f"{review}/take", version(app)).status_code == 303


def decide_all(app: Flask, browser: Browser, review: str, *returned: Section) -> None:
    with app.extensions["portal.database"].reading() as session:
        sections = session.scalars(
            sa.select(RecordSection.section).where(RecordSection.version_id == record(app).current_version_id)
        ).all()
    for section in sections:
        back = section in returned
        answer = browser.post(
            f"{review}/sections/{section.value}",
            {
                **version(app),
                "decision": "return" if back else "accept",
                "comment": "盘点表缺第 2 页" if back else "",
            },
        )
        assert answer.status_code == 303


def test_the_enterprise_and_strangers_do_not_get_the_review(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    for person, status in (
        (world.officer, 403),
        (world.signatory, 403),
        (world.steward, 403),
        (world.other_regulator, 404),
        (world.stranger_officer, 404),
        (world.other_steward, 404),
    ):
        browser = browse(person.user_id)
        assert browser.get(review).status_code == status
        assert browser.post(f"{review}/take", version(app)).status_code == status
        assert browser.post(f"{review}/sections/energy", version(app)).status_code == status
        assert browser.get(f"{review}/findings").status_code == status


def test_the_whole_way_to_acceptance(app: Flask, world: World, browse: Browse, review: str) -> None:
    browser = browse(world.regulator.user_id)
    page = browser.get(review).text
    assert "受理审核" in page
    assert "自收到之日起 7 个工作日内审完" in page
    take(app, browser, review)
    page = browser.get(review).text
    assert "还有 5 节未决定" in page
    assert "120,188.43" in page
    decide_all(app, browser, review)
    confirm = browser.get(f"{review}/accept").text
    assert "1,214,057.49" in confirm
    assert browser.post(f"{review}/accept", {**version(app), "comment": "无异议"}).status_code == 303
    assert record(app).state == "accepted"
    assert "这一版的审核已结束" in browser.get(review).text


def test_a_return_without_a_comment_keeps_what_was_chosen(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    browser = browse(world.regulator.user_id)
    take(app, browser, review)
    answer = browser.post(f"{review}/sections/energy", {**version(app), "decision": "return", "comment": ""})
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert "退回要写明意见" in answer.text
    assert re.search(r'<input[^>]*checked[^>]*value="return"', answer.text)


def test_acceptance_with_sections_undecided_names_each_of_them(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    browser = browse(world.regulator.user_id)
    take(app, browser, review)
    answer = browser.post(f"{review}/accept", version(app))
    assert answer.status_code == 422
    assert answer.text.count("这一节还没有决定") == 5
    assert "review?section=process" in answer.text


def test_a_stale_page_gets_a_conflict_and_changes_nothing(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    browser = browse(world.regulator.user_id)
    take(app, browser, review)
    stale = {"row_version": record(app).row_version - 1, "decision": "accept"}
    assert browser.post(f"{review}/sections/energy", stale).status_code == 409
    assert browser.post(f"{review}/sections/energy", {"decision": "accept"}).status_code == 422


def test_nonsense_in_the_address_is_not_found(world: World, browse: Browse, review: str) -> None:
    browser = browse(world.regulator.user_id)
    assert browser.get(f"{review}?section=nothing").status_code == 404
    assert browser.get(f"{review}?file=99999999999").status_code == 200
    assert browser.get(review.replace(str(MONTH), "2031-01")).status_code == 404
    assert browser.get(review.replace(str(MONTH), "2026-99")).status_code == 400


def test_a_question_is_answered_by_the_steward_and_ends_the_pause(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    regulator, steward = browse(world.regulator.user_id), browse(world.steward.user_id)
    take(app, regulator, review)
    asked = {**version(app), "section": "energy", "body": "8 月换秤了吗？", "answer_due_on": str(today())}
    assert regulator.post(f"{review}/ask", {**asked, "body": ""}).status_code == 422
    assert regulator.post(f"{review}/ask", asked).status_code == 303
    assert "时限暂停" in regulator.get(review).text
    questions = review.replace("/review", "/questions")
    page = steward.get(questions).text
    assert "8 月换秤了吗？" in page
    found = re.search(r'name="question_id" value="(\d+)"', page)
    assert found is not None
    number = found[1]
    assert browse(world.stranger_officer.user_id).get(questions).status_code == 404
    assert regulator.post(questions, {"question_id": number, "answer": "答"}).status_code == 403
    assert steward.post(questions, {"question_id": "9999", "answer": "答"}).status_code == 404
    assert steward.post(questions, {"question_id": number, "answer": " "}).status_code == 422
    lies = {"question_id": number, "answer": "见附件", "file": (BytesIO(b"MZ not a pdf"), "换秤.pdf")}
    refused = steward.post(questions, lies)
    assert refused.status_code == 422
    assert "见附件" in refused.text
    file = (BytesIO(b"%PDF-1.7\nbelt scale\n%%EOF\n"), "换秤.pdf")
    given = {"question_id": number, "answer": "换了 GD-01", "file": file}
    assert steward.post(questions, given).status_code == 303
    page = regulator.get(review).text
    assert "换了 GD-01" in page
    link = re.search(r'href="([^"]+)">.*?换秤\.pdf', page[page.index("换了 GD-01") :], re.DOTALL)
    assert link is not None
    assert regulator.get(link[1]).data.startswith(b"%PDF")
    assert browse(world.stranger_officer.user_id).get(link[1]).status_code == 404


def test_a_return_says_what_will_happen_and_the_second_version_shows_what_changed(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    browser = browse(world.regulator.user_id)
    take(app, browser, review)
    decide_all(app, browser, review, Section.ENERGY)
    assert "盘点表缺第 2 页" in browser.get(f"{review}/return").text
    day = str(today() + timedelta(days=7))
    late = {**version(app), "amend_due_on": "2020-01-01"}
    assert browser.post(f"{review}/return", late).status_code == 422
    assert browser.post(f"{review}/return", {**version(app), "amend_due_on": day}).status_code == 303
    amend(app, world)
    take(app, browser, review)
    page = browser.get(f"{review}?section=energy").text
    assert "第 2 版" in page
    assert "+312.40" in page
    assert "−312.40" in page
    assert "已按盘点表改正" in page
    difference = review.replace("/review", "/difference")
    shown = browse(world.officer.user_id).get(f"{difference}?from=1&to=2").text
    assert "3 行有变化" in shown
    assert "+711.80" in shown
    assert browser.get(f"{difference}?from=1&to=7").status_code == 404
    assert browser.get(f"{difference}?from=a").status_code == 400
    assert browse(world.other_regulator.user_id).get(f"{difference}?from=1&to=2").status_code == 404


def amend(app: Flask, world: World) -> None:
    """The enterprise corrects the returned section and signs again."""
    with app.extensions["portal.database"].writing() as session:
        held = session.get_one(MonthlyRecord, record(app).id)
        made = start_amending(session, world.officer, held.id, held.row_version)
        save_cell(session, world.officer, made.id, "S-02.closing_stock", "687.60")
        answer_section(session, world.officer, made.id, "energy", "已按盘点表改正")
        submit_again(session, world, held)


def test_an_acceptance_is_countersigned_by_another_where_the_setting_asks(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    app.extensions["portal.settings"] = replace(app.extensions["portal.settings"], require_countersign=True)
    first, second = browse(world.regulator.user_id), browse(world.second_regulator.user_id)
    take(app, first, review)
    decide_all(app, first, review)
    assert "提出接受，送复核" in first.get(review).text
    assert first.post(f"{review}/accept", version(app)).status_code == 303
    assert record(app).state == "pending_countersign"
    assert "提出人不能兼任复核人" in first.get(review).text
    agree = {**version(app), "verdict": "agree"}
    assert first.post(f"{review}/countersign", agree).status_code == 422
    assert second.post(f"{review}/countersign", {**version(app), "verdict": "disagree"}).status_code == 422
    assert second.post(f"{review}/countersign", agree).status_code == 303
    assert record(app).state == "accepted"


def test_a_blocking_finding_turns_the_button_off_and_says_why(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    browser = browse(world.regulator.user_id)
    take(app, browser, review)
    decide_all(app, browser, review)
    with app.extensions["portal.database"].writing() as session:
        findings.raise_finding(
            session,
            world.regulator,
            record(app).id,
            section=Section.ENERGY,
            severity=Severity.BLOCKING,
            title="缺页",
            text="补第 2 页",
            due_on=today(),
        )
    page = browser.get(review).text
    assert "还有 1 项阻断性差距没有关闭" in page
    assert "缺页" in browser.get(f"{review}/accept").text
    assert browser.post(f"{review}/accept", version(app)).status_code == 422


def test_a_review_is_handed_to_a_colleague(app: Flask, world: World, browse: Browse, review: str) -> None:
    browser = browse(world.regulator.user_id)
    take(app, browser, review)
    page = browser.get(f"{review}/reassign").text
    assert world.second_regulator.name in page
    assert world.other_regulator.name not in page
    other = {**version(app), "reviewer": str(world.other_regulator.user_id)}
    assert browser.post(f"{review}/reassign", other).status_code == 422
    colleague = {**version(app), "reviewer": str(world.second_regulator.user_id)}
    assert browser.post(f"{review}/reassign", colleague).status_code == 303
    assert "由 吴示例 承办" in browser.get(review).text


def test_a_review_is_laid_back_and_taken_by_a_colleague(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    browser, city = browse(world.regulator.user_id), browse(world.city_regulator.user_id)
    take(app, browser, review)
    assert f"{review}/release" in browser.get(review).text
    assert f"{review}/release" not in city.get(review).text
    assert f"{review}/reassign" in city.get(review).text
    assert "已作的决定、问答和时限都保留" in browser.get(f"{review}/release").text
    assert browser.post(f"{review}/release", {**version(app), "reason": ""}).status_code == 422
    refused = city.post(f"{review}/release", {**version(app), "reason": "代为放回"})
    assert refused.status_code == 422
    assert "承办" in refused.text
    assert browser.post(f"{review}/release", {**version(app), "reason": "出差"}).status_code == 303
    page = browser.get(review).text
    assert "受理审核" in page
    assert "承办 " not in page
    take(app, browse(world.second_regulator.user_id), review)
    assert "承办 吴示例" in browser.get(review).text


def test_a_restatement_is_asked_for_and_granted(
    app: Flask, world: World, browse: Browse, review: str
) -> None:
    regulator, officer = browse(world.regulator.user_id), browse(world.officer.user_id)
    take(app, regulator, review)
    decide_all(app, regulator, review)
    regulator.post(f"{review}/accept", version(app))
    address = review.replace("/review", "/restatement")
    assert "申请更正" in officer.get(address).text
    assert officer.post(address, {**version(app), "reason": ""}).status_code == 422
    assert regulator.post(address, {**version(app), "reason": "改"}).status_code == 403
    assert officer.post(address, {**version(app), "reason": "漏记一船烟煤"}).status_code == 303
    assert "漏记一船烟煤" in regulator.get(address).text
    decision = f"{address}/decision"
    assert officer.post(decision, {**version(app), "verdict": "grant"}).status_code == 403
    assert regulator.post(decision, {**version(app), "verdict": "refuse"}).status_code == 422
    assert regulator.post(decision, {**version(app), "verdict": "grant"}).status_code == 422
    granted = {**version(app), "verdict": "grant", "amend_due_on": str(today() + timedelta(days=20))}
    assert regulator.post(decision, granted).status_code == 303
    held = record(app)
    assert held.state == "draft"
    assert held.official_version_id != held.current_version_id
    with app.extensions["portal.database"].reading() as session:
        assert current_version(session, held).number == 2
    working = review.replace("/review", "/difference?from=1&to=2")
    assert officer.get(working).status_code == 200
    assert regulator.get(working).status_code == 404
