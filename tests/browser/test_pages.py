"""The main pages as everybody meets them: no fault for axe, nothing cut off, usable by keyboard alone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.domain.periods import Month, today
from portal.models.organisations import Organisation
from portal.services.demo import PASSWORD
from tests.fixtures.browser import Site, sign_in

MONTH = Month.of(today()).previous()
BEFORE = MONTH.previous()

#: Who → the pages that they live in; {steel} and {dyeing} are the enterprises' ids.
PAGES = {
    "officer@steel.example": (
        "/",
        "/enterprises/{steel}/records",
        f"/enterprises/{{steel}}/records/{MONTH}",
        f"/enterprises/{{steel}}/records/{MONTH}/energy",
        f"/enterprises/{{steel}}/records/{MONTH}/evidence",
        f"/enterprises/{{steel}}/records/{MONTH}/evaluation",
        f"/enterprises/{{steel}}/records/{BEFORE}/receipts/1",
        "/enterprises/{steel}/plans",
        "/enterprises/{steel}/meters",
        "/enterprises/{steel}/documents",
        "/enterprises/{steel}/dossiers",
        "/enterprises/{steel}/dossiers/1",
        "/enterprises/{steel}/dossiers/1/sections/pollution",
        "/enterprises/{steel}/dossiers/new/annual_disclosure",
        "/findings",
        "/findings/1",
        "/findings/board",
        "/enterprises/{steel}/lab-reports",
        "/enterprises/{steel}/visits/1",
        "/notifications",
        "/help/roles",
        "/account",
    ),
    "steward@firm.example": (
        "/",
        "/engagements",
        "/dossiers",
        f"/enterprises/{{dyeing}}/records/{BEFORE}/power_heat",
        "/visits",
        "/visits/new",
        "/enterprises/{steel}/visits/2/walk",
        "/enterprises/{steel}/visits/2/finish",
    ),
    "reviewer@district.example": (
        "/",
        "/enterprises",
        f"/enterprises/{{steel}}/records/{BEFORE}/review",
        "/enterprises/{steel}/audit",
        "/registrations/queue",
        "/dossiers/register",
        "/statistics",
        "/patterns",
        "/draws/1",
        "/check-packs/packs/carbon-data-quality/1",
    ),
    "signatory@steel.example": ("/",),
    "admin@platform.example": ("/organisations",),
    "applicant@new.example": ("/registrations",),
}
WIDTHS = ((390, 844), (720, 450), (1280, 720))
PUBLIC = ("/sign-in", "/sign-up", "/password/forgotten", "/verify", "/disclosures")

pytestmark = pytest.mark.browser


@pytest.fixture
def places(read_demo_site: Site) -> Callable[[str], list[str]]:
    """The pages of a person, ids put in."""
    with read_demo_site.database.reading() as session:
        ids = {
            key: session.query(Organisation.id).filter(Organisation.name == name).scalar()
            for key, name in (("steel", "示例钢铁有限公司"), ("dyeing", "示例印染有限公司"))
        }
    return lambda email: [path.format(**ids) for path in PAGES[email]]


def _faults(page: Page) -> list[str]:
    found = Axe().run(page)
    return [
        f"{page.url} {fault['id']}: {node['target']}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


def _is_cut_off(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    )


@pytest.mark.parametrize("email", list(PAGES))
def test_axe_finds_nothing_on_the_pages_of(
    email: str,
    read_demo_site: Site,
    places: Callable[[str], list[str]],
    window: Callable[..., BrowserContext],
) -> None:
    page = sign_in(window(read_demo_site.url), email, PASSWORD)
    faults = []
    for path in places(email):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        faults += _faults(page)

    assert faults == []


def test_axe_finds_nothing_on_the_public_pages(
    read_demo_site: Site, window: Callable[..., BrowserContext]
) -> None:
    page = window(read_demo_site.url).new_page()
    faults = []
    for path in PUBLIC:
        page.goto(path)
        faults += _faults(page)

    assert faults == []


def test_no_page_is_wider_than_its_window(
    read_demo_site: Site, places: Callable[[str], list[str]], window: Callable[..., BrowserContext]
) -> None:
    """Each page is opened on a phone and then made wider; 1280 × 720 at 200 % zoom is 640 to 720 px."""
    cut_off = []
    for email in ("officer@steel.example", "reviewer@district.example", "steward@firm.example"):
        page = sign_in(window(read_demo_site.url, *WIDTHS[0]), email, PASSWORD)
        for path in places(email):
            page.goto(path)
            for width, height in WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                if _is_cut_off(page):
                    cut_off.append((path, width))
            page.set_viewport_size({"width": WIDTHS[0][0], "height": WIDTHS[0][1]})

    assert cut_off == []


def test_a_value_is_saved_and_evaluated_with_the_keyboard_alone(
    demo_site: Site, places: Callable[[str], list[str]], window: Callable[..., BrowserContext]
) -> None:
    page = sign_in(window(demo_site.url), "officer@steel.example", PASSWORD)
    section = places("officer@steel.example")[3]
    page.goto(section)
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.cell === 'S-03.purchased'"):
            break
    page.keyboard.type("920.5")
    with page.expect_response(lambda answer: "/values/S-03.purchased" in answer.url) as answer:
        page.keyboard.press("Enter")
    assert answer.value.status == 200
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim() === '评估'"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/evaluation")

    running = page.get_by_text("正在评估").first
    expect(running.or_(page.locator("#evaluation .stats").first).first).to_be_visible()


def test_focus_can_be_seen(read_demo_site: Site, window: Callable[..., BrowserContext]) -> None:
    page = window(read_demo_site.url).new_page()
    page.goto("/sign-in")
    page.get_by_label("邮箱").focus()

    ring = page.evaluate(
        """(() => {
            const style = getComputedStyle(document.activeElement);
            return style.boxShadow + style.outlineStyle;
        })()"""
    )
    assert ring != "nonenone"
