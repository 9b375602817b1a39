"""Organisations, through the browser of the platform's administrator."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from stdnum.cn import uscc

from portal.models.organisations import Organisation
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]
BODY = "11330521MB0000001"
CODE = BODY + uscc.calc_check_digit(BODY)
BUREAU = {"kind": "authority", "name": "新示例县生态环境局", "uscc": CODE, "district": "330521"}


def test_an_authority_is_set_up_and_its_first_person_invited_next(
    app: Flask, world: World, browse: Browse
) -> None:
    admin = browse(world.platform_administrator.user_id)
    answer = admin.post("/organisations/new", BUREAU)
    with app.extensions["portal.database"].reading() as session:
        made = session.scalars(sa.select(Organisation).where(Organisation.uscc == CODE)).one()
    assert made.district == "330521"
    assert answer.location == f"/organisations/{made.id}/members"
    assert "区县审核员" in admin.get(answer.location).text
    assert "新示例县生态环境局" in admin.get("/organisations").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uscc": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, "校验位"),
        ({"uscc": "123"}, "现在是 3 位"),
        ({"kind": "enterprise"}, "请从列出的选项中选择"),
        ({"kind": ""}, "请选择类别"),
        ({"name": " "}, "请填写机构名称"),
        ({"name": "长" * 201}, "最多 200 个字"),
        ({"district": "110101"}, "请从列出的选项中选择"),
        ({"kind": "steward_firm"}, "管家机构不分区县"),
    ],
)
def test_faults_are_shown_and_nothing_is_made(
    app: Flask, world: World, browse: Browse, change: dict[str, str], words: str
) -> None:
    page = browse(world.platform_administrator.user_id).post("/organisations/new", {**BUREAU, **change})
    assert page.status_code == 422
    assert words in page.text
    with app.extensions["portal.database"].reading() as session:
        assert session.scalars(sa.select(sa.func.count(Organisation.id))).one() == 8


def test_a_code_that_is_taken_is_shown_at_its_field(app: Flask, world: World, browse: Browse) -> None:
    admin = browse(world.platform_administrator.user_id)
    admin.post("/organisations/new", BUREAU)
    again = admin.post("/organisations/new", {**BUREAU, "name": "另一局"})
    assert again.status_code == 422
    assert 'id="uscc-error"' in again.text
    assert "新示例县生态环境局" in again.text


def test_shutting_an_organisation_out_and_in_again(app: Flask, world: World, browse: Browse) -> None:
    admin, steward = browse(world.platform_administrator.user_id), browse(world.steward.user_id)
    assert admin.post(f"/organisations/{world.firm_id}/deactivate").status_code == 303
    assert steward.get("/account").status_code == 302
    assert "已停用" in admin.get("/organisations?kind=steward_firm").text
    assert admin.post(f"/organisations/{world.firm_id}/activate").status_code == 303
    assert browse(world.steward.user_id).get("/account").status_code == 200
    assert admin.post("/organisations/9999/activate").status_code == 404


@pytest.mark.parametrize("who", ["administrator", "steward_lead", "city_regulator", "officer"])
def test_the_pages_are_closed_to_others(app: Flask, world: World, browse: Browse, who: str) -> None:
    browser = browse(getattr(world, who).user_id)
    assert browser.get("/organisations").status_code == 403
    assert browser.get("/organisations/new").status_code == 403
    assert browser.post("/organisations/new", BUREAU).status_code == 403
    assert browser.post(f"/organisations/{world.firm_id}/deactivate").status_code == 403


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_list_is_searched_and_drawn_in_both_languages(
    app: Flask, world: World, browse: Browse, locale: str
) -> None:
    admin = browse(world.platform_administrator.user_id)
    admin.client.set_cookie("locale", locale)
    page = admin.get("/organisations?q=钢铁")
    assert "示例钢铁有限公司" in page.text
    assert "示例印染有限公司" not in page.text
    assert admin.get("/organisations?q=没有这一家&kind=nonsense&page=x").status_code == 200
    assert admin.get("/organisations?q=%25_").status_code == 200
    assert admin.get("/organisations?q=%00").status_code == 404  # no address of ours holds a NUL
    assert admin.get("/organisations?page=99999999999999999999").status_code == 200
    assert admin.get("/organisations/new").status_code == 200
