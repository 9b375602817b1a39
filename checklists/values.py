"""Values as a check sees them: typed readings of facts, and the unknown, which is neither true nor false."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, TypeGuard

from checklists.vocabulary import DATE, FLAG, MONTH, NUMBER, SHAPES, TEXT

_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")

Value = object  #: Decimal, str, date, bool, a mapping, a list, or Unknown


class Unknown:
    """A datum that is blank, absent or of the wrong kind; ``paths`` names it (``row.value``)."""

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


def _number(value: object) -> Decimal | None:
    if type(value) is Decimal:
        return value if value.is_finite() else None
    return Decimal(value) if type(value) is int else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _date(value: object) -> date | None:
    return value if type(value) is date else None


def _month(value: object) -> str | None:
    return value if isinstance(value, str) and _MONTH.fullmatch(value) else None


def _flag(value: object) -> bool | None:
    return value if type(value) is bool else None


def _mapping(value: object) -> Mapping[str, object] | None:
    # The exact type is asked first: it is ten times quicker than the abstract class, and the usual case.
    return value if type(value) is dict or isinstance(value, Mapping) else None


def _list(value: object) -> list[object] | tuple[object, ...] | None:
    return value if isinstance(value, list | tuple) else None


_SCALAR_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    NUMBER: _number,
    TEXT: _text,
    DATE: _date,
    MONTH: _month,
    FLAG: _flag,
}


def reader_of(kind: str) -> Callable[[object], object]:
    """A function that gives a raw value back when it is of ``kind``, and None when it is not."""
    if kind in _SCALAR_READERS:
        return _SCALAR_READERS[kind]
    return _list if kind.startswith("list:") else _mapping


def read(holder: object, shape: str, key: str, path: str) -> Value:
    """Read ``key`` of a facts mapping as the vocabulary says; Unknown(path) when blank or of another kind.

    ``shape`` is the name of the mapping's shape in the vocabulary (``row``, ``meter``, …).
    """
    if not isinstance(holder, Mapping):
        return Unknown((path,))
    value = reader_of(SHAPES[shape][key].kind)(holder.get(key))
    return Unknown((path,)) if value is None else value
