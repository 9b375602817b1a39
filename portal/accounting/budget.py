"""Carbon budget of an enterprise for a year: shared out by month, adjusted by rules, watched as it is used.

湖政发〔2024〕18号 三(二) asks for enterprise budgets with elastic adjustment; it gives no formula. So the
rules of adjustment are data that whoever sets the budget brings, with their source, and none is built in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import StrEnum

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, rounded

MONTHS = 12
#: a month's part of the budget is shown in hundredths of a tonne, as emission lines are
_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """tCO2 allowed in a year, and in each of its months; the months always add up to the year."""

    year: int
    amount: Decimal
    months: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class ElasticRule:
    """How the budget follows an indicator.

    Once the indicator has moved against its plan by more than ``tolerance`` (a share, either way), the
    budget moves the same way by ``rate`` × what is beyond, but by no more than ``most`` of itself.
    """

    id: str
    indicator: str
    tolerance: Decimal
    rate: Decimal
    most: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule did; ``change`` is in tCO2."""

    rule: ElasticRule
    moved: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The budget after its rules, and each step to it."""

    budget: Budget
    steps: tuple[Step, ...]


class State(StrEnum):
    """How a budget stands."""

    ON_COURSE = "on_course"
    AT_RISK = "at_risk"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Use to date and what the year will come to at the same pace, in tCO2.

    ``planned`` is the budget of the months that were used; ``forecast`` is None before the first of them.
    """

    used: Decimal
    planned: Decimal
    remaining: Decimal
    forecast: Decimal | None
    state: State


def allocate(year: int, amount: Decimal, weights: Sequence[Decimal] | None = None) -> Budget:
    """Share a year's budget out over its months, by twelve weights (such as last year's) or evenly.

    Each month is rounded so that the sum stays exact. Raises Invalid.
    """
    shares = tuple(weights) if weights is not None else (Decimal(1),) * MONTHS
    if len(shares) != MONTHS or any(share < 0 for share in shares) or not any(shares):
        raise Invalid(N_("应给出 12 个不为负且不全为零的月度权重"), path="weights")
    if amount < 0:
        raise Invalid(N_("不能为负"), path="amount")
    return Budget(year, amount, _shared(amount, shares))


def _shared(amount: Decimal, shares: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Parts of an amount: differences of the rounded running sum, the last one taking what is left."""
    with localcontext(CONTEXT):
        whole, running, given = sum(shares, Decimal(0)), Decimal(0), Decimal(0)
        last = max(place for place, share in enumerate(shares) if share)
        parts = []
        for place, share in enumerate(shares):
            running += share
            upto = amount if place >= last else rounded(amount * running / whole, _DIGITS)
            parts.append(upto - given)
            given = upto
    return tuple(parts)


def adjusted(
    budget: Budget, rules: Sequence[ElasticRule], moved: Mapping[str, Decimal], first_month: int = 1
) -> Adjustment:
    """The budget after ``rules``; ``moved`` is each indicator's change against its plan, as a share.

    Every rule looks at the budget as it was. The change is taken up by the months from ``first_month`` on,
    in proportion to what they had. An indicator that is not known leaves its rule aside. Raises Invalid.
    """
    if not 1 <= first_month <= MONTHS:
        raise Invalid(N_("月份应在 1 与 12 之间"), path="first_month")
    with localcontext(CONTEXT):
        steps = tuple(
            Step(rule, moved[rule.indicator], _change(budget.amount, rule, moved[rule.indicator]))
            for rule in rules
            if rule.indicator in moved
        )
        change = sum((step.change for step in steps), Decimal(0))
        kept, open_months = budget.months[: first_month - 1], budget.months[first_month - 1 :]
        left = sum(open_months, Decimal(0)) + change
        if left < 0 or not any(open_months):
            raise Invalid(N_("余下月份的预算不足以承担这次调整"), path="rules")
        months = kept + _shared(left, open_months)
    return Adjustment(replace(budget, amount=budget.amount + change, months=months), steps)


def _change(amount: Decimal, rule: ElasticRule, moved: Decimal) -> Decimal:
    beyond = abs(moved) - rule.tolerance
    if beyond <= 0:
        return Decimal(0)
    change = min(rule.rate * beyond, rule.most) * amount
    return rounded(change if moved > 0 else -change, _DIGITS)


def outlook(budget: Budget, used: Mapping[int, Decimal], margin: Decimal = Decimal(0)) -> Outlook:
    """How the budget stands; ``used`` is tCO2 by month, filed months only (blank is not zero).

    The forecast lets the other months keep the pace of the used ones against their part of the budget.
    At risk: the forecast is above the budget less ``margin`` (a share). Over: the budget is used up and more.
    Raises Invalid for a month that is none.
    """
    if not set(used) <= set(range(1, MONTHS + 1)):
        raise Invalid(N_("月份应在 1 与 12 之间"), path="used")
    with localcontext(CONTEXT):
        total = sum(used.values(), Decimal(0))
        planned = sum((budget.months[month - 1] for month in used), Decimal(0))
        forecast = None
        if used:
            pace = total / planned if planned else Decimal(1)
            forecast = total + (budget.amount - planned) * pace
        state = State.ON_COURSE
        if total > budget.amount:
            state = State.OVER
        elif forecast is not None and forecast > budget.amount * (1 - margin):
            state = State.AT_RISK
        return Outlook(total, planned, budget.amount - total, forecast, state)
