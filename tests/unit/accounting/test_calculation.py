"""What a result says beside its figures, and what must not change it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.calculation import calculate, calculate_under
from portal.domain.errors import InputError
from portal.domain.quantities import convert
from portal.reference.guidelines import load_guideline
from tests.unit.accounting.months import OTHER, STEEL, ZHEJIANG, coal, other, steel, water

AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False, allow_infinity=False)
FUELS = st.sampled_from(["烟煤", "焦炭", "柴油", "天然气", "焦炉煤气"])


def fuel(line: str, item: str, amount: Decimal) -> dict[str, Any]:
    gas = item.endswith("气")
    return coal(id=line, item=item, amount=str(amount), unit="10^4Nm3" if gas else "t")


def test_a_line_carries_formula_clause_inputs_and_factors() -> None:
    line = calculate(steel(coal(amount="2000", unit="kg"))).lines[0]
    assert line.formula == "E = FC × NCV × CC × 44/12"
    assert "6.1.1" in line.clause
    assert (line.inputs[0].value, line.inputs[0].unit) == (Decimal(2000), "kg")
    assert (line.inputs[0].converted, line.inputs[0].converted_unit) == (Decimal(2), "t")
    assert [(factor.key, factor.value, factor.unit, factor.confidence) for factor in line.factors] == [
        ("net_calorific_value", Decimal("23.736"), "GJ/t", "official"),
        ("carbon_content", Decimal("0.02618"), "tC/GJ", "official"),
    ]
    assert "附表A.1" in line.factors[0].source


def test_a_measured_value_is_marked_as_given() -> None:
    line = calculate(steel(coal(net_calorific_value="23.1"))).lines[0]
    assert (line.factors[0].confidence, line.factors[1].confidence) == ("given", "official")


def test_an_unverified_factor_marks_its_line() -> None:
    soda = {"id": "s", "category": "carbonate", "item": "纯碱", "amount": "1", "unit": "t"}
    result = calculate(other(soda, {**soda, "id": "p", "purity": "0.98"}))
    assert result.unverified == ("s",)


def test_the_result_names_the_packs_that_it_stands_on() -> None:
    packs = calculate(other(water())).packs
    assert set(packs) == {"industry-other-2015", "mee-average", "AR5"}
    assert all(len(sha256) == 64 for sha256 in packs.values())


def test_a_month_without_output_has_no_intensity() -> None:
    result = calculate(steel(coal(), output={"item": "粗钢", "amount": "0", "unit": "t"}))
    assert result.intensity is None
    assert result.as_json()["intensity"] is None
    assert "intensity" not in calculate(steel(coal())).as_json()


def test_intensity_is_per_unit_of_the_guideline() -> None:
    result = calculate(steel(coal(), output={"item": "粗钢", "amount": "1", "unit": "万吨"}))
    assert result.intensity_unit == "tCO2/t"
    assert result.intensity == Decimal("0.0228")  # 227.85 / 10000


def test_numbers_may_come_as_json_integers() -> None:
    assert calculate(steel(coal(amount=100))).total == calculate(steel(coal(amount="100.0"))).total


def test_the_residual_mix_is_another_factor_than_the_average() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000", "unit": "MWh"}
    residual = {"family": "mee-residual", "year": 2023, "area": "全国"}
    assert calculate(other(power, grid=residual)).total == Decimal("609.60")


def test_an_empty_sum_of_a_category_is_a_plain_zero() -> None:
    out = {"id": "o", "category": "product", "item": "粗钢", "amount": "0", "unit": "t"}
    printed = calculate(steel(out)).as_json()
    assert printed["lines"][0]["emission"] == "0.00"
    assert printed["subtotals"] == {"product": "0.00"}


@given(st.lists(st.tuples(FUELS, AMOUNTS), min_size=1, max_size=8), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_lines_does_not_matter(lines: list[tuple[str, Decimal]], random: Any) -> None:
    activities = [fuel(str(place), item, amount) for place, (item, amount) in enumerate(lines)]
    shuffled = list(activities)
    random.shuffle(shuffled)
    assert calculate(steel(*activities)).total == calculate(steel(*shuffled)).total


@given(AMOUNTS, st.sampled_from(["t", "kg", "g", "万吨", "kt", "mg"]))
@settings(max_examples=60, deadline=None)
def test_a_change_of_unit_leaves_the_result_alone(amount: Decimal, unit: str) -> None:
    given_so = convert(amount, "t", unit)
    if len(given_so.as_tuple().digits) > 30 or abs(given_so) >= 10**15:
        return
    line = calculate(steel(coal(amount=format(given_so, "f"), unit=unit))).lines[0]
    assert line.unrounded == calculate(steel(coal(amount=str(amount)))).lines[0].unrounded


@given(FUELS, AMOUNTS, AMOUNTS)
@settings(max_examples=60, deadline=None)
def test_unrounded_emissions_are_linear_in_the_amount(item: str, one: Decimal, two: Decimal) -> None:
    lines = [calculate(steel(fuel("f", item, amount))).lines[0] for amount in (one, two, one + two)]
    assert abs(lines[0].unrounded + lines[1].unrounded - lines[2].unrounded) < Decimal("1e-20")


@given(st.lists(st.tuples(FUELS, AMOUNTS), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_printed_column_adds_up(lines: list[tuple[str, Decimal]]) -> None:
    result = calculate(steel(*(fuel(str(n), item, amount) for n, (item, amount) in enumerate(lines))))
    assert sum(line.emission for line in result.lines) == result.total
    assert sum(result.subtotals.values()) == result.total
    assert abs(result.reported_total - result.total) <= Decimal("0.5")


@given(FUELS, AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_the_oxidation_rate_only_ever_lowers_an_emission(item: str, amount: Decimal) -> None:
    default = calculate(other(fuel("f", item, amount))).lines[0]
    whole = calculate(other({**fuel("f", item, amount), "oxidation_rate": "1"})).lines[0]
    assert default.unrounded <= whole.unrounded


def test_the_guideline_of_a_result_is_the_one_asked_for() -> None:
    result = calculate(steel(coal()))
    assert (result.guideline, result.unit) == (STEEL, "tCO2")
    assert calculate(other(coal())).unit == "tCO2e"


def test_a_year_may_be_written_as_text() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1", "unit": "MWh"}
    written = calculate(other(power, grid={**ZHEJIANG, "year": "2023"}))
    assert written.total == calculate(other(power)).total


def test_a_line_is_found_by_its_id() -> None:
    result = calculate(steel(coal(id="one"), coal(id="two", item="焦炭")))
    assert result.line("two").item == "焦炭"
    with pytest.raises(KeyError):
        result.line("three")


def test_an_integer_beyond_reason_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        calculate(steel(coal(amount=10**15)))
    assert refused.value.code == "number_too_long"


def test_a_binary_float_is_refused_because_it_is_not_what_was_written() -> None:
    with pytest.raises(InputError) as refused:
        calculate(steel(coal(amount=0.1)))
    assert refused.value.code == "wrong_type"


@pytest.mark.parametrize(("category", "unit"), [("electricity", "GJ"), ("heat", "MWh"), ("heat", "tce")])
def test_energy_converts_between_carriers_only_where_the_guideline_says_so(category: str, unit: str) -> None:
    payload = other({"id": "e", "category": category, "amount": "1", "unit": unit})
    assert calculate(payload).total > 0
    strict = replace(load_guideline(OTHER), energy_conversion=False)
    with pytest.raises(InputError) as refused:
        calculate_under(strict, payload)
    assert (refused.value.code, refused.value.path) == ("unit_mismatch", "activities[0].unit")
