"""What holds for every category: linear in the amount, whatever its unit, in whatever order."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.calculation import calculate
from portal.domain.quantities import convert
from tests.unit.accounting.months import coal, other, steel, water

Make = Callable[[str, str], dict[str, Any]]
AMOUNTS = st.decimals(min_value=0, max_value=10**5, places=2)
PROOF = {"proof": "certificate", "reference": "GEC-1", "amount": "0", "unit": "MWh"}


def _line(category: str, key: str = "amount", **more: Any) -> Make:
    def make(amount: str, unit: str) -> dict[str, Any]:
        return {"id": category, "category": category, key: amount, "unit": unit, **more}

    return make


#: category → (maker of a line, its own unit, a unit that converts exactly)
LINES: dict[str, tuple[Make, str, str]] = {
    "fuel": (lambda amount, unit: coal(amount=amount, unit=unit), "t", "kg"),
    "measured fuel": (_line("fuel", item="烟煤", element_carbon="0.61"), "t", "kg"),
    "carbonate": (_line("carbonate", item="纯碱", purity="0.98"), "t", "g"),
    "electricity": (_line("electricity"), "MWh", "万kWh"),
    "green electricity": (_line("electricity", green_power=[PROOF]), "MWh", "GJ"),
    "heat": (_line("heat"), "GJ", "MJ"),
    "steam": (_line("steam", enthalpy="2778"), "t", "kg"),
    "hot water": (_line("hot_water", temperature="80"), "t", "kg"),
    "wastewater": (_line("wastewater", "volume", cod_in="2", cod_out="1", mcf="0.5"), "m3", "L"),
    "recovered methane": (_line("ch4_recovery", purity="0.6"), "10^4Nm3", "Nm3"),
    "recovered carbon dioxide": (_line("co2_recovery", purity="0.99"), "10^4Nm3", "Nm3"),
    "refrigerant": (_line("refrigerant", item="R-410A"), "t", "kg"),
    "sulphur hexafluoride": (_line("sf6"), "t", "g"),
}


def unrounded(line: dict[str, Any]) -> Decimal:
    return calculate(other(line)).lines[0].unrounded


@pytest.mark.parametrize("name", LINES)
@given(one=AMOUNTS, two=AMOUNTS)
@settings(max_examples=20, deadline=None)
def test_an_emission_is_linear_in_its_amount(name: str, one: Decimal, two: Decimal) -> None:
    make, unit, _ = LINES[name]
    parts = [unrounded(make(str(amount), unit)) for amount in (one, two, one + two)]
    assert abs(parts[0] + parts[1] - parts[2]) < Decimal("1e-20")


@pytest.mark.parametrize("name", LINES)
@given(amount=AMOUNTS)
@settings(max_examples=20, deadline=None)
def test_a_change_of_unit_leaves_an_emission_alone(name: str, amount: Decimal) -> None:
    make, unit, another = LINES[name]
    written = format(convert(amount, unit, another), "f")
    assert unrounded(make(written, another)) == unrounded(make(str(amount), unit))


@given(st.permutations(sorted(LINES)), AMOUNTS)
@settings(max_examples=25, deadline=None)
def test_the_order_of_lines_does_not_matter(names: list[str], amount: Decimal) -> None:
    def month(order: list[str]) -> dict[str, str]:
        lines = [{**LINES[name][0](str(amount), LINES[name][1]), "id": name} for name in order]
        result = calculate(other(*lines))
        return {**{key: str(value) for key, value in result.subtotals.items()}, "total": str(result.total)}

    assert month(names) == month(sorted(LINES))


@given(
    AMOUNTS, st.decimals(min_value=0, max_value=1, places=3), st.decimals(min_value=0, max_value=1, places=3)
)
@settings(max_examples=25, deadline=None)
def test_more_methane_caught_is_never_more_emitted(amount: Decimal, one: Decimal, two: Decimal) -> None:
    volume = str(amount + 8000)  # eight thousand cubic metres give one tonne, which may all be caught
    less, more = (unrounded(water(volume=volume, recovered_ch4=str(caught))) for caught in sorted((one, two)))
    assert more <= less


@given(AMOUNTS, AMOUNTS)
@settings(max_examples=25, deadline=None)
def test_steel_that_is_sold_only_ever_lowers_the_total(burnt: Decimal, sold: Decimal) -> None:
    out = {"id": "o", "category": "product", "item": "粗钢", "amount": str(sold), "unit": "t"}
    assert (
        calculate(steel(coal(amount=str(burnt)), out)).total
        <= calculate(steel(coal(amount=str(burnt)))).total
    )
