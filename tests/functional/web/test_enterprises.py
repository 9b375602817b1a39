"""The enterprise file: list, search, order, export, one page."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.domain.access import OrganisationKind
from portal.domain.periods import today
from portal.models.database import Database
from portal.models.organisations import Facility, Outlet, Permit, Site
from tests.factories.world import DISTRICT, World, make_engagement, make_organisation
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]


def order(text: str) -> list[str]:
    """The enterprises of a list in their order."""
    names = ("示例钢铁有限公司", "示例印染有限公司")
    return sorted((name for name in names if name in text), key=text.index)


def test_each_sees_the_enterprises_of_their_area_or_contracts(world: World, browse: Browse) -> None:
    for who, names in (
        ("regulator", ["示例钢铁有限公司"]),
        ("other_regulator", ["示例印染有限公司"]),
        ("steward", ["示例钢铁有限公司"]),
        ("other_steward", []),
    ):
        browser = browse(getattr(world, who).user_id)
        for path in (
            "/enterprises",
            "/enterprises.csv",
            "/enterprises?q=示例",
            "/enterprises?district=330502",
        ):
            assert set(order(browser.get(path).text)) <= set(names), (who, path)
        assert order(browser.get("/enterprises").text) == names
    assert len(order(browse(world.city_regulator.user_id).get("/enterprises").text)) == 2
    assert browse(world.officer.user_id).get("/enterprises").status_code == 403


def test_the_address_holds_search_district_and_order(world: World, browse: Browse) -> None:
    city = browse(world.city_regulator.user_id)
    assert order(city.get("/enterprises?q=钢铁").text) == ["示例钢铁有限公司"]
    assert order(city.get("/enterprises?q=91330502MA0000002X").text) == ["示例印染有限公司"]
    assert order(city.get("/enterprises?q=%25").text) == []
    assert order(city.get("/enterprises?district=330503").text) == ["示例印染有限公司"]
    assert order(city.get("/enterprises?sort=industry").text) == ["示例印染有限公司", "示例钢铁有限公司"]
    assert order(city.get("/enterprises?sort=-industry").text) == ["示例钢铁有限公司", "示例印染有限公司"]
    assert city.get("/enterprises?sort=-nonsense&page=99&district=x").status_code == 200
    assert city.get("/enterprises?sort=permit&page=-1").status_code == 200


def test_the_export_is_what_is_shown_and_runs_nothing(
    world: World, browse: Browse, database: Database
) -> None:
    with database.writing() as session:
        make_organisation(
            session,
            OrganisationKind.ENTERPRISE,
            "=HYPERLINK(1)",
            "91330500MA0000009X",
            district=DISTRICT,
            guideline="industry-other-2015",
        )
    city = browse(world.city_regulator.user_id)
    export = city.get("/enterprises.csv?district=330502&sort=name")
    lines = export.data.decode("utf-8-sig").splitlines()
    assert export.headers["Content-Disposition"] == 'attachment; filename="enterprises.csv"'
    assert lines[0].startswith("企业名称,统一社会信用代码")
    assert sorted(line.split(",")[0] for line in lines[1:]) == ["'=HYPERLINK(1)", "示例钢铁有限公司"]


def test_the_file_shows_permit_site_facility_outlet_contract_and_people(
    world: World, browse: Browse, database: Database
) -> None:
    day = today()
    with database.writing() as session:
        site = Site(enterprise_id=world.steel_id, name="主厂区", valid_from=day)
        permit = Permit(
            enterprise_id=world.steel_id,
            number="91330500MA28C4XX0E001P",
            category="key",
            valid_from=day - timedelta(days=10),
            valid_to=day + timedelta(days=5),
        )
        session.add_all([site, permit])
        session.flush()
        session.add(
            Facility(site_id=site.id, code="MF01", name="一号高炉", purpose="production", valid_from=day)
        )
        session.add(Outlet(site_id=site.id, code="DA009", name="烧结机头", medium="air", valid_from=day))
    text = browse(world.officer.user_id).get(f"/enterprises/{world.steel_id}").text
    for part in ("91330500MA28C4XX0E001P", "余 5 天", "一号高炉", "DA009", "示例碳管家服务有限公司", "3 人"):
        assert part in text, part


@pytest.mark.parametrize(
    "who", ["stranger_officer", "other_steward", "other_regulator", "platform_administrator"]
)
def test_a_stranger_finds_no_file(world: World, browse: Browse, who: str) -> None:
    browser = browse(getattr(world, who).user_id)
    assert browser.get(f"/enterprises/{world.steel_id}").status_code == 404
    assert browser.get("/enterprises/99999").status_code == 404


def test_a_firm_does_not_see_another_firm_s_contract_with_its_client(
    world: World, browse: Browse, database: Database
) -> None:
    with database.writing() as session:
        make_engagement(session, world.other_firm_id, world.steel_id, number="EG-2026-0099")
    place = f"/enterprises/{world.steel_id}"
    assert "另一示例管家有限公司" not in browse(world.steward.user_id).get(place).text
    assert "另一示例管家有限公司" in browse(world.administrator.user_id).get(place).text


def test_an_organisation_that_is_no_enterprise_has_no_file(world: World, browse: Browse) -> None:
    assert browse(world.city_regulator.user_id).get(f"/enterprises/{world.firm_id}").status_code == 404
