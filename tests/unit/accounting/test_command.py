"""The commands: what may come in, what is explained, and that a printed result can be checked."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.calculation import calculate
from portal.accounting.command import run_calculate, run_explain
from tests.unit.accounting.months import coal, other, steel, water

MONTH = other(coal(id="烟煤"), water(), output={"item": "印染布", "amount": "3", "unit": "万米"})


def told(answer: tuple[str, int]) -> tuple[str, str]:
    text, code = answer
    assert code == 2, text
    error = json.loads(text)["error"]
    assert error["message"]
    assert error["message_en"]
    return error["code"], error["path"]


def printed(payload: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run_calculate(json.dumps(payload))[0])
    return result


def test_a_json_number_is_taken_as_it_was_written() -> None:
    text = json.dumps(steel(coal())).replace('"100"', "100.10")
    assert json.loads(run_calculate(text)[0])["lines"][0]["inputs"][0]["value"] == "100.10"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_should_not_hold_is_not_a_number(number: str) -> None:
    text = json.dumps(steel(coal())).replace('"100"', number)
    assert told(run_calculate(text)) == ("not_a_number", "activities[0].amount")


def test_bytes_that_are_not_utf8_are_refused() -> None:
    assert told(run_calculate(b'{"guideline": "\xff"}')) == ("not_utf8", "")


def test_a_byte_order_mark_is_no_fault() -> None:
    assert run_calculate(b"\xef\xbb\xbf" + json.dumps(MONTH).encode())[1] == 0


def test_a_key_given_twice_deep_inside_is_found() -> None:
    text = json.dumps(steel(coal())).replace('"unit": "t"', '"unit": "t", "unit": "kg"')
    assert told(run_calculate(text)) == ("duplicate_key", "activities[0].unit")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '{"activities": ' + "[" * 900 + "]" * 900 + "}"]
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert told(run_calculate(text))[0] in {"not_json", "missing_value"}


def test_deep_nesting_where_a_number_belongs_is_refused() -> None:
    text = json.dumps(steel(coal())).replace('"100"', "[" * 900 + "]" * 900)
    assert told(run_calculate(text)) == ("wrong_type", "activities[0].amount")


def test_ten_megabytes_are_answered() -> None:
    text = json.dumps(steel(coal(item="烟" * 10_000_000)), ensure_ascii=False)
    assert told(run_calculate(text)) == ("unknown_item", "activities[0].item")


def test_more_than_any_month_can_be_is_refused() -> None:
    assert told(run_calculate(b" " * 64_000_001)) == ("too_large", "")


def test_an_input_and_its_printed_result_are_explained_alike() -> None:
    for language in ("zh", "en"):
        of_input = run_explain(json.dumps(MONTH), language)
        of_result = run_explain(json.dumps(printed(MONTH)), language)
        assert of_input == of_result
        assert of_input[1] == 0


def test_the_explanation_adds_up_before_the_reader() -> None:
    text, _ = run_explain(json.dumps(MONTH), "en")
    result = calculate(MONTH)
    assert f"Total: 207.15 + 3.50 = {result.total} tCO2e" in text
    assert "Intensity: 210.65 ÷ 3 = 70.2167 tCO2e/10^4m" in text
    assert result.packs["AR5"] in text


@pytest.mark.parametrize(
    ("path", "told_at"),
    [
        (("lines", 0, "emission"), "lines[0].emission"),
        (("lines", 0, "factors", 0, "value"), "lines[0].emission"),
        (("lines", 1, "inputs", 0, "converted"), "lines[1].emission"),
        (("subtotals", "fuel"), "subtotals.fuel"),
        (("total",), "total"),
        (("reported_total",), "reported_total"),
    ],
)
def test_a_printed_figure_that_was_changed_is_found(path: tuple[Any, ...], told_at: str) -> None:
    result: Any = printed(MONTH)
    held = result
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = "7"
    text, code = run_explain(json.dumps(result), "zh")
    assert code == 1
    assert f"不符：{told_at} " in text
    assert "Mismatch: " in run_explain(json.dumps(result), "en")[0]


def test_a_corrected_month_is_explained_from_its_result_too() -> None:
    meter = {"required_class": "2", "from": "2026-10-01", "to": "2026-10-31", "calibrations": []}
    payload = steel(coal(meter=meter))
    assert run_explain(json.dumps(printed(payload))) == run_explain(json.dumps(payload))


def test_a_year_is_counted_and_explained() -> None:
    months = [{"month": f"2026-{number:02}", "activities": [coal()]} for number in range(1, 13)]
    payload = {"guideline": "CETS-AG-03.01-V01-2024", "months": months}
    assert json.loads(run_calculate(json.dumps(payload))[0])["total"] == "2734.20"  # 12 × 227.85
    text, code = run_explain(json.dumps(payload), "en")
    assert code == 0
    assert "Difference: " in text
    assert "Months not there" not in text


@pytest.mark.parametrize("key", ["method", "clause", "inputs", "emission", "confidence"])
def test_a_result_that_lacks_something_is_refused_with_its_place(key: str) -> None:
    result = printed(MONTH)
    del result["lines"][0][key]
    assert told(run_explain(json.dumps(result))) == ("missing_value", f"lines[0].{key}")


def test_a_result_with_an_unknown_method_is_refused() -> None:
    result = printed(MONTH)
    result["lines"][0]["method"] = "guess"
    assert told(run_explain(json.dumps(result))) == ("unknown_choice", "lines[0].method")


def test_a_line_that_lacks_a_number_of_its_formula_is_refused() -> None:
    result = printed(MONTH)
    result["lines"][0]["factors"] = []
    assert told(run_explain(json.dumps(result))) == ("missing_value", "lines[0].inputs")


@pytest.mark.parametrize("setting", ["0", "false", "No", " off "])
def test_the_setting_refuses_what_nobody_verified(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_UNVERIFIED", setting)
    soda = {"id": "s", "category": "carbonate", "item": "纯碱", "amount": "1", "unit": "t"}
    assert told(run_calculate(json.dumps(other(soda)))) == ("unverified_value", "activities[0].purity")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=40) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_in_the_commands_answer_or_refuse(text: bytes) -> None:
    for answer, code in (run_calculate(text), run_explain(text)):
        assert code == 2
        assert json.loads(answer)["error"]["code"]


_PLACES = st.sampled_from(
    [("lines",), ("subtotals",), ("packs",), ("grid",), ("lines", 0), ("total",), ("gwp",), ("output",)]
    + [("lines", 0, key) for key in ("inputs", "factors", "method", "emission", "unrounded", "id")]
    + [("lines", 0, "inputs", 0, key) for key in ("key", "value", "converted", "correction", "unit")]
)


@settings(max_examples=150, deadline=None)
@given(_PLACES, _JSON)
def test_whatever_stands_in_a_result_it_is_explained_or_refused(place: tuple[Any, ...], value: Any) -> None:
    result: Any = printed(MONTH)
    held = result
    for key in place[:-1]:
        held = held[key]
    held[place[-1]] = value
    assert run_explain(json.dumps(result))[1] in (0, 1, 2)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["meter", "batches", "element_carbon", "basis", "green_power", "recovered_ch4", "grid"]),
    _JSON,
)
def test_whatever_stands_in_an_extension_it_is_counted_or_refused(key: str, value: Any) -> None:
    power = {"id": "e", "category": "electricity", "amount": "1", "unit": "MWh"}
    for line in (coal(**{key: value}), water(**{key: value}), {**power, key: value}):
        _, code = run_calculate(json.dumps(other(line)))
        assert code in (0, 2)
