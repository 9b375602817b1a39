#!/usr/bin/env python3
"""Photographs the example world: .venv/bin/python scripts/screenshots.py [URL] [FOLDER].

Starts nothing: a portal with a fresh example world must be serving at URL (http://127.0.0.1:8000).
It signs in through the page and does what the README's rounds do, so the world is used up afterwards.
"""

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from portal.domain.periods import Month, today
from portal.services.demo import PASSWORD
from portal.services.demo_files import example_pdf

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
NEWEST = Month.of(today()).previous()
BEFORE = NEWEST.previous()
TALLEST = 1500
FIGURES = {"焦炉煤气 购入量": "920.5", "焦炭 购入量": "66735.31"}
PICTURES = frozenset(
    {
        "officer-home",
        "officer-home-en",
        "officer-home-390",
        "month-year",
        "month-overview",
        "month-section",
        "month-section-en",
        "month-section-390",
        "evaluation",
        "sign",
        "receipt",
        "verify",
        "verify-en",
        "steward-board",
        "review-split",
        "difference",
        "findings",
        "gap-board",
        "statistics",
        "check-authoring",
        "visit-390",
        "registration-task-list",
        "error-summary",
    }
)


class Camera:
    """Takes pictures of pages and keeps them small."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        """Keep the browser, the portal's address and where the pictures go."""
        self.browser, self.url, self.folder = browser, url, folder

    @contextmanager
    def person(self, email: str = "", width: int = 1440) -> Iterator[Page]:
        """A window of its own, signed in when an account is given."""
        window = self.browser.new_context(
            base_url=self.url, viewport={"width": width, "height": 900}, locale="zh-CN"
        )
        page = window.new_page()
        if email:
            page.goto("/sign-in")
            page.get_by_label("邮箱").fill(email)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(lambda address: "/sign-in" not in address)
        yield page
        window.close()

    def take(self, page: Page, name: str, *, tallest: int = TALLEST) -> None:
        """The page from its top, as tall as it is."""
        if name not in PICTURES:
            raise ValueError(name)
        page.wait_for_load_state("networkidle")
        width = page.viewport_size["width"] if page.viewport_size else 1440
        height = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": max(640, min(height, tallest))})
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(1200)  # a PDF viewer draws after the page is quiet
        self.keep(Image.open(io.BytesIO(page.screenshot())), name)
        page.set_viewport_size({"width": width, "height": 900})

    def keep(self, image: Image.Image, name: str) -> None:
        """Write a picture as small as it goes without changing it."""
        image.convert("RGB").save(self.folder / f"{name}.png", optimize=True)
        print(name)


def press(page: Page, word: str) -> None:
    """Press a button and wait for what follows."""
    page.get_by_role("button", name=word, exact=True).click()
    page.wait_for_load_state("networkidle")


def english(page: Page, camera: Camera, name: str) -> None:
    """The same page in English; then back to Chinese."""
    page.get_by_role("button", name="EN").first.click()
    page.wait_for_load_state("networkidle")
    camera.take(page, name)
    page.get_by_role("button", name="中文").first.click()
    page.wait_for_load_state("networkidle")


def type_value(page: Page, cell: str, figure: str) -> None:
    """Type a figure and leave the cell."""
    page.get_by_label(cell, exact=True).fill(figure)
    with page.expect_response(lambda answer: "/values/" in answer.url):
        page.get_by_label(cell, exact=True).press("Enter")


def add_file(chooser: Locator, name: str, words: str) -> None:
    """Choose an example PDF of that name which says the words."""
    content = example_pdf(f"EXAMPLE {words}")
    chooser.set_input_files({"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": content})


def place_of(page: Page) -> str:
    """Address of the enterprise's months, from its menu."""
    return str(page.get_by_role("link", name="月度填报").first.get_attribute("href"))


def hand_over(page: Page, place: str) -> None:
    """Evaluate, wait, give to the signatory."""
    page.goto(f"{place}/evaluation")
    press(page, "评估")
    page.get_by_text("评估与当前数据一致").first.wait_for()
    press(page, "提交待签")


