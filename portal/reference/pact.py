"""The fields of a PACT footprint as data, and the JSON Schema that follows from them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from portal.reference.loader import Source, Table, open_pack, read_sources

FAMILY = "pact"
VERSION = "3"
ROOT = "ProductFootprint"
LIST, OBJECT = "list:", "object:"

#: Decimal texts: the whole text is matched, so that "0x" or "1e5" is none.
_DECIMALS = {
    "decimal": r"^[+-]?\d+(\.\d+)?$",
    "decimal_above_zero": r"^\+?(\d*[1-9]\d*(\.\d+)?|0+\.\d*[1-9]\d*)$",
    "decimal_from_zero": r"^(\+?\d+(\.\d+)?|-0+(\.0+)?)$",
    "decimal_to_zero": r"^(-\d+(\.\d+)?|\+?0+(\.0+)?)$",
}
_SCALARS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string"},
    "filled": {"type": "string", "minLength": 1},
    "choice": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "moment": {"type": "string", "format": "date-time"},
    "uri": {"type": "string", "format": "uri"},
    "urn": {"type": "string", "pattern": "^[uU][rR][nN]:"},
    "flag": {"type": "boolean"},
    "anything": {"type": "object"},
    **{kind: {"type": "string", "pattern": pattern} for kind, pattern in _DECIMALS.items()},
}
_KINDS = (*_SCALARS, *(LIST + kind for kind in _SCALARS))


@dataclass(frozen=True, slots=True)
class PactField:
    """One field of an object of the format.

    ``kind`` is a scalar, ``object:<name>`` or ``list:<kind>``; ``rule`` the level at which the field
    is asked for beside the schema, such as SHALL or SHALL-2027; ``unit`` as the specification writes it.
    """

    owner: str
    key: str
    name: str
    name_en: str
    kind: str
    required: bool
    rule: str
    unit: str
    choices: tuple[str, ...]
    pattern: str
    least: int | None
    unique: bool

    @property
    def is_decimal(self) -> bool:
        """Whether its value is a decimal text."""
        return self.kind in _DECIMALS


@dataclass(frozen=True, slots=True)
class PactFormat:
    """The exchange format: its fields by object and key, and our symbols of its declared units."""

    version: str
    fields: Mapping[str, Mapping[str, PactField]]
    at_most_one: tuple[str, ...]
    units: Mapping[str, str]
    source: Source


@lru_cache(maxsize=1)
def load_pact() -> PactFormat:
    """The format that is written and taken in; raises PackError for a wrong file."""
    top, _ = open_pack(FAMILY, VERSION)
    top.text("title")
    top.text("title_en")
    sources = read_sources(top)
    version, at_most_one, source = top.text("version"), top.texts("at_most_one"), sources["PACT"]
    named = top.table("units")
    units = {name: named.text(name) for name in named.held()}
    fields: dict[str, dict[str, PactField]] = {}
    for table in top.tables("fields"):
        field = _field(table)
        fields.setdefault(field.owner, {})[field.key] = field
    top.close()
    return PactFormat(version, fields, at_most_one, units, source)


def _field(table: Table) -> PactField:
    owner, kind = table.text("object"), table.text("kind")
    if not kind.removeprefix(LIST).startswith(OBJECT) and kind not in _KINDS:
        raise table.fail("kind", kind)
    field = PactField(
        owner=owner,
        key=table.text("key"),
        name=table.text("name"),
        name_en=table.text("name_en"),
        kind=kind,
        required=table.flag("required", default=False),
        rule=table.text("rule", ""),
        unit=table.text("unit", ""),
        choices=table.texts("choices"),
        pattern=table.text("pattern", ""),
        least=table.optional_integer("least"),
        unique=table.flag("unique", default=False),
    )
    table.close()
    return field


@lru_cache(maxsize=1)
def pact_schema() -> Mapping[str, Any]:
    """JSON Schema (2020-12) of one product footprint.

    Fields that the table does not name are let through: later revisions may bring some.
    """
    pact = load_pact()
    objects = {owner: _object(fields.values()) for owner, fields in pact.fields.items()}
    pairs = [
        [first, second]
        for place, first in enumerate(pact.at_most_one)
        for second in pact.at_most_one[place + 1 :]
    ]
    objects["CarbonFootprint"]["allOf"] = [{"not": {"required": pair}} for pair in pairs]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{ROOT}",
        "$defs": objects,
    }


def _object(held: Collection[PactField]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [field.key for field in held if field.required],
        "properties": {field.key: _value(field) for field in held},
    }


def _value(field: PactField) -> dict[str, Any]:
    one = _one(field.kind.removeprefix(LIST))
    if field.choices:
        one["enum"] = list(field.choices)
    if field.pattern:
        one["pattern"] = field.pattern
    if not field.kind.startswith(LIST):
        return one
    several: dict[str, Any] = {"type": "array", "items": one}
    if field.least is not None:
        several["minItems"] = field.least
    if field.unique:
        several["uniqueItems"] = True
    return several


def _one(kind: str) -> dict[str, Any]:
    if kind.startswith(OBJECT):
        return {"$ref": f"#/$defs/{kind.removeprefix(OBJECT)}"}
    return dict(_SCALARS[kind])
