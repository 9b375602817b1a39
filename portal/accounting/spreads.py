"""Reads how uncertain an amount is."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from portal.accounting.faults import fault, listed
from portal.accounting.footprint_system import Distribution, Spread
from portal.accounting.reading import Fields, shown

_SPREAD = frozenset({"distribution", "gsd", "sd", "low", "high"})
#: keys that each distribution takes beside its name
_KEYS = {
    Distribution.LOGNORMAL: ("gsd",),
    Distribution.NORMAL: ("sd",),
    Distribution.UNIFORM: ("low", "high"),
    Distribution.TRIANGULAR: ("low", "high"),
}

E = TypeVar("E", bound=StrEnum)


def read_choice(fields: Fields, key: str, choices: type[E]) -> E:
    """A value out of a closed list."""
    given = fields.text(key)
    try:
        return choices(given)
    except ValueError as error:
        known: Iterable[str] = choices
        raise fault(
            "unknown_choice", fields.at(key), key=key, given=shown(given), known=listed(known)
        ) from error


def read_spread(fields: Fields, amount: Decimal) -> Spread | None:
    """The ``uncertainty`` beside ``amount``: {"distribution", "gsd" | "sd" | "low" and "high"}.

    ``sd``, ``low`` and ``high`` are in the unit of the amount. An amount of zero has no spread.
    """
    if fields.values.get("uncertainty") is None:
        return None
    entry = Fields(fields.values["uncertainty"], fields.at("uncertainty"), _SPREAD)
    kind = read_choice(entry, "distribution", Distribution)
    entry = Fields(entry.values, entry.path, frozenset({"distribution", *_KEYS[kind]}))
    if kind is Distribution.LOGNORMAL:
        spread = _at_least(entry, "gsd", Decimal(1))
        return Spread(kind, Decimal(1), spread) if amount else None
    if kind is Distribution.NORMAL:
        deviation = entry.amount("sd")
        return Spread(kind, Decimal(1), deviation / amount) if amount else None
    low, high = entry.amount("low"), _at_least(entry, "high", amount)
    if low > amount:
        wanted = f"≤ {shown(amount)}"
        raise fault("out_of_range", entry.at("low"), key="low", given=shown(low), wanted=wanted)
    return Spread(kind, low / amount, high / amount) if amount else None


def _at_least(fields: Fields, key: str, least: Decimal) -> Decimal:
    value = fields.amount(key)
    if value < least:
        wanted = f"≥ {shown(least)}"
        raise fault("out_of_range", fields.at(key), key=key, given=shown(value), wanted=wanted)
    return value
