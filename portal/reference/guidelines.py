"""Accounting guidelines as data: what is counted, by which formula, with which defaults and digits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.domain.quantities import UNITS
from portal.reference.loader import (
    CONFIDENCES,
    Source,
    Table,
    Value,
    folded,
    names,
    open_pack,
    read_sources,
    source_of,
)

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
    "clinker": ("clinker-factor",),
    "ch4_recovery": ("ch4-recovered",),
    "co2_recovery": ("co2-recovered",),
    "refrigerant": ("gas-released",),
    "sf6": ("gas-released",),
}

#: category → the formula used instead when the input brings the values that it needs
ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "fuel": ("element-carbon", "element-carbon-oxidised"),
    "electricity": ("grid-market",),
    "clinker": ("clinker-oxides",),
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
    "clinker": {"emission_factor": "tCO2/t"},
    "ch4_recovery": {"density": "tCH4/10^4Nm3", "efficiency": "1"},
    "co2_recovery": {"density": "tCO2/10^4Nm3"},
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
class CorrectionFactor:
    """Methane correction factor (MCF) of one way of treating wastewater, or of one sector.

    ``least`` and ``most`` bound the value where the table prints a range.
    """

    code: str
    kind: str
    name: str
    name_en: str
    value: Value
    least: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class Guideline:
    """One version of a guideline; never changed once a filing was made with it.

    ``energy_conversion`` says whether heat may be given in MWh or tce, and electricity in GJ.
    """

    id: str
    title: str
    title_en: str
    sector: str
    emission_unit: str
    valid_from: date | None
    valid_to: date | None
    digits: Mapping[str, int]
    digits_source: Source | None
    formulas: Mapping[str, Formula]
    alternatives: Mapping[str, Formula]
    energy_conversion: bool
    items: Mapping[str, tuple[Item, ...]]
    constants: Mapping[str, Mapping[str, Value]]
    mcf: tuple[CorrectionFactor, ...]
    gaps: tuple[str, ...]
    sha256: str
    index: Mapping[tuple[str, str], Item]

    def counts(self, category: str) -> bool:
        """Whether the guideline counts this category at all."""
        return category in self.formulas

    def item(self, category: str, text: str) -> Item | None:
        """The item written as its official name, its English name, an alias of the pack, or its code.

        Case, spaces and full-width signs do not matter.
        """
        return self.index.get((category, folded(text)))

    def nearest(self, category: str, text: str) -> tuple[str, ...]:
        """Up to three names of the category that look most like ``text``."""
        entries = self.items.get(category, ())
        known = [word for entry in entries for word in (entry.name, entry.code, *entry.aliases)]
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


def _formulas(top: Table, key: str, known: Mapping[str, tuple[str, ...]]) -> dict[str, Formula]:
    found = {}
    for category, table in top.named_tables(key).items():
        if category not in known:
            raise table.fail("method", N_("不认识这个类别"))
        found[category] = Formula(
            id=table.text("id"),
            method=table.word("method", known[category]),
            text=table.text("text"),
            clause=table.text("clause"),
            confidence=table.word("confidence", CONFIDENCES),
        )
        table.close()
    return found


def _alternatives(top: Table, formulas: Mapping[str, Formula]) -> dict[str, Formula]:
    found = _formulas(top, "alternative", ALTERNATIVES)
    for category in found:
        if category not in formulas:
            raise top.fail(f"alternative.{category}", N_("这个类别没有主公式"))
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
            for text in (entry.name, entry.name_en, entry.code, *entry.aliases):
                if index.setdefault((category, folded(text)), entry) is not entry:
                    raise top.fail(category, N_("名称或代码重复：") + text)
    return index


def _correction_factors(top: Table, sources: Mapping[str, Source]) -> tuple[CorrectionFactor, ...]:
    found: list[CorrectionFactor] = []
    for table in top.tables("mcf"):
        entry = CorrectionFactor(
            code=table.text("code"),
            kind=table.word("kind", ("system", "sector")),
            name=table.text("name"),
            name_en=table.text("name_en"),
            value=Value(table.decimal("value"), "1", source_of(table, sources)),
            least=table.optional_decimal("least"),
            most=table.optional_decimal("most"),
        )
        if not 0 <= entry.value.amount <= 1:
            raise table.fail("value", N_("应在 0 与 1 之间"))
        if entry.code in {held.code for held in found}:
            raise table.fail("code", N_("名称或代码重复：") + entry.code)
        table.close()
        found.append(entry)
    return tuple(found)


def _digits(top: Table, sources: Mapping[str, Source]) -> tuple[dict[str, int], Source | None]:
    table = top.table("rounding")
    source = source_of(table, sources) if table.has("source") else None
    keys = ("line", "total", "reported_total", "intensity")
    optional = (
        "amount",
        "net_calorific_value",
        "carbon_content",
        "electricity",
        "heat",
        "output",
        "moisture",
        "operating_hours",
        "load_factor",
        "power_intensity",
        "heat_intensity",
    )
    found = {key: table.integer(key) for key in keys}
    found.update({key: table.integer(key) for key in optional if table.has(key)})
    table.close()
    return found, source


def read_guideline(name: str, *, data: Path | None = None) -> Guideline:
    """Read one guideline pack from ``data`` (the built-in packs by default); raises PackError."""
    top, sha256 = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    formulas = _formulas(top, "formula", METHODS)
    items = {
        category: tuple(_item(table, category, sources) for table in top.tables(category))
        for category in ITEM_VALUES
    }
    digits, digits_source = _digits(top, sources)
    guideline = Guideline(
        id=name,
        title=top.text("title"),
        title_en=top.text("title_en"),
        sector=top.text("sector"),
        emission_unit=top.word("emission_unit", ("tCO2", "tCO2e")),
        valid_from=top.day("valid_from"),
        valid_to=top.day("valid_to"),
        digits=MappingProxyType(digits),
        digits_source=digits_source,
        formulas=MappingProxyType(formulas),
        alternatives=MappingProxyType(_alternatives(top, formulas)),
        energy_conversion=top.flag("energy_conversion", default=False),
        items=MappingProxyType(items),
        constants=MappingProxyType(_constants(top, formulas, sources)),
        mcf=_correction_factors(top, sources),
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
