"""An inventory shaped as ISO 14064-1 has it: categories 1 and 2 from accepted months, 3 to 6 from answers.

A line of a month is of category 2 where ``portal.accounting.inventory`` calls it indirect, else of
category 1; the rounded lines are added, so that a reader adds them up again by hand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from portal.accounting.inventory import INDIRECT, Inventory, entries_of, merged
from portal.accounting.year import YearLine, YearResult, sum_year
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.dossiers import answers, year_sums
from portal.dossiers.answers import Row
from portal.dossiers.source import Source
from portal.reference.factors import load_gwp

DIRECT, ENERGY = "1", "2"
OTHERS = ("3", "4", "5", "6")
CATEGORIES: Mapping[str, str] = {
    "1": "1 直接排放",
    "2": "2 外购能源的间接排放",
    "3": "3 运输",
    "4": "4 组织使用的产品",
    "5": "5 组织产品的使用",
    "6": "6 其他来源",
}
#: Potentials by which gases are told apart again where the months' guideline names none (it counts CO2 only).
_GWP = "AR5"
_YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class Base:
    """The base year's categories 1 and 2 in tCO2e, and where the figure is from."""

    year: str
    emissions: Decimal
    origin: str


@dataclass(frozen=True)
class Account:
    """The inventory of a year in tCO2e."""

    year: YearResult
    #: By category; a category of which nothing was quantified is missing, not zero.
    amounts: Mapping[str, Decimal]
    indirect: tuple[Row, ...]
    base: Base
    gases: Inventory

    @property
    def from_months(self) -> Decimal:
        """Categories 1 and 2."""
        return self.year.total

    @property
    def total(self) -> Decimal:
        """All that was quantified."""
        return sum(self.amounts.values(), Decimal(0))

    @property
    def others(self) -> Decimal | None:
        """What was quantified of categories 3 to 6; None where nothing was."""
        found = [amount for key, amount in self.amounts.items() if key in OTHERS]
        return sum(found, Decimal(0)) if found else None

    def lines_of(self, category: str) -> tuple[YearLine, ...]:
        """The months' lines of category 1 or 2."""
        return tuple(line for line in self.year.lines if category_of(line.category) == category)


def category_of(line_category: str) -> str:
    """Category 1 or 2 of a calculation's line."""
    return ENERGY if line_category in INDIRECT else DIRECT


def account_of(source: Source) -> Account:
    """The year's inventory.

    Raises Invalid for missing months, answers that cannot be read, and a base year without its emissions.
    """
    year = year_sums.year_of(source)
    indirect = answers.rows(source, "indirect")
    return Account(year, _amounts(year, indirect), indirect, _base(source, year), _gases(source, year))


def assessed(source: Source) -> int:
    """How many of the six categories are assessed: 1 and 2 by months, the others by at least one row."""
    return (2 if source.months else 0) + len(
        {row.get("category") for row in source.rows("indirect")} & {*OTHERS}
    )


def _amounts(year: YearResult, indirect: Sequence[Row]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in year.lines:
        key = category_of(line.category)
        found[key] = found.get(key, Decimal(0)) + line.summed
    for row in indirect:
        amount = row.amount("amount")
        if amount is not None:
            key = row.text("category")
            found[key] = found.get(key, Decimal(0)) + amount
    return dict(sorted(found.items()))


def _base(source: Source, year: YearResult) -> Base:
    named = source.text("base_year").strip()
    if not _YEAR.fullmatch(named):
        raise Invalid(N_("基准年要写四位年份，例如 2025"), path="base_year")
    if named == source.subject:
        return Base(named, year.total, "本年度十二个已受理月份")
    earlier = {str(month.month): year_sums.result_of(month) for month in source.earlier_months}
    if str(int(named) + 1) == source.subject and len(earlier) == len(source.expected):
        months = dict(sorted(earlier.items()))
        guidelines = {result.guideline for result in months.values()}
        if guidelines == {year.guideline}:
            total = sum_year(year_sums.one_guideline(source), months).total
            return Base(named, total, f"{named} 年十二个已受理月份")
    given = answers.amount(source, "base_emissions")
    if given is None:
        raise Invalid(
            N_("基准年 %(year)s 没有十二个已受理的月份，请填写基准年排放量"),
            params={"year": named},
            path="base_emissions",
        )
    return Base(named, given, "企业填报")


def _gases(source: Source, year: YearResult) -> Inventory:
    """The months' gases apart, in kg, from unrounded lines."""
    entries = [entry for result in year.months.values() for entry in entries_of(result)]
    used = next((result.gwp for result in year.months.values() if result.gwp), None)
    with localcontext(CONTEXT):
        return merged(source.enterprise.name, source.subject, entries, load_gwp(used or _GWP))
