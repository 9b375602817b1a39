"""What people do on the pages, in their own words."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.factories.months import pdf
from tests.factories.world import PASSWORD

SLOT_LIMIT = 60


def cell(page: Page, key: str) -> Locator:
    """The field of a cell, such as S-02.purchased."""
    return page.locator(f'input[data-cell="{key}"]')


def type_value(page: Page, key: str, figure: str) -> None:
    """Type a figure and leave the cell with Enter; wait until it is stored."""
    cell(page, key).fill(figure)
    with page.expect_response(lambda answer: f"/values/{key}" in answer.url) as answer:
        cell(page, key).press("Enter")
    assert answer.value.status == 200, answer.value.text()


def paste_down(page: Page, key: str, figures: Sequence[str]) -> None:
    """Paste a column from a spreadsheet into the cell and those below it."""
    cell(page, key).focus()
    page.evaluate(
        """([key, text]) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.querySelector(`input[data-cell="${key}"]`).dispatchEvent(event);
        }""",
        [key, "\n".join(figures)],
    )
    wait_until_saved(page)


def wait_until_saved(page: Page) -> None:
    """Every value on the page is stored."""
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
    expect(page.locator(".cell.is-saving, .cell.is-unsaved, .cell.is-invalid")).to_have_count(0)


def fill_section(page: Page, figures: Mapping[str, str]) -> None:
    """Fill the open section: the first figure typed, the others pasted as one column."""
    keys = page.locator("input[data-cell]").evaluate_all("cells => cells.map(cell => cell.dataset.cell)")
    type_value(page, keys[0], figures.get(keys[0], ""))
    if len(keys) > 1:
        paste_down(page, keys[1], [figures.get(key, "") for key in keys[1:]])


def upload_everywhere(page: Page, place: str, month: str, folder: Path) -> None:
    """Upload a ledger into the first empty slot, and lay it into every other one that must be filled."""
    ledger = folder / f"示例台账-{month}.pdf"
    ledger.write_bytes(pdf(month).getvalue())
    page.goto(f"{place}/evidence")
    page.locator("tbody tr", has_text="必备，未提供").first.locator("input[type=file]").set_input_files(
        ledger
    )
    page.wait_for_load_state()
    expect(page.get_by_text(ledger.name).first).to_be_visible()
    page.goto(f"{place}/evidence")
    page.get_by_role("link", name=f"把 {ledger.name} 放进更多格").first.click()
    page.get_by_role("button", name="选中所有必备而未提供的").click()
    page.get_by_role("button", name="放入所选的格").click()
    page.wait_for_url(f"**{place}/evidence")
    expect(page.locator("tbody tr", has_text="必备，未提供")).to_have_count(0)


def evaluate(page: Page, place: str) -> None:
    """Press 评估 and wait for the result."""
    page.goto(f"{place}/evaluation")
    page.get_by_role("button", name="评估", exact=True).click()
    page.wait_for_url(f"**{place}/evaluation")
    expect(page.locator("#evaluation .stats")).to_be_visible()
    expect(page.get_by_text("评估与当前数据一致").first).to_be_visible()


def hand_over(page: Page, place: str) -> None:
    """Give the month to the signatory."""
    page.goto(place)
    page.get_by_role("button", name="提交待签").click()
    expect(page.get_by_text("已提交待签，已通知负责人")).to_be_visible()


def read_statements(page: Page) -> None:
    """Open and agree to each statement."""
    for box in page.locator("[data-statement]").all():
        if box.locator("details").get_attribute("open") is None:  # agreeing to one opens the next
            box.locator("summary").click()
        box.get_by_role("button", name="我已读完并同意").click()


def sign(page: Page, place: str) -> str:
    """Read, agree, give the password, sign; returns the receipt's number."""
    page.goto(f"{place}/sign")
    read_statements(page)
    page.get_by_label("登录密码").fill(PASSWORD)
    page.get_by_role("button", name="签署并提交").click()
    page.wait_for_url("**/receipts/*")
    return page.locator("#receipt-number").inner_text()


def without_viewer(page: Page) -> None:
    """Leave out the browser's own PDF viewer, which costs seconds a page; test_pages opens it."""
    page.route("**/evidence/*/inline*", lambda route: route.fulfill(status=204))


def take(page: Page, place: str) -> None:
    """Take a submitted month for review."""
    without_viewer(page)
    page.goto(f"{place}/review")
    page.get_by_role("button", name="受理审核").click()
    expect(page.locator("#decision")).to_be_visible()


def decide(page: Page, place: str, section: str, word: str, comment: str = "") -> None:
    """Decide one section: 接受 or 退回，须补正."""
    page.goto(f"{place}/review?section={section}")
    page.get_by_role("radio", name=word, exact=True).check(force=True)
    page.locator("#comment").fill(comment)
    page.get_by_role("button", name="记下决定").click()
    page.wait_for_load_state()


def finish(page: Page, place: str, act: str, button: str) -> None:
    """Return (return) or accept (accept) the month."""
    page.goto(f"{place}/review/{act}")
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()


def explain_findings(page: Page, month: str) -> int:
    """Explain every finding of the month that must be explained; returns how many there were."""
    for count in range(SLOT_LIMIT):
        page.goto(f"/findings?month={month}&state=open")
        links = page.locator("tbody a[href*='/findings/']")
        if not links.count():
            return count
        links.first.click()
        page.get_by_text("说明原因").first.click()
        page.locator("textarea[name=body]:visible").first.fill("示例说明：与生产安排一致，已与生产月报核对。")
        page.get_by_role("button", name="送出").first.click()
        page.wait_for_load_state()
    raise AssertionError("findings are still open")
