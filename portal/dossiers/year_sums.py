"""The months of a source as the engine's own results, and what they come to over a period."""

import re
from collections.abc import Sequence
from decimal import Decimal

from portal.accounting.calculation import sums
from portal.accounting.lines import Line, Result
from portal.accounting.names import CATEGORY_TITLES
from portal.accounting.printed import read_result
from portal.accounting.year import YearLine, YearResult, sum_year
from portal.domain.errors import InputError, Invalid
from portal.domain.messages import N_
from portal.domain.quantities import rounded
from portal.dossiers.source import AcceptedMonth, Source
from portal.reference.guidelines import Guideline, load_guideline

#: Decimals shown of a part of a difference.
_PART_DIGITS = 6
#: From the weakest to the strongest; a line is as sure as the weakest thing in it.
_CONFIDENCES = ("unverified", "transcribed", "official", "given")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def result_of(month: AcceptedMonth) -> Result:
    """A month's signed calculation; raises Invalid where its snapshot holds none that can be read."""
    try:
        return read_result(month.content["calculation"])
    except (InputError, KeyError) as error:
        raise Invalid(
            N_("%(month)s 的核算结果读不出来"), params={"month": str(month.month)}, path=str(month.month)
        ) from error


def need_months(source: Source) -> None:
    """Refuse a period that lacks accepted months; raises Invalid naming them."""
    if source.missing or not source.months:
        missing = "、".join(str(month) for month in source.missing)
        raise Invalid(N_("缺少已受理的月份：%(months)s"), params={"months": missing or "—"}, path="months")


def one_guideline(source: Source) -> Guideline:
    """The guideline of all months; raises Invalid where they follow different ones."""
    found = sorted({str(month.content["calculation"]["guideline"]) for month in source.months})
    if len(found) != 1:
        raise Invalid(
            N_("各月的核算依据不同，不能汇总：%(guidelines)s"),
            params={"guidelines": "、".join(found)},
            path="months",
        )
    return load_guideline(found[0])


def year_of(source: Source) -> YearResult:
    """All months of the period brought together; raises Invalid where one is missing."""
    need_months(source)
    months = {str(month.month): result_of(month) for month in source.months}
    return sum_year(one_guideline(source), dict(sorted(months.items())))


def total_anew(year: YearResult) -> Decimal:
    """The year's total of lines worked out anew; a line that cannot be counts as its months reported."""
    lines = (
        (line.category, line.summed if line.recomputed is None else line.recomputed) for line in year.lines
    )
    return sums(load_guideline(year.guideline), lines)[1]


def parts_of_difference(line: YearLine) -> tuple[Decimal, Decimal, Decimal]:
    """Rounding of the months, weighting and rounding of the year, to the decimals that are shown of them."""
    parts = (line.rounding_of_months, line.weighting, line.rounding_of_year)
    months, weighting, year = (rounded(value, _PART_DIGITS) for value in parts)
    return months, weighting, year


def category_title(category: str) -> str:
    """A category as sums are named."""
    return CATEGORY_TITLES[category][0] if category in CATEGORY_TITLES else category


def weakest(lines: Sequence[Line]) -> str:
    """The least sure thing in lines: their formula where it is in doubt, else their factors."""
    held = {factor.confidence for line in lines for factor in line.factors}
    held |= {line.confidence for line in lines if line.confidence == "unverified"}
    return next((level for level in _CONFIDENCES if level in held), "given")


def amount_of(lines: Sequence[Line]) -> tuple[Decimal, str]:
    """What a line used over the months, as it went into the formula, and its unit.

    The first given amount of its formula counts (activity data, or the volume of wastewater).
    """
    first = [line.inputs[0] for line in lines]
    return sum((entry.used for entry in first), Decimal(0)), first[0].converted_unit


def factor_words(lines: Sequence[Line]) -> str:
    """The factors of a line over the months: name, value and unit; a range where they vary."""
    values: dict[tuple[str, str], list[Decimal]] = {}
    for line in lines:
        for factor in line.factors:
            values.setdefault((factor.name, factor.unit), []).append(factor.value)
    return "；".join(_factor(name, unit, found) for (name, unit), found in values.items())


def factor_numbers(lines: Sequence[Line]) -> str:
    """The factors of a line as they are multiplied, short enough for a narrow column.

    What is only taken off a given value (a reference enthalpy or temperature) is left out.
    """
    values: dict[tuple[str, str], list[Decimal]] = {}
    for line in lines:
        for factor in line.factors:
            if not factor.key.startswith("reference_"):
                values.setdefault((factor.key, factor.unit), []).append(factor.value)
    if len(values) == 1:
        ((_, unit), found), *_ = values.items()
        return f"{_span(found)} {unit}"
    return " × ".join(_span(found) for found in values.values())


def _factor(name: str, unit: str, values: Sequence[Decimal]) -> str:
    return f"{name} {_span(values)}" if unit == "1" else f"{name} {_span(values)} {unit}"


def _span(values: Sequence[Decimal]) -> str:
    low, high = min(values), max(values)
    return f"{low:f}" if low == high else f"{low:f} 至 {high:f}"


def plain_powers(formula: str) -> str:
    """10⁻³ as 10^-3: a report raises the digits itself, its fonts have no raised minus."""
    return _RAISED.sub(lambda found: f"^{found[0].translate(_PLAIN)}", formula)
