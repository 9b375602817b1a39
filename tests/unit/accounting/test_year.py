"""A year adds its reported months, and says why its means would give another figure."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.calculation import calculate
from portal.accounting.year import YearResult, calculate_year
from portal.domain.errors import InputError
from tests.unit.accounting.months import OTHER, STEEL, ZHEJIANG, coal, water, without

AMOUNTS = st.decimals(min_value=0, max_value=10**5, places=2).map(str)
HEATS = st.decimals(min_value=1, max_value=30, places=3).map(str)
STEEL_OUT = {"item": "粗钢", "amount": "10", "unit": "t"}


def month(number: int, *activities: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"month": f"2026-{number:02}", "activities": list(activities), **more}


def year(*months: dict[str, Any], guideline: str = STEEL, **top: Any) -> YearResult:
    return calculate_year({"guideline": guideline, "months": list(months), **top})


def refusal(*months: Any, **top: Any) -> tuple[str, str]:
    with pytest.raises(InputError) as refused:
        calculate_year({"guideline": STEEL, "months": list(months), **top})
    return refused.value.code, refused.value.path


def test_the_year_adds_what_the_months_reported() -> None:
    result = year(
        month(1, coal(amount="10.333", net_calorific_value="23.1")),
        month(2, coal(amount="20", net_calorific_value="24", carbon_content="0.027")),
    )
    line = result.lines[0]
    # 10.333 × 23.1 × 0.02618 × 44/12 = 22.91287…; 20 × 24 × 0.027 × 44/12 = 47.52
    assert list(line.reported.values()) == [Decimal("22.91"), Decimal("47.52")]
    assert line.summed == result.total == Decimal("70.43")
    # FC 30.333; NCV (10.333 × 23.1 + 20 × 24) / 30.333 = 23.69341…; CC 0.0267206…
    assert line.recomputed == Decimal("70.41")
    assert result.missing == tuple(f"2026-{number:02}" for number in range(3, 13))


def test_the_difference_falls_into_three_parts_that_add_up() -> None:
    result = year(month(1, coal(amount="1.1", net_calorific_value="20")), month(2, coal(amount="2.2")))
    line = result.lines[0]
    assert line.difference is not None
    parts = line.rounding_of_months + line.weighting + line.rounding_of_year
    assert abs(parts - line.difference) < Decimal("1e-20")


@given(st.lists(st.tuples(AMOUNTS, HEATS), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_months_sum_to_the_year_whatever_was_burnt(months: list[tuple[str, str]]) -> None:
    entries = [
        month(number, coal(amount=amount, net_calorific_value=heat))
        for number, (amount, heat) in enumerate(months, 1)
    ]
    result = year(*entries)
    singles = [calculate({"guideline": STEEL, "activities": entry["activities"]}) for entry in entries]
    assert result.total == sum(single.total for single in singles)
    line = result.lines[0]
    assert line.difference is not None
    parts = line.rounding_of_months + line.weighting + line.rounding_of_year
    assert abs(parts - line.difference) < Decimal("1e-20")
    # One value is tested, so weighting by use is exact: only rounding is left.
    assert abs(line.weighting) < Decimal("1e-20")


def test_methane_of_the_year_adds_what_was_recovered() -> None:
    result = year(
        month(1, water(recovered_ch4="0.1")), month(2, water(volume="2000")), guideline=OTHER, gwp="AR5"
    )
    # (3000 × 1 × 0.25 × 0.5 / 1000 − 0.1) × 28 = 7.70
    assert result.lines[0].recomputed == result.total == Decimal("7.70")


def test_a_formula_that_changed_within_the_year_is_not_worked_out_anew() -> None:
    result = year(month(1, coal()), month(2, coal(element_carbon="0.6")), guideline=OTHER)
    assert result.lines[0].recomputed is None
    assert result.as_json()["lines"][0]["recomputed"] is None


def test_the_intensity_of_the_year_is_by_the_year_s_output() -> None:
    result = year(month(1, coal(), output=STEEL_OUT), month(2, coal(), output=STEEL_OUT))
    assert result.intensity == Decimal("22.7850")  # (227.85 + 227.85) / 20
    assert result.as_json()["intensity_unit"] == "tCO2/t"


def test_a_year_in_which_one_month_lacks_its_output_has_no_intensity() -> None:
    assert "intensity" not in year(month(1, coal(), output=STEEL_OUT), month(2, coal())).as_json()


def test_months_come_in_order_whatever_the_order_of_the_input() -> None:
    assert list(year(month(3, coal()), month(1, coal())).months) == ["2026-01", "2026-03"]


def test_a_grid_beside_the_months_holds_for_those_that_name_none() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000", "unit": "MWh"}
    own = {**ZHEJIANG, "year": 2022}
    result = year(month(1, power), month(2, power, grid=own), guideline=OTHER, grid=ZHEJIANG)
    assert list(result.lines[0].reported.values()) == [Decimal("497.40"), Decimal("515.30")]
    assert result.lines[0].recomputed == Decimal("1012.70")


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ([], ("empty_list", "months")),
        (["2026-01"], ("wrong_type", "months[0]")),
        ([without(month(1, coal()), "month")], ("missing_value", "months[0].month")),
        ([{**month(1, coal()), "month": "2026-13"}], ("not_a_month", "months[0].month")),
        ([{**month(1, coal()), "month": "Oct"}], ("not_a_month", "months[0].month")),
        ([month(1, coal()), month(1, coal())], ("duplicate_id", "months[1].month")),
        ([month(1, coal()), {**month(1, coal()), "month": "2025-12"}], ("out_of_range", "months[1].month")),
        ([month(1, coal(), colour="red")], ("unknown_key", "months[0].colour")),
        ([month(1, coal(amount="-1"))], ("negative", "months[0].activities[0].amount")),
        ([month(1)], ("empty_list", "months[0].activities")),
        ([month(1, coal(), grid={"family": "x"})], ("missing_value", "months[0].grid.area")),
        ([month(1, coal(), output={"item": "粗钢"})], ("missing_value", "months[0].output.amount")),
    ],
)
def test_a_fault_names_its_month(months: list[Any], expected: tuple[str, str]) -> None:
    assert refusal(*months) == expected


def test_months_and_activities_do_not_stand_together() -> None:
    assert refusal(month(1, coal()), activities=[coal()]) == ("unknown_key", "activities")
