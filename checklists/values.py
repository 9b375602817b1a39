"""Values as a check sees them: facts read once by their kinds, and the unknown, neither true nor false."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final, TypeGuard

from checklists.vocabulary import DATE, FLAG, MONTH, NUMBER, ROOTS, SCALARS, SHAPES, TEXT

_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")

DIVISOR: Final = "/"  #: before the path of an unknown: not blank, but zero where something is divided by it

Value = object  #: Decimal, str, date, bool, a dict, a list, or Unknown
Take = Callable[[object], Value]


class Unknown:
    """A datum that is blank, absent or of the wrong kind; ``paths`` names it (``row.value``).

    ``/row.value`` names what a divisor of zero was worked out from.
    """

    __slots__ = ("paths",)

    def __init__(self, paths: tuple[str, ...]) -> None:
        """Remember which data are missing."""
        self.paths = paths

    def __bool__(self) -> bool:
        """Never let an unknown pass for false by accident."""
        raise TypeError("an unknown is neither true nor false")

    def __repr__(self) -> str:
        return f"Unknown({', '.join(self.paths)})"


def is_unknown(value: Value) -> TypeGuard[Unknown]:
    """Whether ``value`` is the unknown."""
    return type(value) is Unknown


def merged(unknowns: Iterable[Unknown]) -> Unknown:
    """One unknown that names every missing datum once, in order."""
    return Unknown(tuple(dict.fromkeys(path for unknown in unknowns for path in unknown.paths)))


def _number(blank: Unknown) -> Take:
    def take(raw: object) -> Value:
        if type(raw) is Decimal:
            return raw if raw.is_finite() else blank
        return Decimal(raw) if type(raw) is int else blank

    return take


def _text(blank: Unknown) -> Take:
    return lambda raw: raw if isinstance(raw, str) else blank


def _date(blank: Unknown) -> Take:
    return lambda raw: raw if type(raw) is date else blank


def _month(blank: Unknown) -> Take:
    return lambda raw: raw if isinstance(raw, str) and _MONTH.fullmatch(raw) else blank


def _flag(blank: Unknown) -> Take:
    return lambda raw: raw if type(raw) is bool else blank


_SCALARS: Final[Mapping[str, Callable[[Unknown], Take]]] = {
    NUMBER: _number,
    TEXT: _text,
    DATE: _date,
    MONTH: _month,
    FLAG: _flag,
}
#: The name under which a missing datum of a list's element is told, where it is a subject of its own.
_ELEMENTS: Final = {"rows": "row", "slots": "slot", "stream.rows": "row"}


def canonical(path: str) -> str:
    """The name of a datum wherever it is met: ``stream.rows[].value`` is ``row.value``."""
    for listed, single in _ELEMENTS.items():
        if path.startswith(f"{listed}[]"):
            return single + path.removeprefix(f"{listed}[]")
    return path


@cache
def taker(kind: str, path: str) -> Take:
    """A function that takes a raw value and gives it as ``kind``: Unknown(path) when it is anything else.

    Mappings come back as dicts that hold every word of their shape, lists with every element
    read, so that whoever asks later need not look at kinds again. Floats are not numbers here.
    """
    if kind in SCALARS:
        return _SCALARS[kind](Unknown((path,)))
    sort, _, shape = kind.partition(":")
    if sort == "list":
        return _list(taker(shape if shape in SCALARS else f"map:{shape}", canonical(f"{path}[]")), path)
    return _mapping(shape, path)


def _list(take_element: Take, path: str) -> Take:
    blank = Unknown((path,))

    def take(raw: object) -> Value:
        return [take_element(element) for element in raw] if isinstance(raw, list | tuple) else blank

    return take


def _mapping(shape: str, path: str) -> Take:
    blank = Unknown((path,))
    words = [
        (key, taker(word.kind, f"{path}.{key}"), Unknown((f"{path}.{key}",)))
        for key, word in SHAPES[shape].items()
    ]

    def take(raw: object) -> Value:
        if not isinstance(raw, Mapping):
            return blank
        get = raw.get
        read = {}
        for key, take_word, missing in words:
            value = get(key)
            read[key] = missing if value is None else take_word(value)
        return read

    return take


def environment(facts: object) -> dict[str, object]:
    """The facts of one month as the roots of an environment; ``facts`` is not changed."""
    known = facts if isinstance(facts, Mapping) else {}
    return {name: taker(word.kind, name)(known.get(name)) for name, word in ROOTS.items()}
