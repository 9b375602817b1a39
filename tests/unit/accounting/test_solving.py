"""The solver: exact on small loops, verified on large ones, and no answer where there is none."""

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting import solving, solving_large
from portal.accounting.solving import UnsolvableError, Uses, runs
from portal.accounting.solving_large import Loop

Links = dict[int, list[tuple[int, Decimal]]]


def woven(size: int, links: int, total: str, seed: int = 1) -> Links:
    """Processes that each take ``total`` of others, spread over some, the next one always among them."""
    chance = random.Random(seed)
    uses: Links = {}
    for user in range(size):
        makers = sorted({(user + 1) % size, *(chance.randrange(size) for _ in range(links - 1))})
        weights = [chance.randint(1, 9) for _ in makers]
        uses[user] = [
            (maker, (Decimal(total) * weight / sum(weights)).quantize(Decimal("1e-9")))
            for maker, weight in zip(makers, weights, strict=True)
        ]
    return uses


def left_over(uses: Uses, output: list[Fraction], times: dict[int, Fraction]) -> dict[int, Fraction]:
    """What each process makes, less what all of them take."""
    left = {process: output[process] * value for process, value in times.items()}
    for user, value in times.items():
        for maker, needed in uses[user]:
            left[maker] -= Fraction(needed) * value
    return left


def ring(size: int, share: str) -> Links:
    return {place: [((place + 1) % size, Decimal(share))] for place in range(size)}


@pytest.mark.parametrize(("size", "links"), [(2, 2), (30, 5), (31, 5), (200, 9), (400, 6)])
def test_what_is_left_over_is_what_was_wanted(size: int, links: int) -> None:
    output = [Fraction(1 + place % 7, 1 + place % 3) for place in range(size)]
    uses = woven(size, links, "0.5")
    times = {process: Fraction(value) for process, value in runs(uses, output, 0, Decimal(2)).items()}
    for process, amount in left_over(uses, output, times).items():
        assert abs(amount - (2 if process == 0 else 0)) < Fraction(1, 10**24), process


@given(st.integers(2, 12), st.integers(0, 10_000), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_iteration_and_elimination_agree(size: int, seed: int, tenths: int) -> None:
    uses = woven(size, 3, str(Decimal(tenths) / 40), seed)
    output = [Decimal(1)] * size
    by_hand = runs(uses, [Fraction(1)] * size, 0, Decimal(1))
    by_iteration = solving_large.loop_runs(range(size), uses, output, {0: Decimal(1)})
    assert by_iteration is not None
    for place, value in enumerate(by_iteration):
        assert abs(Fraction(value) - Fraction(by_hand[place])) <= Fraction(1, 10**35) * Fraction(value)


@pytest.mark.parametrize("total", ["0.99", "0.99999"])
def test_a_woven_system_that_uses_almost_all_it_makes_is_still_solved(total: str) -> None:
    size = 450
    output = [Fraction(1)] * size
    uses = woven(size, 6, total)
    times = {process: Fraction(value) for process, value in runs(uses, output, 0, Decimal(1)).items()}
    for process, amount in left_over(uses, output, times).items():
        assert abs(amount - (1 if process == 0 else 0)) < Fraction(1, 10**18), process


@pytest.mark.parametrize("share", ["0.999999", "0.9999999999"])
def test_a_loop_that_gives_back_almost_all_is_solved_directly(share: str) -> None:
    size = 80
    found = runs(ring(size, share), [Fraction(1)] * size, 0, Decimal(1))
    expected = 1 / (1 - Fraction(share) ** size)
    assert abs(Fraction(found[0]) - expected) < expected / 10**24


@pytest.mark.parametrize("size", [1, 2, 30, 31, 250])
@pytest.mark.parametrize("share", ["1", "1.2", "7"])
def test_a_loop_that_uses_what_it_makes_has_no_solution(size: int, share: str) -> None:
    with pytest.raises(UnsolvableError) as refused:
        runs(ring(size, share), [Fraction(1)] * size, 0, Decimal(1))
    assert sorted(refused.value.members) == list(range(size))


def test_only_the_loop_without_a_solution_is_named() -> None:
    uses = {0: [(1, Decimal(1))], 1: [(2, Decimal(2))], 2: [(1, Decimal(2))], 3: [(3, Decimal(9))]}
    with pytest.raises(UnsolvableError) as refused:
        runs(uses, [Fraction(1)] * 4, 0, Decimal(1))
    assert refused.value.members == (1, 2)


def test_what_nobody_needs_does_not_run() -> None:
    uses = {0: [(1, Decimal(1))], 1: [], 2: [(2, Decimal(1))]}
    assert runs(uses, [Fraction(1)] * 3, 0, Decimal(1)) == {0: 1, 1: 1}


def solved_by(factored: Callable[[Loop, int], solving_large.Solver]) -> solving_large.Vector:
    uses = ring(5, "0.5")
    makers, users = np.array([uses[user][0][0] for user in range(5)]), np.arange(5)
    loop = Loop(makers, users, np.full(5, 0.5))
    return factored(loop, 5)(np.array([1.0, 0, 0, 0, 0]))


def test_the_full_and_the_sparse_direct_solver_agree() -> None:
    full, sparse = solved_by(Loop._inverted), solved_by(Loop._cut)
    assert np.allclose(full, sparse, rtol=1e-13)
    assert full[0] == pytest.approx(1 / (1 - 0.5**5))


@pytest.mark.parametrize("factored", [Loop._inverted, Loop._cut])
def test_a_direct_solver_refuses_a_singular_loop(
    factored: Callable[[Loop, int], solving_large.Solver],
) -> None:
    loop = Loop(np.array([1, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    with pytest.raises(solving_large.NoSolutionError):
        factored(loop, 2)


def test_numbers_of_very_different_size_are_still_solved() -> None:
    size = 60
    output = [Fraction(Decimal(10) ** (place % 30 - 15)) for place in range(size)]
    uses: Links = {
        place: [((place + 1) % size, Decimal(10) ** ((place + 1) % size % 30 - 15) / 2)]
        for place in range(size)
    }
    found = runs(uses, output, 0, Decimal(10) ** -15)
    expected = 1 / (1 - Fraction(1, 2) ** size)
    assert abs(Fraction(found[0]) - expected) < Fraction(1, 10**24)


def test_a_small_system_is_in_fractions_and_a_large_one_in_decimals() -> None:
    chain: Links = {place: [(place + 1, Decimal(1))] for place in range(solving.EXACT_SYSTEM)}
    chain[solving.EXACT_SYSTEM] = []
    output = [Fraction(1)] * len(chain)
    assert isinstance(runs(chain, output, 1, Decimal(1))[1], Fraction)
    assert isinstance(runs(chain, output, 0, Decimal(1))[0], Decimal)
