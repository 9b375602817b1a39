"""A year from its months: what the months reported, what the year's means give, and why they differ.

The year's figure adds the reported months. Beside it each line is worked out again from the year's amount and
the means weighted by it; the difference falls into three parts that add up exactly: rounding of the months,
weighting (a mean of products is not the product of means), rounding of the year.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Any

from portal.accounting.calculation import calculate_under, sums
from portal.accounting.faults import fault
from portal.accounting.lines import Line, Result, plain
from portal.accounting.means import Batch, year_mean
from portal.accounting.methods import AMOUNT, GREEN, METHODS, Part
from portal.accounting.reading import Fields, shown
from portal.accounting.setting import named_guideline
from portal.domain.errors import InputError, Invalid
from portal.domain.periods import Month
from portal.domain.quantities import CONTEXT, rounded
from portal.reference.guidelines import Guideline

_TOP = frozenset({"guideline", "grid", "gwp", "months"})
_MONTH = frozenset({"month", "grid", "gwp", "activities", "output"})
#: given numbers that add up over the year; all others are means
_ADDITIVE = frozenset({"cod_sludge", "recovered_ch4"})
MONTHS = 12
#: decimals kept of a difference
_KEPT = 20


@dataclass(frozen=True, slots=True)
class YearLine:
    """One line over the year, in the guideline's unit; ``recomputed`` is None where its formula changed."""

    id: str
    category: str
    item: str
    item_en: str
    reported: Mapping[str, Decimal]
    summed: Decimal
    recomputed: Decimal | None
    rounding_of_months: Decimal
    weighting: Decimal
    rounding_of_year: Decimal

    @property
    def difference(self) -> Decimal | None:
        """Sum of the months less the year worked out anew; the three parts add up to it."""
        return None if self.recomputed is None else self.summed - self.recomputed

    def as_json(self) -> dict[str, Any]:
        """Texts only."""
        printed: dict[str, Any] = {
            "id": self.id,
            "category": self.category,
            "item": self.item,
            "item_en": self.item_en,
            "reported": {month: plain(value) for month, value in self.reported.items()},
            "emission": plain(self.summed),
        }
        if self.recomputed is None or self.difference is None:
            return {**printed, "recomputed": None, "difference": None}
        return {
            **printed,
            "recomputed": plain(self.recomputed),
            "difference": plain(self.difference),
            "difference_from": {
                "rounding_of_months": _bare(self.rounding_of_months),
                "weighting": _bare(self.weighting),
                "rounding_of_year": _bare(self.rounding_of_year),
            },
        }


def _bare(value: Decimal) -> str:
    """A small difference without the last digits of an endless fraction, and without trailing zeros."""
    return plain(rounded(value, _KEPT).normalize(CONTEXT))


@dataclass(frozen=True, slots=True)
class YearResult:
    """A year's emissions: months, lines, sums; ``missing`` names its months that are not there."""

    guideline: str
    unit: str
    months: Mapping[str, Result]
    missing: tuple[str, ...]
    lines: tuple[YearLine, ...]
    subtotals: Mapping[str, Decimal]
    total: Decimal
    reported_total: Decimal
    output: Decimal | None
    intensity: Decimal | None
    intensity_unit: str | None

    def as_json(self) -> dict[str, Any]:
        """The year as the command prints it: every number a decimal text."""
        printed: dict[str, Any] = {
            "guideline": self.guideline,
            "unit": self.unit,
            "months": [{"month": month, **result.as_json()} for month, result in self.months.items()],
            "missing": list(self.missing),
            "lines": [line.as_json() for line in self.lines],
            "subtotals": {category: plain(value) for category, value in self.subtotals.items()},
            "total": plain(self.total),
            "reported_total": plain(self.reported_total),
        }
        if self.output is not None:
            printed["intensity"] = None if self.intensity is None else plain(self.intensity)
            printed["intensity_unit"] = self.intensity_unit
        return printed