def officer(camera: Camera) -> None:
    """The month that is nearly filled, on a phone too, then finished."""
    with camera.person("officer@steel.example", width=390) as page:
        camera.take(page, "officer-home-390")
        page.get_by_role("link", name="继续填报").first.click()
        page.wait_for_load_state("networkidle")
        camera.take(page, "month-section-390")
    with camera.person("officer@steel.example") as page:
        camera.take(page, "officer-home")
        english(page, camera, "officer-home-en")
        place = f"{place_of(page)}/{NEWEST}"
        page.goto(place_of(page))
        camera.take(page, "month-year")
        page.goto(place)
        camera.take(page, "month-overview")
        page.goto(f"{place}/energy")
        for cell, figure in FIGURES.items():
            type_value(page, cell, figure)
        page.reload()
        camera.take(page, "month-section")
        english(page, camera, "month-section-en")
        page.goto(f"{place}/process")
        type_value(page, "粗钢 输出量", "595279")
        page.goto(f"{place}/output")
        type_value(page, "粗钢 产量", "595279")
        calibration(page, camera)
        page.goto(f"{place}/evidence")
        while (empty := page.locator("tbody tr", has_text="必备，未提供")).count():
            with page.expect_navigation():  # a slot is stored as soon as a file is chosen
                add_file(
                    empty.first.locator("input[type=file]"),
                    "焦炉煤气台账",
                    f"LEDGER OF COKE-OVEN GAS {NEWEST}",
                )
        page.goto(f"{place}/evaluation")
        press(page, "评估")
        page.get_by_text("评估与当前数据一致").first.wait_for()
        camera.take(page, "evaluation", tallest=1000)
        press(page, "提交待签")


def calibration(page: Page, camera: Camera) -> None:
    """A form that was filled wrongly."""
    page.goto(place_of(page).replace("/records", "/meters"))
    page.get_by_role("link", name=re.compile("LL-07")).first.click()
    page.get_by_role("link", name=re.compile("检定|校准")).first.click()
    page.wait_for_load_state("networkidle")
    page.get_by_label(re.compile("最大示值误差|误差")).first.fill("一点三五")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state("networkidle")
    camera.take(page, "error-summary")


def signatory(camera: Camera, account: str, *, pictures: bool) -> None:
    """Sign what waits; with pictures, the receipt, the report and its public page too."""
    with camera.person(account) as page:
        page.get_by_role("link", name="核对并签署").first.click()
        page.wait_for_load_state("networkidle")
        for box in page.locator("[data-statement]").all():
            if box.locator("details").get_attribute("open") is None:
                box.locator("summary").click()
            box.get_by_role("button", name="我已读完并同意").click()
        page.wait_for_load_state("networkidle")
        page.get_by_label("登录密码").fill(PASSWORD)
        if pictures:
            camera.take(page, "sign")
        page.get_by_role("button", name="签署并提交").click()
        page.wait_for_url("**/receipts/*")
        if not pictures:
            return
        link = page.get_by_role("link", name="下载月度报告 PDF")
        link.wait_for(timeout=60_000)
        camera.take(page, "receipt")
        report(page, link, camera)
        page.goto(str(page.locator("a[href*='/verify/']").first.get_attribute("href")))
        camera.take(page, "verify")
        english(page, camera, "verify-en")


def report(page: Page, link: Locator, camera: Camera) -> None:
    """The pages of the PDF."""
    with page.expect_download() as download, tempfile.TemporaryDirectory() as folder:
        link.click()
        target = Path(folder) / "report.pdf"
        download.value.save_as(target)
        document = pypdfium2.PdfDocument(target.read_bytes())
        for number, sheet in enumerate(document, 1):
            camera.keep(sheet.render(scale=1.1).to_pil(), f"report-{number}")


