"""Reads a printed result back, and says where its figures do not follow from one another."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Any

from portal.accounting.calculation import sums
from portal.accounting.conservative import Correction, Part
from portal.accounting.faults import fault
from portal.accounting.lines import Factor, Grid, Input, Line, Result, plain
from portal.accounting.methods import METHODS
from portal.accounting.names import NAMES
from portal.accounting.reading import Fields, number, shown
from portal.accounting.setting import named_guideline
from portal.domain.quantities import CONTEXT, rounded
from portal.reference.guidelines import Guideline
from portal.reference.loader import CONFIDENCES

_RESULT = frozenset({"guideline", "unit", "lines", "subtotals", "total", "reported_total", "unverified"})
_RESULT |= {"packs", "intensity", "intensity_unit", "gwp", "grid", "output"}
_LINE = frozenset({"id", "category", "item", "item_en", "emission", "unrounded", "unit", "formula"})
_LINE |= {"formula_id", "clause", "confidence", "method", "inputs", "factors"}
_INPUT = frozenset({"key", "name", "value", "unit", "converted", "converted_unit", "correction"})
_FACTOR = frozenset({"key", "name", "value", "unit", "source", "confidence"})
_OUTPUT = frozenset({"item", "amount", "unit"})
_CORRECTION = frozenset({"corrected", "parts"})
_PART = frozenset({"state", "days", "measured", "factor", "corrected", "clause"})
_STATES = ("in_class", "over_class", "not_calibrated")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A printed figure that does not follow from the figures printed beside it."""

    path: str
    printed: Decimal
    found: Decimal


def read_result(payload: Mapping[str, Any]) -> Result:
    """The result that ``portal calculate`` printed; raises InputError for anything that is not one."""
    fields = Fields(payload, "", _RESULT)
    guideline = named_guideline(fields)
    lines = tuple(
        _line(Fields(values, f"lines[{place}]", _LINE))
        for place, values in enumerate(fields.entries("lines"))
    )
    subtotals = fields.nested("subtotals", None)
    output = fields.nested("output", _OUTPUT) if fields.has("output") else None
    return Result(
        guideline=guideline.id,
        unit=fields.text("unit"),
        lines=lines,
        subtotals=MappingProxyType({key: subtotals.signed(key) for key in subtotals.values}),
        total=fields.signed("total"),
        reported_total=fields.signed("reported_total"),
        output_item=output.text("item") if output else None,
        output_amount=output.amount("amount") if output else None,
        output_unit=output.text("unit") if output else None,
        intensity=fields.signed("intensity") if fields.has("intensity") else None,
        intensity_unit=fields.text("intensity_unit") if fields.has("intensity_unit") else None,
        gwp=fields.text("gwp") if fields.has("gwp") else None,
        grid=_grid(fields),
        packs=MappingProxyType(_packs(fields)),
    )


def _packs(fields: Fields) -> dict[str, str]:
    packs = fields.nested("packs", None)
    return {key: packs.text(key) for key in packs.values}


def _grid(fields: Fields) -> Grid | None:
    if not fields.has("grid"):
        return None
    grid = fields.nested("grid", frozenset({"family", "year", "area"}))
    return Grid(grid.text("family"), int(grid.amount("year")), grid.text("area"))


def _line(fields: Fields) -> Line:
    method = fields.choice("method", METHODS)
    return Line(
        id=fields.text("id"),
        category=fields.text("category"),
        item=fields.text("item"),
        item_en=fields.text("item_en"),
        emission=fields.signed("emission"),
        unrounded=fields.signed("unrounded"),
        unit=fields.text("unit"),
        formula=fields.text("formula"),
        formula_id=fields.text("formula_id"),
        clause=fields.text("clause"),
        method=method,
        inputs=tuple(_input(entry) for entry in fields.objects("inputs", _INPUT)),
        factors=tuple(_factor(entry) for entry in fields.objects("factors", _FACTOR)),
        confidence=fields.choice("confidence", CONFIDENCES),
    )


def _input(fields: Fields) -> Input:
    converted = fields.signed("converted")
    correction = None
    if fields.has("correction"):
        given = fields.nested("correction", _CORRECTION)
        parts = tuple(_part(entry) for entry in given.objects("parts", _PART))
        correction = Correction(converted, given.signed("corrected"), parts)
    return Input(
        fields.choice("key", NAMES),
        fields.text("name"),
        fields.signed("value"),
        fields.text("unit"),
        converted,
        fields.text("converted_unit"),
        correction,
    )


def _part(fields: Fields) -> Part:
    return Part(
        fields.choice("state", _STATES),
        int(number(fields.required("days"), fields.at("days"))),
        fields.signed("measured"),
        fields.signed("factor"),
        fields.signed("corrected"),
        fields.text("clause"),
    )


def _factor(fields: Fields) -> Factor:
    return Factor(
        fields.choice("key", NAMES),
        fields.text("name"),
        fields.signed("value"),
        fields.text("unit"),
        fields.text("source"),
        fields.choice("confidence", (*CONFIDENCES, "given")),
    )


def mismatches(result: Result, guideline: Guideline) -> tuple[Mismatch, ...]:
    """Work every line out again from the numbers printed on it, and every sum from the lines."""
    found = []
    with localcontext(CONTEXT):
        for place, line in enumerate(result.lines):
            again = rounded(_again(line, place), guideline.digits["line"])
            if again != line.emission:
                found.append(Mismatch(f"lines[{place}].emission", line.emission, again))
        subtotals, total = sums(guideline, ((line.category, line.emission) for line in result.lines))
        for category, value in subtotals.items():
            printed = result.subtotals.get(category)
            if printed is None or printed != value:
                found.append(Mismatch(f"subtotals.{shown(category)}", printed or Decimal(0), value))
        reported = rounded(total, guideline.digits["reported_total"])
        if total != result.total:
            found.append(Mismatch("total", result.total, total))
        if reported != result.reported_total:
            found.append(Mismatch("reported_total", result.reported_total, reported))
    return tuple(found)


def _again(line: Line, place: int) -> Decimal:
    held = {entry.key: entry.used for entry in line.inputs}
    held |= {entry.key: entry.value for entry in line.factors}
    numbers = []
    for part in METHODS[line.method].parts:
        value = held.get(part.key, part.blank)
        if value is None:
            raise fault("missing_value", f"lines[{place}].inputs", key=part.key)
        numbers.append(value)
    return METHODS[line.method].work(*numbers)


def told(found: Mismatch, language: str) -> str:
    """A mismatch as a sentence."""
    pair = (found.path, plain(found.printed), plain(found.found))
    if language == "zh":
        return "不符：{} 印为 {}，按所列数值应为 {}".format(*pair)
    return "Mismatch: {} is printed as {}, but the figures give {}".format(*pair)
