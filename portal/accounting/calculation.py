"""Emissions of one month or year under a guideline pack, line by line, exact.

Nothing is rounded inside. A reported line is rounded half up to the guideline's digits; subtotals
and totals add the reported lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from portal.accounting.activity import Book, Scope, amount_in, count, find_item
from portal.accounting.faults import fault, listed
from portal.accounting.lines import Line, Result
from portal.accounting.measurement import by_meter, kind_of_figure
from portal.accounting.methods import CALLED_BY, GASES, METER, METHODS
from portal.accounting.names import CATEGORY_NAMES
from portal.accounting.reading import Fields, shown
from portal.accounting.setting import (
    GridChoice,
    grid_getter,
    gwp_getter,
    named_grid,
    named_guideline,
    named_gwp,
)
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, rounded, unit
from portal.reference.factors import GwpSet
from portal.reference.guidelines import METHODS as CATEGORIES
from portal.reference.guidelines import Formula, Guideline, Item

TOP = frozenset({"guideline", "grid", "gwp", "activities", "output"})
_OUTPUT = frozenset({"item", "amount", "unit", METER})
_EVERY = frozenset({"id", "category"})


@dataclass(frozen=True, slots=True)
class _Setting:
    """Everything that the lines of one calculation have in common."""

    guideline: Guideline
    grid: GridChoice | None
    gwp: GwpSet | None
    book: Book


def calculate(payload: Mapping[str, Any], *, allow_unverified: bool = True) -> Result:
    """Count the emissions of ``payload`` (the input of ``portal calculate``).

    Raises InputError, with a stable code and the path of the value, for anything that is wrong in it, and
    for an unverified default or formula where ``allow_unverified`` is false.
    """
    fields = Fields(payload, "", TOP)
    return calculate_under(named_guideline(fields), payload, allow_unverified=allow_unverified)


def calculate_under(
    guideline: Guideline, payload: Mapping[str, Any], *, allow_unverified: bool = True
) -> Result:
    """Count as ``calculate`` does, under a guideline that the caller has loaded."""
    fields = Fields(payload, "", TOP)
    grid, gwp = named_grid(fields), named_gwp(fields)
    book = Book(guideline, grid_getter(grid), gwp_getter(gwp), allow_unverified)
    setting = _Setting(guideline, grid, gwp, book)
    with localcontext(CONTEXT):
        return _summed(fields, setting, _lines(fields, setting))


def _lines(fields: Fields, setting: _Setting) -> tuple[Line, ...]:
    seen: set[str] = set()
    lines = []
    for place, values in enumerate(fields.entries("activities")):
        line = _line(values, f"activities[{place}]", setting)
        if line.id in seen:
            raise fault("duplicate_id", f"activities[{place}].id", id=shown(line.id))
        seen.add(line.id)
        lines.append(line)
    return tuple(lines)


def _line(values: object, path: str, setting: _Setting) -> Line:
    if type(values) is not dict and not isinstance(values, Mapping):
        raise fault("wrong_type", path, wanted=N_("对象"))
    guideline = setting.guideline
    category = _category(values, path, guideline)
    formula = formula_for(guideline, category, values)
    fields = Fields(values, path, known_keys(formula.method, category))
    line_id = fields.text("id")
    _allow(formula, category, fields, setting.book)
    scope, name, name_en = _scope(fields, category, formula, setting)
    counted = count(METHODS[formula.method], scope)
    return Line(
        line_id,
        category,
        name,
        name_en,
        rounded(counted.emission, guideline.digits["line"]),
        counted.emission,
        guideline.emission_unit,
        formula.text,
        formula.id,
        formula.clause,
        formula.method,
        counted.inputs,
        counted.factors,
        formula.confidence,
    )


@lru_cache(maxsize=64)
def known_keys(method: str, category: str) -> frozenset[str]:
    """Keys that an activity of ``category`` counted by ``method`` may hold."""
    named = {"item"} if METHODS[method].gas and category not in GASES else set()
    called = {CALLED_BY[category]} if category in CALLED_BY else set()
    return METHODS[method].keys | _EVERY | named | called


def formula_for(guideline: Guideline, category: str, values: Mapping[str, Any]) -> Formula:
    """The category's formula, or its alternative where the input brings the value that calls for it."""
    if values.get(CALLED_BY.get(category, "")) is not None and category in guideline.alternatives:
        return guideline.alternatives[category]
    return guideline.formulas[category]


def _allow(formula: Formula, category: str, fields: Fields, book: Book) -> None:
    """Refuse what the guideline does not offer, and an unverified formula where none is allowed."""
    key = CALLED_BY.get(category, "")
    if key and fields.values.get(key) is not None and category not in book.guideline.alternatives:
        known = known_keys(formula.method, category) - {key}
        raise fault("unknown_key", fields.at(key), key=key, known=listed(sorted(known)))
    if formula.confidence == "unverified" and not book.allow_unverified:
        raise fault("unverified_value", fields.at("category"), key=category, source=formula.clause)


