"""The loop in which others broke: submit, return one section, amend it with a file, sign again, accept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.domain.periods import Month, today
from portal.models.organisations import EnterpriseProfile
from portal.services.months import find_record
from tests.browser import steps
from tests.factories.months import make_submitted_month, pdf
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world
from tests.fixtures.browser import Site

MONTH = Month.of(today()).previous()
SECTIONS = ("energy", "process", "output", "other", "evidence")

pytestmark = pytest.mark.browser


@pytest.fixture
def world(site: Site) -> World:
    """A submitted steel month that waits for its reviewer."""
    with site.database.writing() as session:
        made = make_world(session)
        session.get_one(EnterpriseProfile, made.steel_id).first_month = str(MONTH)
        plan = make_steel_plan(session, made)
        make_submitted_month(session, made, plan, MONTH, storage=site.app.extensions["portal.storage"])
    return made


def test_one_section_is_returned_amended_with_a_file_and_accepted(
    site: Site, world: World, person: Callable[[str], Page], tmp_path: Path
) -> None:
    place = f"/enterprises/{world.steel_id}/records/{MONTH}"
    reviewer = person("regulator@example.test")
    steps.take(reviewer, place)
    for section in SECTIONS:
        if section == "energy":
            steps.decide(reviewer, place, section, "退回，须补正", "烟煤期末库存与盘点表不一致")
        else:
            steps.decide(reviewer, place, section, "接受")
    steps.finish(reviewer, place, "return", "退回")

    officer = person("officer@example.test")
    officer.goto(place)
    officer.get_by_role("button", name="开始补正").click()
    officer.goto(f"{place}/process")
    expect(officer.locator("input[data-cell]")).to_have_count(0)
    officer.goto(f"{place}/energy")
    steps.type_value(officer, "S-02.closing_stock", "990.00")
    stocktaking = tmp_path / "盘点表.pdf"
    stocktaking.write_bytes(pdf("stocktaking").getvalue())
    officer.goto(f"{place}/slots/S-02.purchased.fuel_ledger/choose")
    officer.locator("input[type=file]").set_input_files(stocktaking)
    officer.get_by_role("button", name="存入").click()
    officer.goto(f"{place}/energy")
    officer.get_by_label("怎样补正的").fill("已按盘点表改期末库存，补传盘点表")
    officer.get_by_role("button", name="记下说明").click()
    steps.evaluate(officer, place)
    steps.hand_over(officer, place)

    signatory = person("signatory@example.test")
    steps.sign(signatory, place)
    steps.take(reviewer, place)
    reviewer.goto(f"{place}/review?section=energy")
    expect(reviewer.get_by_text("已按盘点表改期末库存，补传盘点表").first).to_be_visible()
    expect(reviewer.locator('[aria-label*="盘点表.pdf"]').first).to_be_attached()
    steps.decide(reviewer, place, "energy", "接受")
    steps.finish(reviewer, place, "accept", "接受")

    with site.database.reading() as session:
        record = find_record(session, world.steel_id, MONTH)
        assert record.state == "accepted"
        assert record.official_version_id == record.current_version_id
    reviewer.goto(f"{place}/difference?from=1&to=2")
    expect(reviewer.get_by_text("990.00").first).to_be_visible()
