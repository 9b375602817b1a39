"""A year's budget: shared out, adjusted by given rules, and watched."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.budget import Adjustment, ElasticRule, adjusted, allocate, outlook
from portal.domain.errors import Invalid
from tests.unit.accounting.worked import cases, exact, read

AMOUNTS = st.decimals(0, 1_000_000, places=2)
WEIGHTS = st.lists(st.decimals(0, 100, places=1), min_size=12, max_size=12).filter(any)


def rule(values: dict[str, str]) -> ElasticRule:
    numbers = (Decimal(values[key]) for key in ("tolerance", "rate", "most"))
    return ElasticRule(values["id"], values["indicator"], *numbers, values["source"])


def worked(given: Any) -> Adjustment:
    weights = given["weights"] and [Decimal(value) for value in given["weights"]]
    budget = allocate(2026, Decimal(given["amount"]), weights)
    moved = {key: Decimal(value) for key, value in given["moved"].items()}
    return adjusted(budget, [rule(values) for values in given["rules"]], moved, given.get("first_month", 1))


@pytest.mark.parametrize("path", cases("budgets"), ids=lambda path: path.stem)
def test_a_budget_stands_as_was_worked_out_by_hand(path: Path) -> None:
    given, expected = read(path)
    adjustment = worked(given)
    used = {int(month): Decimal(value) for month, value in given["used"].items()}
    view = outlook(adjustment.budget, used, Decimal(given.get("margin", "0")))
    got: dict[str, Any] = {
        "amount": adjustment.budget.amount,
        "months": list(adjustment.budget.months),
        "changes": [step.change for step in adjustment.steps],
        **{key: getattr(view, key) for key in ("used", "planned", "remaining", "forecast", "state")},
    }
    for key, value in expected.items():
        if isinstance(value, list):
            assert got[key] == list(map(Decimal, value)), key
        else:
            assert got[key] == (value if key == "state" else exact(value)), key


@given(AMOUNTS, WEIGHTS)
def test_the_months_always_add_up_to_the_year(amount: Decimal, weights: list[Decimal]) -> None:
    budget = allocate(2026, amount, weights)
    assert sum(budget.months) == amount
    assert all(month >= 0 for month in budget.months)
    assert all(month == 0 for month, weight in zip(budget.months, weights, strict=True) if not weight)


@given(AMOUNTS.filter(lambda amount: amount >= 1), st.decimals(-1, 1, places=3), st.integers(1, 12))
def test_after_an_adjustment_the_months_still_add_up(amount: Decimal, moved: Decimal, first: int) -> None:
    """From one tonne on: of a few hundredths of it nothing is left for the last months, which is refused."""
    follows = ElasticRule("r", "output", Decimal("0.05"), Decimal("0.5"), Decimal("0.05"), "made up")
    before = allocate(2026, amount, [Decimal(1)] * 12)
    after = adjusted(before, [follows], {"output": moved}, first).budget
    assert sum(after.months) == after.amount
    assert after.months[: first - 1] == before.months[: first - 1]


@pytest.mark.parametrize("weights", [[1] * 11, [0] * 12, [1] * 11 + [-1]])
def test_weights_that_cannot_share_are_refused(weights: list[int]) -> None:
    with pytest.raises(Invalid):
        allocate(2026, Decimal(1), [Decimal(value) for value in weights])


def test_what_cannot_be_is_refused() -> None:
    budget = allocate(2026, Decimal(1200))
    cuts = ElasticRule("r", "output", Decimal(0), Decimal(1), Decimal(1), "made up")
    with pytest.raises(Invalid):
        allocate(2026, Decimal(-1))
    with pytest.raises(Invalid):
        outlook(budget, {13: Decimal(1)})
    with pytest.raises(Invalid):
        adjusted(budget, [], {}, 0)
    with pytest.raises(Invalid):
        adjusted(budget, [cuts], {"output": Decimal("-0.5")}, 12)


def test_a_month_that_was_not_filed_is_not_zero() -> None:
    budget = allocate(2026, Decimal(1200))
    assert outlook(budget, {1: Decimal(100)}).forecast == 1200
    assert outlook(budget, {1: Decimal(100), 2: Decimal(0)}).forecast == 600
