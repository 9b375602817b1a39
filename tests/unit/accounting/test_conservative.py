"""Conservative corrections by day, against the worked examples and by property."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.conservative import Calibration, correct

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
WHOLE_YEAR = Calibration(date(2026, 1, 5), date(2027, 1, 4))


def corrected(*calibrations: Calibration, kind: str = "activity", required: str = "0.5") -> Decimal:
    return correct(
        Decimal(1000),
        first=FIRST,
        last=LAST,
        calibrations=calibrations,
        required_class=Decimal(required),
        kind=kind,
    ).corrected


def test_a_meter_in_class_all_month_counts_as_measured() -> None:
    assert corrected(WHOLE_YEAR) == 1000
    assert corrected(WHOLE_YEAR, kind="production") == 1000


def test_an_uncalibrated_meter_raises_activity_and_lowers_production_by_its_class() -> None:
    assert corrected() == 1005  # 1000 × (1 + 0.5 %)
    assert corrected(kind="production") == 995  # 1000 × (1 − 0.5 %)


def test_an_over_class_meter_is_corrected_by_the_difference() -> None:
    over = Calibration(date(2026, 1, 5), date(2027, 1, 4), actual_class=Decimal(1))
    assert corrected(over) == 1005  # 1000 × (1 + (1 % − 0.5 %))
    assert corrected(over, kind="production") == 995


def test_the_two_halves_of_a_month_are_corrected_apart() -> None:
    result = correct(
        Decimal(930),
        first=FIRST,
        last=LAST,
        calibrations=[Calibration(date(2025, 10, 25), date(2026, 10, 24))],
        required_class=Decimal(2),
    )
    # 24 of 31 days as measured: 720; 7 days: 210 × 1.02 = 214.2
    assert [(part.state, part.days, part.measured) for part in result.parts] == [
        ("in_class", 24, 720),
        ("not_calibrated", 7, 210),
    ]
    assert result.corrected == Decimal("934.2")
    assert result.days_uncovered == 7
    assert "3.4.1.1" in result.parts[1].clause


def test_a_later_calibration_rules_from_its_own_day() -> None:
    over = Calibration(date(2026, 1, 1), date(2026, 12, 31), actual_class=Decimal("1.5"))
    repaired = Calibration(date(2026, 10, 11), date(2027, 10, 10))
    # 10 days × 1.01 and 21 days as measured: 1000 × (10 × 1.01 + 21) / 31
    assert abs(corrected(over, repaired) - Decimal(31100) / 31) < Decimal("1e-20")


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(ValueError, match="empty period"):
        correct(Decimal(1), first=LAST, last=FIRST, calibrations=[], required_class=Decimal(1))


@given(st.integers(0, 40), st.integers(0, 40), st.decimals(min_value=0, max_value=5, places=2))
def test_a_shorter_calibration_never_lowers_an_activity(start: int, more: int, required: Decimal) -> None:
    day = FIRST - timedelta(days=5)
    longer = Calibration(day, day + timedelta(days=start + more))
    shorter = Calibration(day, day + timedelta(days=start))
    amounts = [
        correct(Decimal(310), first=FIRST, last=LAST, calibrations=[entry], required_class=required).corrected
        for entry in (longer, shorter)
    ]
    assert amounts[1] >= amounts[0] - Decimal("1e-40")
