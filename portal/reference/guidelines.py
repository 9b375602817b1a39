"""Accounting guidelines as data: what is counted, by which formula, with which defaults and digits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.domain.quantities import UNITS
from portal.reference.loader import Source, Table, Value, names, open_pack, read_sources, source_of

FAMILY = "guidelines"

#: category → ways of counting that the engine knows; a pack chooses one for each category it counts
METHODS: Mapping[str, tuple[str, ...]] = {
    "fuel": ("heat-value", "heat-value-oxidised"),
    "process": ("factor",),
    "carbonate": ("carbonate",),
    "product": ("factor-deducted",),
    "electricity": ("grid",),
    "heat": ("heat-factor",),
    "steam": ("steam-enthalpy",),
    "hot_water": ("water-temperature",),
    "wastewater": ("anaerobic-cod",),
}

#: category → the values that an item may carry, with their units ("{unit}" is the item's own)
ITEM_VALUES: Mapping[str, Mapping[str, str]] = {
    "fuel": {"net_calorific_value": "GJ/{unit}", "carbon_content": "tC/GJ", "oxidation_rate": "1"},
    "process": {"emission_factor": "tCO2/{unit}"},
    "carbonate": {"emission_factor": "tCO2/{unit}"},
    "product": {"emission_factor": "tCO2/{unit}"},
    "output": {},
}

#: category → the constants that a pack must give when it counts the category
CONSTANTS: Mapping[str, Mapping[str, str]] = {
    "carbonate": {"purity": "1", "conversion": "1"},
    "heat": {"emission_factor": "tCO2/GJ"},
    "steam": {"emission_factor": "tCO2/GJ", "reference_enthalpy": "kJ/kg"},
    "hot_water": {
        "emission_factor": "tCO2/GJ",
        "reference_temperature": "℃",
        "specific_heat": "kJ/(kg·℃)",
    },
    "wastewater": {"bo": "kgCH4/kgCOD"},
}

STATES = ("solid", "liquid", "gas", "")


@dataclass(frozen=True, slots=True)
class Formula:
    """How one category is counted: the engine's method, the printed formula and its clause."""

    id: str
    method: str
    text: str
    clause: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a guideline's table: a fuel, a material, a carbonate, a product, an output."""

    category: str
    code: str
    name: str
    name_en: str
    aliases: tuple[str, ...]
    unit: str
    state: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Guideline:
    """One version of a guideline; never changed once a filing was made with it."""

    id: str
    title: str
    title_en: str
    sector: str
    emission_unit: str
    valid_from: date | None
    valid_to: date | None
    digits: Mapping[str, int]
    formulas: Mapping[str, Formula]
    items: Mapping[str, tuple[Item, ...]]
    constants: Mapping[str, Mapping[str, Value]]
    gaps: tuple[str, ...]
    sha256: str
    index: Mapping[tuple[str, str], Item]

    def counts(self, category: str) -> bool:
        """Whether the guideline counts this category at all."""
        return category in self.formulas

    def item(self, category: str, text: str) -> Item | None:
        """The item written as its official name, an alias of the pack, or its code."""
        return self.index.get((category, text))

    def nearest(self, category: str, text: str) -> tuple[str, ...]:
        """Up to three names of the category that look most like ``text``."""
        known = [key[1] for key in self.index if key[0] == category]
        return tuple(get_close_matches(text[:60], known, 3, 0.3))


def _values(table: Table, category: str, unit: str, sources: Mapping[str, Source]) -> dict[str, Value]:
    source = source_of(table, sources) if category != "output" else None
    found = {}
    for key, pattern in ITEM_VALUES[category].items():
        amount = table.optional_decimal(key)
        if amount is None:
            continue
        if source is None or amount < 0:
            raise table.fail(key, N_("不能为负"))
        found[key] = Value(amount, pattern.format(unit=unit), source)
    return found


def _item(table: Table, category: str, sources: Mapping[str, Source]) -> Item:
    unit = table.text("unit")
    if unit not in UNITS:
        raise table.fail("unit", N_("不认识这个单位"))
    item = Item(
        category=category,
        code=table.text("code"),
        name=table.text("name"),
        name_en=table.text("name_en"),
        aliases=table.texts("aliases"),
        unit=unit,
        state=table.word("state", STATES, ""),
        values=MappingProxyType(_values(table, category, unit, sources)),
    )
    table.close()
    return item


def _formulas(top: Table) -> dict[str, Formula]:
    found = {}
    for category, table in top.named_tables("formula").items():
        if category not in METHODS:
            raise table.fail("method", N_("不认识这个类别"))
        found[category] = Formula(
            id=table.text("id"),
            method=table.word("method", METHODS[category]),
            text=table.text("text"),
            clause=table.text("clause"),
            confidence=table.word("confidence", ("official", "transcribed", "unverified")),
        )
        table.close()
    return found


def _constants(
    top: Table, formulas: Mapping[str, Formula], sources: Mapping[str, Source]
) -> dict[str, Mapping[str, Value]]:
    constant = top.table("constant")
    found: dict[str, Mapping[str, Value]] = {}
    for category in (category for category in CONSTANTS if category in formulas):
        tables = constant.table(category)
        values = {}
        for key, unit in CONSTANTS[category].items():
            if not tables.has(key):
                raise tables.fail(key, N_("缺少这个键"))
            entry = tables.table(key)
            values[key] = Value(entry.decimal("value"), unit, source_of(entry, sources))
            entry.close()
        tables.close()
        found[category] = MappingProxyType(values)
    constant.close()
    return found


def _index(top: Table, items: Mapping[str, tuple[Item, ...]]) -> dict[tuple[str, str], Item]:
    index: dict[tuple[str, str], Item] = {}
    for category, entries in items.items():
        for entry in entries:
            for text in (entry.name, entry.code, *entry.aliases):
                if index.setdefault((category, text), entry) is not entry:
                    raise top.fail(category, N_("名称或代码重复：") + text)
    return index


def _digits(top: Table) -> dict[str, int]:
    table = top.table("rounding")
    keys = ("line", "total", "reported_total", "intensity")
    optional = ("amount", "net_calorific_value", "carbon_content", "electricity", "heat", "output")
    found = {key: table.integer(key) for key in keys}
    found.update({key: table.integer(key) for key in optional if table.has(key)})
    table.close()
    return found


def read_guideline(name: str, *, data: Path | None = None) -> Guideline:
    """Read one guideline pack from ``data`` (the built-in packs by default); raises PackError."""
    top, sha256 = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    formulas = _formulas(top)
    items = {
        category: tuple(_item(table, category, sources) for table in top.tables(category))
        for category in ITEM_VALUES
    }
    guideline = Guideline(
        id=name,
        title=top.text("title"),
        title_en=top.text("title_en"),
        sector=top.text("sector"),
        emission_unit=top.word("emission_unit", ("tCO2", "tCO2e")),
        valid_from=top.day("valid_from"),
        valid_to=top.day("valid_to"),
        digits=MappingProxyType(_digits(top)),
        formulas=MappingProxyType(formulas),
        items=MappingProxyType(items),
        constants=MappingProxyType(_constants(top, formulas, sources)),
        gaps=top.texts("gaps"),
        sha256=sha256,
        index=MappingProxyType(_index(top, items)),
    )
    top.close()
    return guideline


@lru_cache(maxsize=64)
def load_guideline(name: str) -> Guideline:
    """The built-in guideline ``name``; raises PackError where there is none or it is wrong."""
    return read_guideline(name)


def list_guidelines() -> tuple[str, ...]:
    """Ids of all built-in guidelines."""
    return names(FAMILY)
