"""Conservative correction of a month's figure by how its meter was calibrated, day by day.

The figure is spread evenly over the days. Days covered by a valid calibration within class count as
measured; days covered by one that was over class, and days not covered, are corrected apart
(CETS-VG-01.01-V02-2026 3.4.1.1 for activity data, 3.4.1.4 for production data).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from portal.domain.quantities import CONTEXT
from portal.reference.conservative import Corrections, load_corrections

PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Calibration:
    """One calibration of a meter; ``actual_class`` is set where the result was over class (1 means 1 %)."""

    calibrated_on: date
    valid_until: date
    actual_class: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Days of one state, the share of the figure that falls on them, and what it becomes."""

    state: str
    days: int
    measured: Decimal
    factor: Decimal
    corrected: Decimal
    clause: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure before and after correction, with its parts."""

    measured: Decimal
    corrected: Decimal
    parts: tuple[Part, ...]

    @property
    def days_uncovered(self) -> int:
        """Days of the period without a valid calibration."""
        return sum(part.days for part in self.parts if part.state == "not_calibrated")


def correct(
    measured: Decimal,
    *,
    first: date,
    last: date,
    calibrations: Sequence[Calibration],
    required_class: Decimal,
    kind: str = "activity",
    pack: Corrections | None = None,
) -> Correction:
    """Correct ``measured`` for the days from ``first`` to ``last``.

    ``required_class`` and actual classes are in per cent, as printed on the meter (0.5 means 0.5 %).
    ``kind`` is ``activity`` (raised) or ``production`` (lowered). Raises ValueError for an empty period.
    """
    days = (last - first).days + 1
    if days < 1:
        raise ValueError(f"empty period {first} to {last}")
    rules = (pack or load_corrections()).rules
    states: dict[tuple[str, Decimal], int] = {}
    for offset in range(days):
        found = _state(first + timedelta(days=offset), calibrations, required_class)
        states[found] = states.get(found, 0) + 1
    parts = []
    with localcontext(CONTEXT):
        for (state, actual), count in states.items():
            rule = rules[kind, state]
            factor = (
                1 + rule.sign * (rule.actual_share * actual + rule.required_share * required_class) / PERCENT
            )
            share = Fraction(measured) * count / days
            amount = Decimal(share.numerator) / Decimal(share.denominator)
            parts.append(Part(state, count, amount, factor, amount * factor, str(rule.source)))
        corrected = sum((part.corrected for part in parts), Decimal(0))
        if all(part.factor == 1 for part in parts):
            corrected = measured
    return Correction(measured, corrected, tuple(parts))


def _state(day: date, calibrations: Sequence[Calibration], required_class: Decimal) -> tuple[str, Decimal]:
    """State of the meter on one day, by the latest calibration that covers it, and its actual class."""
    covering = [entry for entry in calibrations if entry.calibrated_on <= day <= entry.valid_until]
    if not covering:
        return "not_calibrated", Decimal(0)
    actual = max(covering, key=lambda entry: entry.calibrated_on).actual_class
    if actual is None or actual <= required_class:
        return "in_class", Decimal(0)
    return "over_class", actual
