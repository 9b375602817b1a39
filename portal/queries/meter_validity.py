"""How long a meter's calibrations hold, and the days that they leave uncovered."""

from collections.abc import Sequence
from datetime import date, timedelta

from portal.models.meters import Calibration, Meter

#: A calibration that ends within so many days is shown as expiring.
SOON = 30
PASS = "pass"  # noqa: S105 - the result of a calibration


def covered_until(calibrations: Sequence[Calibration]) -> date | None:
    """Last day covered by a passed calibration; None when there is none."""
    return max((row.valid_until for row in calibrations if row.result == PASS), default=None)


def first_gap(calibrations: Sequence[Calibration], first: date, last: date) -> date | None:
    """First day from ``first`` to ``last`` that no passed calibration covers; None when all are covered."""
    spans = sorted((row.calibrated_on, row.valid_until) for row in calibrations if row.result == PASS)
    day = first
    for start, end in spans:
        if start <= day <= end:
            day = end + timedelta(days=1)
    return day if day <= last else None


def gap_end(calibrations: Sequence[Calibration], gap: date, last: date) -> date:
    """Last day of the gap that begins on ``gap``, at most ``last``."""
    starts = (row.calibrated_on for row in calibrations if row.result == PASS and row.calibrated_on > gap)
    following = min(starts, default=None)
    return last if following is None else min(last, following - timedelta(days=1))


def standing_of(meter: Meter, day: date) -> str:
    """retired, uncalibrated, expired, expiring or valid on ``day``."""
    if meter.valid_to is not None and meter.valid_to < day:
        return "retired"
    until = covered_until(meter.calibrations)
    if until is None:
        return "uncalibrated"
    if until < day:
        return "expired"
    return "expiring" if until <= day + timedelta(days=SOON) else "valid"
