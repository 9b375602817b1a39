"""An explanation shows the numbers that were put in, where they come from and how they were rounded."""

import json
from pathlib import Path

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.explain import explain
from portal.accounting.names import NAMES, NAMES_EN
from tests.unit.accounting.months import coal, other, steel, water

CASES = Path(__file__).parents[2] / "cases" / "calculations"


def test_coke_is_explained_with_its_numbers_in_the_formula() -> None:
    told = explain(calculate(steel(coal(item="焦炭", amount="66522.44"))).lines[0])
    assert told.numbers == "66,522.44 × 28.435 × 0.02942 × 44/12"
    assert told.unrounded == "204,049.484484…"
    assert told.emission == "204,049.48"
    assert told.rounding == "四舍五入保留 2 位小数"
    assert [(term.symbol, term.value) for term in told.terms] == [
        ("FC", "66,522.44"),
        ("NCV", "28.435"),
        ("CC", "0.02942"),
    ]
    text = told.as_text()
    assert "附表A.1" in text
    assert "6.1.1 式(1)" in text


def test_english_has_english_names_and_the_same_digits() -> None:
    line = calculate(steel(coal(item="焦炭"))).lines[0]
    told = explain(line, "en")
    assert told.item == "Coke"
    assert "Net calorific value" in told.as_text()
    assert told.emission == explain(line).emission


def test_what_leaves_in_products_has_a_true_minus() -> None:
    out = {"id": "o", "category": "product", "item": "粗钢", "amount": "1000", "unit": "t"}
    assert explain(calculate(steel(out)).lines[0]).emission == "−37.00"


def test_a_converted_amount_says_how_it_was_given() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000000", "unit": "kWh"}
    told = explain(calculate(other(power)).lines[0])
    assert told.terms[0].source == "填报 1,000,000 kWh"
    assert told.numbers == "1,000 × 0.4974"


def test_methane_recovered_is_zero_in_the_numbers_when_none_was_given() -> None:
    told = explain(calculate(other(water())).lines[0])
    assert told.numbers == "((1,000 × (2 − 1) − 0) × 0.25 × 0.5 × 10⁻³ − 0) × 28"


def test_an_unverified_factor_is_said_to_be_so() -> None:
    soda = {"id": "s", "category": "carbonate", "item": "纯碱", "amount": "1", "unit": "t"}
    line = calculate(other(soda)).lines[0]
    assert "未经核实" in explain(line).as_text()
    assert "unverified" in explain(line, "en").as_text()


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_every_line_of_every_case_can_be_explained(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    if case["command"] != "calculate" or "activities" not in case["input"]:
        return
    for line in calculate(case["input"]).lines:
        for language in ("zh", "en"):
            assert line.formula in explain(line, language).as_text()


def test_every_name_has_an_english_one() -> None:
    assert NAMES.keys() == NAMES_EN.keys()
