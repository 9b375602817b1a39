"""The pages of products: entering one, its system, working it out, the result and its files."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.models.products import ProductFootprint
from portal.services.demo_products import add_demo_products
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]
PRODUCT = {
    "row_version": "0",
    "name": "示例铸件",
    "model": "ZJ-1",
    "kind": "declared",
    "unit_amount": "1",
    "unit": "kg",
    "unit_words": "1 kg 铸件",
    "mass": "1",
    "boundary": "cradle_to_gate",
    "rules": "示例规则",
    "country": "CN",
}
SYSTEM = {"row_version": "0", "first_month": "2025-11", "last_month": "2026-10", "runs": "", "seed": ""}
PROCESS = {
    "row_version": "1",
    "name": "熔炼",
    "stage": "生产",
    "output_name": "铸件",
    "output_amount": "100",
    "output_unit": "kg",
    "inputs-0-name": "电力",
    "inputs-0-quantity": "measured",
    "inputs-0-amount": "60",
    "inputs-0-unit": "kWh",
    "inputs-0-footprint": "grid:mee-footprint/2024/全国",
}


@pytest.fixture
def battery(app: Flask, world: World) -> tuple[int, list[int]]:
    """The example battery at the steel works: the product's id and those of its two footprints."""
    with app.extensions["portal.database"].writing() as session:
        made = add_demo_products(session, world.officer, world.steel_id, "battery")
        return made[0].product_id, [entry.id for entry in made]


def _at(world: World, *rest: Any) -> str:
    return "/".join(["", "enterprises", str(world.steel_id), "products", *map(str, rest)])


def _worked_out(app: Flask) -> list[ProductFootprint]:
    with app.extensions["portal.database"].reading() as session:
        return list(session.query(ProductFootprint))


def test_a_product_is_entered_described_and_worked_out(app: Flask, world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    answer = officer.post(_at(world, "new"), PRODUCT)
    assert answer.status_code == 303
    assert answer.location.endswith("/system")
    place = answer.location.removesuffix("/system")
    assert officer.post(answer.location, SYSTEM).status_code == 303
    assert officer.post(f"{place}/system/processes/new", PROCESS).status_code == 303
    answer = officer.post(f"{place}/calculate", {})
    assert answer.status_code == 303
    assert "0.3466" in officer.get(answer.location).text
    assert [str(made.total) for made in _worked_out(app)] == ["0.34662"]


def test_what_is_wrong_in_a_system_is_said_with_the_way_to_its_place(
    app: Flask, world: World, browse: Browse
) -> None:
    officer = browse(world.officer.user_id)
    place = officer.post(_at(world, "new"), PRODUCT).location.removesuffix("/system")
    officer.post(f"{place}/system", SYSTEM)
    wrong = PROCESS | {"inputs-0-unit": "公里"}
    assert officer.post(f"{place}/system/processes/new", wrong).status_code == 303
    answer = officer.post(f"{place}/calculate", {})
    assert answer.status_code == 422
    assert "不认识单位" in answer.text
    assert "/processes/P1#inputs-0-unit" in answer.text
    assert _worked_out(app) == []


def test_a_system_without_a_solution_says_which_loop_it_is(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    place = officer.post(_at(world, "new"), PRODUCT).location.removesuffix("/system")
    officer.post(f"{place}/system", SYSTEM)
    officer.post(f"{place}/system/processes/new", PROCESS)
    loop = {"row_version": "3", "inputs-1-name": "回炉料", "inputs-1-quantity": "typed"}
    loop |= {"inputs-1-amount": "100", "inputs-1-unit": "kg", "inputs-1-footprint": "process:P2"}
    second = PROCESS | {"row_version": "2", "name": "回炉", "output_name": "回炉料"}
    second |= {"inputs-0-footprint": "process:P1", "inputs-0-unit": "kg", "inputs-0-amount": "100"}
    assert officer.post(f"{place}/system/processes/new", second).status_code == 303
    assert officer.post(f"{place}/system/processes/P1", PROCESS | loop).status_code == 303
    answer = officer.post(f"{place}/calculate", {})
    assert answer.status_code == 422
    assert "这个系统解不出来" in answer.text


def test_a_month_that_is_not_accepted_is_named(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    place = officer.post(_at(world, "new"), PRODUCT).location.removesuffix("/system")
    officer.post(f"{place}/system", SYSTEM)
    officer.post(f"{place}/system/processes/new", PROCESS | {"filed": "y"})
    answer = officer.post(f"{place}/calculate", {})
    assert answer.status_code == 422
    assert "2025-11" in answer.text
    assert f"{place}/system" in answer.text


def test_an_old_version_of_a_system_is_refused(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    place = officer.post(_at(world, "new"), PRODUCT).location.removesuffix("/system")
    officer.post(f"{place}/system", SYSTEM)
    officer.post(f"{place}/system/processes/new", PROCESS)
    assert officer.post(f"{place}/system/processes/new", PROCESS).status_code == 409


def test_a_button_of_a_table_adds_a_row_and_keeps_nothing(world: World, browse: Browse) -> None:
    officer = browse(world.officer.user_id)
    place = officer.post(_at(world, "new"), PRODUCT).location.removesuffix("/system")
    officer.post(f"{place}/system", SYSTEM)
    answer = officer.post(f"{place}/system/processes/new", PROCESS | {"add_row": "inputs"})
    assert answer.status_code == 200
    assert 'name="inputs-1-name"' in answer.text
    assert "熔炼" not in officer.get(place).text


def test_the_result_shows_stages_origins_and_the_earlier_one(
    world: World, browse: Browse, battery: tuple[int, list[int]]
) -> None:
    _, (earlier, present) = battery
    page = browse(world.regulator.user_id).get(_at(world, "footprints", present) + f"?with={earlier}").text
    for words in ("0.03521", "主产品生产", "生物源排放", "20261110", "未核实", "8.41", "相交"):
        assert words in page


@pytest.mark.parametrize(
    ("name", "sheet"), [("footprint", "计算"), ("battery", "Article 7"), ("cbam", "D_Processes")]
)
def test_files_are_workbooks_with_their_sheets(
    world: World, browse: Browse, battery: tuple[int, list[int]], name: str, sheet: str
) -> None:
    _, (_, present) = battery
    answer = browse(world.officer.user_id).get(_at(world, "footprints", present, f"{name}.xlsx"))
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert sheet in book.read("xl/workbook.xml").decode()


def test_the_dossier_of_a_footprint_offers_the_same_files(
    world: World, browse: Browse, battery: tuple[int, list[int]]
) -> None:
    product, (_, present) = battery
    officer = browse(world.officer.user_id)
    hub = f"/enterprises/{world.steel_id}/dossiers"
    begun = officer.post(f"{hub}/new/carbon_footprint", {"product_id": str(product), "period": ""})
    assert begun.status_code == 303
    page = officer.get(begun.location).text
    for name in ("footprint", "battery", "cbam"):
        assert f'href="{_at(world, "footprints", present)}/{name}.xlsx"' in page
    assert f"/footprints/{present}/pact" in page


def test_a_stranger_learns_nothing_of_a_product(
    world: World, browse: Browse, battery: tuple[int, list[int]]
) -> None:
    product, (_, present) = battery
    stranger = browse(world.stranger_officer.user_id)
    for path in (_at(world), _at(world, product), _at(world, "footprints", present)):
        assert stranger.get(path).status_code == 404
    mine = f"/enterprises/{world.dyeing_id}/products"
    assert stranger.get(f"{mine}/{product}").status_code == 404
    assert stranger.get(f"{mine}/footprints/{present}").status_code == 404
