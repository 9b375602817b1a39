"""Counting in bulk gives the same digits as counting with explanations, and the same refusals."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.bulk import count_months
from portal.accounting.calculation import calculate
from portal.domain.errors import InputError
from tests.unit.accounting.months import ZHEJIANG, coal, other, steel, water

CASES = sorted((Path(__file__).parents[2] / "cases" / "calculations").glob("*.json"))
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=3).map(str)
ODD_VALUES: list[Any] = ["", None, "-1", "1e3", " 5", "abc", 7, True, Decimal("2.5"), "0", [], {}]
ODD = st.sampled_from(ODD_VALUES)


def answer(payload: dict[str, Any]) -> object:
    """What the long way says: the digits, or code and path of the refusal."""
    try:
        result = calculate(payload)
    except InputError as error:
        return error.code, error.path
    lines = {line.id: line.emission for line in result.lines}
    return _text(lines, result.subtotals, result.total, result.reported_total, result.intensity)


def short_answer(payload: dict[str, Any]) -> object:
    """The same from the bulk way."""
    try:
        totals = next(count_months([payload]))
    except InputError as error:
        return error.code, error.path
    return _text(totals.lines, totals.subtotals, totals.total, totals.reported_total, totals.intensity)


def _text(lines: Mapping[str, Decimal], sums: Mapping[str, Decimal], *figures: Decimal | None) -> str:
    return repr((dict(lines), dict(sums), figures))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_counts_the_same_in_bulk(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    if case["command"] == "calculate" and "activities" in case["input"]:
        assert short_answer(case["input"]) == answer(case["input"])


def power(**changed: Any) -> dict[str, Any]:
    return {"id": "e", "category": "electricity", "amount": "1000", "unit": "kWh", **changed}


def steam(**changed: Any) -> dict[str, Any]:
    return {"id": "s", "category": "steam", "amount": "10", "unit": "t", "enthalpy": "2778", **changed}


@given(
    st.lists(
        st.one_of(
            st.builds(lambda amount, unit: coal(amount=amount, unit=unit), AMOUNTS, st.sampled_from("t kg")),
            st.builds(lambda amount, rate: coal(amount=amount, oxidation_rate=rate), AMOUNTS, AMOUNTS),
            st.builds(lambda amount: coal(item="diesel", amount=amount), AMOUNTS),
            st.builds(lambda amount: power(amount=amount), AMOUNTS),
            st.builds(lambda amount: power(unit="GJ", amount=amount), AMOUNTS),
            st.builds(lambda enthalpy: steam(enthalpy=enthalpy), AMOUNTS),
            st.builds(lambda volume: water(volume=volume), AMOUNTS),
            st.builds(lambda recovered: water(recovered_ch4=recovered), AMOUNTS),
            st.builds(lambda odd: coal(amount=odd), ODD),
            st.builds(lambda odd: coal(unit=odd), ODD),
            st.builds(lambda odd: power(id=odd), ODD),
            st.builds(lambda odd: water(mcf=odd), ODD),
        ),
        max_size=5,
    ),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_month_both_ways_agree(lines: list[dict[str, Any]], numbered: bool) -> None:
    if numbered:
        lines = [{**line, "id": f"{line['id']}{place}"} for place, line in enumerate(lines)]
    payload = other(*lines)
    assert short_answer(payload) == answer(payload)


@pytest.mark.parametrize(
    "top",
    [
        {"grid": {**ZHEJIANG, "year": 2023.0}},
        {"grid": {**ZHEJIANG, "year": "2023"}},
        {"grid": {**ZHEJIANG, "area": "浙江省"}},
        {"grid": {**ZHEJIANG, "year": True}},
        {"grid": "浙江"},
        {"grid": None},
        {"gwp": "AR7"},
        {"gwp": ["AR5"]},
        {"colour": "red"},
        {"guideline": "steel"},
        {"guideline": ["steel"]},
        {"activities": "coal"},
        {"activities": {}},
        {"activities": [["coal"]]},
        {"output": {"item": "印染布", "amount": "320", "unit": "万米"}},
        {"output": {"item": "印染布", "amount": "0", "unit": "万米"}},
        {"output": {"item": "  ", "amount": "1", "unit": "t"}},
        {"output": {"item": "印染布", "amount": "320", "unit": "bolt"}},
        {"output": {"item": "印染布", "amount": "320"}},
    ],
)
def test_whatever_stands_at_the_top_both_ways_agree(top: dict[str, Any]) -> None:
    answer_twice = [short_answer({**other(power(), coal()), **top}) for _ in range(2)]
    assert answer_twice == [answer({**other(power(), coal()), **top})] * 2


def test_an_output_of_the_guideline_is_brought_to_its_unit() -> None:
    payload = steel(coal(), output={"item": "粗钢", "amount": "1", "unit": "万吨"})
    assert short_answer(payload) == answer(payload)
    assert next(count_months([payload])).intensity == Decimal("0.0228")


def test_months_come_back_in_order() -> None:
    months = [steel(coal(amount=str(amount))) for amount in (1, 2, 3)]
    assert [totals.total for totals in count_months(months)] == [calculate(month).total for month in months]
