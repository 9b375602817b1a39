"""The merged inventory (融合清单): greenhouse gases and pollutants of a site and month, by source.

湖政发〔2024〕18号 二(四)1 asks for one inventory of both, from the same activity data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType

from portal.accounting.lines import Line, Result
from portal.accounting.pollutants import Amount
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.reference.factors import GwpSet


class Substance(StrEnum):
    """A column of the inventory, in kg; F-gases in kgCO2e, as their masses cannot be added."""

    CO2 = "CO2"
    CH4 = "CH4"
    N2O = "N2O"
    F_GASES = "F-gases"
    SO2 = "SO2"
    NOX = "NOx"
    VOCS = "VOCs"
    PM = "PM"
    COD = "COD"
    NH3_N = "NH3-N"


#: columns that warm the climate; the others are pollutants
GREENHOUSE = frozenset({Substance.CO2, Substance.CH4, Substance.N2O, Substance.F_GASES})
#: pollutant codes of the tax table that count as particulate matter
_PARTICLES = frozenset({"dust", "smoke", "PM"})
#: categories of lines whose carbon is let out by whoever makes the energy, not on the site
INDIRECT = frozenset({"electricity", "heat", "steam", "hot_water"})
#: categories of lines that let out methane, and gases named by the line itself
METHANE = frozenset({"wastewater", "ch4_recovery"})
RELEASED = frozenset({"refrigerant", "sf6"})
_KG_PER_TONNE = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Entry:
    """One substance of one source, in kg (F-gases: kgCO2e).

    ``indirect`` entries are shown but stand apart from the site's own sums. ``basis`` says where the figure
    is from: a formula of the guideline, or the way a pollutant was found.
    """

    source: str
    substance: Substance
    kilograms: Decimal
    basis: str
    indirect: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One source; a substance that nobody found there is missing, not zero."""

    source: str
    indirect: bool
    amounts: Mapping[Substance, Decimal]
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Rows by source; ``direct`` and ``indirect`` sum the columns; ``co2e`` is in kg, of what is direct."""

    site: str
    month: str
    gwp: str
    rows: tuple[Row, ...]
    direct: Mapping[Substance, Decimal]
    indirect: Mapping[Substance, Decimal]
    co2e: Decimal


def entries_of(result: Result) -> tuple[Entry, ...]:
    """The greenhouse gases of a calculated month, line by line, unrounded.

    Methane is turned back from CO2e by the warming potential that its line used.
    """
    with localcontext(CONTEXT):
        return tuple(_entry(line) for line in result.lines)


def _entry(line: Line) -> Entry:
    kilograms = line.unrounded * _KG_PER_TONNE
    substance = Substance.CO2
    if line.category in METHANE:
        substance, kilograms = Substance.CH4, kilograms / potential_of(line)
    elif line.category in RELEASED:
        substance = Substance.F_GASES
    return Entry(line.item or line.id, substance, kilograms, line.formula, line.category in INDIRECT)


def potential_of(line: Line) -> Decimal:
    """The warming potential that a line used; raises Invalid where it used none."""
    for factor in line.factors:
        if factor.key.startswith("gwp"):
            return factor.value
    raise Invalid(N_("这一行没有全球增温潜势"), path=line.id)


def pollutant_entries(source: str, amounts: Iterable[Amount]) -> tuple[Entry, ...]:
    """Pollutants of one source as entries; those that the inventory has no column for are left out."""
    known = {substance.value: substance for substance in Substance}
    found = []
    for amount in amounts:
        substance = Substance.PM if amount.pollutant in _PARTICLES else known.get(amount.pollutant)
        if substance is not None:
            found.append(Entry(source, substance, amount.kilograms, f"{amount.method}: {amount.arithmetic}"))
    return tuple(found)


def merged(site: str, month: str, entries: Sequence[Entry], gwp: GwpSet) -> Inventory:
    """One table of all entries; several of one source and substance are added."""
    with localcontext(CONTEXT):
        rows = tuple(
            _row(source, indirect, entries)
            for source, indirect in dict.fromkeys((entry.source, entry.indirect) for entry in entries)
        )
        direct = _sums(row.amounts for row in rows if not row.indirect)
        indirect = _sums(row.amounts for row in rows if row.indirect)
        weights = {Substance.F_GASES: Decimal(1)} | {
            substance: gwp.values[substance].amount
            for substance in (Substance.CO2, Substance.CH4, Substance.N2O)
        }
        co2e = sum(
            (direct[substance] * weight for substance, weight in weights.items() if substance in direct),
            Decimal(0),
        )
    return Inventory(site, month, gwp.id, rows, direct, indirect, co2e)


def _row(source: str, indirect: bool, entries: Sequence[Entry]) -> Row:
    mine = [entry for entry in entries if (entry.source, entry.indirect) == (source, indirect)]
    return Row(
        source,
        indirect,
        _sums({entry.substance: entry.kilograms} for entry in mine),
        tuple(dict.fromkeys(entry.basis for entry in mine)),
    )


def _sums(tables: Iterable[Mapping[Substance, Decimal]]) -> Mapping[Substance, Decimal]:
    found: dict[Substance, Decimal] = {}
    for table in tables:
        for substance, amount in table.items():
            found[substance] = found.get(substance, Decimal(0)) + amount
    return MappingProxyType({substance: found[substance] for substance in Substance if substance in found})
