"""Environmental protection tax of air and water pollutants, outlet by outlet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, rounded
from portal.reference.loader import Value
from portal.reference.tax import Equivalent, Reduction, TaxRules

#: a tax is shown to the fen
_FEN = 2


@dataclass(frozen=True, slots=True)
class Discharge:
    """What an outlet let out of one pollutant in a month.

    ``concentration`` and ``limit`` in the same unit, None where not measured; ``complied``: whether every
    reading of the month kept the limit.
    """

    pollutant: str
    kilograms: Decimal
    concentration: Decimal | None = None
    limit: Decimal | None = None
    complied: bool = False


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet (排放口) with its discharges; ``medium`` is air or water."""

    id: str
    medium: str
    discharges: tuple[Discharge, ...]


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One pollutant at one outlet; ``units`` are pollution equivalents, ``tax`` is in 元.

    ``rank`` is its place by equivalents among those of its group; ``taxed`` whether that place counts.
    """

    outlet: str
    pollutant: Equivalent
    kilograms: Decimal
    units: Decimal
    rank: int
    taxed: bool
    reduction: Reduction | None
    rate: Value
    unrounded: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Tax:
    """Tax of a month: ``total`` adds the lines as they are shown."""

    lines: tuple[TaxLine, ...]
    total: Decimal
    packs: Mapping[str, str]

    @property
    def unverified(self) -> tuple[tuple[str, str], ...]:
        """(outlet, pollutant) of the taxed lines that an unverified value touched."""
        return tuple(
            (line.outlet, line.pollutant.code)
            for line in self.lines
            if line.taxed and "unverified" in (line.pollutant.value.confidence, line.rate.confidence)
        )


def environmental_tax(
    outlets: Sequence[Outlet], rules: TaxRules, area: str, rates: Mapping[str, Value] | None = None
) -> Tax:
    """Units = kg / equivalent; tax = units × rate × what a reduction leaves payable.

    At each outlet the heaviest are taxed: as many of each group as the rules say (环境保护税法 art. 9).
    ``rates`` by medium stand in for those of ``area`` in the pack. Raises Invalid for a pollutant that the
    table does not hold (VOCs have no item of their own), one given twice, or an area without a rate.
    """
    with localcontext(CONTEXT):
        lines = [
            line for outlet in outlets for line in _lines(outlet, rules, _rate(outlet, rules, area, rates))
        ]
        total = sum((line.tax for line in lines), Decimal(0))
    return Tax(tuple(lines), total, MappingProxyType({rules.id: rules.sha256}))


def equivalents_of(amounts: Mapping[str, Decimal], medium: str, rules: TaxRules) -> dict[str, Decimal]:
    """Pollution equivalents of kilograms by pollutant code; raises Invalid."""
    with localcontext(CONTEXT):
        return {
            code: kilograms / _item(medium, code, rules).value.amount for code, kilograms in amounts.items()
        }


def _rate(outlet: Outlet, rules: TaxRules, area: str, rates: Mapping[str, Value] | None) -> Value:
    found = (rates or {}).get(outlet.medium) or rules.rates.get((area, outlet.medium))
    if found is None:
        raise Invalid(N_("没有“%(area)s”的税额"), params={"area": area}, path="area")
    return found


def _item(medium: str, code: str, rules: TaxRules) -> Equivalent:
    found = rules.equivalents.get((medium, code))
    if found is None:
        raise Invalid(N_("“%(code)s”不是应税污染物"), params={"code": code}, path="pollutant")
    return found


def _lines(outlet: Outlet, rules: TaxRules, rate: Value) -> list[TaxLine]:
    codes = [entry.pollutant for entry in outlet.discharges]
    if len(set(codes)) != len(codes):
        raise Invalid(N_("同一排放口的污染物不能重复"), path=outlet.id)
    weighed = []
    for entry in outlet.discharges:
        if entry.kilograms < 0:
            raise Invalid(N_("不能为负"), path=f"{outlet.id}.{entry.pollutant}")
        item = _item(outlet.medium, entry.pollutant, rules)
        weighed.append((item, entry, entry.kilograms / item.value.amount))
    # Sorted stably: what weighs the same keeps the order in which it was given.
    weighed.sort(key=lambda found: -found[2])
    complied = all(entry.complied for entry in outlet.discharges)
    ranks: dict[str, int] = {}
    lines = []
    for item, entry, units in weighed:
        ranks[item.group] = ranks.get(item.group, 0) + 1
        taxed = ranks[item.group] <= rules.counted[item.group]
        reduction = _reduction(entry, rules) if complied and taxed else None
        due = units * rate.amount * (Decimal(1) if reduction is None else reduction.payable)
        due = due if taxed else Decimal(0)
        lines.append(
            TaxLine(
                outlet=outlet.id,
                pollutant=item,
                kilograms=entry.kilograms,
                units=units,
                rank=ranks[item.group],
                taxed=taxed,
                reduction=reduction,
                rate=rate,
                unrounded=due,
                tax=rounded(due, _FEN),
            )
        )
    return lines


def _reduction(entry: Discharge, rules: TaxRules) -> Reduction | None:
    """The strictest reduction whose share of the limit the concentration stays below (art. 13).

    It is asked only where every reading of the outlet kept its limit.
    """
    if entry.concentration is None or not entry.limit:
        return None
    for reduction in rules.reductions:
        if entry.concentration < reduction.below * entry.limit:
            return reduction
    return None
