"""The parameters that a guideline asks for, stream by stream: what plans and monthly forms are made of.

A catalogue names kinds of source streams (a solid fuel, purchased electricity, an output …). Each kind lists
its parameters with unit, digits, ways of obtaining them, evidence and meters; the items that may be
chosen come from the guideline's own tables and from the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.reference.guidelines import Guideline, load_guideline
from portal.reference.loader import CONFIDENCES, Table, Value, names, open_pack

FAMILY = "catalogue"
SECTIONS = ("energy", "process", "power_heat", "output", "pollutants", "other")
ACQUISITIONS = ("measured", "calculated", "design", "default")
#: how a derived parameter is worked out (portal.accounting.stock does the first two)
RULES = ("", "stock_identity", "net_purchase", "emission")


@dataclass(frozen=True, slots=True)
class MeterType:
    """A kind of meter, with the accuracy class that is required of it (0.5 means 0.5 %)."""

    key: str
    name: str
    name_en: str
    accuracy_class: Decimal | None
    rule: str
    confidence: str = "transcribed"


@dataclass(frozen=True, slots=True)
class EvidenceNeed:
    """A document that must (or may) lie with a parameter each month."""

    code: str
    title: str
    title_en: str
    clause: str
    mandatory: bool


@dataclass(frozen=True, slots=True)
class ParameterEntry:
    """One parameter of a kind of stream."""

    key: str
    name: str
    name_en: str
    unit: str
    digits: int
    section: str
    acquisition: str
    acquisitions: tuple[str, ...]
    required: bool
    derived: bool
    rule: str
    derivation: str
    derivation_en: str
    carried_from: str
    feeds: str
    frequency: str
    frequency_en: str
    missing_rule: str
    missing_rule_en: str
    clause: str
    confidence: str
    evidence: tuple[EvidenceNeed, ...]
    meters: tuple[MeterType, ...]

    def unit_for(self, item_unit: str) -> str:
        """The unit for a stream whose amounts are in ``item_unit`` (t or 10^4Nm3)."""
        return self.unit.replace("{unit}", item_unit)

    def required_class(self, meter_type: str) -> Decimal | None:
        """Accuracy class required of a meter of this type here; None where the guideline names none."""
        return next((meter.accuracy_class for meter in self.meters if meter.key == meter_type), None)


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """Something that a stream may be of: a fuel, a material, a product, an output, a pollutant."""

    category: str
    kind: str
    code: str
    name: str
    name_en: str
    unit: str
    defaults: Mapping[str, Value]
    default_only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamKind:
    """One kind of source stream; ``counted`` says whether the guideline's total includes it."""

    key: str
    name: str
    name_en: str
    category: str
    state: str
    section: str
    unit: str
    counted: bool
    free_name: bool
    parameters: tuple[ParameterEntry, ...]

    def parameter(self, key: str) -> ParameterEntry | None:
        """The parameter with this key."""
        return next((entry for entry in self.parameters if entry.key == key), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All kinds of streams and all items of one guideline."""

    guideline: str
    title: str
    title_en: str
    kinds: Mapping[str, StreamKind]
    items: tuple[CatalogueItem, ...]
    meters: Mapping[str, MeterType]
    constants: Mapping[str, Mapping[str, Value]]
    sha256: str
    #: The items by category and by each of their words: a month asks for some two hundred.
    _by_word: Mapping[tuple[str, str], CatalogueItem] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the index; where two items share a word, the first of the table is meant."""
        words: dict[tuple[str, str], CatalogueItem] = {}
        for item in self.items:
            for word in (item.name, item.code):
                words.setdefault((item.category, word), item)
        object.__setattr__(self, "_by_word", words)

    def kind(self, key: str) -> StreamKind | None:
        """The kind of stream with this key."""
        return self.kinds.get(key)

    def kinds_in(self, section: str) -> tuple[StreamKind, ...]:
        """Kinds of streams shown in one section of the month."""
        return tuple(kind for kind in self.kinds.values() if kind.section == section)

    def item(self, category: str, text: str) -> CatalogueItem | None:
        """The item of a category by its Chinese name or its code."""
        return self._by_word.get((category, text))

    def kind_of(self, category: str, item: str = "") -> StreamKind | None:
        """The kind of stream for a category and an item; without an item, the category's first kind."""
        found = self.item(category, item) if item else None
        if found is not None:
            return self.kinds[found.kind]
        return next((kind for kind in self.kinds.values() if kind.category == category), None)

    def default(self, category: str, item: str, key: str) -> Value | None:
        """The guideline's default of a parameter for an item, or its constant for the category; else None."""
        found = self.item(category, item)
        if found is not None and key in found.defaults:
            return found.defaults[key]
        return self.constants.get(category, {}).get(key)


def _meters(top: Table) -> dict[str, MeterType]:
    found = {}
    for key, table in top.named_tables("meter").items():
        found[key] = MeterType(
            key,
            table.text("name"),
            table.text("name_en"),
            table.optional_decimal("accuracy_class"),
            table.text("rule", ""),
            table.word("confidence", CONFIDENCES, "transcribed"),
        )
        table.close()
    return found


def _evidence(top: Table) -> dict[str, EvidenceNeed]:
    found = {}
    for key, table in top.named_tables("evidence").items():
        found[key] = EvidenceNeed(
            key,
            table.text("title"),
            table.text("title_en"),
            table.text("clause", ""),
            table.flag("mandatory"),
        )
        table.close()
    return found


def _missing_rules(top: Table) -> dict[str, tuple[str, str]]:
    found = {"": ("", "")}
    for key, table in top.named_tables("missing_rule").items():
        found[key] = (table.text("text"), table.text("text_en"))
        table.close()
    return found


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What parameters of one catalogue refer to by key."""

    meters: Mapping[str, MeterType]
    groups: Mapping[str, tuple[str, ...]]
    evidence: Mapping[str, EvidenceNeed]
    missing: Mapping[str, tuple[str, str]]


def _groups(top: Table, meters: Mapping[str, MeterType]) -> dict[str, tuple[str, ...]]:
    table = top.table("meter_groups")
    found = {}
    for key in table.held():
        members = table.texts(key)
        if not set(members) <= meters.keys():
            raise table.fail(key, N_("没有登记其中的器具"))
        found[key] = members
    table.close()
    return found


def _proofs(table: Table, shelf: _Shelf) -> tuple[tuple[EvidenceNeed, ...], tuple[MeterType, ...]]:
    """The evidence and the meters that a parameter names."""
    evidence, group = table.texts("evidence"), table.text("meters", "")
    if not set(evidence) <= shelf.evidence.keys():
        raise table.fail("evidence", N_("没有登记这个名称"))
    if group and group not in shelf.groups:
        raise table.fail("meters", N_("没有登记这个名称"))
    return (
        tuple(shelf.evidence[code] for code in evidence),
        tuple(shelf.meters[code] for code in shelf.groups.get(group, ())),
    )


def _parameter(table: Table, section: str, shelf: _Shelf) -> ParameterEntry:
    acquisitions = table.texts("acquisitions")
    if not acquisitions or not set(acquisitions) <= set(ACQUISITIONS):
        raise table.fail("acquisitions", N_("只能是其中之一：") + "、".join(ACQUISITIONS))
    evidence, meters = _proofs(table, shelf)
    missing = table.text("missing_rule", "")
    if missing not in shelf.missing:
        raise table.fail("missing_rule", N_("没有登记这个名称"))
    rule = table.word("rule", RULES, "")
    entry = ParameterEntry(
        key=table.text("key"),
        name=table.text("name"),
        name_en=table.text("name_en"),
        unit=table.text("unit"),
        digits=table.integer("digits"),
        section=table.word("section", SECTIONS, section),
        acquisition=table.word("acquisition", acquisitions),
        acquisitions=acquisitions,
        required=table.flag("required", default=True),
        derived=bool(rule),
        rule=rule,
        derivation=table.text("derivation", ""),
        derivation_en=table.text("derivation_en", ""),
        carried_from=table.text("carried_from", ""),
        feeds=table.text("feeds", ""),
        frequency=table.text("frequency", ""),
        frequency_en=table.text("frequency_en", ""),
        missing_rule=shelf.missing[missing][0],
        missing_rule_en=shelf.missing[missing][1],
        clause=table.text("clause", ""),
        confidence=table.word("confidence", CONFIDENCES),
        evidence=evidence,
        meters=meters,
    )
    if entry.derived and not entry.derivation:
        raise table.fail("derivation", N_("推导值须写明算法"))
    table.close()
    return entry


def _kinds(top: Table, guideline: Guideline, shelf: _Shelf) -> dict[str, StreamKind]:
    found = {}
    for key, table in top.named_tables("kind").items():
        section = table.word("section", SECTIONS)
        category = table.text("category")
        parameters = tuple(_parameter(entry, section, shelf) for entry in table.tables("parameter"))
        keys = [entry.key for entry in parameters]
        if not keys or len(set(keys)) != len(keys):
            raise table.fail("parameter", N_("参数缺失或重复"))
        found[key] = StreamKind(
            key=key,
            name=table.text("name"),
            name_en=table.text("name_en"),
            category=category,
            state=table.text("state", ""),
            section=section,
            unit=table.text("unit"),
            counted=guideline.counts(category),
            free_name=table.flag("free_name", default=False),
            parameters=parameters,
        )
        table.close()
    return found


def _items(top: Table, guideline: Guideline, kinds: Mapping[str, StreamKind]) -> tuple[CatalogueItem, ...]:
    only: dict[str, tuple[str, ...]] = {}
    for key, table in top.named_tables("default_only").items():
        only[key] = table.texts("parameters")
        table.close()
    by_place = {(kind.category, kind.state): kind.key for kind in reversed(list(kinds.values()))}
    found = []
    for category, entries in guideline.items.items():
        for entry in entries:
            kind = by_place.get((category, entry.state))
            if kind is None:
                raise top.fail("kind", N_("没有适用的排放源流种类：") + entry.name)
            found.append(
                CatalogueItem(
                    category,
                    kind,
                    entry.code,
                    entry.name,
                    entry.name_en,
                    entry.unit,
                    entry.values,
                    only.get(entry.code, ()),
                )
            )
    for table in top.tables("item"):
        kind = table.word("kind", tuple(kinds))
        code, name, name_en = table.text("code"), table.text("name"), table.text("name_en")
        unit = table.text("unit", kinds[kind].unit)
        found.append(
            CatalogueItem(kinds[kind].category, kind, code, name, name_en, unit, MappingProxyType({}), ())
        )
        table.close()
    return tuple(found)


def read_catalogue(guideline: Guideline, *, data: Path | None = None) -> Catalogue:
    """Read the catalogue of ``guideline``; raises PackError where something in it does not fit."""
    top, sha256 = open_pack(FAMILY, guideline.id, data=data)
    meters = _meters(top)
    shelf = _Shelf(meters, _groups(top, meters), _evidence(top), _missing_rules(top))
    kinds = _kinds(top, guideline, shelf)
    catalogue = Catalogue(
        guideline=guideline.id,
        title=top.text("title"),
        title_en=top.text("title_en"),
        kinds=MappingProxyType(kinds),
        items=_items(top, guideline, kinds),
        meters=MappingProxyType(meters),
        constants=guideline.constants,
        sha256=sha256,
    )
    top.close()
    return catalogue


@lru_cache(maxsize=16)
def load_catalogue(guideline_id: str) -> Catalogue:
    """The built-in catalogue of a guideline; raises PackError."""
    return read_catalogue(load_guideline(guideline_id))


def list_catalogues() -> tuple[str, ...]:
    """Guidelines that have a catalogue."""
    return names(FAMILY)
