"""Product systems whose processes feed each other: solving, the whole command, and Monte Carlo.

``.venv/bin/python -m benchmarks.footprint [--runs 7] [--draws 1000]``

Prints medians after a warm-up. The floor beside each is a bare numpy loop doing the same arithmetic in
floats: y ← wanted + A y until nothing moves by more than 10⁻¹³, without reading, exactness or verification.
"""

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.measure import Timing, print_machine, print_table, timed
from portal.accounting.footprint import footprint
from portal.accounting.solving import runs
from portal.accounting.solving_large import loop_runs

#: what the processes of a system take from each other for one unit of their own
TAKEN = 0.6
LINKS = 9
SMALL, LARGE = 1_000, 10_000
SPREAD = {"distribution": "lognormal", "gsd": "1.1"}


@dataclass(frozen=True)
class Row:
    """One line of the table; times in milliseconds."""

    what: str
    limit: float | None
    timing: Timing
    floor: Timing


def links_of(size: int) -> list[tuple[int, int, Decimal]]:
    """(maker, user, amount): every process takes from its neighbour and from others at random."""
    chance = random.Random(size)
    found = []
    for user in range(size):
        makers = {(user + 1) % size}
        while len(makers) < LINKS:
            makers.add(chance.randrange(size))
        weights = [chance.random() for _ in makers]
        found += [
            (maker, user, Decimal(f"{TAKEN * weight / sum(weights):.6f}"))
            for maker, weight in zip(sorted(makers), weights, strict=True)
        ]
    return found


def payload_of(links: list[tuple[int, int, Decimal]], size: int, draws: int = 0) -> dict[str, Any]:
    """The same links as an input of ``portal footprint``."""
    spread = {"uncertainty": SPREAD} if draws else {}
    inputs: list[list[dict[str, Any]]] = [[] for _ in range(size)]
    for maker, user, amount in links:
        inputs[user].append({"product": f"p{maker}", "amount": str(amount), "unit": "kg", **spread})
    payload: dict[str, Any] = {
        "functional_unit": {"product": "p0", "amount": "1", "unit": "kg"},
        "gwp": "AR6",
        "processes": [
            {
                "id": f"p{place}",
                "output": {"product": f"p{place}", "amount": "1", "unit": "kg"},
                "inputs": inputs[place],
                "emissions": [{"gas": "CO2", "amount": "1", "unit": "kg", **spread}],
            }
            for place in range(size)
        ],
    }
    return {**payload, "uncertainty": {"runs": draws, "seed": 1}} if draws else payload


def bare(links: list[tuple[int, int, Decimal]], size: int) -> Callable[[], Any]:
    """The floor: the iteration alone, in floats."""
    makers, users = (np.array([link[place] for link in links]) for place in (0, 1))
    shares = np.array([float(amount) for _, _, amount in links])
    wanted = np.zeros(size)
    wanted[0] = 1.0

    def iterate(factors: Any = shares) -> Any:
        made, change = wanted.copy(), wanted
        while np.any(np.abs(change) > 1e-13 * np.abs(made)):
            change = np.bincount(makers, factors * change[users], size)
            made = made + change
        return made

    return iterate


def bare_draws(links: list[tuple[int, int, Decimal]], size: int, draws: int) -> Callable[[], None]:
    """The floor of Monte Carlo: draw every amount, iterate, add up."""
    iterate = bare(links, size)
    shares = np.array([float(amount) for _, _, amount in links])
    chance = np.random.default_rng(1)

    def work() -> None:
        for _ in range(draws):
            factors = shares * np.exp(np.log(1.1) * chance.standard_normal(len(shares)))
            burden = np.exp(np.log(1.1) * chance.standard_normal(size))
            iterate(factors) @ burden

    return work


def solved(links: list[tuple[int, int, Decimal]], size: int) -> Callable[[], object]:
    """From links in decimals to verified runs in decimals."""
    uses: dict[int, list[tuple[int, Decimal]]] = {place: [] for place in range(size)}
    for maker, user, amount in links:
        uses[user].append((maker, amount))
    output = [Fraction(1)] * size
    return lambda: runs(uses, output, 0, Decimal(1))


def rows(repeats: int, draws: int) -> list[Row]:
    """Measure everything."""
    found = []
    for size, limit in ((SMALL, 50.0), (LARGE, 500.0)):
        links = links_of(size)
        floor = timed(bare(links, size), repeats, warm=1)
        name = f"{size:,} processes, {len(links):,} links"
        found.append(Row(f"{name}: solve", limit, timed(solved(links, size), repeats, warm=1), floor))
        payload = payload_of(links, size)
        whole = timed(lambda payload=payload: footprint(payload), max(3, repeats // 2), warm=1)
        found.append(Row(f"{name}: read, solve, explain", None, whole, floor))
    links = links_of(SMALL)
    payload = payload_of(links, SMALL, draws)
    found.append(
        Row(
            f"{draws:,} Monte Carlo runs of {SMALL:,} processes",
            10.0 * draws,
            timed(lambda: footprint(payload), 1, warm=0),
            timed(bare_draws(links, SMALL, draws), 1, warm=0),
        )
    )
    return found


def check() -> None:
    """The answer before the time: both kinds of solution agree to the digits that are shown."""
    links = links_of(SMALL)
    floats = bare(links, SMALL)()
    exact = solved(links, SMALL)()
    assert all(abs(float(exact[place]) - floats[place]) < 1e-12 for place in range(SMALL))  # type: ignore[index]
    assert loop_runs([0], {0: [(0, Decimal(1))]}, [Decimal(1)], {0: Decimal(1)}) is None


def main() -> None:
    """Print the table; exit with 1 when a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="measurements of each row that count")
    parser.add_argument("--draws", type=int, default=1_000, help="Monte Carlo runs")
    asked = parser.parse_args()
    check()
    print_machine()
    measured = rows(asked.runs, asked.draws)
    print_table(
        "Product footprints (milliseconds)",
        ("what", "limit", "median", "cpu", "floor", "ok"),
        [
            (
                row.what,
                "" if row.limit is None else f"{row.limit:,.0f}",
                f"{row.timing.p50:,.1f}",
                f"{row.timing.cpu_p50:,.1f}",
                f"{row.floor.p50:,.1f}",
                "" if row.limit is None else "yes" if row.timing.p50 <= row.limit else "NO",
            )
            for row in measured
        ],
    )
    missed = [row for row in measured if row.limit is not None and row.timing.p50 > row.limit]
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
