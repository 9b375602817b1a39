"""A product system as it was read: processes, what they use and let out, and what is said about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from portal.reference.factors import GwpSet

#: stage of a process that names none
UNSTAGED = "—"
#: what a background factor brings, in the inventory
CO2E = "CO2e"
#: data quality is rated from 1, the best, to 5 in each of these
QUALITY_DIMENSIONS = ("technological", "geographical", "temporal", "completeness", "reliability")
BEST_RATING, WORST_RATING = Decimal(1), Decimal(5)


class Origin(StrEnum):
    """Where the carbon of an emission comes from; reported apart from each other."""

    FOSSIL = "fossil"
    BIOGENIC = "biogenic"
    LAND_USE = "land_use"
    AIRCRAFT = "aircraft"
    #: taken out of the air by what grows; deducted only in the total that says so
    BIOGENIC_UPTAKE = "biogenic_uptake"


class Distribution(StrEnum):
    """How an uncertain amount is spread around the amount that was given."""

    LOGNORMAL = "lognormal"
    NORMAL = "normal"
    UNIFORM = "uniform"
    TRIANGULAR = "triangular"


@dataclass(frozen=True, slots=True)
class Spread:
    """Uncertainty of one amount, as multiples of the amount.

    lognormal: the amount is the median, ``high`` the geometric standard deviation; normal: the amount is
    the mean, ``high`` the standard deviation; uniform and triangular: from ``low`` to ``high``, the amount
    being the mode of the triangle.
    """

    distribution: Distribution
    low: Decimal
    high: Decimal


class Flow(NamedTuple):
    """An amount of a product, with the place in the input where it stands.

    A named tuple, because a large system has a hundred thousand of them.
    """

    product: str
    amount: Decimal
    unit: str
    path: str
    spread: Spread | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Emission:
    """Kilograms of one gas that one run of a process lets out or, for an uptake, takes in."""

    gas: str
    amount: Decimal
    origin: Origin = Origin.FOSSIL
    spread: Spread | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Background:
    """Kilograms of CO2e that a factor adds to one run of a process."""

    amount: Decimal
    spread: Spread | None = None
    source: str = ""
    confidence: str = "given"


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a process with several products the product of this system bears, and why.

    ``basis`` holds what each product counts for, in ``unit``.
    """

    method: str
    product: str
    basis: Mapping[str, Decimal]
    unit: str

    @property
    def share(self) -> Fraction:
        """Share of the system's own product in the whole basis."""
        return Fraction(self.basis[self.product]) / sum(map(Fraction, self.basis.values()), Fraction(0))


@dataclass(frozen=True, slots=True)
class CutOff:
    """Something left out of the system, with its reason and what share of the total it is thought to be."""

    what: str
    reason: str
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """How often amounts are drawn, and from which seed."""

    runs: int
    seed: int


@dataclass(frozen=True, slots=True)
class Process:
    """One run of a process: what it makes, uses and lets out."""

    id: str
    stage: str
    output: Flow
    inputs: tuple[Flow, ...]
    emissions: tuple[Emission, ...]
    background: Background | None
    allocation: Allocation | None = None
    quality: Mapping[str, Decimal] | None = None
    primary: bool | None = None

    @property
    def attributed(self) -> Fraction:
        """What one whole run would make, were the product to bear all of it.

        A product that bears a quarter of the process needs a quarter of the runs: the same as four times
        the output for the same burden.
        """
        made = Fraction(self.output.amount)
        return made if self.allocation is None else made / self.allocation.share

    def burden(self, gwp: GwpSet) -> Decimal:
        """Kilograms of CO2e of one run, uptake left out."""
        total = Decimal(0) if self.background is None else self.background.amount
        for emission in self.emissions:
            if emission.origin is not Origin.BIOGENIC_UPTAKE:
                total += emission.amount * gwp.values[emission.gas].amount
        return total


@dataclass(frozen=True, slots=True)
class System:
    """A product system and what one wants of it.

    ``boundary`` and ``rules`` are what makes two footprints comparable: from where to where, and by which
    product rules; empty where the input does not say.
    """

    goal: Flow
    gwp: GwpSet
    processes: tuple[Process, ...]
    boundary: str
    rules: str
    cut_offs: tuple[CutOff, ...]
    simulation: Simulation | None