def calculate_year(payload: Mapping[str, Any], *, allow_unverified: bool = True) -> YearResult:
    """Count the months of ``payload`` and bring them together.

    ``months`` is a list of ``{"month": "2026-01", "activities": …, "output"?, "grid"?, "gwp"?}`` of one year;
    ``grid`` and ``gwp`` beside it hold for every month that names none. Raises InputError.
    """
    fields = Fields(payload, "", _TOP)
    guideline = named_guideline(fields)
    shared = {key: payload[key] for key in ("grid", "gwp") if payload.get(key) is not None}
    results: dict[str, Result] = {}
    for place, values in enumerate(fields.entries("months")):
        path = f"months[{place}]"
        entry = Fields(values, path, _MONTH)
        month = _month(entry, results)
        own = {key: value for key, value in entry.values.items() if key != "month" and value is not None}
        request = {"guideline": guideline.id, **shared, **own}
        try:
            results[month] = calculate_under(guideline, request, allow_unverified=allow_unverified)
        except InputError as error:
            if error.path.split(".")[0].split("[")[0] in own:
                error.path = f"{path}.{error.path}"
            raise
    return sum_year(guideline, dict(sorted(results.items())))


def _month(entry: Fields, seen: Mapping[str, Result]) -> str:
    text = entry.text("month")
    try:
        month = str(Month.parse(text))
    except Invalid as error:
        raise fault("not_a_month", entry.at("month"), given=shown(text)) from error
    if month in seen:
        raise fault("duplicate_id", entry.at("month"), id=month)
    if seen and month[:4] != next(iter(seen))[:4]:
        first = next(iter(seen))[:4]
        raise fault("out_of_range", entry.at("month"), key="month", given=month, wanted=first)
    return month


def sum_year(guideline: Guideline, months: Mapping[str, Result]) -> YearResult:
    """Bring the results of a year's months together; ``months`` maps "2026-01" to its result, in order."""
    found: dict[str, dict[str, Line]] = {}
    for month, result in months.items():
        for line in result.lines:
            found.setdefault(line.id, {})[month] = line
    with localcontext(CONTEXT):
        lines = tuple(_year_line(guideline, by_month) for by_month in found.values())
        subtotals, total = sums(guideline, ((line.category, line.summed) for line in lines))
        made, unit = _output(months.values())
        digits = guideline.digits
        intensity = rounded(total / made, digits["intensity"]) if made else None
    names = [f"{next(iter(months))[:4]}-{number:02}" for number in range(1, MONTHS + 1)]
    return YearResult(
        guideline.id,
        guideline.emission_unit,
        MappingProxyType(dict(months)),
        tuple(name for name in names if name not in months),
        lines,
        MappingProxyType(subtotals),
        total,
        rounded(total, digits["reported_total"]),
        made,
        intensity,
        f"{guideline.emission_unit}/{unit}" if unit else None,
    )


def _output(results: Collection[Result]) -> tuple[Decimal | None, str | None]:
    """The year's output and its unit; None where a month lacks it or they are not of one kind."""
    kinds = {(result.output_item, result.output_unit) for result in results}
    amounts = [result.output_amount for result in results if result.output_amount is not None]
    if len(kinds) != 1 or len(amounts) != len(results):
        return None, None
    return sum(amounts, Decimal(0)), kinds.pop()[1]


def _year_line(guideline: Guideline, months: Mapping[str, Line]) -> YearLine:
    lines = list(months.values())
    first, digits = lines[0], guideline.digits["line"]
    summed = sum((line.emission for line in lines), rounded(Decimal(0), digits))
    unrounded = sum((line.unrounded for line in lines), Decimal(0))
    exact = _recomputed(lines)
    recomputed = None if exact is None else rounded(exact, digits)
    return YearLine(
        first.id,
        first.category,
        first.item,
        first.item_en,
        MappingProxyType({month: line.emission for month, line in months.items()}),
        summed,
        recomputed,
        summed - unrounded,
        unrounded - exact if exact is not None else Decimal(0),
        exact - recomputed if exact is not None and recomputed is not None else Decimal(0),
    )


def _recomputed(lines: Sequence[Line]) -> Decimal | None:
    """The year's line from its amounts and weighted means; None where the formula or the item changed."""
    if len({(line.method, line.item) for line in lines}) != 1:
        return None
    method = METHODS[lines[0].method]
    numbers = []
    amounts: list[Decimal] = []
    for part in method.parts:
        values = [_number(line, part) for line in lines]
        if part.kind in {AMOUNT, GREEN} or part.key in _ADDITIVE:
            amounts = amounts or values
            numbers.append(sum(values, Decimal(0)))
            continue
        mean = year_mean(Batch(amount, value) for amount, value in zip(amounts, values, strict=True))
        numbers.append(values[0] if mean is None else mean)
    return method.work(*numbers)


def _number(line: Line, part: Part) -> Decimal:
    for given in line.inputs:
        if given.key == part.key:
            return given.used
    for used in line.factors:
        if used.key == part.key:
            return used.value
    return part.blank or Decimal(0)
