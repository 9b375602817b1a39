"""The three rounds of the README, followed word by word in the example world."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.domain.periods import Month, today
from portal.services.demo import PASSWORD
from tests.browser.steps import without_viewer
from tests.factories.months import pdf
from tests.fixtures.browser import WAIT, Site

NEWEST = Month.of(today()).previous()
BEFORE = NEWEST.previous()

pytestmark = pytest.mark.browser

SignIn = Callable[[str], Page]


@pytest.fixture
def enter(chromium: Browser, demo_site: Site) -> Iterator[SignIn]:
    """Sign in with an account of the example world, in a window of its own.

    As in the README on SQLite; the same steps go on PostgreSQL in test_filing and test_amending.
    """
    expect.set_options(timeout=WAIT)
    windows: list[BrowserContext] = []

    def sign_in(email: str) -> Page:
        window = chromium.new_context(
            base_url=demo_site.url, viewport={"width": 1440, "height": 900}, locale="zh-CN"
        )
        window.set_default_timeout(WAIT)
        windows.append(window)
        page = window.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        page.goto("/")
        page.get_by_label("邮箱").fill(email)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield sign_in
    for window in windows:
        window.close()


def _press(page: Page, word: str) -> None:
    page.get_by_role("button", name=word, exact=True).click()
    page.wait_for_load_state()


def _follow(page: Page, word: str) -> None:
    page.get_by_role("link", name=word, exact=True).first.click()
    page.wait_for_load_state()


def _type(page: Page, cell: str, figure: str) -> None:
    """Type a figure, press Enter, and see the tick of what is stored."""
    field = page.get_by_label(cell, exact=True)
    field.fill(figure)
    with page.expect_response(lambda answer: "/values/" in answer.url) as answer:
        field.press("Enter")
    assert answer.value.status == 200, answer.value.text()


def _file(folder: Path, name: str) -> Path:
    path = folder / f"{name}.pdf"
    path.write_bytes(pdf(str(len(list(folder.iterdir())))).getvalue())
    return path


def _evaluate(page: Page) -> None:
    _press(page, "评估")
    expect(page.get_by_text("评估与当前数据一致").first).to_be_visible()


def _hand_over(page: Page) -> None:
    _press(page, "提交待签")
    expect(page.get_by_text("已提交待签，已通知负责人")).to_be_visible()


def _sign(page: Page) -> None:
    """From 待签 to the receipt: each statement opened and agreed to, the password once more."""
    _follow(page, "核对并签署")
    for box in page.locator("[data-statement]").all():
        if box.locator("details").get_attribute("open") is None:  # agreeing to one opens the next
            box.locator("summary").click()
        box.get_by_role("button", name="我已读完并同意").click()
    page.get_by_label("登录密码").fill(PASSWORD)
    _press(page, "签署并提交")
    page.wait_for_url("**/receipts/*")


def _open(page: Page, month: Month, enterprise: str) -> None:
    """From the menu into the review of a month."""
    without_viewer(page)
    page.get_by_role("link", name=re.compile("^审核")).first.click()
    page.get_by_role("link", name=f"{enterprise} · {month.year}年{month.number}月", exact=True).click()


def _take(page: Page, month: Month, enterprise: str) -> None:
    _open(page, month, enterprise)
    _press(page, "受理审核")
    expect(page.locator("#decision")).to_be_visible()


def _decide(page: Page, section: str, word: str, comment: str = "") -> None:
    page.get_by_role("link", name=re.compile(rf"^{section} ")).click()
    page.get_by_text(word, exact=True).first.click()
    page.locator("#comment").fill(comment)
    onward = page.get_by_role("button", name="记下决定，看下一节", exact=True)
    onward.or_(page.get_by_role("button", name="记下决定", exact=True)).click()
    page.wait_for_load_state()


def test_the_officer_finishes_the_month_and_the_signatory_signs_it(enter: SignIn, tmp_path: Path) -> None:
    officer = enter("officer@steel.example")
    _follow(officer, "继续填报")
    _type(officer, "焦炉煤气 购入量", "920.5")
    _type(officer, "焦炭 购入量", "66735.31")
    officer.get_by_role("link", name=re.compile("^过程")).first.click()
    _type(officer, "粗钢 输出量", "595279")
    officer.get_by_role("link", name=re.compile("^产量")).first.click()
    _type(officer, "粗钢 产量", "595279")
    expect(officer.locator('[data-total="unrounded"]')).to_have_text("1,214,057.49")
    expect(officer.locator('[data-total="intensity"]')).to_have_text("2.0395")

    officer.get_by_role("link", name=re.compile("^支撑材料")).first.click()
    empty = officer.locator("tbody tr", has_text="必备，未提供")
    expect(empty).to_have_count(2)
    empty.first.locator("input[type=file]").set_input_files(_file(tmp_path, "焦炉煤气台账"))
    expect(officer.get_by_text("已存入 焦炉煤气台账.pdf")).to_be_visible()
    empty.first.get_by_role("link", name="更多选项").click()
    officer.get_by_role("row", name="焦炉煤气台账.pdf").get_by_role("button", name="放入").click()
    expect(officer.get_by_text("已放入")).to_be_visible()
    _evaluate(officer)
    _hand_over(officer)

    signatory = enter("signatory@steel.example")
    _sign(signatory)
    assert re.fullmatch(rf"HZ-{NEWEST}-\d{{6}}", signatory.locator("#receipt-number").inner_text())
    link = signatory.get_by_role("link", name="下载月度报告 PDF")
    expect(link).to_be_visible()
    with signatory.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-1.7")

    code = signatory.locator("a[href*='/verify/']").first.inner_text()
    signatory.context.clear_cookies()  # a reader who has no account
    signatory.goto("/sign-in")
    _follow(signatory, "核验文件")
    signatory.get_by_role("textbox").first.fill(code)
    _press(signatory, "核验")
    expect(signatory.get_by_text("示例钢铁有限公司").first).to_be_visible()


def test_the_steward_amends_the_returned_month_and_the_client_signs_it(enter: SignIn, tmp_path: Path) -> None:
    steward = enter("steward@firm.example")
    expect(steward.get_by_role("heading", name="客户看板")).to_be_visible()
    steward.get_by_role("link", name=re.compile(rf"^{BEFORE.number} 月补正")).click()
    expect(steward.get_by_text("蒸汽结算单缺最后一页，请补传完整的结算单").first).to_be_visible()
    _press(steward, "开始补正")
    _follow(steward, "电力热力")
    steward.get_by_role("row", name=re.compile("^购入蒸汽量")).get_by_role(
        "link", name=re.compile("更多选项$")
    ).click()
    steward.locator("input[type=file]").set_input_files(_file(tmp_path, "蒸汽结算单"))
    _press(steward, "存入")
    steward.get_by_label("怎样补正的").fill("已补传完整的蒸汽结算单")
    _press(steward, "记下说明")
    _evaluate(steward)
    _hand_over(steward)
    expect(steward.get_by_text("已锁定，等负责人签署")).to_be_visible()
    expect(steward.get_by_role("link", name="核对并签署")).to_have_count(0)

    signatory = enter("signatory@dyeing.example")
    _sign(signatory)
    expect(signatory.get_by_text("已提交").first).to_be_visible()


def test_the_regulator_returns_one_section_and_closes_the_finding(enter: SignIn, tmp_path: Path) -> None:
    steel = "示例钢铁有限公司"
    regulator = enter("reviewer@district.example")
    _take(regulator, BEFORE, steel)
    _follow(regulator, "开具差距")
    regulator.get_by_label("差距是什么").fill("烟煤期末库存没有盘点表")
    regulator.get_by_label("内容和怎么改").fill("请补传月末盘点表")
    _press(regulator, "开具")
    _open(regulator, BEFORE, steel)
    _decide(regulator, "能源", "退回，须补正", "烟煤期末库存没有盘点表，请补传")
    for section in ("过程", "产量", "其他", "支撑材料"):
        _decide(regulator, section, "接受")
    _follow(regulator, "退回企业（1 节）")
    _press(regulator, "退回")
    expect(regulator.get_by_text("已退回企业；只有退回的节可以修改，其余决定保留")).to_be_visible()

    _answer(enter("officer@steel.example"), _file(tmp_path, "盘点表"))
    _sign(enter("signatory@steel.example"))

    _take(regulator, BEFORE, steel)
    _decide(regulator, "能源", "接受")
    regulator.get_by_role("link", name=re.compile("^差距与整改")).first.click()
    _follow(regulator, "烟煤期末库存没有盘点表")
    regulator.locator("summary", has_text="关闭差距").click()
    _press(regulator, "关闭")
    expect(regulator.get_by_text("差距已关闭")).to_be_visible()
    _open(regulator, BEFORE, steel)
    _follow(regulator, "接受")
    _press(regulator, "接受")
    expect(regulator.get_by_text("已接受，这一版成为正式版本")).to_be_visible()


def _answer(officer: Page, stocktaking: Path) -> None:
    """The officer answers the finding, adds the file to the returned section, and hands the month over."""
    officer.get_by_role("link", name=re.compile("^差距与整改")).first.click()
    _follow(officer, "烟煤期末库存没有盘点表")
    officer.locator("summary", has_text="回应").click()
    officer.get_by_text("已整改", exact=True).click()
    officer.get_by_label("原因和做法").fill("已补传月末盘点表")
    officer.get_by_label("完成日期").fill(today().isoformat())
    officer.locator("input[type=file]").set_input_files(stocktaking)
    _press(officer, "送出回应")
    _follow(officer, "月度填报")
    if BEFORE.year != today().year:
        officer.get_by_role("link", name=str(BEFORE.year)).click()
    _follow(officer, f"{BEFORE.number} 月")
    _press(officer, "开始补正")
    officer.get_by_role("link", name=re.compile("^能源")).first.click()
    officer.locator("tbody", has_text="S-02 烟煤").get_by_role("row", name=re.compile("^购入量")).get_by_role(
        "link", name=re.compile("更多选项$")
    ).first.click()
    officer.locator("input[type=file]").set_input_files(stocktaking)
    _press(officer, "存入")
    officer.get_by_label("怎样补正的").fill("已补传盘点表")
    _press(officer, "记下说明")
    _evaluate(officer)
    _hand_over(officer)