def _scope(fields: Fields, category: str, formula: Formula, setting: _Setting) -> tuple[Scope, str, str]:
    """What the activity is about, and its name in Chinese and English."""
    item: Item | None = None
    gas = ""
    if METHODS[formula.method].item:
        item = find_item(fields, setting.guideline, category)
        name, name_en = item.name, item.name_en
    elif METHODS[formula.method].gas and category not in GASES:
        gas, name, name_en = _gas(fields, setting.gwp)
    else:
        gas = GASES.get(category, "")
        name, name_en = CATEGORY_NAMES[category]
    return Scope(setting.book, category, item, gas, fields), name, name_en


def _gas(fields: Fields, gwp: GwpSet | None) -> tuple[str, str, str]:
    """Code and names of the gas that an activity names."""
    text = fields.text("item")
    if gwp is None:
        raise fault("missing_gwp", "gwp", known="SAR、AR4、AR5、AR6")
    code = gwp.gas(text)
    if code is None:
        raise fault(
            "unknown_gas", fields.at("item"), gwp=gwp.id, gas=shown(text), nearest=listed(gwp.nearest(text))
        )
    return code, gwp.gases[code].name, gwp.gases[code].name_en


def _category(values: Mapping[str, Any], path: str, guideline: Guideline) -> str:
    category = values.get("category")
    if type(category) is str and category in guideline.formulas:
        return category
    where = f"{path}.category"
    if category is None or category == "":
        raise fault("missing_value", where, key="category")
    if not isinstance(category, str):
        raise fault("wrong_type", where, wanted=N_("文字"))
    if category not in CATEGORIES:
        raise fault("unknown_category", where, category=shown(category), known=listed(CATEGORIES))
    raise fault(
        "category_not_counted",
        where,
        category=category,
        guideline=guideline.id,
        known=listed(guideline.formulas),
    )


def sums(
    guideline: Guideline, emissions: Iterable[tuple[str, Decimal]]
) -> tuple[dict[str, Decimal], Decimal]:
    """Subtotals by category, in order of appearance, and the total of reported lines."""
    zero = rounded(Decimal(0), guideline.digits["total"])
    subtotals: dict[str, Decimal] = {}
    for category, emission in emissions:
        subtotals[category] = subtotals.get(category, zero) + emission
    total = rounded(sum(subtotals.values(), zero), guideline.digits["total"])
    return {category: value or abs(value) for category, value in subtotals.items()}, total


def _summed(fields: Fields, setting: _Setting, lines: tuple[Line, ...]) -> Result:
    guideline, grid, gwp = setting.guideline, setting.grid, setting.gwp
    subtotals, total = sums(guideline, ((line.category, line.emission) for line in lines))
    item, amount, output_unit, intensity = _output(fields, guideline, total)
    packs = {guideline.id: guideline.sha256}
    if grid is not None:
        packs[grid.pack.id] = grid.pack.sha256
    if gwp is not None:
        packs[gwp.id] = gwp.sha256
    return Result(
        guideline=guideline.id,
        unit=guideline.emission_unit,
        lines=lines,
        subtotals=MappingProxyType(subtotals),
        total=total,
        reported_total=rounded(total, guideline.digits["reported_total"]),
        output_item=item,
        output_amount=amount,
        output_unit=output_unit,
        intensity=intensity,
        intensity_unit=f"{guideline.emission_unit}/{output_unit}" if output_unit else None,
        gwp=gwp.id if gwp else None,
        grid=grid.chosen if grid else None,
        packs=MappingProxyType(packs),
    )


def _output(
    fields: Fields, guideline: Guideline, total: Decimal
) -> tuple[str | None, Decimal | None, str | None, Decimal | None]:
    """Name, amount and unit of the output, and the intensity; a month without output has no intensity."""
    if fields.values.get("output") is None:
        return None, None, None, None
    output = Fields(fields.values["output"], "output", _OUTPUT)
    output.amount("amount")
    name, wanted = output.text("item"), unit(output.text("unit"), path="output.unit").symbol
    if guideline.items["output"]:
        item = find_item(output, guideline, "output")
        name, wanted = item.name, item.unit
    made = amount_in(output, "amount", wanted, guideline)
    if output.values.get(METER) is not None:
        made = by_meter(made, output.values[METER], "output.meter", kind_of_figure("output"))
    intensity = rounded(total / made.used, guideline.digits["intensity"]) if made.used else None
    return name, made.used, wanted, intensity
