"""Items, gases and areas are found however people of the field write them, and never guessed."""

import pytest

from portal.reference.factors import load_grid, load_gwp
from portal.reference.guidelines import load_guideline

OTHER = load_guideline("industry-other-2015")


@pytest.mark.parametrize(
    "text", ["液化天然气", "lng", "LNG", "液化天然气（LNG）", "液化天然气 (LNG)", "ＬＮＧ"]
)
def test_a_fuel_is_found_by_name_code_and_abbreviation(text: str) -> None:
    item = OTHER.item("fuel", text)
    assert item is not None
    assert item.code == "lng"


@pytest.mark.parametrize("text", ["煤", "天然", "LN", "气", ""])
def test_a_part_of_a_name_is_nobody(text: str) -> None:
    assert OTHER.item("fuel", text) is None


def test_the_nearest_names_are_names_of_the_pack() -> None:
    assert OTHER.nearest("fuel", "天燃气")[0] == "天然气"


@pytest.mark.parametrize("text", ["HFC134a", "HFC-134a", "R134a", "r-134a"])
def test_a_refrigerant_is_found_by_all_its_names(text: str) -> None:
    assert load_gwp("AR5").gas(text) == "HFC134a"


def test_a_gas_that_the_set_does_not_hold_is_not_found() -> None:
    assert load_gwp("AR5").gas("R-1234yf") is None
    assert load_gwp("SAR").gas("NF3") is None
    assert "R-410A" in load_gwp("AR5").nearest("R410")


@pytest.mark.parametrize("area", ["浙江", "浙江省", " 浙江 "])
def test_an_area_may_be_written_with_its_rank(area: str) -> None:
    grid = load_grid("mee-average")
    assert grid.find(2023, area) is grid.factors[2023, "浙江"]


@pytest.mark.parametrize(("year", "area"), [(2023, "杭州"), (2023, "省"), (2020, "浙江"), (2023, "浙江大学")])
def test_an_area_or_year_that_is_not_held_is_not_guessed(year: int, area: str) -> None:
    assert load_grid("mee-average").find(year, area) is None
