"""Help on names: what a check may say, what it means, of what kind it is, and how it looks in a month."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from checklists.functions import FUNCTIONS
from checklists.reading import say
from checklists.vocabulary import CODES, ROOTS, SCALARS, SHAPES, SUBJECTS

#: How deep lists within lists are told; what lies deeper is found by its own list.
_DEEPEST: Final = 4


@dataclass(frozen=True)
class Name:
    """A name with its meaning; ``path`` holds ``[]`` where a loop walks a list; ``example`` is a text."""

    path: str
    zh: str
    en: str
    kind: str
    example: str


@dataclass(frozen=True)
class FunctionHelp:
    """A function with how it is read out."""

    call: str
    reading: str
    reading_en: str


def names_of(per: str, facts: Mapping[str, Any]) -> tuple[Name, ...]:
    """Every name that a check asked per ``per`` may use, with its value in ``facts``.

    Of a list the first element that has the datum is shown; the subject is the first row, slot or stream.
    """
    subjects = {name: _subject(name, facts) for name in SUBJECTS[per]}
    found: list[Name] = []
    for root, word in {**SUBJECTS[per], **ROOTS}.items():
        values = subjects[root] if root in subjects else [facts.get(root)]
        found.append(Name(root, word.zh, word.en, _kind(word.kind), _count(word.kind, values)))
        found += _inside(root, word.kind, values, 0)
    return tuple(found)


def _subject(name: str, facts: Mapping[str, Any]) -> list[Any]:
    plan = facts.get("plan") or {}
    listed = {"row": facts.get("rows"), "slot": facts.get("slots"), "stream": plan.get("streams")}
    return list(listed[name] or ())


def _inside(path: str, kind: str, values: list[Any], depth: int) -> Iterator[Name]:
    sort, _, shape = kind.partition(":")
    if shape not in SHAPES or depth >= _DEEPEST or (path == "stream" and depth):
        return
    if sort == "list":
        path, values = f"{path}[]", [item for value in values for item in value or ()]
        if path.partition("[")[0] in {"rows", "slots"} or path.endswith("stream.rows[]"):
            return  # their words are those of the row and the slot
    for key, word in SHAPES[shape].items():
        held = [value.get(key) for value in values if isinstance(value, Mapping)]
        yield Name(f"{path}.{key}", word.zh, word.en, _kind(word.kind), _example(word.kind, held))
        yield from _inside(f"{path}.{key}", word.kind, held, depth + 1)


def _kind(kind: str) -> str:
    return kind if kind in SCALARS else kind.partition(":")[0]


def _example(kind: str, values: list[Any]) -> str:
    if kind not in SCALARS:
        return _count(kind, values)
    value = next((value for value in values if value is not None and value != ""), None)
    if value is None:
        return ""
    # A code is written in expressions as it is; its word stands beside it.
    return f"{value}（{say(value)}）" if isinstance(value, str) and value in CODES else say(value)


def _count(kind: str, values: list[Any]) -> str:
    if not kind.startswith("list:"):
        return ""
    return str(max((len(value) for value in values if isinstance(value, list)), default=0))


def functions_of() -> tuple[FunctionHelp, ...]:
    """The functions of single values; those over lists are told by the page."""
    told = []
    for name, function in FUNCTIONS.items():
        letters = "abc"[: len(function.takes)]
        told.append(
            FunctionHelp(
                f"{name}({', '.join(letters)})",
                function.reading.format(*letters),
                function.reading_en.format(*letters),
            )
        )
    return tuple(told)
