"""Monte Carlo: the same product system many times over, each time with drawn amounts.

Floats are right here: a drawn total is a sample, shown to six significant digits, and never a reported
figure; the footprint itself is worked out in exact numbers elsewhere. The same input, seed and numpy
version give the same draws.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from portal.accounting.footprint_result import Uncertainty
from portal.accounting.footprint_system import Distribution, Origin, Simulation, Spread, System
from portal.accounting.solving import Uses
from portal.accounting.solving_large import Loop, NoSolutionError, Vector

_SHOWN = Context(prec=6)
_PERCENTILES = ("2.5", "5", "25", "50", "75", "95", "97.5")


@dataclass(frozen=True)
class _Draws:
    """Multiples for a list of amounts: 1 where nothing is uncertain."""

    size: int
    kinds: dict[Distribution, tuple[npt.NDArray[np.intp], Vector, Vector]]

    @classmethod
    def of(cls, spreads: Sequence[Spread | None]) -> "_Draws":
        """Group the uncertain amounts by how they are spread."""
        kinds = {}
        for kind in Distribution:
            found = [
                (place, spread)
                for place, spread in enumerate(spreads)
                if spread is not None and spread.distribution is kind
            ]
            if found:
                places = np.array([place for place, _ in found], dtype=np.intp)
                low = np.array([float(spread.low) for _, spread in found])
                high = np.array([float(spread.high) for _, spread in found])
                kinds[kind] = (places, low, high)
        return cls(len(spreads), kinds)

    def drawn(self, random: np.random.Generator) -> Vector:
        """One draw of every multiple; a normal draw below zero counts as zero."""
        multiples = np.ones(self.size)
        for kind, (places, low, high) in self.kinds.items():
            multiples[places] = _DRAWS[kind](random, low, high)
        return multiples


def _lognormal(random: np.random.Generator, _: Vector, high: Vector) -> Vector:
    return np.asarray(np.exp(np.log(high) * random.standard_normal(len(high))))


def _normal(random: np.random.Generator, low: Vector, high: Vector) -> Vector:
    return np.maximum(0.0, low + high * random.standard_normal(len(high)))


def _uniform(random: np.random.Generator, low: Vector, high: Vector) -> Vector:
    return low + (high - low) * random.random(len(high))


def _triangular(random: np.random.Generator, low: Vector, high: Vector) -> Vector:
    """By the inverse of the distribution function; the mode is 1."""
    share, width = random.random(len(high)), high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = (1.0 - low) / width
        drawn = np.where(
            share < turn,
            low + np.sqrt(share * width * (1.0 - low)),
            high - np.sqrt((1.0 - share) * width * (high - 1.0)),
        )
    return np.where(width > 0, drawn, 1.0)


_DRAWS = {
    Distribution.LOGNORMAL: _lognormal,
    Distribution.NORMAL: _normal,
    Distribution.UNIFORM: _uniform,
    Distribution.TRIANGULAR: _triangular,
}


@dataclass(frozen=True)
class _Amounts:
    """Amounts of one kind with the process that each belongs to, and how they are drawn."""

    places: npt.NDArray[np.intp]
    values: Vector
    draws: _Draws

    @classmethod
    def of(cls, entries: Sequence[tuple[int, Decimal, Spread | None]]) -> "_Amounts":
        """From (place of the process, amount, spread)."""
        return cls(
            np.array([place for place, _, _ in entries], dtype=np.intp),
            np.array([float(value) for _, value, _ in entries], dtype=np.float64),
            _Draws.of([spread for _, _, spread in entries]),
        )

    def drawn(self, random: np.random.Generator) -> Vector:
        """One draw of every amount."""
        return self.values * self.draws.drawn(random)


def simulated(
    system: System,
    simulation: Simulation,
    uses: Uses,
    needed_at_all: Collection[int],
    goal: tuple[int, Decimal],
) -> Uncertainty:
    """Totals of ``simulation.runs`` draws of ``system``, whose links are ``uses`` in the makers' units.

    Only the processes ``needed_at_all`` take part; ``goal`` is the place and amount of what is wanted.
    """
    random = np.random.Generator(np.random.PCG64(simulation.seed))
    places = {process: place for place, process in enumerate(sorted(needed_at_all))}
    made = np.array([float(system.processes[process].attributed) for process in places])
    links = _links(system, uses, places)
    makers = np.array([maker for maker, _, _, _ in links], dtype=np.intp)
    needed = _Amounts.of([(user, value, spread) for _, user, value, spread in links])
    burdens = _burdens(system, places)
    wanted = np.zeros(len(made))
    wanted[places[goal[0]]] = float(goal[1])
    totals = np.full(simulation.runs, np.nan)
    for run in range(simulation.runs):
        shares = needed.drawn(random) / made[needed.places]
        burden = np.bincount(burdens.places, burdens.drawn(random), len(made)) / made
        totals[run] = _total(Loop(makers, needed.places, shares), wanted, burden)
    return _summary(simulation, totals)


def _links(
    system: System, uses: Uses, places: Mapping[int, int]
) -> list[tuple[int, int, Decimal, Spread | None]]:
    """(maker, user, amount, spread) of every link, in the order of the inputs."""
    return [
        (places[maker], place, needed, flow.spread)
        for process, place in places.items()
        for (maker, needed), flow in zip(
            uses[process], (flow for flow in system.processes[process].inputs if flow.amount), strict=True
        )
    ]


def _burdens(system: System, places: Mapping[int, int]) -> _Amounts:
    """kgCO2e of one run, by process, for every emission and background factor."""
    entries: list[tuple[int, Decimal, Spread | None]] = []
    for number, place in places.items():
        process = system.processes[number]
        if process.background is not None:
            entries.append((place, process.background.amount, process.background.spread))
        entries.extend(
            (place, emission.amount * system.gwp.values[emission.gas].amount, emission.spread)
            for emission in process.emissions
            if emission.origin is not Origin.BIOGENIC_UPTAKE
        )
    return _Amounts.of(entries)


def _total(loop: Loop, wanted: Vector, burden: Vector) -> float:
    try:
        made = loop.solve(wanted)
    except NoSolutionError:
        return np.nan
    return float(made @ burden) if np.all(np.isfinite(made)) and np.min(made) > -1e-9 else np.nan


def _summary(simulation: Simulation, totals: Vector) -> Uncertainty:
    solved = totals[np.isfinite(totals)]
    if not len(solved):
        solved = np.zeros(1)
    points = np.percentile(solved, [float(point) for point in _PERCENTILES])
    return Uncertainty(
        runs=simulation.runs,
        seed=simulation.seed,
        failed=int(np.count_nonzero(~np.isfinite(totals))),
        mean=_six(np.mean(solved)),
        deviation=_six(np.std(solved, ddof=1) if len(solved) > 1 else 0.0),
        percentiles=MappingProxyType(
            {name: _six(point) for name, point in zip(_PERCENTILES, points, strict=True)}
        ),
    )


def _six(value: float | np.floating) -> Decimal:
    return _SHOWN.create_decimal(repr(float(value)))
