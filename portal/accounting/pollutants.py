"""Amounts of pollutants: measured, by coefficient or by balance, and which of them the law prefers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.reference.tax import TaxRules


class Method(StrEnum):
    """How an amount was found (环境保护税法, order of ways to find the tax base)."""

    AUTOMATIC = "automatic"
    MONITORING = "monitoring"
    COEFFICIENT = "coefficient"
    BALANCE = "balance"
    SAMPLING = "sampling"


class Medium(StrEnum):
    """What a pollutant goes into."""

    AIR = "air"
    WATER = "water"


#: kilograms in one unit of concentration times one cubic metre: mg/m³ in air, mg/L in water
_KILOGRAMS = {Medium.AIR: Decimal("1e-6"), Medium.WATER: Decimal("1e-3")}


@dataclass(frozen=True, slots=True)
class Reading:
    """A concentration (mg/m³ in air, mg/L in water) that held for some hours at a flow (m³/h).

    The volumes of concentration and flow must be of the same state (standard or as it is).
    """

    concentration: Decimal
    flow: Decimal
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Amount:
    """Kilograms of one pollutant, how they were found, and the arithmetic as a person would write it.

    ``unverified`` marks a formula whose official text was not read.
    """

    pollutant: str
    kilograms: Decimal
    method: Method
    arithmetic: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The amount that counts, and those that the law sets aside for it."""

    amount: Amount
    set_aside: tuple[Amount, ...]


def by_monitoring(
    pollutant: str, medium: Medium, readings: Sequence[Reading], *, automatic: bool = False
) -> Amount:
    """Σ concentration × flow × hours × 10⁻⁶ (air) or 10⁻³ (water), in kg.

    ``automatic`` for readings of automatic monitoring, else of a monitoring body. Raises Invalid without
    readings or for a negative number.
    """
    if not readings:
        raise Invalid(N_("没有监测数据；没有数据不等于零"), path="readings")
    with localcontext(CONTEXT):
        total = Decimal(0)
        for place, entry in enumerate(readings):
            _not_negative(f"readings[{place}]", entry.concentration, entry.flow, entry.hours)
            total += entry.concentration * entry.flow * entry.hours
        kilograms = total * _KILOGRAMS[medium]
    parts = " + ".join(f"{entry.concentration} × {entry.flow} × {entry.hours}" for entry in readings)
    method = Method.AUTOMATIC if automatic else Method.MONITORING
    return Amount(pollutant, kilograms, method, f"({parts}) × {_KILOGRAMS[medium]:f} = {kilograms:f}")


def by_coefficient(
    pollutant: str,
    activity: Decimal,
    coefficient: Decimal,
    removal: Decimal = Decimal(0),
    running: Decimal = Decimal(1),
) -> Amount:
    """activity × coefficient × (1 − removal × running), in kg.

    ``coefficient`` in kg per unit of activity; ``removal`` (efficiency of the treatment) and ``running``
    (share of the time that it ran) are fractions. The formula is that of the handbook of coefficients, whose
    text was not read: the amount is marked unverified. Raises Invalid.
    """
    _not_negative("activity", activity, coefficient)
    for name, value in (("removal", removal), ("running", running)):
        if not 0 <= value <= 1:
            raise Invalid(N_("去除率与运行率应在 0 与 1 之间"), path=name)
    with localcontext(CONTEXT):
        kilograms = activity * coefficient * (1 - removal * running)
    arithmetic = f"{activity} × {coefficient} × (1 − {removal} × {running}) = {kilograms:f}"
    return Amount(pollutant, kilograms, Method.COEFFICIENT, arithmetic, unverified=True)


def by_balance(
    pollutant: str, brought_in: Sequence[Decimal], carried_out: Sequence[Decimal], ratio: Decimal = Decimal(1)
) -> Amount:
    """(Σ brought in − Σ carried out otherwise) × ratio, in kg.

    ``ratio`` turns the balanced substance into the pollutant, such as sulphur into SO2. What leaves in
    products, wastes and recovery is carried out otherwise. Raises Invalid where more leaves than came.
    """
    if not brought_in:
        raise Invalid(N_("没有投入量；没有数据不等于零"), path="brought_in")
    _not_negative("brought_in", *brought_in)
    _not_negative("carried_out", *carried_out, ratio)
    with localcontext(CONTEXT):
        left = sum(brought_in, Decimal(0)) - sum(carried_out, Decimal(0))
        if left < 0:
            raise Invalid(N_("带出量大于投入量，物料衡算不成立"), path="carried_out")
        kilograms = left * ratio
    entered = " + ".join(map(str, brought_in))
    taken = "".join(f" − {value}" for value in carried_out)
    return Amount(pollutant, kilograms, Method.BALANCE, f"({entered}{taken}) × {ratio} = {kilograms:f}")


def preferred(amounts: Sequence[Amount], rules: TaxRules) -> Choice:
    """The amount that the law prefers among several of one pollutant at one outlet.

    Raises Invalid for none, for several pollutants, and where two ways of the same rank disagree: then a
    person has to say which of the two holds.
    """
    if not amounts or len({amount.pollutant for amount in amounts}) != 1:
        raise Invalid(N_("应给出同一污染物的一个或多个排放量"), path="amounts")
    rank = {method: place for place, tier in enumerate(rules.preference) for method in tier}
    ordered = sorted(amounts, key=lambda amount: rank[amount.method])
    best = [amount for amount in ordered if rank[amount.method] == rank[ordered[0].method]]
    if len({amount.kilograms for amount in best}) > 1:
        raise Invalid(N_("同一顺位的两种方法结果不一致，请确定采用哪一种"), path="amounts")
    return Choice(ordered[0], tuple(ordered[1:]))


def _not_negative(path: str, *values: Decimal) -> None:
    if any(not value.is_finite() or value < 0 for value in values):
        raise Invalid(N_("不能为负"), path=path)
