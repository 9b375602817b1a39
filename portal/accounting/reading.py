"""Reads an input that nobody may trust: exact numbers, known keys only, every fault with its path."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from portal.accounting.faults import fault, listed
from portal.domain.messages import N_

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?([0-9]+))?")
#: a usual number; it is within every limit below and needs no further look
SIMPLE_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,14})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LIMIT = Decimal("1e15")
_PERCENT = Decimal(100)
_LONGEST = 64
_DIGITS = 30
_LONGEST_EXPONENT = 3
_SMALLEST_EXPONENT = -40


def shown(value: object) -> str:
    """A value as a message may show it: short, on one line."""
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "…"


def number(value: object, path: str) -> Decimal:
    """An exact number from a text, an integer or a Decimal; raises InputError for anything else.

    A binary float is refused: it is not the number that was written.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise fault("wrong_type", path, wanted=N_("十进制数（文字）"))
    if isinstance(value, int):
        if abs(value) >= _LIMIT:
            raise fault("number_too_long", path)
        return Decimal(value)
    text = value if isinstance(value, str) else str(value)
    if len(text) > _LONGEST:
        raise fault("number_too_long", path)
    written = _NUMBER.fullmatch(text)
    if written is None:
        raise fault("not_a_number", path, given=shown(text))
    if len(written[1] or "") > _LONGEST_EXPONENT:
        raise fault("number_too_long", path)
    found = Decimal(text)
    _, digits, exponent = found.as_tuple()
    if (
        len(digits) > _DIGITS
        or abs(found) >= _LIMIT
        or not isinstance(exponent, int)
        or exponent < _SMALLEST_EXPONENT
    ):
        raise fault("number_too_long", path)
    return found


class Fields:
    """One object of the input; asks for keys by kind and refuses those that nobody knows."""

    __slots__ = ("path", "values")

    def __init__(self, values: object, path: str, known: frozenset[str] | None) -> None:
        """Check that ``values`` is an object holding only ``known`` keys; None allows any."""
        if type(values) is not dict and not isinstance(values, Mapping):
            raise fault("wrong_type", path, wanted=N_("对象"))
        self.values: Mapping[str, Any] = values
        self.path = path
        if known is not None and not values.keys() <= known:
            key = next(key for key in values if key not in known)
            raise fault("unknown_key", self.at(shown(key)), key=shown(key), known=listed(sorted(known)))

    def at(self, key: str) -> str:
        """Path of one key."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether a value is given; null and blank text are not values."""
        value = self.values.get(key)
        return value is not None and not (isinstance(value, str) and not value.strip())

    def required(self, key: str) -> Any:
        """The value of a key that must be there."""
        value = self.values.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise fault("missing_value", self.at(key), key=key)
        return value

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.values.get(key)
        if type(value) is str and value.strip():
            return value
        value = self.required(key)
        if not isinstance(value, str):
            raise fault("wrong_type", self.at(key), wanted=N_("文字"))
        return value

    def amount(self, key: str) -> Decimal:
        """A number that must be there and must not be negative."""
        value = self.required(key)
        if type(value) is str and SIMPLE_NUMBER.fullmatch(value):
            return Decimal(value)
        path = self.at(key)
        found = number(value, path)
        if found < 0:
            raise fault("negative", path, key=key, given=shown(found))
        return found or abs(found)

    def signed(self, key: str) -> Decimal:
        """A number that must be there, of either sign."""
        return number(self.required(key), self.at(key))

    def choice(self, key: str, known: Iterable[str]) -> str:
        """A text out of a closed list."""
        text, allowed = self.text(key), tuple(known)
        if text not in allowed:
            raise fault("unknown_choice", self.at(key), given=shown(text), key=key, known=listed(allowed))
        return text

    def nested(self, key: str, known: frozenset[str] | None) -> "Fields":
        """An object that must be there."""
        return Fields(self.required(key), self.at(key), known)

    def objects(self, key: str, known: frozenset[str]) -> list["Fields"]:
        """A list of objects that must be there; it may be empty."""
        values = self.entries(key, empty=True)
        return [Fields(value, f"{self.at(key)}[{place}]", known) for place, value in enumerate(values)]

    def positive(self, key: str) -> Decimal:
        """A number greater than zero."""
        found = self.amount(key)
        if not found:
            raise fault("out_of_range", self.at(key), key=key, given=shown(found), wanted=N_("大于 0"))
        return found

    def fraction(self, key: str) -> Decimal:
        """A number from 0 to 1; a percentage is written 0.99, not 99."""
        found = self.amount(key)
        if found > 1:
            raise fault(
                "out_of_range", self.at(key), key=key, given=shown(found), wanted=N_("在 0 与 1 之间")
            )
        return found

    def percent(self, key: str) -> Decimal:
        """A percentage from 0 to below 100; 0.5 means 0.5 %."""
        found = self.amount(key)
        if found >= _PERCENT:
            raise fault("out_of_range", self.at(key), key=key, given=shown(found), wanted=N_("小于 100"))
        return found

    def day(self, key: str) -> date:
        """A day that must be there, written 2026-10-31."""
        text = self.text(key)
        refusal = fault("not_a_day", self.at(key), given=shown(text))
        if _DAY.fullmatch(text) is None:
            raise refusal
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise refusal from error

    def entries(self, key: str, *, empty: bool = False) -> Sequence[Any]:
        """A list that must be there; empty only where allowed."""
        if key not in self.values or self.values[key] is None:
            raise fault("missing_value", self.at(key), key=key)
        values = self.values[key]
        if not isinstance(values, list | tuple):
            raise fault("wrong_type", self.at(key), wanted=N_("列表"))
        if not values and not empty:
            raise fault("empty_list", self.at(key), key=key)
        return values
