"""Reads the numbers that a method asks for out of one activity, each with its unit and its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from portal.accounting.faults import fault, listed
from portal.accounting.lines import Factor, Input
from portal.accounting.measurement import by_batch, by_meter, carbon_as_received, kind_of_figure, proven
from portal.accounting.methods import (
    AMOUNT,
    BATCHES,
    CARBON,
    GIVEN,
    GREEN,
    GRID,
    METER,
    NUMBER,
    VALUE,
    WARMING,
    Method,
    Part,
)
from portal.accounting.names import NAMES
from portal.accounting.reading import Fields
from portal.domain.quantities import convert, crosses_carriers
from portal.reference.guidelines import Guideline, Item
from portal.reference.loader import Value

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Book:
    """What a whole calculation was set to use."""

    guideline: Guideline
    grid: Callable[[], tuple[Value, str]]
    gwp: Callable[[str], Value]
    allow_unverified: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """What one activity is about: its category, its item or gas, and the unit of its amount."""

    book: Book
    category: str
    item: Item | None
    gas: str
    fields: Fields

    def unit(self, part: Part) -> str:
        """The part's unit, with the item's own filled in."""
        own = self.item.unit if self.item is not None else ""
        return part.unit.replace("{unit}", own) if part.unit else own


@lru_cache(maxsize=4096)
def factor(key: str, value: Value) -> Factor:
    """A factor taken from a pack."""
    return Factor(key, NAMES[key], value.amount, value.unit, str(value.source), value.confidence)


def given(key: str, amount: Decimal, unit: str, note: str = "") -> Factor:
    """A factor that the input brought."""
    return Factor(key, NAMES[key], amount, unit, note or GIVEN, "given")


def find_item(fields: Fields, guideline: Guideline, category: str) -> Item:
    """The item that an activity names; raises InputError with the nearest names."""
    text = fields.text("item")
    found = guideline.item(category, text)
    if found is None:
        raise fault(
            "unknown_item",
            fields.at("item"),
            item=text[:60],
            category=category,
            guideline=guideline.id,
            nearest=listed(guideline.nearest(category, text)),
        )
    return found


def amount_in(fields: Fields, key: str, unit: str, guideline: Guideline) -> Input:
    """A given amount, converted to ``unit``; between carriers of energy only where the pack allows it."""
    amount = fields.amount(key)
    given_unit = fields.text("unit")
    converted = convert(amount, given_unit, unit, path=fields.at("unit"))
    if given_unit != unit and not guideline.energy_conversion and crosses_carriers(given_unit, unit):
        raise fault("unit_mismatch", fields.at("unit"), given=given_unit, wanted=unit)
    return Input(key, NAMES[key], amount, given_unit, converted, unit)


def _amount(part: Part, scope: Scope) -> Input:
    found = amount_in(scope.fields, part.key, scope.unit(part), scope.book.guideline)
    if METER in scope.fields.values and scope.fields.values[METER] is not None:
        kind = kind_of_figure(scope.category)
        return by_meter(found, scope.fields.values[METER], scope.fields.at(METER), kind)
    return found


def _number(part: Part, scope: Scope) -> Input | None:
    if part.blank is not None and not scope.fields.has(part.key):
        return None
    value = _limited(part, scope.fields)
    return Input(part.key, NAMES[part.key], value, part.unit, value, part.unit)


def _limited(part: Part, fields: Fields) -> Decimal:
    if part.limit == "fraction":
        return fields.fraction(part.key)
    return fields.positive(part.key) if part.limit == "positive" else fields.amount(part.key)


def _value(part: Part, scope: Scope) -> Factor:
    """The input's own value where it may give one and does, else the pack's; missing both is an error."""
    fields = scope.fields
    default = default_of(part, scope.book.guideline, scope.category, scope.item)
    if BATCHES in fields.values and part.key in {"net_calorific_value", "carbon_content"}:
        value, note = by_batch(fields, part.key, default)
        if note:
            return given(part.key, value, scope.unit(part), note)
    if part.givable and fields.has(part.key):
        return given(part.key, _limited(part, fields), default.unit if default else scope.unit(part))
    if default is None:
        raise fault("missing_value", fields.at(part.key), key=part.key)
    return _allowed(factor(part.key, default), scope)


def default_of(part: Part, guideline: Guideline, category: str, item: Item | None) -> Value | None:
    """The pack's own value of a part: of the item, else of the category."""
    if item is not None and part.key in item.values:
        return item.values[part.key]
    return guideline.constants.get(category, {}).get(part.key)


def _allowed(used: Factor, scope: Scope) -> Factor:
    if used.confidence == "unverified" and not scope.book.allow_unverified:
        raise fault("unverified_value", scope.fields.at(used.key), key=used.key, source=used.source)
    return used


def _grid(part: Part, scope: Scope) -> Factor:
    value, source = scope.book.grid()
    used = Factor(part.key, NAMES[part.key], value.amount, value.unit, source, value.confidence)
    return _allowed(used, scope)


def _warming(part: Part, scope: Scope) -> Factor:
    return _allowed(factor(part.key, scope.book.gwp(part.gas or scope.gas)), scope)


def _carbon(part: Part, scope: Scope) -> Input:
    return carbon_as_received(scope.fields, part.key, scope.unit(part))


def _green(part: Part, scope: Scope) -> Input:
    return proven(scope.fields, part.key, part.unit)


_READ: Mapping[str, Callable[[Part, Scope], Input | Factor | None]] = {
    AMOUNT: _amount,
    NUMBER: _number,
    VALUE: _value,
    GRID: _grid,
    WARMING: _warming,
    CARBON: _carbon,
    GREEN: _green,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What one method found: the unrounded emission and everything that went into it."""

    emission: Decimal
    inputs: tuple[Input, ...]
    factors: tuple[Factor, ...]


def count(method: Method, scope: Scope) -> Counted:
    """Read every part of ``method`` and put the numbers into its formula."""
    inputs, factors, numbers = [], [], []
    for part in method.parts:
        found = _READ[part.kind](part, scope)
        if isinstance(found, Input):
            inputs.append(found)
            numbers.append(found.used)
        elif isinstance(found, Factor):
            factors.append(found)
            numbers.append(found.value)
        else:
            numbers.append(part.blank or ZERO)
    if method.limits is not None:
        broken = method.limits(*numbers)
        if broken is not None:
            key, wanted = broken
            shown = scope.fields.values.get(key)
            raise fault("out_of_range", scope.fields.at(key), key=key, given=str(shown)[:40], wanted=wanted)
    return Counted(method.work(*numbers), tuple(inputs), tuple(factors))
