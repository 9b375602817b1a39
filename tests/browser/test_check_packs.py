"""A regulator writes a check, tries it on history, a second one publishes it; the next month obeys it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from portal.domain.periods import Month, today
from portal.models.evaluations import Evaluation
from portal.models.findings import Finding
from portal.models.records import Snapshot
from portal.services.months import find_record
from tests.browser.steps import evaluate
from tests.factories.months import make_filled_month, make_submitted_month
from tests.factories.packs import make_second_city_regulator
from tests.factories.plans import make_steel_plan
from tests.factories.world import PASSWORD, World, make_world
from tests.fixtures.browser import WAIT, Site, serve, sign_in

NEWEST = Month.of(today()).previous()
BEFORE = NEWEST.previous()
CHECK_ID = "CK-EX-100"

pytestmark = pytest.mark.browser


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Site, World]]:
    """A steel works with a signed month and one that is being filled; two city regulators."""
    with serve(sqlite_url, tmp_path) as site:
        with site.database.writing() as session:
            world = make_world(session)
            plan = make_steel_plan(session, world)
            make_submitted_month(session, world, plan, BEFORE)
            make_filled_month(session, world, plan, NEWEST)
            make_second_city_regulator(session, world)
        yield site, world


def window(chromium: Browser, site: Site) -> BrowserContext:
    context = chromium.new_context(base_url=site.url, viewport={"width": 1280, "height": 720}, locale="zh-CN")
    context.set_default_timeout(WAIT)
    return context


def write_check(page: Page) -> None:
    """Write the check with its two cases, watching it being read out, and save it."""
    for name, text in {
        "id": CHECK_ID,
        "title": "购入量不超过一吨",
        "title_en": "No more than one tonne bought",
        "applies": 'row.parameter == "purchased"',
        "message": "{row.stream_name}购入 {row.value} {row.unit}",
        "message_en": "{row.stream_name}: {row.value} {row.unit} bought",
        "expected": "不超过 1",
        "expected_en": "no more than 1",
        "actual": "{row.value}",
        "actual_en": "{row.value}",
        "mend": "核对购入台账。",
        "mend_en": "Look at the ledger.",
        "source": "示例",
        "clause": "示例",
    }.items():
        page.locator(f"#{name}").fill(text)
    page.locator("#severity").select_option("blocking")
    page.locator("#expression").fill("row.value <= 1 +")
    expect(page.locator('[data-reading="wrong"]').first).to_be_visible()
    page.locator("#expression").fill("row.value <= 1")
    expect(page.locator("#reading")).to_contain_text("本月数值不大于1")
    for number, (outcome, value) in enumerate((("passed", "1"), ("failed", "2"))):
        page.get_by_role("button", name="用例", exact=True).click()
        page.locator(f"#cases-{number}-name").fill(f"示例 {value}")
        page.locator(f"#cases-{number}-outcome").select_option(outcome)
        page.locator(f"#cases-{number}-at").fill("S-02.purchased")
        page.locator(f"#cases-{number}-changes").fill(f"rows[S-02.purchased].value = {value}")
    page.get_by_role("button", name="试一试").click()
    expect(page.locator("#tried")).to_contain_text("不通过")
    page.locator("#save-check").click()
    expect(page.get_by_text(f"已保存 {CHECK_ID}")).to_be_visible()


def test_a_written_check_holds_for_the_next_month_and_not_for_the_old_one(
    chromium: Browser, place: tuple[Site, World]
) -> None:
    site, world = place
    expect.set_options(timeout=WAIT)
    author = sign_in(window(chromium, site), "city@example.test", PASSWORD)
    author.get_by_role("link", name="检查规则").click()
    pack = author.locator('form[action*="/packs/carbon-data-quality/1/copy"]')
    pack.get_by_role("button", name="复制为草稿").click()
    draft = author.url
    author.locator("#checks").get_by_role("link", name="新增").click()
    write_check(author)
    author.goto(draft)
    author.get_by_label("修订说明").fill("示例：加一条")
    author.get_by_label("自哪个月起执行").fill(str(NEWEST))
    author.get_by_role("button", name="保存", exact=True).click()
    author.get_by_role("button", name="试运行").click()
    expect(author.locator("#dry-run")).to_contain_text("已完成")
    expect(author.locator("#dry-run")).to_contain_text("新触发 1 份")
    author.get_by_role("button", name="送复核（须另一人发布）").click()
    expect(author.get_by_role("button", name="发布", exact=True)).to_have_attribute("aria-disabled", "true")

    second = sign_in(window(chromium, site), "city2@example.test", PASSWORD)
    second.goto(draft)
    second.get_by_role("button", name="发布，自").click()
    expect(second.locator('.page-sub [data-state="published"]')).to_be_visible()

    officer = sign_in(window(chromium, site), "officer@example.test", PASSWORD)
    evaluate(officer, f"/enterprises/{world.steel_id}/records/{NEWEST}")
    with site.database.reading() as session:
        newest = find_record(session, world.steel_id, NEWEST)
        before = find_record(session, world.steel_id, BEFORE)
        found = {record.id: _checks(session, record.id) for record in (newest, before)}
        signed = session.get_one(Snapshot, before.current_version_id)
        packs = session.get_one(Evaluation, signed.evaluation_id).packs
    assert CHECK_ID in found[newest.id]
    assert CHECK_ID not in found[before.id]
    assert packs["carbon-data-quality"] == "1"


def _checks(session: Session, record_id: int) -> set[str]:
    return set(session.scalars(sa.select(Finding.check_id).where(Finding.record_id == record_id)))
