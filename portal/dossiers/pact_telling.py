"""A PACT footprint told in rows: every value with the name, unit and place of its field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.reference.pact import LIST, OBJECT, ROOT, PactField, load_pact


@dataclass(frozen=True, slots=True)
class PactRow:
    """One value as the file has it; ``names`` go from the outer field to the inner, Chinese and English."""

    pointer: str
    names: tuple[tuple[str, str], ...]
    value: str
    unit: str


def rows_of(raw: Mapping[str, Any]) -> tuple[PactRow, ...]:
    """The values of a footprint that fits the schema, in the order of the specification.

    Extensions and fields that the specification does not have are left out.
    """
    return tuple(_within(raw, ROOT, "", ()))


def _within(
    held: Mapping[str, Any], owner: str, prefix: str, names: tuple[tuple[str, str], ...]
) -> Iterator[PactRow]:
    for key, field in load_pact().fields[owner].items():
        if key in held and key != "extensions":
            inner = names if key == "pcf" else (*names, (field.name, field.name_en))
            yield from _told(held[key], field, f"{prefix}/{key}", inner)


def _told(
    value: Any, field: PactField, pointer: str, names: tuple[tuple[str, str], ...]
) -> Iterator[PactRow]:
    if field.kind.startswith(OBJECT):
        yield from _within(value, field.kind.removeprefix(OBJECT), pointer, names)
    elif field.kind.startswith(LIST + OBJECT):
        for place, entry in enumerate(value):
            inner = field.kind.removeprefix(LIST + OBJECT)
            yield from _within(entry, inner, f"{pointer}/{place}", names)
    else:
        text = "、".join(value) if isinstance(value, list) else str(value)
        yield PactRow(pointer, names, text.strip(), field.unit)
