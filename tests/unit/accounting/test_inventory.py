"""The merged inventory: gases of the calculated month and pollutants in one table."""

from decimal import Decimal
from typing import Any

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.inventory import (
    Entry,
    Inventory,
    Substance,
    entries_of,
    merged,
    pollutant_entries,
)
from portal.accounting.pollutants import Amount, Method
from portal.accounting.synergy import elasticities
from portal.domain.errors import Invalid
from portal.reference.factors import load_gwp
from tests.unit.accounting.months import coal, other, steel, water

AR5 = load_gwp("AR5")


def found(payload: dict[str, Any]) -> dict[Substance, Decimal]:
    return {entry.substance: entry.kilograms for entry in entries_of(calculate(payload))}


def test_methane_is_turned_back_from_its_equivalent() -> None:
    # 1 000 m³ × (2 − 1) kg/m³ × 0.25 × 0.5 = 125 kg CH4
    assert found(other(water())) == {Substance.CH4: 125}


def test_a_fuel_is_carbon_dioxide_in_kilograms_unrounded() -> None:
    result = calculate(steel(coal()))
    assert found(steel(coal())) == {Substance.CO2: result.lines[0].unrounded * 1000}


def test_what_leaves_in_products_is_taken_off() -> None:
    crude = {"id": "p", "category": "product", "item": "粗钢", "amount": "100", "unit": "t"}
    # 100 t × 0.037 = 3.7 t
    assert found(steel(crude)) == {Substance.CO2: Decimal(-3700)}


def test_bought_power_stands_apart_from_the_site() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000", "unit": "MWh"}
    entries = entries_of(calculate(other(coal(), power)))
    table = merged("mill", "2026-10", entries, AR5)
    assert dict(table.indirect) == {Substance.CO2: Decimal(497_400)}
    assert table.direct[Substance.CO2] == entries[0].kilograms
    assert table.co2e == entries[0].kilograms


def test_pollutants_join_their_source_and_particles_are_one_column() -> None:
    amounts = [
        Amount("SO2", Decimal(12), Method.AUTOMATIC, "12 = 12"),
        Amount("dust", Decimal(3), Method.MONITORING, "3 = 3"),
        Amount("smoke", Decimal(4), Method.COEFFICIENT, "4 = 4"),
        Amount("HCl", Decimal(5), Method.MONITORING, "5 = 5"),
    ]
    entries = [
        Entry("boiler", Substance.CO2, Decimal(1000), "E"),
        Entry("boiler", Substance.N2O, Decimal(2), "E"),
        *pollutant_entries("boiler", amounts),
        *pollutant_entries("outfall", [Amount("NH3-N", Decimal(6), Method.AUTOMATIC, "6 = 6")]),
        Entry("chiller", Substance.F_GASES, Decimal(1300), "E"),
    ]
    table = merged("mill", "2026-10", entries, AR5)
    boiler = next(row for row in table.rows if row.source == "boiler")
    assert dict(boiler.amounts) == {
        Substance.CO2: 1000,
        Substance.N2O: 2,
        Substance.SO2: 12,
        Substance.PM: 7,
    }
    assert "monitoring: 3 = 3" in boiler.bases
    assert [row.source for row in table.rows] == ["boiler", "outfall", "chiller"]
    # 1 000 + 2 × 265 + 1 300
    assert table.co2e == 2830


def test_what_nobody_found_is_missing_and_not_zero() -> None:
    table = merged("mill", "2026-10", [Entry("boiler", Substance.SO2, Decimal(0), "x")], AR5)
    assert dict(table.direct) == {Substance.SO2: 0}
    assert table.co2e == 0


def table(site: str = "mill", **kilograms: int) -> Inventory:
    entries = [Entry("boiler", Substance[name], Decimal(value), "x") for name, value in kilograms.items()]
    return merged(site, "2026-10", entries, AR5)


def test_two_inventories_give_the_elasticity_of_every_pollutant_that_both_hold() -> None:
    before = table(CO2=800, N2O=0, CH4=0, SO2=10, NOX=4, PM=0, COD=5)
    after = table(CO2=720, N2O=0, CH4=0, SO2=8, NOX=5, PM=0)
    found = elasticities(before, after)
    # CO2e falls by a tenth, SO2 by a fifth, NOx rises by a quarter
    assert {name: entry.value for name, entry in found.items()} == {
        Substance.SO2: 2,
        Substance.NOX: Decimal("-2.5"),
    }


def test_inventories_of_two_sites_are_not_compared() -> None:
    with pytest.raises(Invalid):
        elasticities(table(CO2=1), table("other", CO2=1))
