"""The life of a finding on its page: returned, answered, checked again, closed by another; a waiver's end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from playwright.sync_api import Page, expect

from portal.domain.periods import Month, today
from portal.domain.workflow import FindingState, Severity
from portal.models.findings import Finding
from portal.models.organisations import EnterpriseProfile
from portal.models.records import MonthlyRecord
from tests.browser import steps
from tests.factories.months import evaluate, make_filled_month, save_cell
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world
from tests.fixtures.browser import Site

MONTH = Month.of(today()).previous()
CELL = "S-02.closing_stock"
Person = Callable[[str], Page]

pytestmark = pytest.mark.browser


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """On SQLite; the services' own tests go on both databases."""
    return sqlite_url


@pytest.fixture
def world(site: Site) -> World:
    """A filled month with more closing stock than was ever there, evaluated."""
    storage = site.app.extensions["portal.storage"]
    with site.database.writing() as session:
        made = make_world(session)
        session.get_one(EnterpriseProfile, made.steel_id).first_month = str(MONTH)
        plan = make_steel_plan(session, made)
        record = make_filled_month(session, made, plan, MONTH, storage=storage)
        assert record.current_version_id is not None
        save_cell(session, made.officer, record.current_version_id, CELL, "999999")
        evaluate(session, made.officer, record.current_version_id)
    return made


def blocking(site: Site) -> Finding:
    """The first blocking finding of that cell's month, as it is now."""
    with site.database.reading() as session:
        return session.scalars(
            sa.select(Finding)
            .join(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
            .where(MonthlyRecord.month == str(MONTH), Finding.severity == Severity.BLOCKING)
            .order_by(Finding.id)
            .limit(1)
        ).one()


def open_act(page: Page, finding: Finding, name: str) -> None:
    """Go to the finding and unfold one of its acts."""
    page.goto(f"/findings/{finding.id}")
    page.locator(f"#act-{name} summary").click()


def respond(page: Page, finding: Finding, words: str) -> None:
    """Answer that it is mended."""
    open_act(page, finding, "response")
    page.get_by_label("已整改", exact=True).check()
    page.get_by_label("原因和做法").fill(words)
    page.get_by_label("完成日期").fill(str(today()))
    page.get_by_role("button", name="送出回应").click()
    expect(page.get_by_text("回应已送出")).to_be_visible()


def test_a_finding_is_returned_answered_checked_again_and_closed_by_another(
    site: Site, world: World, person: Person
) -> None:
    finding = blocking(site)
    officer, regulator = person("officer@example.test"), person("regulator@example.test")
    respond(officer, finding, "已核对")
    expect(officer.get_by_text("重跑检查：未通过")).to_be_visible()
    expect(officer.get_by_role("button", name="关闭", exact=True)).to_have_count(0)

    open_act(regulator, finding, "return")
    regulator.get_by_label("退回意见").fill("期末库存没有改")
    regulator.get_by_role("button", name="退回", exact=True).click()
    expect(regulator.get_by_text("回应已退回企业")).to_be_visible()

    officer.goto(f"/enterprises/{world.steel_id}/records/{MONTH}/energy")
    steps.type_value(officer, CELL, "1000")
    respond(officer, finding, "已按盘点表改正")
    expect(officer.get_by_text("重跑检查：通过")).to_be_visible()

    open_act(regulator, finding, "close")
    regulator.get_by_role("button", name="关闭", exact=True).click()
    expect(regulator.get_by_text("差距已关闭")).to_be_visible()
    assert blocking(site).state is FindingState.CLOSED
    assert blocking(site).closed_by_id == world.regulator.user_id


def test_an_officer_mends_a_month_from_its_list_of_gaps_until_nothing_blocks(
    site: Site, world: World, person: Person
) -> None:
    place = f"/enterprises/{world.steel_id}/records/{MONTH}"
    officer = person("officer@example.test")
    officer.goto(f"{place}/energy")
    steps.type_value(officer, "S-04.closing_stock", "999999")
    blocking_card = officer.locator("#evaluation .card", has=officer.get_by_role("heading", name="阻断"))
    mended = []
    steps.evaluate(officer, place)
    while blocking_card.count():
        blocking_card.get_by_role("link", name="去这一格").first.click()
        stream = officer.url.partition("#cell-")[2].partition(".")[0]
        assert stream not in mended, "the same gap came back"
        steps.type_value(officer, f"{stream}.closing_stock", "1000")
        mended.append(stream)
        steps.evaluate(officer, place)
    assert sorted(mended) == ["S-02", "S-04"]
    steps.explain_findings(officer, str(MONTH))
    steps.hand_over(officer, place)


def test_a_waiver_runs_out_and_the_finding_blocks_again(site: Site, world: World, person: Person) -> None:
    finding, until = blocking(site), today() + timedelta(days=5)
    said = str(finding.detail["message"])
    place = f"/enterprises/{world.steel_id}/records/{MONTH}"
    officer, regulator = person("officer@example.test"), person("regulator@example.test")
    open_act(officer, finding, "ask_waiver")
    officer.get_by_label("申请豁免至").fill(str(until))
    officer.get_by_label("理由和依据").fill("地磅在检，本周取回证书")
    officer.get_by_role("button", name="送出申请").last.click()
    expect(officer.get_by_text("豁免申请已送出")).to_be_visible()

    open_act(regulator, finding, "waive")
    regulator.get_by_label("豁免理由和依据").fill("已核对送检单")
    regulator.get_by_role("button", name="豁免", exact=True).click()
    expect(regulator.get_by_text(f"已豁免至 {until}").first).to_be_visible()
    officer.goto(place)
    expect(officer.get_by_text(said)).to_have_count(0)

    with time_machine.travel(f"{until + timedelta(days=1)}T02:00:00Z", tick=True):
        later = person("officer@example.test")
        later.goto(f"/findings/{finding.id}")
        expect(later.get_by_text(f"豁免已于 {until} 到期，恢复为未关闭")).to_be_visible()
        later.goto(place)
        expect(later.get_by_text(said).first).to_be_visible()
