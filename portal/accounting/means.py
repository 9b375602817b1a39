"""Means of tested values: by what was received, by what was used, or plain.

Solid fuels: batches weigh by receipts into the month, months by use into the year; liquids and gases take
the plain mean of a month's tests (CETS-AG-03.01-V01-2024 6.2.2; domain rules of measurement).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from portal.domain.quantities import CONTEXT


@dataclass(frozen=True, slots=True)
class Batch:
    """What was received or used, and the value that was tested on it."""

    amount: Decimal
    value: Decimal


def weighted_mean(batches: Iterable[Batch]) -> Decimal | None:
    """Σ amount × value ÷ Σ amount; None where nothing was received, since there is nothing to weigh."""
    with localcontext(CONTEXT):
        amount = total = Decimal(0)
        for batch in batches:
            amount += batch.amount
            total += batch.amount * batch.value
        return total / amount if amount else None


def plain_mean(values: Sequence[Decimal]) -> Decimal | None:
    """Σ value ÷ number of tests; None without a test."""
    with localcontext(CONTEXT):
        return sum(values, Decimal(0)) / len(values) if values else None


def month_mean(batches: Sequence[Batch], state: str) -> Decimal | None:
    """A month's value of a fuel: solids (``solid``) by receipts, liquids and gases the plain mean."""
    if state == "solid":
        return weighted_mean(batches)
    return plain_mean([batch.value for batch in batches])


def year_mean(months: Iterable[Batch]) -> Decimal | None:
    """A year's value from its months, weighted by what was used in each."""
    return weighted_mean(months)
