"""Solves a product system: how often each process runs, loops included.

The system is cut into its loops (strongly connected components); along a tree the answer is a product of
fractions, and only a loop needs elimination. Small loops are solved in exact fractions, larger ones in
decimals of 120 digits.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TypeVar

#: a loop of more processes than this is solved in long decimals instead of fractions
_EXACT_LIMIT = 60
_DIGITS = 120
_NOTHING = Decimal(1).scaleb(-80)

N = TypeVar("N", Fraction, Decimal)

#: for each process: (maker of the input, amount of it for one run)
Uses = Mapping[int, Sequence[tuple[int, Fraction]]]


class UnsolvableError(ValueError):
    """A loop uses as much as it makes; ``members`` are its processes."""

    def __init__(self, members: Sequence[int]) -> None:
        """Keep the processes of the loop."""
        super().__init__(f"no solution for processes {list(members)}")
        self.members = tuple(members)


def runs(uses: Uses, output: Sequence[Fraction], wanted: int, amount: Fraction) -> dict[int, Fraction]:
    """How often each process runs so that ``amount`` of what ``wanted`` makes is left over.

    ``uses[j]`` are the inputs of one run of process j, ``output[j]`` what one run makes, in one unit a
    product. Only processes that are needed are in the answer. Raises UnsolvableError.
    """
    demand: dict[int, Fraction] = {wanted: amount}
    found: dict[int, Fraction] = {}
    for loop in _loops(uses, wanted):
        for process, times in _solve(loop, uses, output, demand).items():
            found[process] = times
            for maker, needed in uses[process]:
                if maker not in loop:
                    demand[maker] = demand.get(maker, Fraction(0)) + needed * times
    return found


def _loops(uses: Uses, start: int) -> list[dict[int, int]]:
    """Loops reachable from ``start``, users before makers, each as {process: place} (Tarjan)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    loops: list[dict[int, int]] = []
    work: list[tuple[int, int]] = [(start, 0)]
    while work:
        node, place = work.pop()
        if place == 0:
            index[node] = low[node] = len(index)
            stack.append(node)
            on_stack.add(node)
        inputs = uses[node]
        while place < len(inputs) and inputs[place][0] in index:
            if inputs[place][0] in on_stack:
                low[node] = min(low[node], index[inputs[place][0]])
            place += 1
        if place < len(inputs):
            work.extend(((node, place + 1), (inputs[place][0], 0)))
            continue
        if low[node] == index[node]:
            loops.append(_pop_loop(stack, on_stack, node))
        if work:
            low[work[-1][0]] = min(low[work[-1][0]], low[node])
    loops.reverse()
    return loops


def _pop_loop(stack: list[int], on_stack: set[int], root: int) -> dict[int, int]:
    members: list[int] = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        members.append(member)
        if member == root:
            return {process: place for place, process in enumerate(sorted(members))}


def _solve(
    loop: Mapping[int, int], uses: Uses, output: Sequence[Fraction], demand: Mapping[int, Fraction]
) -> dict[int, Fraction]:
    size = len(loop)
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for process, place in loop.items():
        matrix[place][place] += output[process]
        for maker, needed in uses[process]:
            if maker in loop:
                matrix[loop[maker]][place] -= needed
    wanted = [demand.get(process, Fraction(0)) for process in loop]
    if size <= _EXACT_LIMIT:
        answer: list[Fraction] | None = _eliminated(matrix, wanted, Fraction(0))
    else:
        answer = _long(matrix, wanted)
    if answer is None or any(times < 0 for times in answer):
        raise UnsolvableError(tuple(loop))
    return {process: answer[place] for process, place in loop.items()}


def _long(matrix: list[list[Fraction]], wanted: list[Fraction]) -> list[Fraction] | None:
    with localcontext() as context:
        context.prec = _DIGITS
        rows = [[Decimal(cell.numerator) / cell.denominator for cell in row] for row in matrix]
        answer = _eliminated(rows, [Decimal(cell.numerator) / cell.denominator for cell in wanted], _NOTHING)
        # A remainder below the working digits is zero, not a negative run.
        return (
            None
            if answer is None
            else [Fraction(0) if abs(cell) < _NOTHING else Fraction(cell) for cell in answer]
        )


def _eliminated(rows: list[list[N]], wanted: list[N], nothing: N) -> list[N] | None:
    """The solution by elimination with the largest pivot; None where a pivot is nothing."""
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if abs(rows[pivot][column]) <= nothing:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        wanted[column], wanted[pivot] = wanted[pivot], wanted[column]
        for row in range(column + 1, size):
            if rows[row][column]:
                _subtract(rows, wanted, row, column)
    for column in range(size - 1, -1, -1):
        wanted[column] = wanted[column] / rows[column][column]
        for row in range(column):
            if rows[row][column]:
                wanted[row] -= rows[row][column] * wanted[column]
    return wanted


def _subtract(rows: list[list[N]], wanted: list[N], row: int, column: int) -> None:
    times = rows[row][column] / rows[column][column]
    source, target = rows[column], rows[row]
    for place in range(column, len(rows)):
        if source[place]:
            target[place] -= times * source[place]
    wanted[row] -= times * wanted[column]
