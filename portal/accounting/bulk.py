"""Many months at once, totals only: the pack is compiled once, the formulas are the same.

A month of the usual shape is counted here without building lines; whatever is not usual (another unit's
carrier, a correction, an error of any kind) goes to ``calculate``, which answers or refuses. So the two
can never differ in what they accept, and a test holds that they do not differ in a digit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from portal.accounting.activity import default_of
from portal.accounting.calculation import TOP, calculate, sums
from portal.accounting.methods import AMOUNT, CALLED_BY, GASES, GRID, METHODS, VALUE, WARMING, Part
from portal.accounting.reading import SIMPLE_NUMBER, Fields
from portal.accounting.setting import named_grid, named_gwp
from portal.domain.errors import InputError
from portal.domain.quantities import CONTEXT, UNITS, convert, convertible, crosses_carriers, rounded
from portal.reference.guidelines import Guideline, Item, list_guidelines, load_guideline

_simple = SIMPLE_NUMBER.fullmatch
_ONE = Decimal(1)
_OUTPUT = frozenset({"item", "amount", "unit"})
_GRID = frozenset({"family", "year", "area"})


class _UnusualError(Exception):
    """Not for the short way."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a month amounts to: the reported lines by id, their sums, and the intensity."""

    lines: Mapping[str, Decimal]
    subtotals: Mapping[str, Decimal]
    total: Decimal
    reported_total: Decimal
    intensity: Decimal | None


@dataclass(frozen=True, slots=True)
class _Step:
    """One number: ``key`` is read from the activity unless it is empty; ``default`` stands for a blank."""

    key: str
    default: Decimal | None
    limit: str
    gas: str


@dataclass(frozen=True, slots=True)
class _Way:
    """One category and item of one guideline, ready to be counted."""

    keys: frozenset[str]
    amount_key: str
    units: Mapping[str, Decimal | None]
    steps: tuple[_Step, ...]
    work: Callable[..., Decimal]
    limits: Callable[..., tuple[str, str] | None] | None


def count_months(payloads: Iterable[Mapping[str, Any]]) -> Iterator[Totals]:
    """Totals of each input of ``portal calculate``, in order; raises InputError as ``calculate`` does."""
    with localcontext(CONTEXT):
        for payload in payloads:
            try:
                yield _short(payload)
            except (_UnusualError, InputError, KeyError, TypeError, AttributeError):
                yield _long(payload)


def _long(payload: Mapping[str, Any]) -> Totals:
    result = calculate(payload)
    return Totals(
        {line.id: line.emission for line in result.lines},
        result.subtotals,
        result.total,
        result.reported_total,
        result.intensity,
    )


def _short(payload: Mapping[str, Any]) -> Totals:
    if not payload.keys() <= TOP or payload["guideline"] not in list_guidelines():
        raise _UnusualError
    guideline = load_guideline(payload["guideline"])
    grid, gwp = _grid_factor(payload.get("grid")), _warming(payload.get("gwp"))
    ways, digits = _compiled(guideline.id), guideline.digits["line"]
    lines: dict[str, Decimal] = {}
    emissions = []
    for activity in payload["activities"]:
        category, line_id = activity["category"], activity["id"]
        way = ways[category, activity.get("item")]
        if not activity.keys() <= way.keys or line_id in lines or not line_id.strip():
            raise _UnusualError
        emission = rounded(_emission(activity, way, grid, gwp), digits)
        lines[line_id] = emission
        emissions.append((category, emission))
    if not emissions:
        raise _UnusualError
    subtotals, total = sums(guideline, emissions)
    intensity = _intensity(payload.get("output"), guideline, total)
    return Totals(lines, subtotals, total, rounded(total, guideline.digits["reported_total"]), intensity)


def _intensity(output: Mapping[str, Any] | None, guideline: Guideline, total: Decimal) -> Decimal | None:
    if output is None:
        return None
    if output.keys() != _OUTPUT:
        raise _UnusualError
    size = _output_units(guideline.id, output["item"])[output["unit"]]
    amount = _number(output["amount"])
    made = amount if size is None else amount * size
    return rounded(total / made, guideline.digits["intensity"]) if made else None


