"""An enterprise registers in a browser: filled in, returned once, amended, accepted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.domain.registration_questions import SECTIONS, Kind
from tests.factories.registrations import PDF, ROWS, plain_answers
from tests.factories.world import World, make_user, make_world
from tests.fixtures.browser import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def world(site: Site) -> World:
    """The small world and somebody who has signed up to register."""
    with site.database.writing() as session:
        made = make_world(session)
        make_user(session, None, "new@example.test", "杨示例")
    return made


def fill_form(page: Page, key: str, answers: dict[str, object]) -> None:
    """Fill the open section's form as it is asked."""
    for question in SECTIONS[key].questions:
        value = answers.get(question.key)
        if not value:
            continue
        if question.kind is Kind.CHOICES:
            for one in value if isinstance(value, list) else []:
                page.locator(f'input[name="{question.key}"][value="{one}"]').check()
            continue
        field = page.locator(f'[name="{question.key}"]').first
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(str(value))
        elif field.get_attribute("type") == "radio":
            page.locator(f'input[name="{question.key}"][value="{value}"]').check()
        else:
            field.fill(str(value))


def fill_everything(page: Page, place: str, folder: Path) -> None:
    """All twelve sections, each left with its own button."""
    answers = plain_answers()
    for key, spec in SECTIONS.items():
        page.goto(f"{place}/sections/{key}")
        if key in answers:
            fill_form(page, key, answers[key])
            page.get_by_role("button", name="保存并继续").click()
            page.wait_for_url(f"**{place}")
        for entry in ROWS.get(key, []):
            fill_form(page, key, entry)
            page.get_by_role("button", name="添加这一行").click()
            expect(page.get_by_text("已保存")).to_be_visible()
        if spec.files:
            for slot in ("licence", "permit"):
                file = folder / f"{slot}.pdf"
                file.write_bytes(PDF)
                page.locator(f"#file-{slot}").set_input_files(file)
                page.locator(f"#slot-{slot}").get_by_role("button", name="上传", exact=True).click()
                expect(page.locator(f"#slot-{slot}")).to_contain_text(f"{slot}.pdf")


def test_a_registration_is_returned_once_amended_and_accepted(
    site: Site, world: World, person: Callable[[str], Page], tmp_path: Path
) -> None:
    applicant = person("new@example.test")
    applicant.goto("/registrations")
    applicant.get_by_role("button", name="开始登记").click()
    applicant.wait_for_url("**/registrations/*")
    place = applicant.url.removeprefix(site.url)
    expect(applicant.get_by_text("尚不能开始").first).to_be_visible()
    fill_everything(applicant, place, tmp_path)
    applicant.goto(place)
    applicant.get_by_role("link", name="检查并提交").first.click()
    applicant.get_by_role("button", name="提交登记").click()
    expect(applicant.locator("#receipt-number")).to_contain_text("DJ-")

    regulator = person("regulator@example.test")
    regulator.goto("/registrations/queue")
    regulator.get_by_role("link", name="示例铸造有限公司").click()
    for key in SECTIONS:
        section = regulator.locator(f"#section-{key}")
        if key == "permit":
            section.get_by_label("退回意见").fill("有效期与许可证不一致")
            section.get_by_role("button", name="退回").click()
        else:
            section.get_by_role("button", name="通过").click()
        expect(section.get_by_role("button", name="重新决定")).to_be_visible()
    regulator.get_by_role("button", name="退回这 1 项").click()
    expect(regulator.get_by_text("已退回，申请人已收到每一条意见")).to_be_visible()

    applicant.goto(place)
    expect(applicant.get_by_text("有效期与许可证不一致").first).to_be_visible()
    applicant.get_by_role("link", name="接着填：排污许可证").click()
    applicant.get_by_role("button", name="保存并继续").click()
    applicant.get_by_role("link", name="检查并提交").first.click()
    applicant.get_by_role("button", name="提交登记").click()
    expect(applicant.locator("#receipt-number")).to_contain_text("DJ-")

    regulator.reload()
    regulator.locator("#section-permit").get_by_role("button", name="通过").click()
    regulator.get_by_role("button", name="全部通过，受理").click()
    regulator.get_by_role("link", name="打开企业档案").click()
    expect(regulator.get_by_role("heading", level=1)).to_have_text("示例铸造有限公司")
    expect(regulator.get_by_role("rowheader", name="DA001")).to_be_visible()
