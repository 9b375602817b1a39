"""The error contract of a product system's further keys, and of whatever else may stand there."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.command import run_footprint
from portal.accounting.comparison import compare
from portal.accounting.footprint import footprint
from portal.accounting.footprint_faults import FOOTPRINT_FAULTS
from portal.domain.errors import InputError
from tests.unit.accounting.months import flow, process, system, without

QUALITY = {
    "technological": "1",
    "geographical": "2",
    "temporal": "3",
    "completeness": "4",
    "reliability": "5",
}
MASS = {"method": "mass", "basis": [flow("a", "3"), flow("b", "1")]}
GRID = {"family": "mee-footprint", "year": 2024, "area": "全国"}


def one(**changed: Any) -> dict[str, Any]:
    return system(process("a", **changed))


def spread(**values: str) -> dict[str, Any]:
    emission = {"gas": "CO2", "amount": "2", "unit": "kg", "uncertainty": values}
    return one(emissions=[emission])


def grid(**changed: Any) -> dict[str, Any]:
    made = {"output": flow("a", "1", "kWh"), "factor": {"grid": {**GRID, **changed}}}
    return {**one(**made), "functional_unit": flow("a", "1", "kWh")}


def emitted(**values: Any) -> dict[str, Any]:
    return one(emissions=[{"gas": "CO2", "amount": "1", "unit": "kg", **values}])


FAULTY: list[tuple[str, str, Any]] = [
    ("unknown_choice", "processes[0].emissions[0].origin", emitted(origin="oil")),
    ("wrong_type", "processes[0].emissions[0].origin", emitted(origin=["fossil"])),
    ("unknown_choice", "processes[0].emissions[0].gas", emitted(gas="CH4", origin="biogenic_uptake")),
    ("negative", "processes[0].emissions[0].amount", emitted(amount="-1")),
    ("missing_value", "processes[0].inputs[0].amount", one(inputs=[flow("a", "  ")])),
    ("missing_value", "processes[0].inputs[0].product", one(inputs=[flow("  ")])),
    ("negative", "processes[0].inputs[0].amount", one(inputs=[flow("a", "-1")])),
    ("not_a_number", "processes[0].inputs[0].amount", one(inputs=[flow("a", "NaN")])),
    ("unknown_unit", "processes[0].inputs[0].unit", one(inputs=[flow("a", "1", "bag")])),
    ("unknown_choice", "processes[0].allocation.method", one(allocation={**MASS, "method": "size"})),
    ("missing_value", "processes[0].allocation.basis", one(allocation=without(MASS, "basis"))),
    ("empty_list", "processes[0].allocation.basis", one(allocation={**MASS, "basis": []})),
    ("missing_value", "processes[0].allocation.basis", one(allocation={**MASS, "basis": [flow("b")]})),
    (
        "duplicate_id",
        "processes[0].allocation.basis[1].product",
        one(allocation={**MASS, "basis": [flow("a"), flow("a")]}),
    ),
    (
        "out_of_range",
        "processes[0].allocation.basis[0].amount",
        one(allocation={**MASS, "basis": [flow("a", "0")]}),
    ),
    (
        "unit_mismatch",
        "processes[0].allocation.basis[0].unit",
        one(allocation={**MASS, "basis": [flow("a", "1", "GJ")]}),
    ),
    ("wrong_type", "processes[0].allocation", one(allocation="mass")),
    ("unknown_key", "processes[0].allocation.by", one(allocation={**MASS, "by": "us"})),
    ("missing_value", "processes[0].quality.temporal", one(quality=without(QUALITY, "temporal"))),
    ("out_of_range", "processes[0].quality.temporal", one(quality={**QUALITY, "temporal": "0.9"})),
    ("out_of_range", "processes[0].quality.reliability", one(quality={**QUALITY, "reliability": "6"})),
    ("wrong_type", "processes[0].primary", one(primary="yes")),
    ("unknown_choice", "processes[0].emissions[0].uncertainty.distribution", spread(distribution="beta")),
    ("missing_value", "processes[0].emissions[0].uncertainty.distribution", spread(gsd="1.1")),
    ("missing_value", "processes[0].emissions[0].uncertainty.gsd", spread(distribution="lognormal")),
    (
        "out_of_range",
        "processes[0].emissions[0].uncertainty.gsd",
        spread(distribution="lognormal", gsd="0.9"),
    ),
    ("unknown_key", "processes[0].emissions[0].uncertainty.sd", spread(distribution="lognormal", sd="1")),
    ("negative", "processes[0].emissions[0].uncertainty.sd", spread(distribution="normal", sd="-1")),
    (
        "out_of_range",
        "processes[0].emissions[0].uncertainty.low",
        spread(distribution="uniform", low="3", high="4"),
    ),
    (
        "out_of_range",
        "processes[0].emissions[0].uncertainty.high",
        spread(distribution="triangular", low="1", high="1.5"),
    ),
    ("missing_value", "uncertainty.seed", {**one(), "uncertainty": {"runs": 10}}),
    ("out_of_range", "uncertainty.runs", {**one(), "uncertainty": {"runs": 1, "seed": 1}}),
    ("out_of_range", "uncertainty.runs", {**one(), "uncertainty": {"runs": 10**6, "seed": 1}}),
    ("not_a_number", "uncertainty.seed", {**one(), "uncertainty": {"runs": 10, "seed": "-1"}}),
    ("not_a_number", "uncertainty.seed", {**one(), "uncertainty": {"runs": 10, "seed": 10**40}}),
    ("wrong_type", "uncertainty.runs", {**one(), "uncertainty": {"runs": True, "seed": 1}}),
    ("wrong_type", "uncertainty.runs", {**one(), "uncertainty": {"runs": 10.5, "seed": 1}}),
    ("wrong_type", "uncertainty", {**one(), "uncertainty": 10}),
    ("missing_value", "cut_offs[0].reason", {**one(), "cut_offs": [{"what": "labels"}]}),
    (
        "out_of_range",
        "cut_offs[0].share",
        {**one(), "cut_offs": [{"what": "x", "reason": "y", "share": "2"}]},
    ),
    ("out_of_range", "cut_offs", {**one(), "cut_offs": [{"what": "x", "reason": "y", "share": "0.5"}] * 2}),
    ("wrong_type", "boundary", {**one(), "boundary": 1}),
    ("inventory_grid", "processes[0].factor.grid.family", grid(family="mee-average")),
    ("unknown_pack", "processes[0].factor.grid.family", grid(family="mee")),
    ("unknown_grid_factor", "processes[0].factor.grid.year", grid(year=1999)),
    ("unknown_grid_factor", "processes[0].factor.grid.area", grid(area="浙江")),
    ("wrong_type", "processes[0].factor.grid.year", grid(year="2024")),
    ("unit_mismatch", "processes[0].output.unit", one(factor={"grid": GRID})),
    ("unknown_key", "processes[0].factor.kgco2e", one(factor={"grid": GRID, "kgco2e": "1"})),
    (
        "unknown_key",
        "functional_unit.uncertainty",
        {**one(), "functional_unit": {**flow("a"), "uncertainty": {}}},
    ),
    ("no_maker", "functional_unit.product", system(process("b"))),
    ("two_makers", "processes[1].output.product", system(process("a"), process("z", output=flow("a")))),
    ("unsolvable", "processes", one(inputs=[flow("a", "2")])),
]


@pytest.mark.parametrize(("code", "path", "payload"), FAULTY)
def test_a_further_key_that_is_wrong_is_refused_with_code_and_path(
    code: str, path: str, payload: Any
) -> None:
    text, exit_code = run_footprint(json.dumps(payload))
    error = json.loads(text)["error"]
    assert (error["code"], error["path"], exit_code) == (code, path, 2)
    assert error["message"]
    assert error["message_en"]


def test_every_fault_of_a_product_system_is_tried() -> None:
    assert {code for code, _, _ in FAULTY} | {"not_comparable"} >= FOOTPRINT_FAULTS.keys()
    with pytest.raises(InputError) as refused:
        compare(footprint(one()), footprint(one()))
    assert refused.value.code == "not_comparable"


def test_a_loop_without_a_solution_names_its_processes_and_no_other() -> None:
    text, _ = run_footprint(
        json.dumps(
            system(
                process("a", inputs=[flow("b")]),
                process("b", inputs=[flow("c", "2")]),
                process("c", inputs=[flow("b", "2")]),
            )
        )
    )
    message = json.loads(text)["error"]["message_en"]
    assert "b、c" in message
    assert "a、" not in message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.decimals().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WHOLE: dict[str, Any] = {
    **system(
        process(
            "a",
            stage="make",
            inputs=[{**flow("b", "0.5"), "uncertainty": {"distribution": "lognormal", "gsd": "1.1"}}],
            allocation=MASS,
            quality=QUALITY,
            primary=True,
        ),
        process("b", inputs=[flow("a", "0.1")], factor={"kgco2e": "1", "per": "kg"}),
    ),
    "uncertainty": {"runs": 3, "seed": 1},
    "boundary": "gate",
    "rules": "PCR",
    "cut_offs": [{"what": "x", "reason": "y", "share": "0.01"}],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything that stands in an input."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, entry in inner for found in places(entry, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same input with something else at one place."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


@settings(max_examples=250, deadline=None)
@given(place=st.sampled_from(places(WHOLE)), value=JSON)
def test_whatever_stands_anywhere_the_command_answers_or_refuses(place: tuple[Any, ...], value: Any) -> None:
    text, code = run_footprint(json.dumps(put(WHOLE, place, value)))
    answer = json.loads(text)
    assert code == (2 if "error" in answer else 0)
    if code == 2:
        assert set(answer) == {"error"}
        assert set(answer["error"]) == {"code", "message", "path", "message_en"}
    else:
        assert Decimal(answer["total_kgco2e"]) >= 0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda found: found.decode("latin-1")))
def test_whatever_is_sent_the_command_answers_with_one_object(text: str) -> None:
    printed, code = run_footprint(text)
    assert code == 2
    assert "error" in json.loads(printed)


@pytest.mark.parametrize("deep", ["[" * 5000 + "]" * 5000, '{"a":' * 5000 + "1" + "}" * 5000])
def test_deep_nesting_is_refused(deep: str) -> None:
    _, code = run_footprint(f'{{"functional_unit": {deep}}}')
    assert code == 2
