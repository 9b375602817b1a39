"""A visit without a network: answered on a phone in a cellar, sent once, signed by both sides, printed."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.models.visits import Answer, VisitPhoto
from tests.factories.visits import jpeg, key_of, make_visit
from tests.factories.world import PASSWORD, make_world
from tests.fixtures.browser import Site, serve, sign_in

pytestmark = pytest.mark.browser

PHONE = (390, 844)


@pytest.fixture
def place(site_on_sqlite: Site) -> str:
    """Path of an open visit."""
    with site_on_sqlite.database.writing() as session:
        world = make_world(session)
        visit = make_visit(session, world.steward, world.steel_id)
        return f"/enterprises/{world.steel_id}/visits/{visit.id}"


@pytest.fixture
def site_on_sqlite(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """The portal on SQLite; what the database does is tested on both in the services."""
    with serve(sqlite_url, tmp_path) as running:
        yield running


def choose(page: Page, word: str, note: str = "") -> None:
    """Answer the question at hand."""
    question = page.locator(".visit-question.is-current")
    question.get_by_label(word, exact=True).check()
    if note:
        question.get_by_label("看到什么").fill(note)
        question.get_by_label("看到什么").blur()


def go_on(page: Page) -> None:
    page.get_by_role("button", name="存下，看下一题").click()


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(content))
    try:
        return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()


def count(site: Site, model: type) -> int:
    with site.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def answer_offline(phone: Page, window: BrowserContext, photo: Path) -> None:
    """Three answers and a photo without a network."""
    window.set_offline(True)
    choose(phone, "否", "校准报告在设备科，未进入证据库。")
    phone.locator(".is-current input[type=file]").set_input_files(photo)
    expect(phone.get_by_text("没有网络，照常填写")).to_be_visible()
    expect(phone.locator("[data-net-text]")).to_contain_text("1 张照片")
    go_on(phone)
    choose(phone, "有，自己检测")
    go_on(phone)
    expect(phone.locator(".is-current legend")).to_contain_text("Q-03")  # it appeared by the answer before
    choose(phone, "是")
    expect(phone.locator(".visit-progress [data-counts]")).to_have_text("3 已答 · 1 不符合")


def test_a_visit_is_done_offline_on_a_phone_and_its_pdf_is_right(
    site_on_sqlite: Site, place: str, window: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    photo = tmp_path / "皮带秤.jpg"
    photo.write_bytes(jpeg().getvalue())
    mobile = window(site_on_sqlite.url, *PHONE)
    phone = sign_in(mobile, "steward@example.test", PASSWORD)
    phone.goto(f"{place}/walk")
    expect(phone.get_by_text("断网可用")).to_be_visible()
    assert Axe().run(phone).violations_count == 0
    answer_offline(phone, mobile, photo)
    assert count(site_on_sqlite, Answer) == count(site_on_sqlite, VisitPhoto) == 0
    phone.reload()  # from what the phone keeps
    expect(phone.get_by_text("没有网络，照常填写")).to_be_visible()
    expect(phone.locator(".visit-progress [data-counts]")).to_have_text("3 已答 · 1 不符合")

    mobile.set_offline(False)
    expect(phone.locator("[data-net]")).to_be_hidden()
    with site_on_sqlite.database.reading() as session:
        rows = session.execute(
            sa.select(Answer.question, Answer.value, Answer.note).order_by(Answer.id)
        ).all()
        kept = {question: (value, note) for question, value, note in rows}
    assert kept[key_of("Q-01")] == ("no", "校准报告在设备科，未进入证据库。")
    assert (kept[key_of("Q-02")][0], kept[key_of("Q-03")][0]) == ("own", "yes")
    assert count(site_on_sqlite, VisitPhoto) == 1
    before = count(site_on_sqlite, Answer)
    phone.reload()
    phone.wait_for_load_state("networkidle")
    assert count(site_on_sqlite, Answer) == before  # nothing is sent a second time

    phone.goto(f"{place}/finish")
    phone.get_by_label("登录密码").fill(PASSWORD)
    phone.get_by_role("button", name="签字并送企业").click()
    expect(phone.get_by_text("已签字，已通知企业签字")).to_be_visible()
    officer = sign_in(window(site_on_sqlite.url, 1280, 720), "officer@example.test", PASSWORD)
    officer.goto(f"{place}/confirm")
    officer.get_by_label("企业意见").fill("对事实无异议")
    officer.get_by_label("登录密码").fill(PASSWORD)
    officer.get_by_role("button", name="代表企业签字").click()
    with officer.expect_download() as download:
        officer.get_by_role("link", name="下载检查记录 PDF").click()
    assert Axe().run(officer).violations_count == 0
    text = pdf_text(Path(download.value.path()).read_bytes())
    for words in (
        "上门服务检查记录",
        "示例钢铁有限公司",
        "校准报告",
        "李示例",
        "沈示例",
        "对事实无异议",
        "GAP-",
    ):
        assert words in text, words
    assert "皮带秤.jpg" in text
