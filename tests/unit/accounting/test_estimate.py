"""Quick estimate of a month from what was bought."""

from decimal import Decimal

import pytest

from portal.accounting.estimate import Purchase, quick_estimate
from portal.domain.errors import InputError, Invalid
from portal.domain.quantities import rounded
from tests.unit.accounting.months import OTHER, STEEL, ZHEJIANG

POWER = Purchase(Decimal(1_000_000), "kWh")
GAS = Purchase(Decimal(10), "10^4Nm3", "天然气")


def test_power_and_fuel_are_counted_with_the_defaults() -> None:
    found = quick_estimate(OTHER, [POWER, GAS], grid=ZHEJIANG, filed=Decimal(700))
    # power 1 000 MWh × 0.4974 = 497.40; gas 10 × 389.31 × 0.0153 × 0.99 × 44 / 12 = 216.22
    assert found.result.total == Decimal("713.62")
    assert found.gap is not None
    assert found.gap.difference == Decimal("-13.62")
    assert found.gap.share is not None
    assert rounded(found.gap.share, 6) == Decimal("-0.019086")
    assert found.not_counted == ()


def test_without_a_filed_figure_there_is_no_gap() -> None:
    assert quick_estimate(OTHER, [POWER], grid=ZHEJIANG).gap is None
    assert quick_estimate(OTHER, [POWER], grid=ZHEJIANG, filed=Decimal(0)).gap is not None


def test_what_the_guideline_does_not_count_is_named_and_left_out() -> None:
    found = quick_estimate(STEEL, [POWER, GAS], grid=ZHEJIANG)
    assert found.not_counted == (POWER,)
    assert [line.category for line in found.result.lines] == ["fuel"]


def test_nothing_to_count_is_refused() -> None:
    with pytest.raises(Invalid):
        quick_estimate(STEEL, [POWER])
    with pytest.raises(Invalid):
        quick_estimate(OTHER, [])


def test_a_fuel_that_is_not_known_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        quick_estimate(OTHER, [Purchase(Decimal(1), "t", "烟媒")])
    assert refused.value.code == "unknown_item"
