"""Emissions of one month or year under a guideline pack, line by line, exact.

Nothing is rounded inside. A reported line is rounded half up to the guideline's digits; subtotals
and totals add the reported lines.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from portal.accounting.activity import Book, Counted, find_item
from portal.accounting.combustion import by_heat_value, by_heat_value_oxidised
from portal.accounting.energy import by_grid, by_heat_factor, by_steam_enthalpy, by_water_temperature
from portal.accounting.faults import fault, listed
from portal.accounting.lines import Grid, Line, Result
from portal.accounting.process import by_carbonate, by_factor, deducted
from portal.accounting.reading import Fields, shown
from portal.accounting.wastewater import by_anaerobic_cod
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, convert, rounded, unit
from portal.reference.factors import GridFactors, GwpSet, list_grids, list_gwps, load_grid, load_gwp
from portal.reference.guidelines import METHODS, Guideline, list_guidelines, load_guideline
from portal.reference.loader import Value

_COUNT: Mapping[str, Callable[[Fields, Book], Counted]] = {
    "heat-value": by_heat_value,
    "heat-value-oxidised": by_heat_value_oxidised,
    "factor": by_factor,
    "factor-deducted": deducted,
    "carbonate": by_carbonate,
    "grid": by_grid,
    "heat-factor": by_heat_factor,
    "steam-enthalpy": by_steam_enthalpy,
    "water-temperature": by_water_temperature,
    "anaerobic-cod": by_anaerobic_cod,
}

_TOP = frozenset({"guideline", "grid", "gwp", "activities", "output"})
_GRID = frozenset({"family", "year", "area"})
_OUTPUT = frozenset({"item", "amount", "unit"})
_EVERY = frozenset({"id", "category"})
_MEASURED = _EVERY | {"amount", "unit"}

#: method → the keys that an activity counted by it may hold
_KEYS: Mapping[str, frozenset[str]] = {
    "heat-value": _MEASURED | {"item", "net_calorific_value", "carbon_content"},
    "heat-value-oxidised": _MEASURED | {"item", "net_calorific_value", "carbon_content", "oxidation_rate"},
    "factor": _MEASURED | {"item"},
    "factor-deducted": _MEASURED | {"item"},
    "carbonate": _MEASURED | {"item", "purity", "conversion"},
    "grid": _MEASURED,
    "heat-factor": _MEASURED,
    "steam-enthalpy": _MEASURED | {"enthalpy"},
    "water-temperature": _MEASURED | {"temperature"},
    "anaerobic-cod": _EVERY | {"volume", "unit", "cod_in", "cod_out", "bo", "mcf", "recovered_ch4"},
}


@dataclass(frozen=True, slots=True)
class _Grid:
    """A grid factor that was asked for and found."""

    chosen: Grid
    pack: GridFactors
    value: Value


def calculate(payload: Mapping[str, Any]) -> Result:
    """Count the emissions of ``payload`` (the input of ``portal calculate``).

    Raises InputError, with a stable code and the path of the value, for anything that is wrong in it.
    """
    fields = Fields(payload, "", _TOP)
    guideline = _guideline(fields)
    return calculate_under(guideline, payload)


def calculate_under(guideline: Guideline, payload: Mapping[str, Any]) -> Result:
    """Count as ``calculate`` does, under a guideline that the caller has loaded."""
    fields = Fields(payload, "", _TOP)
    grid = _grid(fields)
    gwp = _gwp(fields)
    book = Book(guideline, _grid_getter(grid), _gwp_getter(gwp))
    with localcontext(CONTEXT):
        lines = _lines(fields, book)
        return _summed(fields, guideline, lines, grid, gwp)


def _guideline(fields: Fields) -> Guideline:
    name = fields.text("guideline")
    if name not in list_guidelines():
        raise fault("unknown_pack", "guideline", pack=shown(name), known=listed(list_guidelines()))
    return load_guideline(name)


def _grid(fields: Fields) -> _Grid | None:
    if fields.values.get("grid") is None:
        return None
    grid = Fields(fields.values["grid"], "grid", _GRID)
    family, area = grid.text("family"), grid.text("area")
    year = _year(grid)
    known = [name for name in list_grids() if load_grid(name).purpose == "inventory"]
    if family not in list_grids():
        raise fault("unknown_pack", "grid.family", pack=shown(family), known=listed(known))
    pack = load_grid(family)
    if pack.purpose != "inventory":
        raise fault("wrong_grid_purpose", "grid.family", family=family, known=listed(known))
    value = pack.factors.get((year, area))
    if value is None:
        if year not in pack.years():
            where, nearest = "grid.year", [str(held) for held in pack.years()]
        else:
            where, nearest = "grid.area", get_close_matches(area[:40], pack.areas(year), 3, 0.3)
        raise fault(
            "unknown_grid_factor", where, family=family, year=year, area=shown(area), nearest=listed(nearest)
        )
    return _Grid(Grid(family, year, area), pack, value)


def _year(grid: Fields) -> int:
    value = grid.required("year")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 4:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise fault("wrong_type", "grid.year", wanted=N_("四位年份"))
    return value


def _gwp(fields: Fields) -> GwpSet | None:
    if fields.values.get("gwp") is None:
        return None
    name = fields.text("gwp")
    if name not in list_gwps():
        raise fault("unknown_pack", "gwp", pack=shown(name), known=listed(list_gwps()))
    return load_gwp(name)


def _grid_getter(grid: _Grid | None) -> Callable[[], tuple[Value, str]]:
    def get() -> tuple[Value, str]:
        if grid is None:
            raise fault("missing_grid", "grid")
        chosen = grid.chosen
        return grid.value, f"{grid.value.source}（{chosen.year} {chosen.area}）"

    return get


def _gwp_getter(gwp: GwpSet | None) -> Callable[[str], Value]:
    def get(gas: str) -> Value:
        if gwp is None:
            raise fault("missing_gwp", "gwp", known=listed(list_gwps()))
        return gwp.values[gas]

    return get


def _lines(fields: Fields, book: Book) -> tuple[Line, ...]:
    seen: set[str] = set()
    lines = []
    for place, values in enumerate(fields.entries("activities")):
        line = _line(values, f"activities[{place}]", book)
        if line.id in seen:
            raise fault("duplicate_id", f"activities[{place}].id", id=shown(line.id))
        seen.add(line.id)
        lines.append(line)
    return tuple(lines)


def _line(values: object, path: str, book: Book) -> Line:
    if not isinstance(values, Mapping):
        raise fault("wrong_type", path, wanted=N_("对象"))
    guideline = book.guideline
    category = _category(values, path, guideline)
    formula = guideline.formulas[category]
    fields = Fields(values, path, _KEYS[formula.method])
    line_id = fields.text("id")
    counted = _COUNT[formula.method](fields, book)
    return Line(
        line_id,
        category,
        counted.item,
        counted.item_en,
        rounded(counted.emission, guideline.digits["line"]),
        counted.emission,
        guideline.emission_unit,
        formula.text,
        formula.id,
        formula.clause,
        formula.method,
        counted.inputs,
        counted.factors,
    )


def _category(values: Mapping[str, Any], path: str, guideline: Guideline) -> str:
    category = values.get("category")
    where = f"{path}.category"
    if category is None or category == "":
        raise fault("missing_value", where, key="category")
    if not isinstance(category, str):
        raise fault("wrong_type", where, wanted=N_("文字"))
    if category not in METHODS:
        raise fault("unknown_category", where, category=shown(category), known=listed(METHODS))
    if not guideline.counts(category):
        raise fault(
            "category_not_counted",
            where,
            category=category,
            guideline=guideline.id,
            known=listed(guideline.formulas),
        )
    return category


def _summed(
    fields: Fields, guideline: Guideline, lines: tuple[Line, ...], grid: _Grid | None, gwp: GwpSet | None
) -> Result:
    subtotals: dict[str, Decimal] = {}
    zero = rounded(Decimal(0), guideline.digits["total"])
    for line in lines:
        subtotals[line.category] = subtotals.get(line.category, zero) + line.emission
    total = sum(subtotals.values(), zero)
    total = rounded(total, guideline.digits["total"])
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
        subtotals=MappingProxyType({category: value or abs(value) for category, value in subtotals.items()}),
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
    amount, given_unit = output.amount("amount"), output.text("unit")
    name, wanted = output.text("item"), unit(given_unit, path="output.unit").symbol
    if guideline.items["output"]:
        item = find_item(output, guideline, "output")
        name, wanted = item.name, item.unit
    made = convert(amount, given_unit, wanted, path="output.unit")
    intensity = rounded(total / made, guideline.digits["intensity"]) if made else None
    return name, made, wanted, intensity
