"""Values that are not official against copies of what was read, row by row, named as people name them."""

import re
from collections import Counter
from decimal import Decimal

import pytest

from portal.domain.quantities import UNITS
from portal.reference.factors import list_grids, load_grid, load_gwp
from portal.reference.guidelines import list_guidelines, load_guideline
from portal.reference.law import load_law
from portal.reference.tax import load_tax
from tests.unit.reference.printed import rows

OTHER = "industry-other-2015"
MEDIA = {"大气": ("air", "air"), "水-第一类": ("water", "water-1"), "水-第二类": ("water", "water-2")}


@pytest.mark.parametrize(
    "row", rows("fuel_defaults.csv"), ids=lambda row: f"{row['guideline']} {row['fuel']}"
)
def test_a_fuel_has_the_defaults_that_were_read(row: dict[str, str]) -> None:
    item = load_guideline(row["guideline"]).item("fuel", row["fuel"])
    assert item is not None
    assert item.unit == UNITS[row["unit"]].symbol
    assert item.values["net_calorific_value"].amount == Decimal(row["GJ_per_unit"])
    assert item.values["carbon_content"].amount == Decimal(row["tC_per_GJ"])
    if row["oxidation_percent"]:
        assert item.values["oxidation_rate"].amount * 100 == Decimal(row["oxidation_percent"])


def test_no_pack_holds_a_fuel_default_that_was_not_read() -> None:
    read = Counter(row["guideline"] for row in rows("fuel_defaults.csv"))
    for name in list_guidelines():
        held = [item for item in load_guideline(name).items["fuel"] if item.values]
        assert len(held) == read[name], name


def test_every_electricity_factor_is_the_one_that_was_read() -> None:
    read = {(row["family"], int(row["year"]), row["area"]): row for row in rows("electricity_factors.csv")}
    held = {
        (family, year, area): value
        for family in list_grids()
        for (year, area), value in load_grid(family).factors.items()
    }
    assert held.keys() == read.keys()
    for key, value in held.items():
        assert (value.amount, value.confidence) == (Decimal(read[key]["kg_per_kWh"]), read[key]["mark"]), key


@pytest.mark.parametrize(
    ("guideline", "table"),
    [("GBT-32151-2023", "gbt_32151_34_carbonates.csv"), (OTHER, "other_industry_carbonates.csv")],
)
def test_every_carbonate_has_the_factor_that_was_read(guideline: str, table: str) -> None:
    pack = load_guideline(guideline)
    assert len(pack.items["carbonate"]) == len(rows(table))
    for row in rows(table):
        item = pack.item("carbonate", row["carbonate"])
        assert item is not None
        assert item.values["emission_factor"].amount == Decimal(row["tCO2_per_t"]), row


def test_every_constant_is_the_one_that_was_read() -> None:
    for row in rows("other_defaults.csv"):
        value = load_guideline(row["guideline"]).constants[row["category"]][row["constant"]]
        assert value.amount == Decimal(row["value"]), row


def test_every_methane_correction_factor_is_the_one_that_was_read() -> None:
    held = {(entry.kind, _plain(entry.name)): entry.value.amount for entry in load_guideline(OTHER).mcf}
    assert held == {
        (row["kind"], _plain(row["place"])): Decimal(row["mcf"])
        for row in rows("methane_correction_factors.csv")
    }


def _plain(name: str) -> str:
    return re.sub(r"[（(）)\s<>]|深度|小于|大于|2m", "", name)


def test_every_pollutant_has_the_equivalent_that_was_read() -> None:
    tax = load_tax("environmental-tax")
    read = rows("pollution_equivalents.csv")
    assert len(tax.equivalents) == len(read)
    for row in read:
        medium, group = MEDIA[row["medium"]]
        found = [
            entry
            for entry in tax.equivalents.values()
            if (entry.medium, entry.group) == (medium, group) and _called(entry.name, row["pollutant"])
        ]
        assert [entry.value.amount for entry in found] == [Decimal(row["kg_per_equivalent"])], row


def _called(name: str, text: str) -> bool:
    return name == text or f"（{text.removeprefix('悬浮物')}）" in name


def test_what_nobody_has_verified_says_so() -> None:
    tax = load_tax("environmental-tax")
    assert tax.equivalents["water", "TN"].value.confidence == "unverified"
    assert {value.confidence for value in tax.rates.values()} == {"unverified"}
    cement = load_guideline("CETS-AG-02.01-V01-2024")
    assert cement.constants["clinker"]["emission_factor"].confidence == "unverified"
    assert load_law("2026").citations["environmental-code"].confidence == "unverified"
    for row in rows("methane_by_origin.csv"):
        gwp = load_gwp(row["assessment"])
        value = gwp.values[gwp.gas(row["gas"]) or ""]
        assert (value.amount, value.confidence) == (Decimal(row["kgCO2e_per_kg"]), "unverified")
