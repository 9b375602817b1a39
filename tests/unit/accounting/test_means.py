"""Means of tests and the bases that they were made on, against figures worked out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.bases import as_received, dry_mass
from portal.accounting.means import Batch, month_mean, plain_mean, weighted_mean, year_mean

D = Decimal
SHARES = st.decimals(min_value=0, max_value=99, places=2)


def test_batches_weigh_by_what_was_received() -> None:
    # (100 × 20 + 300 × 24) / 400 = 23
    assert weighted_mean([Batch(D(100), D(20)), Batch(D(300), D(24))]) == 23


def test_solids_weigh_by_receipts_and_gases_take_the_plain_mean() -> None:
    tests = [Batch(D(100), D(20)), Batch(D(300), D(24))]
    assert month_mean(tests, "solid") == 23
    assert month_mean(tests, "liquid") == month_mean(tests, "gas") == 22


def test_months_weigh_by_use() -> None:
    assert year_mean([Batch(D(10), D(20)), Batch(D(30), D(24))]) == 23


def test_nothing_received_has_no_mean() -> None:
    assert weighted_mean([]) is None
    assert weighted_mean([Batch(D(0), D(20))]) is None
    assert plain_mean([]) is None


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=8))
def test_a_mean_lies_between_its_values(pairs: list[tuple[Decimal, Decimal]]) -> None:
    batches = [Batch(amount + 1, value) for amount, value in pairs]
    mean = weighted_mean(batches)
    assert mean is not None
    values = [batch.value for batch in batches]
    assert min(values) - D("1e-60") <= mean <= max(values) + D("1e-60")


@pytest.mark.parametrize(
    ("basis", "given_so", "expected"),
    [
        ("ar", {}, "0.6"),
        ("d", {"moisture": "10"}, "0.54"),  # 0.6 × 90 / 100
        ("ad", {"moisture": "10", "moisture_ad": "4"}, "0.5625"),  # 0.6 × 90 / 96
        ("daf", {"moisture": "10", "ash": "20"}, "0.432"),  # 0.6 × 80 / 100 × 90 / 100
    ],
)
def test_a_basis_is_brought_to_as_received(basis: str, given_so: dict[str, str], expected: str) -> None:
    shares = {key: D(value) for key, value in given_so.items()}
    assert as_received(D("0.6"), basis, **shares) == D(expected)


def test_moisture_leaves_the_dry_mass() -> None:
    assert dry_mass(D(1000), D("12.5")) == 875


@pytest.mark.parametrize("share", ["-1", "100", "120"])
def test_a_share_that_leaves_nothing_is_refused(share: str) -> None:
    with pytest.raises(ValueError, match="moisture"):
        as_received(D(1), "d", moisture=D(share))
    with pytest.raises(ValueError, match="moisture"):
        dry_mass(D(1), D(share))


@given(SHARES, SHARES)
def test_more_water_in_the_coal_is_never_more_carbon(one: Decimal, two: Decimal) -> None:
    wetter, drier = max(one, two), min(one, two)
    assert as_received(D(1), "d", moisture=wetter) <= as_received(D(1), "d", moisture=drier)
