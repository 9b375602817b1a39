"""Solves a product system: how often each process runs, loops included.

The system is cut into its loops (strongly connected components), users before makers. Outside loops the
answer is a product along the way; inside a loop it needs a system of equations. Small systems and small
loops are solved in exact fractions; a loop of more processes goes to ``solving_large``, whose answer is
verified in long decimals.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TypeVar

from portal.domain.quantities import CONTEXT

#: a loop of more processes than this is solved by iteration
EXACT_LOOP = 30
#: a system of more processes than this is followed in decimals of 80 digits instead of fractions
EXACT_SYSTEM = 200

N = TypeVar("N", Fraction, Decimal)

#: for each process: (maker of the input, amount of it for one run)
Uses = Mapping[int, Sequence[tuple[int, Decimal]]]


class UnsolvableError(ValueError):
    """A loop uses as much as it makes; ``members`` are its processes."""

    def __init__(self, members: Sequence[int]) -> None:
        """Keep the processes of the loop."""
        super().__init__(f"no solution for processes {list(members)}")
        self.members = tuple(members)


def runs(
    uses: Uses, output: Sequence[Fraction], wanted: int, amount: Decimal
) -> dict[int, Fraction] | dict[int, Decimal]:
    """How often each process runs so that ``amount`` of what ``wanted`` makes is left over.

    ``uses[j]`` are the inputs of one run of process j, ``output[j]`` what one run makes, in one unit a
    product. Only processes that are needed are in the answer. Raises UnsolvableError.
    """
    loops = _Walk(uses).walk(wanted)
    if sum(map(len, loops)) <= EXACT_SYSTEM:
        return _followed(loops, uses, output, {wanted: Fraction(amount)}, _fraction)
    with localcontext(CONTEXT):
        return _followed(loops, uses, output, {wanted: amount}, _decimal)


def _fraction(value: Decimal | Fraction) -> Fraction:
    return Fraction(value)


def _decimal(value: Decimal | Fraction) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value.numerator) / value.denominator


def _followed(
    loops: Sequence[Sequence[int]],
    uses: Uses,
    output: Sequence[Fraction],
    demand: dict[int, N],
    number: Callable[[Decimal | Fraction], N],
) -> dict[int, N]:
    """Runs of every process, from the users to the makers, in the kind of number that ``number`` makes."""
    found: dict[int, N] = {}
    nothing = number(Decimal(0))
    for members in loops:
        solved = _loop_runs(members, uses, output, demand, number)
        found.update(solved)
        for process, times in solved.items():
            for maker, needed in uses[process]:
                if maker not in solved:
                    demand[maker] = demand.get(maker, nothing) + number(needed) * times
    return found


def _loop_runs(
    members: Sequence[int],
    uses: Uses,
    output: Sequence[Fraction],
    demand: Mapping[int, N],
    number: Callable[[Decimal | Fraction], N],
) -> dict[int, N]:
    if len(members) == 1:
        return {members[0]: _single(members[0], uses, output, demand, number)}
    if len(members) <= EXACT_LOOP:
        exact = _eliminated(*_equations(members, uses, output, demand))
        if exact is None or any(times < 0 for times in exact):
            raise UnsolvableError(members)
        return {process: number(times) for process, times in zip(members, exact, strict=True)}
    from portal.accounting.solving_large import loop_runs

    wanted = {process: _decimal(demand[process]) for process in members if process in demand}
    answer = loop_runs(members, uses, [_decimal(output[process]) for process in members], wanted)
    if answer is None:
        raise UnsolvableError(members)
    return {process: number(times) for process, times in zip(members, answer, strict=True)}


def _single(
    process: int,
    uses: Uses,
    output: Sequence[Fraction],
    demand: Mapping[int, N],
    number: Callable[[Decimal | Fraction], N],
) -> N:
    """Runs of a process that is in no loop with others; it may use some of what it makes."""
    own = sum((Fraction(needed) for maker, needed in uses[process] if maker == process), Fraction(0))
    left = output[process] - own
    if left <= 0:
        raise UnsolvableError((process,))
    return demand[process] / number(left)


def _equations(
    members: Sequence[int], uses: Uses, output: Sequence[Fraction], demand: Mapping[int, N]
) -> tuple[list[list[Fraction]], list[Fraction]]:
    places = {process: place for place, process in enumerate(members)}
    matrix = [[Fraction(0)] * len(members) for _ in members]
    for process, place in places.items():
        matrix[place][place] += output[process]
        for maker, needed in uses[process]:
            if maker in places:
                matrix[places[maker]][place] -= Fraction(needed)
    return matrix, [Fraction(demand.get(process, 0)) for process in members]


class _Walk:
    """Tarjan's walk over makers, without recursion; finds loops, makers before users."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.low: dict[int, int] = {}
        self.open: list[int] = []
        self.loops: list[list[int]] = []

    def walk(self, start: int) -> list[list[int]]:
        """Loops reachable from ``start``, users before makers."""
        low, done = self.low, len(self.uses)
        index = {start: 0}
        low[start] = 0
        self.open.append(start)
        work = [(start, iter(self.uses[start]))]
        while work:
            node, inputs = work[-1]
            lowest = low[node]
            for maker, _ in inputs:
                seen = low.get(maker)
                if seen is None:
                    low[node] = lowest
                    low[maker] = index[maker] = len(index)
                    self.open.append(maker)
                    work.append((maker, iter(self.uses[maker])))
                    break
                if seen < lowest:
                    lowest = seen
            else:
                work.pop()
                low[node] = lowest
                if lowest == index[node]:
                    self._close(node, done)
                if work:
                    user = work[-1][0]
                    low[user] = min(low[user], low[node])
        self.loops.reverse()
        return self.loops

    def _close(self, root: int, done: int) -> None:
        """Take a finished loop off; its members count as higher than all that is still open."""
        members: list[int] = []
        while not members or members[-1] != root:
            members.append(self.open.pop())
            self.low[members[-1]] = done
        members.sort()
        self.loops.append(members)


def _eliminated(rows: list[list[Fraction]], wanted: list[Fraction]) -> list[Fraction] | None:
    """The solution by elimination with the largest pivot; None where a pivot is nothing."""
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if not rows[pivot][column]:
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


def _subtract(rows: list[list[Fraction]], wanted: list[Fraction], row: int, column: int) -> None:
    times = rows[row][column] / rows[column][column]
    source, target = rows[column], rows[row]
    for place in range(column, len(rows)):
        if source[place]:
            target[place] -= times * source[place]
    wanted[row] -= times * wanted[column]
