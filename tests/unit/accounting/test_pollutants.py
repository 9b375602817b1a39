"""Amounts of pollutants and the order in which the law prefers them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.pollutants import (
    Amount,
    Medium,
    Method,
    Reading,
    by_balance,
    by_coefficient,
    by_monitoring,
    preferred,
)
from portal.domain.errors import Invalid
from portal.reference.tax import load_tax
from tests.unit.accounting.worked import cases, read

RULES = load_tax("environmental-tax")
READING = Reading(Decimal(50), Decimal(1000), Decimal(24))


def amount(method: Method, kilograms: str = "1", pollutant: str = "SO2") -> Amount:
    return Amount(pollutant, Decimal(kilograms), method, "")


def found(given: Any) -> Amount:
    if given["way"] == "monitoring":
        readings = [Reading(*map(Decimal, values)) for values in given["readings"]]
        return by_monitoring(
            given["pollutant"], Medium(given["medium"]), readings, automatic=given["automatic"]
        )
    if given["way"] == "coefficient":
        keys = ("activity", "coefficient", "removal", "running")
        return by_coefficient(given["pollutant"], *(Decimal(given[key]) for key in keys))
    came, left = (list(map(Decimal, given[key])) for key in ("brought_in", "carried_out"))
    return by_balance(given["pollutant"], came, left, Decimal(given["ratio"]))


@pytest.mark.parametrize("path", cases("pollutants"), ids=lambda path: path.stem)
def test_an_amount_is_what_was_worked_out_by_hand(path: Path) -> None:
    given, expected = read(path)
    got = found(given)
    assert got.kilograms == Decimal(expected["kilograms"])
    assert got.method == expected["method"]
    assert got.unverified is expected.get("unverified", False)
    assert got.arithmetic.endswith(f"= {got.kilograms:f}")


def test_what_is_measured_goes_before_what_is_reckoned() -> None:
    ways = [
        amount(Method.SAMPLING),
        amount(Method.BALANCE),
        amount(Method.MONITORING),
        amount(Method.AUTOMATIC),
    ]
    choice = preferred(ways, RULES)
    assert choice.amount.method is Method.AUTOMATIC
    assert [entry.method for entry in choice.set_aside] == ["monitoring", "balance", "sampling"]
    assert preferred(ways[:2], RULES).amount.method is Method.BALANCE


def test_two_ways_of_one_rank_that_disagree_need_a_person() -> None:
    with pytest.raises(Invalid):
        preferred([amount(Method.COEFFICIENT, "1"), amount(Method.BALANCE, "2")], RULES)
    assert preferred([amount(Method.COEFFICIENT), amount(Method.BALANCE)], RULES).amount.kilograms == 1


def test_amounts_of_two_pollutants_are_not_weighed_against_each_other() -> None:
    for amounts in ([], [amount(Method.AUTOMATIC), amount(Method.SAMPLING, pollutant="NOx")]):
        with pytest.raises(Invalid):
            preferred(amounts, RULES)


def test_no_data_is_not_zero() -> None:
    with pytest.raises(Invalid):
        by_monitoring("SO2", Medium.AIR, [])
    with pytest.raises(Invalid):
        by_balance("SO2", [], [])


@pytest.mark.parametrize("spoilt", ["concentration", "flow", "hours"])
def test_a_negative_or_endless_reading_is_refused(spoilt: str) -> None:
    for value in (Decimal(-1), Decimal("NaN"), Decimal("Infinity")):
        values = {"concentration": READING.concentration, "flow": READING.flow, "hours": READING.hours}
        with pytest.raises(Invalid) as refused:
            by_monitoring("SO2", Medium.AIR, [READING, Reading(**{**values, spoilt: value})])
        assert refused.value.path == "readings[1]"


def test_more_cannot_leave_than_came() -> None:
    with pytest.raises(Invalid):
        by_balance("VOCs", [Decimal(10)], [Decimal(11)])


@pytest.mark.parametrize(("removal", "running"), [("1.1", "1"), ("-0.1", "1"), ("0.5", "2")])
def test_a_removal_is_a_fraction(removal: str, running: str) -> None:
    with pytest.raises(Invalid):
        by_coefficient("SO2", Decimal(1), Decimal(1), Decimal(removal), Decimal(running))


@given(st.lists(st.tuples(*[st.decimals(0, 10_000, places=2)] * 3), min_size=1, max_size=6), st.randoms())
def test_the_order_of_readings_leaves_the_amount_alone(
    values: list[tuple[Decimal, Decimal, Decimal]], shuffling: Any
) -> None:
    readings = [Reading(*entry) for entry in values]
    mixed = list(readings)
    shuffling.shuffle(mixed)
    straight, turned = (by_monitoring("SO2", Medium.AIR, entries).kilograms for entries in (readings, mixed))
    assert straight == turned
    apart = sum((by_monitoring("SO2", Medium.AIR, [entry]).kilograms for entry in readings), Decimal(0))
    assert straight == apart
