"""Counting a month: with every explanation, and in bulk; beside each a bare loop of the same arithmetic.

``.venv/bin/python -m benchmarks.calculation [--months 2000]``

Times are processor time of this process, so that a busy machine disturbs them less; the best of five
rounds counts. Answers 1 when a limit was missed.
"""

import argparse
import gc
import json
import platform
import sys
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

from portal.accounting.bulk import count_months
from portal.accounting.calculation import calculate
from portal.accounting.explain import explain
from portal.domain.quantities import CONTEXT

CASE = Path(__file__).parents[1] / "tests" / "cases" / "calculations" / "steel-month.json"
ROUNDS = 5
MILLI = 1000.0
#: limits: milliseconds for one explained month, months a second in bulk
EXPLAINED_MS, BULK = 1.0, 5000


def best(work: Callable[[], object], repeats: int) -> float:
    """Seconds of one run of ``work``, the best of the rounds."""
    work()
    found = []
    for _ in range(ROUNDS):
        gc.collect()
        started = time.process_time()
        for _ in range(repeats):
            work()
        found.append((time.process_time() - started) / repeats)
    return min(found)


def numbers_of(payload: dict[str, Any]) -> list[tuple[str, ...]]:
    """The texts that go into each line's formula, factors included."""
    return [
        (activity["amount"], *(str(used.value) for used in line.factors))
        for activity, line in zip(payload["activities"], calculate(payload).lines, strict=True)
    ]


def floor(months: list[list[tuple[str, ...]]]) -> Decimal:
    """Read the texts, multiply, round, add: what no way of counting can do without."""
    total, cents = Decimal(0), Decimal("0.01")
    with localcontext(CONTEXT):
        for month in months:
            for texts in month:
                product = Decimal(texts[0])
                for text in texts[1:]:
                    product *= Decimal(text)
                if len(texts) == 3:
                    product = product * 44 / 12
                total += product.quantize(cents, rounding=ROUND_HALF_UP)
    return total


def explained(payload: dict[str, Any]) -> list[object]:
    """One month with every line explained."""
    return [explain(line) for line in calculate(payload).lines]


def drained(payloads: list[dict[str, Any]]) -> int:
    """All months in bulk."""
    return sum(1 for _ in count_months(payloads))


def main() -> int:
    """Measure, print the table, answer 1 when a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=2000, help="months counted in bulk (2000)")
    months = parser.parse_args().months
    payload = json.loads(CASE.read_text(encoding="utf-8"))["input"]
    texts = numbers_of(payload)
    rows = [
        ("one month, lines with inputs and factors", best(lambda: calculate(payload), 100), None),
        ("one month, every line explained", best(lambda: explained(payload), 100), EXPLAINED_MS),
        ("one month, printed as JSON", best(lambda: calculate(payload).as_json(), 100), None),
        ("one month in bulk", best(lambda: drained([payload] * months), 1) / months, MILLI / BULK),
        ("floor: the bare Decimal loop", best(lambda: floor([texts] * months), 1) / months, None),
    ]
    bare = rows[-1][1]
    print(f"{len(texts)} lines a month, {platform.python_implementation()} {platform.python_version()}\n")
    print(f"{'what':<44}{'ms':>8}{'limit':>8}{'months/s':>10}{'× floor':>9}")
    for name, seconds, limit in rows:
        shown = f"{limit:.1f}" if limit else ""
        print(f"{name:<44}{seconds * MILLI:>8.3f}{shown:>8}{1 / seconds:>10,.0f}{seconds / bare:>9.1f}")
    missed = [name for name, seconds, limit in rows if limit is not None and seconds * MILLI > limit]
    print("\n" + ("missed: " + ", ".join(missed) if missed else "all limits are kept"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
