"""Quick estimate (速算) of a month from what was bought, and how far the filed figure lies from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from portal.accounting.calculation import calculate
from portal.accounting.lines import Result, plain
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.reference.guidelines import load_guideline

ELECTRICITY, FUEL = "electricity", "fuel"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One bill of a month: power (``fuel`` is empty) or a fuel, by its name in the guideline."""

    amount: Decimal
    unit: str
    fuel: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Filed less estimated, in tCO2, and as a share of the estimate (None where that is zero)."""

    filed: Decimal
    difference: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimate, with what was bought but is not counted by the guideline, and the gap, if filed."""

    result: Result
    not_counted: tuple[Purchase, ...]
    gap: Gap | None


def quick_estimate(
    guideline: str,
    purchases: Sequence[Purchase],
    *,
    grid: Mapping[str, Any] | None = None,
    filed: Decimal | None = None,
) -> Estimate:
    """Emissions as if all that was bought was used, with the guideline's own defaults.

    Stocks, measured values and processes are left out: this is a check of size, not a report. ``filed`` is
    the filed total in tCO2; blank leaves the gap out. Raises InputError as ``calculate`` does, and Invalid
    where nothing that was bought is counted.
    """
    counted = load_guideline(guideline).formulas
    taken = [purchase for purchase in purchases if _category(purchase) in counted]
    if not taken:
        raise Invalid(N_("没有可以速算的购入量"), path="purchases")
    payload: dict[str, Any] = {
        "guideline": guideline,
        "activities": [_activity(place, purchase) for place, purchase in enumerate(taken)],
    }
    if grid is not None and ELECTRICITY in counted:
        payload["grid"] = grid
    result = calculate(payload)
    left = tuple(purchase for purchase in purchases if purchase not in taken)
    return Estimate(result, left, None if filed is None else _gap(filed, result.total))


def _category(purchase: Purchase) -> str:
    return FUEL if purchase.fuel else ELECTRICITY


def _activity(place: int, purchase: Purchase) -> dict[str, str]:
    activity = {
        "id": str(place + 1),
        "category": _category(purchase),
        "amount": plain(purchase.amount),
        "unit": purchase.unit,
    }
    return {**activity, "item": purchase.fuel} if purchase.fuel else activity


def _gap(filed: Decimal, estimated: Decimal) -> Gap:
    with localcontext(CONTEXT):
        difference = filed - estimated
        return Gap(filed, difference, difference / estimated if estimated else None)
