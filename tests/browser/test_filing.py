"""An officer files the steel month by hand, and the figures are right wherever they are shown."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from portal.domain.periods import Month, today
from portal.models.organisations import EnterpriseProfile
from portal.models.records import RecordVersion
from portal.services.months import find_record
from tests.browser import steps
from tests.factories.months import steel_cells
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world
from tests.fixtures.browser import Site

CASE = json.loads(Path(__file__).parents[1].joinpath("cases/calculations/steel-month.json").read_text())[
    "expected"
]
MONTH = Month.of(today()).previous()

pytestmark = pytest.mark.browser


@pytest.fixture
def world(site: Site) -> World:
    """The steel works with an approved plan and one open month, the one that has just ended."""
    with site.database.writing() as session:
        made = make_world(session)
        session.get_one(EnterpriseProfile, made.steel_id).first_month = str(MONTH)
        plan = make_steel_plan(session, made)
        plan.drawings = dict.fromkeys(("organisation_chart", "site_plan", "process_chart"), 0)
    return made


def _figures(site: Site, world: World) -> dict[str, str]:
    with site.database.reading() as session:
        record = find_record(session, world.steel_id, MONTH)
        return steel_cells(session, session.get_one(RecordVersion, record.current_version_id))


def test_the_steel_month_is_filed_by_hand_and_right_to_the_last_digit(
    site: Site, world: World, person: Callable[[str], Page], tmp_path: Path
) -> None:
    place = f"/enterprises/{world.steel_id}/records/{MONTH}"
    officer = person("officer@example.test")
    officer.goto(f"/enterprises/{world.steel_id}/records")
    officer.goto(place)
    officer.get_by_role("button", name="开始填报").click()
    officer.wait_for_url(f"**{place}/energy")
    figures = _figures(site, world)
    for section in ("energy", "process", "output", "other"):
        officer.goto(f"{place}/{section}")
        steps.fill_section(officer, figures)
    steps.upload_everywhere(officer, place, str(MONTH), tmp_path)

    officer.goto(f"{place}/energy")
    expect(officer.locator('[data-total="unrounded"]')).to_have_text("1,214,057.49")
    expect(officer.locator('[data-total="total"]')).to_have_text("1,214,057")
    expect(officer.locator('[data-total="intensity"]')).to_have_text("2.0395")
    shown = _emissions_on_the_pages(officer, place)
    expected = sorted(line["emission"] for line in CASE["lines"])
    assert sorted(text.replace(",", "").replace("−", "-") for text in shown) == expected

    steps.evaluate(officer, place)
    steps.hand_over(officer, place)
    signatory = person("signatory@example.test")
    receipt = steps.sign(signatory, place)
    assert re.fullmatch(rf"HZ-{MONTH}-\d{{6}}", receipt)

    link = signatory.get_by_role("link", name="下载月度报告 PDF")
    expect(link).to_be_visible(timeout=180_000)  # a busy machine prints slowly
    with signatory.expect_download() as download:
        link.click()
    document = Path(download.value.path()).read_bytes()
    _check_document(document)


def _emissions_on_the_pages(page: Page, place: str) -> list[str]:
    found = []
    for section in ("energy", "process"):
        page.goto(f"{place}/{section}")
        found += page.locator('span[data-cell$=".emission"]').all_inner_texts()
    return found


def _check_document(document: bytes) -> None:
    """The PDF's text and the attached JSON hold the total, the intensity and all twenty lines."""
    pages = pypdfium2.PdfDocument(document)
    text = "".join(page.get_textpage().get_text_range() for page in pages).replace(",", "").replace("−", "-")
    for line in CASE["lines"]:
        assert line["emission"] in text
    assert "1214057.49" in text
    assert "2.0395" in text
    with pikepdf.open(io.BytesIO(document)) as pdf:
        name = next(name for name in pdf.attachments if name.endswith(".json"))
        snapshot = json.loads(pdf.attachments[name].get_file().read_bytes())
    calculation = snapshot["calculation"]
    assert (calculation["total"], calculation["intensity"]) == ("1214057.49", "2.0395")
    assert sorted(line["emission"] for line in calculation["lines"]) == sorted(
        line["emission"] for line in CASE["lines"]
    )
