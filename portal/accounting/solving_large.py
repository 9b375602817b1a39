"""Large loops: solved in floats by iteration, verified and sharpened in long decimals.

This is the one place of the solver where binary floats are used, and no float leaves it: a float solution
is only a proposal. What it leaves open is worked out in decimals of 80 digits (the residual), the float
solver is asked for the correction of just that, and the sum is taken in decimals, until the last correction
is below 10⁻⁴⁰ of every value. A proposal that cannot be sharpened so is not an answer.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal, localcontext

import numpy as np
import numpy.typing as npt

from portal.accounting.solving import Uses

Vector = npt.NDArray[np.float64]
Solver = Callable[[Vector], Vector]

_CONTEXT = Context(prec=50)
#: what a next correction would still move ends the sharpening: of loops up to the limit, and of larger ones
_SHARP = Decimal("1e-40")
_SHARP_LARGE = Decimal("1e-24")
_SHARP_LIMIT = 300
#: each sharpening must leave less than this share of the error before it
_LEAST_GAIN = Decimal("0.5")
_ROUNDS = 60
#: the iteration stops when no value moves by more than this share
_STILL = 1e-13
#: after so many steps the speed of the iteration is looked at
_TRIAL = 60
#: an iteration that would need more steps than this is left to the direct solver
_MOST_STEPS = 4000
#: a Krylov solver that leaves no more than this share of what is wanted is good enough to be sharpened
_TRIED = 1e-8
#: a loop of at most so many processes is solved as a full matrix where the iteration does not converge
_FULL_LIMIT = 400
#: a loop that gives back this much of itself surely has no solution (bound of Collatz and Wielandt)
_SURELY_TOO_MUCH = 1 + 1e-9


class NoSolutionError(ValueError):
    """The loop uses as much as it makes."""


class Loop:
    """y = wanted + A y, for the amounts y that the processes of one loop make."""

    def __init__(self, makers: npt.NDArray[np.intp], users: npt.NDArray[np.intp], shares: Vector) -> None:
        """``shares``: how much of what ``makers`` make one unit of what ``users`` make needs."""
        self.makers = makers
        self.users = users
        self.shares = shares
        self._direct: Solver | None = None

    def times(self, made: Vector) -> Vector:
        """A y."""
        return np.asarray(
            np.bincount(self.makers, self.shares * made[self.users], len(made)), dtype=np.float64
        )

    def solve(self, wanted: Vector) -> Vector:
        """The amounts that leave ``wanted`` over; raises NoSolutionError."""
        with np.errstate(all="ignore"):
            if self._direct is None:
                found = self._iterated(wanted)
                if found is not None:
                    return found
            return self._directly(wanted)

    def _iterated(self, wanted: Vector) -> Vector | None:
        """By y ← wanted + A y; None where that takes too long."""
        made, change = wanted.copy(), wanted
        step, steps = 0, _TRIAL
        while step <= steps:
            before, change = change, self.times(change)
            made = made + change
            if np.all(np.abs(change) <= _STILL * np.abs(made)):
                return made
            step += 1
            if step == _TRIAL:
                self._refuse_growth(before, change)
                steps = self._steps_to_go(before, change, made)
        return None

    @staticmethod
    def _refuse_growth(before: Vector, change: Vector) -> None:
        """A ≥ 0 with A v ≥ v for a v ≥ 0 cannot be solved without negative runs."""
        if np.all(before > 0) and np.min(change / before) > _SURELY_TOO_MUCH:
            raise NoSolutionError

    @staticmethod
    def _steps_to_go(before: Vector, change: Vector, made: Vector) -> int:
        """How many steps the iteration needs in all, at the speed that it has; 0 where it does not end."""
        rate = np.linalg.norm(change) / np.linalg.norm(before)
        left = np.max(np.abs(change) / np.abs(made))
        if not 0 < rate < 1 or not np.isfinite(left):
            return 0
        steps = int(_TRIAL + 1.2 * np.log(_STILL / left) / np.log(rate)) + _TRIAL
        return steps if steps <= _MOST_STEPS else 0

    def _directly(self, wanted: Vector) -> Vector:
        if self._direct is None:
            factored = self._inverted if len(wanted) <= _FULL_LIMIT else self._cut
            self._direct = factored(len(wanted))
        return self._direct(wanted)

    def _inverted(self, size: int) -> Solver:
        matrix = np.eye(size)
        np.subtract.at(matrix, (self.makers, self.users), self.shares)
        try:
            return np.linalg.inv(matrix).__matmul__
        except np.linalg.LinAlgError as error:
            raise NoSolutionError from error

    def _cut(self, size: int) -> Solver:
        # scipy takes a second to import; most systems never need it.
        from scipy.sparse import coo_array, eye_array
        from scipy.sparse.linalg import gmres, splu

        shares = coo_array((self.shares, (self.makers, self.users)), shape=(size, size))
        matrix = (eye_array(size) - shares).tocsc()
        found, failed = gmres(matrix, np.ones(size), rtol=_TRIED, restart=_TRIAL, maxiter=2)
        if not failed and np.all(found > 0):
            return lambda wanted: np.asarray(gmres(matrix, wanted, rtol=_TRIED, restart=_TRIAL, maxiter=4)[0])
        try:
            solver: Solver = splu(matrix).solve
        except RuntimeError as error:  # “Factor is exactly singular”
            raise NoSolutionError from error
        return solver


class _Links:
    """The same loop in decimals."""

    def __init__(self, members: Sequence[int], uses: Uses, output: Sequence[Decimal]) -> None:
        places = dict(zip(members, range(len(members)), strict=True))
        self.output = output
        self.makers: list[int] = []
        self.users: list[int] = []
        self.needed: list[Decimal] = []
        for place, process in enumerate(members):
            for maker, needed in uses[process]:
                if maker in places:
                    self.makers.append(places[maker])
                    self.users.append(place)
                    self.needed.append(needed)

    def loop(self) -> Loop:
        """The loop for the float solver, in units of what each process makes."""
        users = np.array(self.users, dtype=np.intp)
        return Loop(
            np.array(self.makers, dtype=np.intp), users, _floats(self.needed) / _floats(self.output)[users]
        )

    def residual(self, times: Sequence[Decimal], wanted: Sequence[Decimal]) -> list[Decimal]:
        """What is still wanted of each product when the processes run so often."""
        left = [want - made * runs for want, made, runs in zip(wanted, self.output, times, strict=True)]
        for maker, user, needed in zip(self.makers, self.users, self.needed, strict=True):
            left[maker] += needed * times[user]
        return left


def loop_runs(
    members: Sequence[int], uses: Uses, output: Sequence[Decimal], demand: Mapping[int, Decimal]
) -> list[Decimal] | None:
    """Runs of each member of a loop; None where it has no solution without negative runs.

    ``output`` is what one run of each member makes, ``demand`` what must be left over by process.
    """
    with localcontext(_CONTEXT):
        wanted = [demand.get(process, Decimal(0)) for process in members]
        try:
            return _sharpened(_Links(members, uses, output), wanted)
        except NoSolutionError:
            return None


def _sharpened(links: _Links, wanted: Sequence[Decimal]) -> list[Decimal] | None:
    loop = links.loop()
    sharp = _SHARP if len(wanted) <= _SHARP_LIMIT else _SHARP_LARGE
    times = [Decimal(0)] * len(wanted)
    residual = wanted
    moved_before = Decimal(1)
    for _ in range(_ROUNDS):
        correction = loop.solve(_floats(residual))
        if not np.all(np.isfinite(correction)):
            return None
        moves = [
            Decimal(amount) / made for amount, made in zip(correction.tolist(), links.output, strict=True)
        ]
        times = [value + move for value, move in zip(times, moves, strict=True)]
        if min(times) <= 0:
            return None
        moved = max(abs(move) / value for move, value in zip(moves, times, strict=True))
        gain = moved / moved_before
        if gain < 1 and moved * gain < sharp:
            return times
        if residual is not wanted and gain > _LEAST_GAIN:
            return None
        moved_before = moved
        residual = links.residual(times, wanted)
    return None


def _floats(values: Sequence[Decimal]) -> Vector:
    return np.fromiter(map(float, values), np.float64, len(values))
