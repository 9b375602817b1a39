"""The error contract: for each kind of bad input a stable code, the path of the value, exit code 2."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.calculation import calculate
from portal.accounting.command import run_calculate, run_footprint
from portal.accounting.faults import FAULTS
from portal.accounting.footprint_faults import FOOTPRINT_FAULTS
from portal.domain.errors import InputError
from tests.unit.accounting.months import coal, flow, other, process, steel, system, water, without

#: faults of a whole input, a setting or a year, tried in other tests of this folder
ELSEWHERE = {"not_json", "duplicate_key", "unverified_value", "not_utf8", "too_large", "not_a_month"}
_METER = {"required_class": "0.5", "from": "2026-10-01", "to": "2026-10-31", "calibrations": []}
_PROVEN = {"proof": "certificate", "reference": "GEC-1"}


def _carbon(**changed: Any) -> dict[str, Any]:
    return coal(element_carbon="0.6", **changed) if "element_carbon" not in changed else coal(**changed)


def _power(**changed: Any) -> dict[str, Any]:
    return {"id": "e", "category": "electricity", "amount": "100", "unit": "MWh", **changed}


def _green(**changed: Any) -> dict[str, Any]:
    return _power(green_power=[{"amount": "40", "unit": "MWh", **changed}])


def _leak(**changed: Any) -> dict[str, Any]:
    return {"id": "r", "category": "refrigerant", "item": "R-410A", "amount": "5", "unit": "kg", **changed}


def _biogas(**changed: Any) -> dict[str, Any]:
    line = {"id": "b", "category": "ch4_recovery", "amount": "1", "unit": "10^4Nm3", "purity": "0.65"}
    return {**line, **changed}


def _cement(**changed: Any) -> dict[str, Any]:
    line = {"id": "k", "category": "clinker", "amount": "1000", "unit": "t", "cao": "0.65", "mgo": "0.015"}
    line = {**line, "cao_other": "0.01", "mgo_other": "0", **changed}
    return {"guideline": "CETS-AG-02.01-V01-2024", "activities": [line]}


CALCULATE: list[tuple[str, str, Any]] = [
    ("wrong_type", "", [1]),
    ("missing_value", "guideline", without(steel(coal()), "guideline")),
    ("wrong_type", "guideline", {**steel(coal()), "guideline": 3}),
    ("unknown_pack", "guideline", {**steel(coal()), "guideline": "steel"}),
    ("unknown_pack", "guideline", {**steel(coal()), "guideline": "../guidelines/industry-other-2015"}),
    ("unknown_key", "colour", steel(coal(), colour="red")),
    ("missing_value", "activities", without(steel(), "activities")),
    ("empty_list", "activities", steel()),
    ("wrong_type", "activities", {**steel(), "activities": {"id": "c"}}),
    ("wrong_type", "activities[0]", steel("coal")),  # type: ignore[arg-type]
    ("missing_value", "activities[0].id", steel(without(coal(), "id"))),
    ("missing_value", "activities[0].id", steel(coal(id="  "))),
    ("wrong_type", "activities[0].id", steel(coal(id=7))),
    ("duplicate_id", "activities[1].id", steel(coal(), coal())),
    ("missing_value", "activities[0].category", steel(without(coal(), "category"))),
    ("wrong_type", "activities[0].category", steel(coal(category=["fuel"]))),
    ("unknown_category", "activities[0].category", steel(coal(category="fuels"))),
    (
        "category_not_counted",
        "activities[0].category",
        steel({"id": "e", "category": "electricity", "amount": "1", "unit": "MWh"}),
    ),
    ("category_not_counted", "activities[0].category", steel(water(), gwp="AR5")),
    ("missing_value", "activities[0].item", steel(without(coal(), "item"))),
    ("unknown_item", "activities[0].item", steel(coal(item="烟媒"))),
    ("unknown_item", "activities[0].item", steel(coal(item="废钢"))),
    ("missing_value", "activities[0].amount", steel(without(coal(), "amount"))),
    ("missing_value", "activities[0].amount", steel(coal(amount=None))),
    ("missing_value", "activities[0].amount", steel(coal(amount=""))),
    ("missing_value", "activities[0].amount", steel(coal(amount="   "))),
    ("negative", "activities[0].amount", steel(coal(amount="-0.01"))),
    ("negative", "activities[0].amount", steel(coal(amount=-1))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="abc"))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="1,000"))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="NaN"))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="Infinity"))),
    ("not_a_number", "activities[0].amount", steel(coal(amount=float("nan")))),
    ("not_a_number", "activities[0].amount", steel(coal(amount=float("-inf")))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="１２"))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="1_000"))),
    ("not_a_number", "activities[0].amount", steel(coal(amount="0x10"))),
    ("number_too_long", "activities[0].amount", steel(coal(amount="9" * 5000))),
    ("number_too_long", "activities[0].amount", steel(coal(amount=10**80))),
    ("number_too_long", "activities[0].amount", steel(coal(amount="1e400"))),
    ("number_too_long", "activities[0].amount", steel(coal(amount="1e999999"))),
    ("number_too_long", "activities[0].amount", steel(coal(amount="0." + "1" * 40))),
    ("number_too_long", "activities[0].amount", steel(coal(amount="1e-400"))),
    ("wrong_type", "activities[0].amount", steel(coal(amount=True))),
    ("wrong_type", "activities[0].amount", steel(coal(amount=["1"]))),
    ("missing_value", "activities[0].unit", steel(without(coal(), "unit"))),
    ("unknown_unit", "activities[0].unit", steel(coal(unit="tonnes"))),
    ("unit_mismatch", "activities[0].unit", steel(coal(unit="10^4Nm3"))),
    ("unit_mismatch", "activities[0].unit", steel(coal(item="天然气", unit="m3"))),
    ("unknown_key", "activities[0].ncv", steel(coal(ncv="1"))),
    ("unknown_key", "activities[0].oxidation_rate", steel(coal(oxidation_rate="0.9"))),
    ("out_of_range", "activities[0].net_calorific_value", steel(coal(net_calorific_value="0"))),
    ("out_of_range", "activities[0].oxidation_rate", other(coal(oxidation_rate="93"))),
    ("negative", "activities[0].carbon_content", other(coal(carbon_content="-0.02"))),
    (
        "missing_grid",
        "grid",
        without(other({"id": "e", "category": "electricity", "amount": "1", "unit": "MWh"}), "grid"),
    ),
    ("wrong_type", "grid", other(coal(), grid="浙江")),
    ("missing_value", "grid.year", other(coal(), grid={"family": "mee-average", "area": "浙江"})),
    ("unknown_key", "grid.region", other(coal(), grid={"region": "浙江"})),
    ("unknown_pack", "grid.family", other(coal(), grid={"family": "x", "year": 2023, "area": "浙江"})),
    (
        "wrong_grid_purpose",
        "grid.family",
        other(coal(), grid={"family": "mee-footprint", "year": 2024, "area": "全国"}),
    ),
    (
        "unknown_grid_factor",
        "grid.year",
        other(coal(), grid={"family": "mee-average", "year": 2019, "area": "浙江"}),
    ),
    (
        "unknown_grid_factor",
        "grid.area",
        other(coal(), grid={"family": "mee-average", "year": 2023, "area": "湖州"}),
    ),
    (
        "unknown_grid_factor",
        "grid.area",
        other(coal(), grid={"family": "mee-residual", "year": 2023, "area": "浙江"}),
    ),
    (
        "wrong_type",
        "grid.year",
        other(coal(), grid={"family": "mee-average", "year": 2023.5, "area": "浙江"}),
    ),
    ("unknown_pack", "gwp", other(coal(), gwp="AR7")),
    ("missing_gwp", "gwp", without(other(water()), "gwp")),
    ("missing_value", "activities[0].mcf", other(without(water(), "mcf"))),
    ("out_of_range", "activities[0].mcf", other(water(mcf="1.2"))),
    ("out_of_range", "activities[0].cod_out", other(water(cod_out="3"))),
    ("out_of_range", "activities[0].recovered_ch4", other(water(recovered_ch4="1"))),
    ("unknown_key", "activities[0].amount", other(water(amount="1"))),
    (
        "out_of_range",
        "activities[0].enthalpy",
        other({"id": "s", "category": "steam", "amount": "1", "unit": "t", "enthalpy": "80"}),
    ),
    (
        "missing_value",
        "activities[0].enthalpy",
        other({"id": "s", "category": "steam", "amount": "1", "unit": "t"}),
    ),
    (
        "out_of_range",
        "activities[0].temperature",
        other({"id": "s", "category": "hot_water", "amount": "1", "unit": "t", "temperature": "15"}),
    ),
    ("unknown_key", "activities[0].element_carbon", steel(coal(element_carbon="0.6"))),
    ("unknown_key", "activities[0].carbon_content", other(_carbon(carbon_content="0.02"))),
    ("unknown_basis", "activities[0].basis", other(_carbon(basis="wet"))),
    ("missing_value", "activities[0].moisture", other(_carbon(basis="d"))),
    ("out_of_range", "activities[0].moisture", other(_carbon(basis="d", moisture="100"))),
    ("out_of_range", "activities[0].element_carbon", other(_carbon(element_carbon="60"))),
    ("missing_value", "activities[0].green_power[0].reference", other(_green(proof="contract"))),
    ("unknown_proof", "activities[0].green_power[0].proof", other(_green(proof="promise", reference="1"))),
    ("out_of_range", "activities[0].green_power", other(_green(**_PROVEN, amount="101"))),
    ("empty_list", "activities[0].green_power", other(_power(green_power=[]))),
    ("not_a_day", "activities[0].meter.from", steel(coal(meter={**_METER, "from": "2026-02-30"}))),
    ("not_a_day", "activities[0].meter.to", steel(coal(meter={**_METER, "to": "20261031"}))),
    ("out_of_range", "activities[0].meter.to", steel(coal(meter={**_METER, "to": "2026-09-30"}))),
    ("missing_value", "activities[0].meter.calibrations", steel(coal(meter=without(_METER, "calibrations")))),
    (
        "out_of_range",
        "activities[0].meter.calibrations[0].until",
        steel(coal(meter={**_METER, "calibrations": [{"on": "2026-02-01", "until": "2026-01-01"}]})),
    ),
    ("given_twice", "activities[0].net_calorific_value", steel(coal(batches=[], net_calorific_value="1"))),
    ("empty_list", "activities[0].batches", steel(coal(batches=[]))),
    ("negative", "activities[0].batches[0].amount", steel(coal(batches=[{"amount": "-1"}]))),
    (
        "out_of_range",
        "activities[0].batches",
        steel(coal(batches=[{"amount": "0", "net_calorific_value": "20"}])),
    ),
    ("unknown_gas", "activities[0].item", other(_leak(item="R-999"))),
    ("missing_gwp", "gwp", without(other(_leak()), "gwp")),
    ("out_of_range", "activities[0].purity", other(_biogas(purity="65"))),
    ("out_of_range", "activities[0].mgo", _cement(cao="0.9", mgo="0.2")),
    ("out_of_range", "activities[0].cao_other", _cement(cao="0.6", cao_other="0.7")),
    ("missing_value", "activities[0].mgo_other", _cement(mgo_other="")),
    ("missing_value", "output.amount", steel(coal(), output={"item": "粗钢", "unit": "t"})),
    ("unknown_item", "output.item", steel(coal(), output={"item": "铝", "amount": "1", "unit": "t"})),
    ("unit_mismatch", "output.unit", steel(coal(), output={"item": "粗钢", "amount": "1", "unit": "m"})),
    ("unknown_key", "output.name", steel(coal(), output={"name": "粗钢"})),
    (
        "missing_value",
        "activities[0].oxidation_rate",
        {"guideline": "CETS-AG-01.01-V04-2026", "activities": [coal(item="燃煤")]},
    ),
]

_A, _B = process("a"), process("b")

FOOTPRINT: list[tuple[str, str, Any]] = [
    ("missing_value", "functional_unit", without(system(_A), "functional_unit")),
    ("missing_value", "gwp", without(system(_A), "gwp")),
    ("unknown_pack", "gwp", system(_A, gwp="AR9")),
    ("unknown_key", "note", system(_A, note="x")),
    ("empty_list", "processes", system()),
    ("duplicate_id", "processes[1].id", system(_A, process("b", id="a"))),
    ("two_makers", "processes[1].output.product", system(_A, {**_A, "id": "z"})),
    ("no_maker", "functional_unit.product", system(_B)),
    ("no_maker", "processes[0].inputs[0].product", system({**_A, "inputs": [flow("b")]})),
    ("unit_mismatch", "functional_unit.unit", system(_A, functional_unit=flow("a", "1", "kWh"))),
    (
        "unit_mismatch",
        "processes[0].inputs[0].unit",
        system({**_A, "inputs": [flow("b", "1", "m")]}, _B),
    ),
    (
        "unit_mismatch",
        "processes[0].emissions[0].unit",
        system({**_A, "emissions": [{"gas": "CO2", "amount": "1", "unit": "m3"}]}),
    ),
    ("unit_mismatch", "processes[0].factor.per", system({**_A, "factor": {"kgco2e": "1", "per": "kWh"}})),
    ("unknown_unit", "processes[0].output.unit", system({**_A, "output": flow("a", "1", "bag")})),
    (
        "unknown_gas",
        "processes[0].emissions[0].gas",
        system({**_A, "emissions": [{"gas": "CH5", "amount": "1", "unit": "kg"}]}),
    ),
    (
        "unknown_key",
        "processes[0].emissions[0].amont",
        system({**_A, "emissions": [{"gas": "CH4", "amont": "1", "unit": "kg"}]}),
    ),
    ("out_of_range", "processes[0].output.amount", system({**_A, "output": flow("a", "0")})),
    ("negative", "processes[0].inputs[0].amount", system({**_A, "inputs": [flow("b", "-1")]}, _B)),
    ("missing_value", "processes[0].inputs[0].amount", system({**_A, "inputs": [flow("b", "")]}, _B)),
    ("missing_value", "processes[0].factor.per", system({**_A, "factor": {"kgco2e": "1"}})),
    (
        "missing_value",
        "processes[0].inputs",
        system(without(without(_A, "inputs"), "emissions")),
    ),
    ("wrong_type", "processes[0].stage", system({**_A, "stage": 1})),
    ("unsolvable", "processes", system({**_A, "inputs": [flow("a")]})),
    ("unsolvable", "processes", system({**_A, "inputs": [flow("b", "3")]}, {**_B, "inputs": [flow("a")]})),
]


def told(printed: tuple[str, int]) -> dict[str, str]:
    text, code = printed
    assert code == 2, text
    error: dict[str, str] = json.loads(text)["error"]
    return error


@pytest.mark.parametrize(("code", "path", "payload"), CALCULATE)
def test_calculate_refuses_bad_input_with_code_and_path(code: str, path: str, payload: Any) -> None:
    error = told(run_calculate(json.dumps(payload)))
    assert (error["code"], error["path"]) == (code, path)
    assert error["message"]
    assert error["message_en"]


@pytest.mark.parametrize(("code", "path", "payload"), FOOTPRINT)
def test_footprint_refuses_bad_input_with_code_and_path(code: str, path: str, payload: Any) -> None:
    error = told(run_footprint(json.dumps(payload)))
    assert (error["code"], error["path"]) == (code, path)


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", '{"a": 1,}', "[" * 100_000])
def test_what_is_not_json_is_refused(text: str) -> None:
    assert told(run_calculate(text))["code"] == "not_json"


def test_a_key_given_twice_is_refused() -> None:
    error = told(run_calculate('{"guideline": "x", "guideline": "y"}'))
    assert (error["code"], error["path"]) == ("duplicate_key", "guideline")


@pytest.mark.parametrize("number", ["1e99999999999999999999", "1e-99999999999999999999", "9" * 5000])
def test_an_absurd_number_is_refused_at_its_path(number: str) -> None:
    text = json.dumps(steel(coal())).replace('"100"', number)
    error = told(run_calculate(text))
    assert (error["code"], error["path"]) == ("number_too_long", "activities[0].amount")


def test_an_unknown_item_is_told_the_nearest_names() -> None:
    error = told(run_calculate(json.dumps(steel(coal(item="烟媒")))))
    assert "烟煤" in error["message"]
    assert "烟煤" in error["message_en"]


def test_a_percentage_instead_of_a_fraction_is_told_in_both_languages() -> None:
    error = told(run_calculate(json.dumps(other(coal(oxidation_rate="93")))))
    assert "在 0 与 1 之间" in error["message"]
    assert "between 0 and 1" in error["message_en"]


def test_a_lone_surrogate_does_not_break_the_output() -> None:
    text, code = run_calculate('{"guideline": "\\ud800", "activities": []}')
    assert code == 2
    assert text.encode("utf-8")


def test_every_fault_has_the_same_places_in_both_languages() -> None:
    for code, (chinese, english) in FAULTS.items():
        places = {text.split(")s")[0] for text in chinese.split("%(")[1:]}
        assert places == {text.split(")s")[0] for text in english.split("%(")[1:]}, code


def test_every_kind_of_fault_is_tried_here() -> None:
    tried = {code for code, _, _ in CALCULATE + FOOTPRINT} | ELSEWHERE
    assert tried | FOOTPRINT_FAULTS.keys() == FAULTS.keys()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    key=st.sampled_from(["id", "category", "item", "amount", "unit", "net_calorific_value"]),
    value=_JSON,
    top=st.sampled_from(["guideline", "grid", "gwp", "activities", "output"]),
    other_value=_JSON,
)
def test_whatever_stands_in_a_key_the_command_answers_or_refuses(
    key: str, value: Any, top: str, other_value: Any
) -> None:
    for payload in (steel(coal(**{key: value})), {**steel(coal()), top: other_value}):
        _, code = run_calculate(json.dumps(payload))
        assert code in (0, 2)


@settings(max_examples=100, deadline=None)
@given(key=st.sampled_from(["id", "stage", "output", "inputs", "emissions", "factor"]), value=_JSON)
def test_whatever_stands_in_a_process_the_command_answers_or_refuses(key: str, value: Any) -> None:
    _, code = run_footprint(json.dumps(system({**_A, key: value})))
    assert code in (0, 2)


def test_an_unverified_default_is_refused_where_none_is_allowed() -> None:
    soda = {"id": "s", "category": "carbonate", "item": "纯碱", "amount": "1", "unit": "t"}
    with pytest.raises(InputError) as refused:
        calculate(other(soda), allow_unverified=False)
    assert (refused.value.code, refused.value.path) == ("unverified_value", "activities[0].purity")
    assert calculate(other({**soda, "purity": "0.98"}), allow_unverified=False).unverified == ()


def test_an_unverified_formula_is_refused_where_none_is_allowed() -> None:
    with pytest.raises(InputError) as refused:
        calculate(other(_leak()), allow_unverified=False)
    assert (refused.value.code, refused.value.path) == ("unverified_value", "activities[0].category")
