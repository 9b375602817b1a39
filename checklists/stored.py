"""The facts of a month in few bytes, read back at once as checks see them.

A dry-run asks about tens of thousands of months, and most of its time would go into reading. So
facts are written down without their words (a head line tells the words and their order) and come
back as the roots of an environment, with unknowns in place, in one go.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from checklists.values import Unknown, Value, canonical, taker
from checklists.vocabulary import DATE, NUMBER, ROOTS, SCALARS, SHAPES, Word

Take = Callable[[Any], Value]
Write = Callable[[Value], Any]


def deflate_facts(facts: Mapping[str, Any]) -> bytes:
    """``facts`` as bytes; a datum of another kind than its word says is blank, as a check would see it."""
    words = {name: list(shape) for name, shape in SHAPES.items()}
    body = [_write(word.kind, facts.get(name)) for name, word in ROOTS.items()]
    head = {"roots": list(ROOTS), "words": words}
    lines = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in (head, body))
    return zlib.compress("\n".join(lines).encode())


def inflate_roots(content: bytes, words: frozenset[str] | None = None) -> dict[str, Value]:
    """The roots of an environment, as ``checklists.values.environment`` makes them of the same facts.

    ``words`` limits what is read to these names, wherever they stand; all others come back unknown.
    """
    head, _, body = zlib.decompress(content).decode().partition("\n")
    written = json.loads(body)
    return {
        name: take(None if place is None else written[place]) for name, place, take in _reader(head, words)
    }


def inflate_facts(content: bytes) -> dict[str, Any]:
    """The facts themselves; what was blank is None."""
    return {name: _plain(value) for name, value in inflate_roots(content).items()}


def _plain(value: Value) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, Unknown) else value


def _write(kind: str, value: Any) -> Any:
    """The JSON of a datum of this kind; None where it is blank or something else."""
    if value is None:
        return None
    if kind in SCALARS:
        read = taker(kind, "")(value)
        if isinstance(read, Unknown):
            return None
        return format(read, "f") if isinstance(read, Decimal) else _iso(read)
    sort, _, shape = kind.partition(":")
    inner = shape if shape in SCALARS else f"map:{shape}"
    if sort == "list":
        return [_write(inner, item) for item in value] if isinstance(value, list | tuple) else None
    if not isinstance(value, Mapping):
        return None
    return [_write(word.kind, value.get(key)) for key, word in SHAPES[shape].items()]


def _iso(value: Value) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=8)
def _reader(head: str, words: frozenset[str] | None) -> list[tuple[str, int | None, Take]]:
    """How to read a body with this head: words that are new since then come back unknown."""
    told = json.loads(head)
    readers = _Readers(told["words"], words)
    places = {name: place for place, name in enumerate(told["roots"]) if words is None or name in words}
    return [(name, places.get(name), readers.take(word.kind, name)) for name, word in ROOTS.items()]


class _Readers:
    """Functions that read the values of one head's shapes: those of ``wanted``, all where it is None."""

    def __init__(self, words: Mapping[str, list[str]], wanted: frozenset[str] | None) -> None:
        self.words = words
        self.wanted = wanted

    def take(self, kind: str, path: str) -> Take:
        """A function that reads a datum of this kind, blank as the unknown of ``path``."""
        blank = Unknown((path,))
        if kind in SCALARS:
            return _SCALARS.get(kind, _scalar)(blank)
        sort, _, shape = kind.partition(":")
        if sort == "list":
            inner = shape if shape in SCALARS else f"map:{shape}"
            return _list(self.take(inner, canonical(f"{path}[]")), blank)
        return self._mapping(shape, path, blank)

    def _mapping(self, shape: str, path: str, blank: Unknown) -> Take:
        known: Mapping[str, Word] = SHAPES.get(shape, {})
        written = self.words.get(shape, [])
        missing: dict[str, Value] = {key: Unknown((f"{path}.{key}",)) for key in known}
        steps = [
            (
                key,
                place,
                None if known[key].kind in _AS_IT_IS else self.take(known[key].kind, f"{path}.{key}"),
            )
            for place, key in enumerate(written)
            if key in known and (self.wanted is None or key in self.wanted)
        ]

        def take(raw: Any) -> Value:
            if raw is None:
                return blank
            read: dict[str, Value] = missing.copy()
            for key, place, take_word in steps:
                value = raw[place]
                if value is not None:
                    read[key] = value if take_word is None else take_word(value)
            return read

        return take


_AS_IT_IS: Final = SCALARS - {NUMBER, DATE}


def _scalar(blank: Unknown) -> Take:
    return lambda raw: blank if raw is None else raw


def _number(blank: Unknown) -> Take:
    return lambda raw: blank if raw is None else Decimal(raw)


def _date(blank: Unknown) -> Take:
    return lambda raw: blank if raw is None else date.fromisoformat(raw)


_SCALARS: Final[Mapping[str, Callable[[Unknown], Take]]] = {NUMBER: _number, DATE: _date}


def _list(take_element: Take, blank: Unknown) -> Take:
    return lambda raw: blank if raw is None else [take_element(item) for item in raw]
