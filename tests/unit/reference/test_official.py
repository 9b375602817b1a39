"""Every official value of a pack against the printed table, which lies apart from the packs as CSV.

Sources of the tables: CETS-AG-03.01-V01-2024, tables A.1 and A.2; annex of announcement no. 47 of 2025
(grid factors of 2023); annex on electricity footprint factors of 2024.
"""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from portal.reference.catalogue import load_catalogue
from portal.reference.factors import list_grids, list_gwps, load_grid, load_gwp
from portal.reference.guidelines import Item, list_guidelines, load_guideline

TABLES = Path(__file__).parents[2] / "cases" / "official"
STEEL = load_guideline("CETS-AG-03.01-V01-2024")


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def steel_item(category: str, name: str) -> Item:
    item = STEEL.item(category, name)
    assert item is not None, name
    return item


@pytest.mark.parametrize("row", rows("steel_table_a1.csv"), ids=lambda row: row["fuel"])
def test_a_fuel_of_steel_is_as_printed_in_table_a1(row: dict[str, str]) -> None:
    values = steel_item("fuel", row["fuel"]).values
    assert values["net_calorific_value"].amount == Decimal(row["GJ_per_unit"])
    assert values["carbon_content"].amount == Decimal(row["tC_per_GJ"])
    assert values["oxidation_rate"].amount * 100 == Decimal(row["oxidation_percent"])


@pytest.mark.parametrize(
    "row", rows("steel_table_a2.csv"), ids=lambda row: f"{row['category']} {row['item']}"
)
def test_a_material_of_steel_is_as_printed_in_table_a2(row: dict[str, str]) -> None:
    value = steel_item(row["category"], row["item"]).values["emission_factor"]
    assert value.amount == Decimal(row["tCO2_per_t"])


def test_the_steel_pack_holds_nothing_that_is_not_printed() -> None:
    fuels = {steel_item("fuel", row["fuel"]).code for row in rows("steel_table_a1.csv")}
    assert {item.code for item in STEEL.items["fuel"]} == fuels
    for category in ("process", "product"):
        printed = {
            steel_item(category, row["item"]).code
            for row in rows("steel_table_a2.csv")
            if row["category"] == category
        }
        assert {item.code for item in STEEL.items[category]} == printed


@pytest.mark.parametrize(
    "row", rows("mee_2023_grid_factors.csv"), ids=lambda row: f"{row['family']} {row['area']}"
)
def test_a_grid_factor_of_2023_is_as_announced(row: dict[str, str]) -> None:
    value = load_grid(row["family"]).factors[2023, row["area"]]
    assert value.amount == Decimal(row["kgCO2_per_kWh"])
    assert value.confidence == "official"


@pytest.mark.parametrize("row", rows("mee_2024_electricity_footprint.csv"), ids=lambda row: row["area"])
def test_a_footprint_factor_of_2024_is_as_announced(row: dict[str, str]) -> None:
    assert load_grid("mee-footprint").factors[2024, row["area"]].amount == Decimal(row["kgCO2e_per_kWh"])


def test_every_official_value_is_compared_with_a_table() -> None:
    compared = {("grid", row["family"], 2023, row["area"]) for row in rows("mee_2023_grid_factors.csv")}
    compared |= {
        ("grid", "mee-footprint", 2024, row["area"]) for row in rows("mee_2024_electricity_footprint.csv")
    }
    for family in list_grids():
        for (year, area), value in load_grid(family).factors.items():
            if value.confidence == "official":
                assert ("grid", family, year, area) in compared
    for name in list_guidelines():
        if name != STEEL.id:
            for items in load_guideline(name).items.values():
                assert all(v.confidence != "official" for item in items for v in item.values.values())
    for name in list_gwps():
        official = {gas for gas, value in load_gwp(name).values.items() if value.confidence == "official"}
        assert official == {"CO2"}


def test_official_constants_are_those_of_formulas_e2_and_e3() -> None:
    for name in list_guidelines():
        for constants in load_guideline(name).constants.values():
            for key, value in constants.items():
                if value.confidence == "official":
                    expected = {
                        "reference_enthalpy": "83.74",
                        "reference_temperature": "20",
                        "specific_heat": "4.1868",
                    }
                    assert value.amount == Decimal(expected[key])


def test_steel_rounds_as_the_filling_notes_of_tables_c3_to_c6_say() -> None:
    assert dict(STEEL.digits) == {
        "line": 2,
        "total": 2,
        "reported_total": 0,
        "intensity": 4,
        "amount": 2,
        "net_calorific_value": 3,
        "carbon_content": 5,
        "electricity": 3,
        "heat": 2,
        "output": 2,
    }


def test_meters_of_steel_have_the_classes_of_annex_table_f() -> None:
    half = {
        "weigh_feeder",
        "belt_scale",
        "dynamic_rail_scale",
        "liquid_displacement",
        "liquid_turbine",
        "liquid_coriolis",
    }
    for key, meter in load_catalogue(STEEL.id).meters.items():
        if key.startswith("gas_"):
            assert meter.accuracy_class == Decimal(2), key
        else:
            assert meter.accuracy_class == (Decimal("0.5") if key in half else None), key