def steward(camera: Camera) -> None:
    """The board, and the returned month amended with another figure."""
    with camera.person("steward@firm.example") as page:
        camera.take(page, "steward-board")
        page.get_by_role("link", name=re.compile(rf"^{BEFORE.number} 月补正")).click()
        press(page, "开始补正")
        place = page.url
        page.goto(f"{place}/power_heat")
        type_value(page, "蒸汽 购入蒸汽量", "5131.20")
        row = page.get_by_role("row", name=re.compile("^购入蒸汽量"))
        row.get_by_role("link", name=re.compile("更多选项$")).click()
        add_file(page.locator("input[type=file]"), "蒸汽结算单", f"STEAM BILL {BEFORE}   5131.20 t")
        press(page, "存入")
        page.get_by_label("怎样补正的").fill("已按完整的结算单改购入蒸汽量，并补传结算单")
        press(page, "记下说明")
        hand_over(page, place)


def regulator(camera: Camera) -> None:
    """The amended month under review, with a finding."""
    with camera.person("reviewer@district.example") as page:
        month = f"{BEFORE.year}年{BEFORE.number}月"
        page.get_by_role("link", name=f"示例印染有限公司 · {month}", exact=True).click()
        press(page, "受理审核")
        place = page.url.split("/review")[0]
        page.goto(f"{place}/review?section=power_heat")
        page.locator('[aria-label*="蒸汽结算单.pdf"]').first.click()
        camera.take(page, "review-split", tallest=1000)
        page.goto(f"{place}/difference?from=1&to=2")
        camera.take(page, "difference", tallest=1000)
        page.goto(f"{place}/review/findings?section=power_heat")
        page.get_by_label("差距是什么").fill("蒸汽结算单与流量计读数相差 5.80 t")
        page.get_by_label("内容和怎么改").fill("请说明差额的原因，附流量计月度读数记录")
        press(page, "开具")
        camera.take(page, "findings")
        page.goto("/findings/board")
        camera.take(page, "gap-board")


def visitor(camera: Camera) -> None:
    """A visit on a phone: one answer that makes a gap, with what was seen."""
    with camera.person("steward@firm.example", width=390) as page:
        page.goto("/visits")
        page.locator("tbody a.name").first.click()
        page.get_by_role("link", name="继续作答").click()
        question = page.locator(".visit-question.is-current")
        question.get_by_label("否", exact=True).check()
        question.get_by_label("看到什么").fill("2 号风机的旁路阀没有铅封，台账里没有开启记录。")
        question.get_by_label("看到什么").blur()
        camera.take(page, "visit-390")


def rule_maker(camera: Camera) -> None:
    """The figures; then a check being changed, read out, and tried on all filed months."""
    with camera.person("reviewer@city.example") as page:
        page.goto("/statistics")
        camera.take(page, "statistics")
        page.goto("/check-packs")
        pack = page.locator("form[action*='/packs/carbon-data-quality/1/copy']")
        pack.get_by_role("button", name="复制为草稿").click()
        page.wait_for_url("**/check-packs/versions/*")
        check = f"{page.url}/checks/CK-AD-007"
        page.goto(check)
        page.locator("input[name='settings-0-value']").fill("0.03")
        page.locator("#save-check").click()
        page.get_by_text("已保存 CK-AD-007").wait_for()
        page.goto(check)
        press(page, "试运行")
        page.get_by_text("已完成").first.wait_for(timeout=60_000)
        camera.take(page, "check-authoring", tallest=1300)


def applicant(camera: Camera) -> None:
    """A registration that has begun."""
    with camera.person("applicant@new.example") as page:
        page.get_by_role("button", name="开始登记").click()
        page.wait_for_load_state("networkidle")
        camera.take(page, "registration-task-list")


def main() -> None:
    """Take all pictures."""
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        camera = Camera(browser, url, folder)
        applicant(camera)
        visitor(camera)
        officer(camera)
        signatory(camera, "signatory@steel.example", pictures=True)
        steward(camera)
        signatory(camera, "signatory@dyeing.example", pictures=False)
        regulator(camera)
        rule_maker(camera)
        browser.close()


if __name__ == "__main__":
    main()
