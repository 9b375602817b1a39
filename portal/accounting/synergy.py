"""Whether a measure cuts pollutants and greenhouse gases together (减污降碳协同), and how strongly.

Elasticity and its sign cases: table in PMC11666946. Coordinates of co-control: the published concept of
quadrants. The weights of the index are 1 / pollution equivalent, a documented choice: published weights were
not seen, so the index is marked unverified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType

from portal.accounting.inventory import GREENHOUSE, Inventory, Substance
from portal.accounting.tax import equivalents_of
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, rounded
from portal.reference.tax import TaxRules


@dataclass(frozen=True, slots=True)
class Change:
    """An amount before a measure and how much less there is after it; negative means more. One unit."""

    before: Decimal
    reduction: Decimal


class Case(StrEnum):
    """What the signs and the size of the elasticity mean."""

    POLLUTANT_MORE = "pollutant_more"
    EQUAL = "equal"
    CARBON_MORE = "carbon_more"
    OPPOSED = "opposed"
    BOTH_INCREASE = "both_increase"
    ONE_INCREASES = "one_increases"
    POLLUTANT_ONLY = "pollutant_only"
    CARBON_ONLY = "carbon_only"
    UNCHANGED = "unchanged"


#: cases in which both fall
SYNERGISTIC = frozenset({Case.POLLUTANT_MORE, Case.EQUAL, Case.CARBON_MORE})


@dataclass(frozen=True, slots=True)
class Elasticity:
    """(share by which the pollutant falls) / (share by which the greenhouse gases fall).

    ``value`` is None where the greenhouse gases do not change, or where both increase: that ratio would be
    positive and look like synergy.
    """

    value: Decimal | None
    case: Case

    @property
    def synergistic(self) -> bool:
        """Whether both fall."""
        return self.case in SYNERGISTIC


def elasticity(pollutant: Change, carbon: Change) -> Elasticity:
    """The elasticity of a pollutant to greenhouse gases; raises Invalid without amounts before."""
    for path, change in (("pollutant", pollutant), ("carbon", carbon)):
        if change.before <= 0:
            raise Invalid(N_("基准量应大于 0"), path=path)
    with localcontext(CONTEXT):
        falls = pollutant.reduction / pollutant.before
        carbon_falls = carbon.reduction / carbon.before
        value = falls / carbon_falls if carbon_falls else None
    case = _case(falls, carbon_falls)
    return Elasticity(None if case is Case.BOTH_INCREASE else value, case)


#: by the signs of the two shares; both falling is decided by their size
_CASES: Mapping[tuple[int, int], Case] = MappingProxyType(
    {
        (-1, -1): Case.BOTH_INCREASE,
        (-1, 0): Case.ONE_INCREASES,
        (-1, 1): Case.OPPOSED,
        (0, -1): Case.ONE_INCREASES,
        (0, 0): Case.UNCHANGED,
        (0, 1): Case.CARBON_ONLY,
        (1, -1): Case.OPPOSED,
        (1, 0): Case.POLLUTANT_ONLY,
    }
)


def _case(pollutant: Decimal, carbon: Decimal) -> Case:
    if pollutant > 0 and carbon > 0:
        if pollutant == carbon:
            return Case.EQUAL
        return Case.POLLUTANT_MORE if pollutant > carbon else Case.CARBON_MORE
    return _CASES[_sign(pollutant), _sign(carbon)]


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def elasticities(before: Inventory, after: Inventory) -> Mapping[Substance, Elasticity]:
    """The elasticity of every pollutant that both inventories hold, to their greenhouse gases (CO2e).

    A substance that one of them lacks was not found there, which is not zero, and is left out. Raises
    Invalid where the inventories are not of one site and one set of potentials.
    """
    if (before.site, before.gwp) != (after.site, after.gwp):
        raise Invalid(N_("两份清单应属于同一企业并使用同一套全球增温潜势"), path="after")
    carbon = Change(before.co2e, before.co2e - after.co2e)
    both = [found for found in before.direct if found in after.direct and found not in GREENHOUSE]
    return MappingProxyType(
        {
            found: elasticity(
                Change(before.direct[found], before.direct[found] - after.direct[found]), carbon
            )
            for found in both
            if before.direct[found] > 0
        }
    )


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A measure in the plane of co-control: x is the pollutant's reduction, y that of greenhouse gases.

    ``quadrant`` is 1 (both fall), 2 (only greenhouse gases fall), 3 (neither), 4 (only the pollutant
    falls), or 0 on an axis. ``angle`` is in degrees from the x axis, to one decimal; None at the origin.
    """

    x: Decimal
    y: Decimal
    quadrant: int
    angle: Decimal | None


def coordinates(pollutant: Decimal, carbon: Decimal) -> Coordinates:
    """Coordinates of a measure from two reductions (or shares of reduction)."""
    quadrants = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}
    on_axis = not pollutant or not carbon
    quadrant = 0 if on_axis else quadrants[pollutant > 0, carbon > 0]
    angle = None if not pollutant and not carbon else rounded(_degrees(pollutant, carbon), 1)
    return Coordinates(pollutant, carbon, quadrant, angle)


#: π to 40 digits
_PI = Decimal("3.141592653589793238462643383279502884197")


def _degrees(x: Decimal, y: Decimal) -> Decimal:
    """Angle of a point from the x axis, from −180 to 180."""
    with localcontext(CONTEXT):
        if abs(y) > abs(x):
            turned = Decimal(90) - _degrees_of(abs(x) / abs(y))
        else:
            turned = _degrees_of(abs(y) / abs(x))
        if x < 0:
            turned = 180 - turned
        return -turned if y < 0 else turned


def _degrees_of(slope: Decimal) -> Decimal:
    """Arc tangent of 0…1; halved twice by tan(a/2) = t / (1 + √(1 + t²)), then its series."""
    for _ in range(2):
        slope = slope / (1 + (1 + slope * slope).sqrt())
    term, total, square = slope, Decimal(0), slope * slope
    for odd in range(1, 60, 2):
        total += term / odd
        term = -term * square
    return total * 4 * 180 / _PI


@dataclass(frozen=True, slots=True)
class Index:
    """Σ weight × reduction in kg, over pollutants; ``weights`` are shown beside it, 1 / equivalent each."""

    value: Decimal
    weights: Mapping[str, Decimal]
    parts: Mapping[str, Decimal]
    unverified: bool = True


def equivalent_index(reductions: Mapping[str, Decimal], medium: str, rules: TaxRules) -> Index:
    """Reductions of several pollutants (kg by code) in one figure (APeq); raises Invalid."""
    parts = equivalents_of(reductions, medium, rules)
    with localcontext(CONTEXT):
        weights = {code: 1 / rules.equivalents[medium, code].value.amount for code in reductions}
        value = sum(parts.values(), Decimal(0))
    return Index(value, MappingProxyType(weights), MappingProxyType(parts))
