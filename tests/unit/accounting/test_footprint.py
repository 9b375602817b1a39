"""Footprints: trees, loops, large loops, and their sums."""

from decimal import Decimal, localcontext
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.footprint import footprint
from portal.domain.quantities import CONTEXT, convert
from tests.unit.accounting.months import flow, process, system

SHARES = st.decimals(min_value=0, max_value=Decimal("0.9"), places=3)


def test_a_result_is_cut_three_ways_that_agree() -> None:
    result = footprint(
        system(
            process("a", inputs=[flow("b", "2")], stage="make"),
            process("b", stage="grow"),
            process("c"),
        )
    )
    assert result.total == Decimal(3)
    assert dict(result.by_process) == {"a": 1, "b": 2, "c": 0}
    assert dict(result.by_stage) == {"make": 1, "grow": 2, "—": 0}
    assert dict(result.inventory) == {"CO2": 3}


def test_a_background_factor_stands_apart_in_the_inventory() -> None:
    result = footprint(system(process("a", factor={"kgco2e": "2.5", "per": "kg"})))
    assert result.total == Decimal("3.5")
    assert dict(result.inventory) == {"CO2e": Decimal("2.5"), "CO2": 1}


def test_a_process_that_nobody_needs_may_be_unsolvable_in_itself() -> None:
    lone = [process("x", inputs=[flow("y")]), process("y", inputs=[flow("x")])]
    result = footprint(system(process("a"), *lone))
    assert result.total == 1
    assert result.scaling["x"] == 0


@given(st.lists(SHARES, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_chain_equals_its_path_sum(shares: list[Decimal]) -> None:
    names = [chr(ord("a") + place) for place in range(len(shares) + 1)]
    processes = [
        process(name, inputs=[flow(names[place + 1], str(shares[place]))] if place < len(shares) else [])
        for place, name in enumerate(names)
    ]
    path, total = Decimal(1), Decimal(1)
    for share in shares:
        path *= share
        total += path
    assert footprint(system(*processes)).total == total


@given(SHARES, SHARES)
@settings(max_examples=60, deadline=None)
def test_a_loop_of_two_equals_the_geometric_series(there: Decimal, back: Decimal) -> None:
    result = footprint(
        system(
            process("a", inputs=[flow("b", str(there))]),
            process("b", inputs=[flow("a", str(back))]),
        )
    )
    assert abs(result.total * (1 - there * back) - (1 + there)) < Decimal("1e-20")


@given(st.decimals(min_value=Decimal("0.001"), max_value=1000, places=3))
@settings(max_examples=40, deadline=None)
def test_twice_the_unit_has_twice_the_footprint(amount: Decimal) -> None:
    def of(wanted: Decimal) -> Decimal:
        unit = flow("a", str(wanted))
        return footprint(
            system(process("a", inputs=[flow("b", "0.3")]), process("b"), functional_unit=unit)
        ).total

    assert of(amount * 2) == 2 * of(amount)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """A system without loops: every process takes from later ones only."""
    size = draw(st.integers(1, 7))
    names = [chr(ord("a") + place) for place in range(size)]
    return system(
        *(
            process(
                name,
                inputs=[
                    flow(later, str(draw(SHARES))) for later in names[place + 1 :] if draw(st.booleans())
                ],
                emissions=[{"gas": "CO2", "amount": str(draw(SHARES)), "unit": "kg"}],
                output=flow(name, draw(st.sampled_from(["1", "2", "0.5"]))),
            )
            for place, name in enumerate(names)
        )
    )


def path_sum(payload: dict[str, Any], product: str, amount: Decimal) -> Decimal:
    """The footprint of an amount by walking every way upstream."""
    made = next(entry for entry in payload["processes"] if entry["output"]["product"] == product)
    times = amount / Decimal(made["output"]["amount"])
    total = times * sum(Decimal(entry["amount"]) for entry in made["emissions"])
    for entry in made["inputs"]:
        total += path_sum(payload, entry["product"], times * Decimal(entry["amount"]))
    return total


@given(trees())
@settings(max_examples=60, deadline=None)
def test_a_system_without_loops_equals_the_sum_of_its_paths(payload: dict[str, Any]) -> None:
    with localcontext(CONTEXT):
        assert footprint(payload).total == path_sum(payload, "a", Decimal(1))


@given(trees(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_processes_and_inputs_leaves_the_result_alone(
    payload: dict[str, Any], shuffling: Random
) -> None:
    mixed = [{**entry, "inputs": list(entry["inputs"])} for entry in payload["processes"]]
    shuffling.shuffle(mixed)
    for entry in mixed:
        shuffling.shuffle(entry["inputs"])
    assert footprint({**payload, "processes": mixed}).by_process == footprint(payload).by_process


@given(trees(), st.sampled_from(["g", "t", "mg", "10^4t"]))
@settings(max_examples=40, deadline=None)
def test_another_unit_of_every_input_leaves_the_result_alone(payload: dict[str, Any], unit: str) -> None:
    def changed(entry: dict[str, Any]) -> dict[str, Any]:
        amount = convert(Decimal(entry["amount"]), "kg", unit)
        return {**entry, "amount": format(amount, "f"), "unit": unit}

    others = [
        {**entry, "inputs": [changed(taken) for taken in entry["inputs"]]} for entry in payload["processes"]
    ]
    assert footprint({**payload, "processes": others}).by_process == footprint(payload).by_process


@given(trees())
@settings(max_examples=40, deadline=None)
def test_every_cut_of_a_footprint_adds_up_to_it(payload: dict[str, Any]) -> None:
    result = footprint(payload)
    for cut in (result.by_process, result.by_stage, result.by_gas, result.by_origin):
        assert sum(cut.values()) == result.total


def ring(size: int, share: str) -> dict[str, Any]:
    return system(
        *(
            process(
                "a" if place == 0 else f"p{place}",
                inputs=[flow("a" if place + 1 == size else f"p{place + 1}", share)],
            )
            for place in range(size)
        )
    )


@pytest.mark.parametrize("size", [1, 2, 60, 61, 150])
def test_a_ring_of_any_size_is_solved_to_its_series(size: int) -> None:
    # each process needs half of the next: 1 + 1/2 + 1/4 + … without end is 2
    assert abs(footprint(ring(size, "0.5")).total - 2) < Decimal("1e-20")


def test_a_large_ring_that_uses_all_it_makes_is_refused() -> None:
    with pytest.raises(Exception, match="解不出来"):
        footprint(ring(80, "1"))


def test_a_long_chain_needs_no_deep_recursion() -> None:
    size = 3000
    names = ["a", *(f"p{place}" for place in range(1, size))]
    chain = [
        process(name, inputs=[flow(names[place + 1])] if place + 1 < size else [])
        for place, name in enumerate(names)
    ]
    assert footprint(system(*chain)).total == size
