"""Carbon efficiency: level, ratio and grade, at the edges and inside."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.efficiency import Performance, assess
from portal.domain.errors import Invalid
from portal.reference.efficiency import load_efficiency
from portal.reference.loader import Source, Value
from tests.unit.accounting.worked import cases, exact, read

LIMITS = load_efficiency("industry-efficiency")


def average(amount: str, confidence: str = "official") -> Value:
    return Value(Decimal(amount), "tCO2/万元", Source("统计", "", confidence))


def performance(co2: str = "100", deducted: str = "0", value_added: str = "100") -> Performance:
    return Performance(Decimal(co2), Decimal(deducted), Decimal(value_added))


@pytest.mark.parametrize("path", cases("efficiency"), ids=lambda path: path.stem)
def test_a_grade_is_what_was_worked_out_by_hand(path: Path) -> None:
    given, expected = read(path)
    found = assess(
        performance(given["energy_co2"], given["deducted"], given["value_added"]),
        LIMITS,
        average=None if given["average"] is None else average(given["average"]),
    )
    assert found.intensity == Decimal(expected["intensity"])
    assert found.level.code == expected["level"]
    assert found.ratio == exact(expected["ratio"])
    assert (found.grade and found.grade.code) == expected["grade"]


def test_the_average_of_the_pack_is_found_by_year_and_industry() -> None:
    limits = replace(LIMITS, averages={(2025, "1713"): average("0.5", "unverified")})
    found = assess(performance("30"), limits, year=2025, industry="1713")
    assert found.ratio == Decimal("0.6")
    assert found.unverified
    assert assess(performance("30"), limits, year=2024, industry="1713").grade is None
    assert not assess(performance("30"), limits, average=average("1")).unverified


@pytest.mark.parametrize(
    "wrong",
    [
        performance(value_added="0"),
        performance(value_added="-1"),
        performance("-1"),
        performance(deducted="-1"),
    ],
)
def test_what_cannot_be_is_refused(wrong: Performance) -> None:
    with pytest.raises(Invalid):
        assess(wrong, LIMITS)


def test_an_average_of_zero_is_refused() -> None:
    with pytest.raises(Invalid):
        assess(performance(), LIMITS, average=average("0"))


@given(*[st.decimals("0.01", 500, places=2)] * 2)
def test_a_lower_intensity_never_has_a_worse_grade(one: Decimal, other: Decimal) -> None:
    better, worse = sorted((one, other))
    grades = [
        assess(performance(str(value)), LIMITS, average=average("1")).grade for value in (better, worse)
    ]
    assert grades[0] is not None
    assert grades[1] is not None
    assert grades[0].code <= grades[1].code
