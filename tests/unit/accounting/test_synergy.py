"""Elasticity with its sign cases, the plane of co-control, and the index of equivalents."""

from decimal import Decimal
from math import atan2, degrees
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.synergy import (
    SYNERGISTIC,
    Case,
    Change,
    coordinates,
    elasticity,
    equivalent_index,
)
from portal.domain.errors import Invalid
from portal.reference.tax import load_tax
from tests.unit.accounting.worked import cases, exact, read

RULES = load_tax("environmental-tax")
CHANGES = st.decimals(-100, 100, places=2)


@pytest.mark.parametrize("path", cases("synergy"), ids=lambda path: path.stem)
def test_an_elasticity_is_what_was_worked_out_by_hand(path: Path) -> None:
    given, expected = read(path)
    found = elasticity(*(Change(*map(Decimal, given[key])) for key in ("pollutant", "carbon")))
    assert found.value == exact(expected["value"])
    assert found.case == expected["case"]
    assert found.synergistic is expected["synergistic"]


def test_every_case_of_signs_is_worked_out_in_a_file() -> None:
    tried = {read(path)[1]["case"] for path in cases("synergy")}
    assert tried == {case.value for case in Case} - {Case.UNCHANGED.value}
    assert elasticity(Change(Decimal(1), Decimal(0)), Change(Decimal(1), Decimal(0))).case is Case.UNCHANGED


@given(CHANGES, CHANGES)
def test_only_what_lowers_both_is_synergy(pollutant: Decimal, carbon: Decimal) -> None:
    found = elasticity(Change(Decimal(100), pollutant), Change(Decimal(100), carbon))
    assert found.synergistic == (pollutant > 0 and carbon > 0)
    assert (found.case in SYNERGISTIC) == (coordinates(pollutant, carbon).quadrant == 1)


@pytest.mark.parametrize("before", ["0", "-1"])
def test_without_an_amount_before_there_is_no_elasticity(before: str) -> None:
    some = Change(Decimal(1), Decimal(1))
    for pair in ((some, Change(Decimal(before), Decimal(1))), (Change(Decimal(before), Decimal(1)), some)):
        with pytest.raises(Invalid):
            elasticity(*pair)


@pytest.mark.parametrize(
    ("x", "y", "quadrant", "angle"),
    [
        ("1", "1", 1, "45.0"),
        ("2", "1", 1, "26.6"),
        ("-1", "1", 2, "135.0"),
        ("-1", "-2", 3, "-116.6"),
        ("3", "-1", 4, "-18.4"),
        ("5", "0", 0, "0.0"),
        ("0", "5", 0, "90.0"),
        ("-5", "0", 0, "180.0"),
        ("0", "0", 0, None),
    ],
)
def test_a_measure_has_its_quadrant_and_angle(x: str, y: str, quadrant: int, angle: str | None) -> None:
    found = coordinates(Decimal(x), Decimal(y))
    assert (found.quadrant, found.angle) == (quadrant, exact(angle))


@given(CHANGES, CHANGES)
def test_the_angle_is_that_of_the_point(x: Decimal, y: Decimal) -> None:
    found = coordinates(x, y).angle
    if found is None:
        assert (x, y) == (0, 0)
    else:
        apart = abs(float(found) - degrees(atan2(float(y), float(x))))
        assert min(apart, 360 - apart) <= 0.0500001


def test_an_index_shows_its_weights() -> None:
    found = equivalent_index(
        {"SO2": Decimal("1.9"), "NOx": Decimal("-0.95"), "smoke": Decimal("2.18")}, "air", RULES
    )
    assert found.value == 2
    assert dict(found.parts) == {"SO2": 2, "NOx": -1, "smoke": 1}
    assert abs(found.weights["smoke"] * Decimal("2.18") - 1) < Decimal("1e-70")
    assert found.unverified
    with pytest.raises(Invalid):
        equivalent_index({"VOCs": Decimal(1)}, "air", RULES)