def _emission(
    activity: Mapping[str, Any], way: _Way, grid: Decimal | None, gwp: Mapping[str, Decimal]
) -> Decimal:
    size = way.units[activity["unit"]]
    amount = _number(activity[way.amount_key])
    numbers = [amount if size is None else amount * size]
    for step in way.steps:
        given = activity.get(step.key) if step.key else None
        if given is not None:
            number = _number(given)
            if (step.limit == "positive" and not number) or (step.limit == "fraction" and number > _ONE):
                raise _UnusualError
            numbers.append(number)
        elif step.default is not None:
            numbers.append(step.default)
        elif step.gas:
            numbers.append(gwp[step.gas])
        elif grid is not None and not step.key:
            numbers.append(grid)
        else:
            raise _UnusualError
    if way.limits is not None and way.limits(*numbers) is not None:
        raise _UnusualError
    return way.work(*numbers)


def _number(value: Any) -> Decimal:
    if type(value) is str and _simple(value):
        return Decimal(value)
    raise _UnusualError


def _grid_factor(grid: Mapping[str, Any] | None) -> Decimal | None:
    if grid is None:
        return None
    if grid.keys() != _GRID:
        raise _UnusualError
    return _grid_value(grid["family"], grid["year"], grid["area"])


@lru_cache(maxsize=256, typed=True)
def _grid_value(family: str, year: int | str, area: str) -> Decimal:
    grid = {"family": family, "year": year, "area": area}
    found = named_grid(Fields({"grid": grid}, "", TOP))
    if found is None:
        raise _UnusualError
    return found.value.amount


@lru_cache(maxsize=16)
def _warming(name: str | None) -> Mapping[str, Decimal]:
    found = named_gwp(Fields({"gwp": name}, "", TOP))
    return {} if found is None else {gas: value.amount for gas, value in found.values.items()}


@lru_cache(maxsize=256)
def _output_units(guideline_id: str, item: str) -> Mapping[str, Decimal | None]:
    """Size of every unit of an output; where the guideline lists none, an output keeps its own unit."""
    guideline = load_guideline(guideline_id)
    if not guideline.items["output"]:
        if not item.strip():
            raise _UnusualError
        return dict.fromkeys(UNITS)
    found = guideline.item("output", item)
    if found is None:
        raise _UnusualError
    return _units(found.unit, guideline)


@lru_cache(maxsize=32)
def _compiled(guideline_id: str) -> Mapping[tuple[str, str | None], _Way]:
    """Every category and written item of a guideline that the short way can count."""
    guideline = load_guideline(guideline_id)
    ways: dict[tuple[str, str | None], _Way] = {}
    for category, formula in guideline.formulas.items():
        method = METHODS[formula.method]
        if method.item:
            for item in guideline.items[category]:
                way = _way(guideline, category, item)
                ways.update({(category, text): way for text in (item.name, item.code, *item.aliases)})
        elif not method.gas or category in GASES:
            ways[category, None] = _way(guideline, category, None)
    return ways


def _way(guideline: Guideline, category: str, item: Item | None) -> _Way:
    method = METHODS[guideline.formulas[category].method]
    first, *rest = method.parts
    unit = first.unit or (item.unit if item is not None else "")
    kept = {part.key for part in method.parts if part.kind in {AMOUNT, "number"} or part.givable}
    keys = {"id", "category", "unit", *kept, *({"item"} if item is not None else ())}
    return _Way(
        frozenset(keys - {CALLED_BY.get(category, "")}),
        first.key,
        _units(unit, guideline),
        tuple(_step(part, guideline, category, item) for part in rest),
        method.work,
        method.limits,
    )


def _step(part: Part, guideline: Guideline, category: str, item: Item | None) -> _Step:
    if part.kind == WARMING:
        return _Step("", None, "", part.gas or GASES[category])
    if part.kind == GRID:
        return _Step("", None, "", "")
    default = default_of(part, guideline, category, item) if part.kind == VALUE else None
    key = part.key if part.kind != VALUE or part.givable else ""
    return _Step(key, part.blank if default is None else default.amount, part.limit, "")


def _units(unit: str, guideline: Guideline) -> Mapping[str, Decimal | None]:
    """Size of every unit that is an exact multiple of ``unit``; None for the unit itself."""
    found: dict[str, Decimal | None] = {}
    for symbol in UNITS:
        if not convertible(symbol, unit):
            continue
        if crosses_carriers(symbol, unit) and not guideline.energy_conversion:
            continue
        size = convert(_ONE, symbol, unit)
        exact = len(size.as_tuple().digits) < CONTEXT.prec - 10
        if exact:
            found[symbol] = None if size == 1 else size
    return found
