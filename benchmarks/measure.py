"""Taking times and printing them: wall and processor time, after a warm-up, beside the machine's load."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

MILLI = 1000


@dataclass(frozen=True)
class Timing:
    """Times of one thing in milliseconds; processor time is that of this process."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def p50(self) -> float:
        """Median wall time."""
        return statistics.median(self.wall)

    @property
    def p95(self) -> float:
        """Wall time that nineteen of twenty runs stay under."""
        return statistics.quantiles(self.wall, n=20, method="inclusive")[-1]

    @property
    def cpu_p50(self) -> float:
        """Median processor time: what is left of the wall time on a machine with nothing else to do."""
        return statistics.median(self.cpu)


def timed(action: Callable[[], object], runs: int, warm: int = 5) -> Timing:
    """Times of ``runs`` calls after ``warm`` that do not count."""
    for _ in range(warm):
        action()
    wall, cpu = [], []
    for _ in range(runs):
        begun, worked = time.perf_counter(), time.process_time()
        action()
        cpu.append((time.process_time() - worked) * MILLI)
        wall.append((time.perf_counter() - begun) * MILLI)
    return Timing(tuple(wall), tuple(cpu))


@contextmanager
def counted_queries(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that go to the database inside the block, BEGIN and COMMIT left out."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def floor() -> Timing:
    """Something that is always the same amount of work: a million additions in a loop."""

    def work() -> int:
        total = 0
        for number in range(1_000_000):
            total += number
        return total

    return timed(work, runs=7, warm=1)


def print_machine() -> None:
    """What the table was measured on, and how busy it was besides."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    base = floor()
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python "
        f"{platform.python_version()}; load {load}"
    )
    print(f"floor (a million additions): {base.p50:.0f} ms, of them {base.cpu_p50:.0f} ms processor time")


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table in Markdown, its columns in line."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join((first, *others)) + " |"

    rule = "|-" + "-|-".join("-" * width for width in widths) + "-|"
    print(f"\n{title}\n")
    print("\n".join((line(head), rule, *map(line, rows))))
