"""Units convert exactly or are refused."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import InputError
from portal.domain.quantities import UNITS, Quantity, convert, convertible, crosses_carriers, rounded, unit

D = Decimal
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=6)


@pytest.mark.parametrize(
    ("amount", "source", "target", "expected"),
    [
        ("1500", "kg", "t", "1.5"),
        ("1", "t", "kg", "1000"),
        ("10000", "Nm3", "10^4Nm3", "1"),
        ("2.5", "万Nm3", "Nm3", "25000"),
        ("1", "MWh", "GJ", "3.6"),
        ("1000000", "kWh", "MWh", "1000"),
        ("1", "万kWh", "MWh", "10"),
        ("1", "kgce", "kJ", "29307.6"),
        ("1", "tce", "GJ", "29.3076"),
        ("1", "kcal", "kJ", "4.1868"),
        ("1000", "L", "m3", "1"),
        ("320", "万米", "m", "3200000"),
        ("500", "mg/L", "kg/m3", "0.5"),
        ("3", "吨", "t", "3"),
    ],
)
def test_a_conversion_is_exact(amount: str, source: str, target: str, expected: str) -> None:
    assert convert(D(amount), source, target) == D(expected)


@pytest.mark.parametrize(
    ("source", "target"),
    [("t", "10^4Nm3"), ("m3", "Nm3"), ("MWh", "t"), ("piece", "set"), ("L", "kg")],
)
def test_units_of_different_dimensions_do_not_convert(source: str, target: str) -> None:
    with pytest.raises(InputError) as refused:
        convert(D(1), source, target, path="here")
    assert (refused.value.code, refused.value.path) == ("unit_mismatch", "here")
    assert not convertible(source, target)


def test_an_unknown_unit_is_told_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        unit("kwh", path="activities[0].unit")
    assert refused.value.code == "unknown_unit"
    assert "kWh" in str(refused.value)
    assert not convertible("kwh", "kWh")


def test_an_unknown_unit_is_refused_even_when_both_are_the_same() -> None:
    with pytest.raises(InputError):
        convert(D(1), "bag", "bag")


def test_a_quantity_converts_with_its_unit() -> None:
    assert Quantity(D(2), "t").to("kg") == Quantity(D(2000), "kg")


@given(AMOUNTS, st.sampled_from(sorted(UNITS)), st.data())
def test_there_and_back_is_the_same_to_seventy_digits(
    amount: Decimal, here: str, data: st.DataObject
) -> None:
    there = data.draw(st.sampled_from([name for name in sorted(UNITS) if convertible(here, name)]))
    back = convert(convert(amount, here, there), there, here)
    assert abs(back - amount) <= amount * D("1e-70")


def test_every_pair_of_one_dimension_converts() -> None:
    for here, there in product(sorted(UNITS), repeat=2):
        assert convertible(here, there) == (UNITS[here].dimension == UNITS[there].dimension)


@pytest.mark.parametrize(
    ("source", "target", "crosses"),
    [
        ("MWh", "GJ", True),
        ("tce", "GJ", True),
        ("tce", "MWh", True),
        ("kWh", "万kWh", False),
        ("kcal", "GJ", False),
        ("kg", "t", False),
    ],
)
def test_heat_electricity_and_coal_equivalent_are_carriers_apart(
    source: str, target: str, crosses: bool
) -> None:
    assert crosses_carriers(source, target) is crosses


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("2.345", 2, "2.35"),
        ("2.355", 2, "2.36"),
        ("-2.345", 2, "-2.35"),
        ("1214057.49", 0, "1214057"),
        ("1214057.5", 0, "1214058"),
        ("-0.004", 2, "0.00"),
        ("0", 4, "0.0000"),
        ("9" * 40 + ".995", 2, "1" + "0" * 40 + ".00"),
    ],
)
def test_rounding_is_half_up_without_a_negative_zero(value: str, digits: int, expected: str) -> None:
    assert str(rounded(D(value), digits)) == expected
