"""Rules of the environmental protection tax: pollution equivalents, what is taxed, reductions, rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.reference.loader import Source, Table, Value, open_pack, read_sources, source_of

FAMILY = "tax"
MEDIA = ("air", "water")
#: classes of pollutants whose heaviest are taxed, by medium
GROUPS: Mapping[str, tuple[str, ...]] = {"air": ("air",), "water": ("water-1", "water-2")}
METHODS = ("automatic", "monitoring", "coefficient", "balance", "sampling")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A taxed pollutant: how many kg of it are one pollution equivalent (污染当量)."""

    code: str
    name: str
    name_en: str
    medium: str
    group: str
    value: Value


@dataclass(frozen=True, slots=True)
class Reduction:
    """Below this share of the limit the tax is payable in this part only."""

    below: Decimal
    payable: Decimal
    source: Source


@dataclass(frozen=True, slots=True)
class TaxRules:
    """One version of the rules.

    ``counted`` says how many pollutants of a group are taxed at an outlet, heaviest first; ``reductions``
    are strictest first; ``preference`` holds tiers of ways to find the amount, best first; ``rates`` are
    in 元 per equivalent by area and medium.
    """

    id: str
    title: str
    title_en: str
    equivalents: Mapping[tuple[str, str], Equivalent]
    counted: Mapping[str, int]
    counted_source: Source
    reductions: tuple[Reduction, ...]
    preference: tuple[tuple[str, ...], ...]
    rates: Mapping[tuple[str, str], Value]
    sha256: str


def _equivalents(top: Table, sources: Mapping[str, Source]) -> dict[tuple[str, str], Equivalent]:
    found: dict[tuple[str, str], Equivalent] = {}
    for table in top.tables("equivalent"):
        medium = table.word("medium", MEDIA)
        entry = Equivalent(
            code=table.text("code"),
            name=table.text("name"),
            name_en=table.text("name_en"),
            medium=medium,
            group=table.word("group", GROUPS[medium]),
            value=Value(table.decimal("value"), "kg/污染当量", source_of(table, sources)),
        )
        if entry.value.amount <= 0:
            raise table.fail("value", N_("应大于零"))
        if (medium, entry.code) in found:
            raise table.fail("code", N_("名称或代码重复：") + entry.code)
        table.close()
        found[medium, entry.code] = entry
    return found


def _counted(top: Table, sources: Mapping[str, Source]) -> tuple[dict[str, int], Source]:
    table = top.table("counted")
    source = source_of(table, sources)
    found = {group: table.integer(group) for groups in GROUPS.values() for group in groups}
    table.close()
    return found, source


def _reductions(top: Table, sources: Mapping[str, Source]) -> tuple[Reduction, ...]:
    found = []
    for table in top.tables("reduction"):
        entry = Reduction(table.decimal("below"), table.decimal("payable"), source_of(table, sources))
        if not (0 < entry.below <= 1 and 0 <= entry.payable <= 1):
            raise table.fail("below", N_("应在 0 与 1 之间"))
        table.close()
        found.append(entry)
    return tuple(sorted(found, key=lambda entry: entry.below))


def _preference(top: Table, sources: Mapping[str, Source]) -> tuple[tuple[str, ...], ...]:
    found = []
    for table in top.tables("preference"):
        source_of(table, sources)
        methods = table.texts("methods")
        if not methods or not set(methods) <= set(METHODS):
            raise table.fail("methods", N_("只能是其中之一：") + "、".join(METHODS))
        table.close()
        found.append(methods)
    return tuple(found)


def _rates(top: Table, sources: Mapping[str, Source]) -> dict[tuple[str, str], Value]:
    found: dict[tuple[str, str], Value] = {}
    for table in top.tables("rate"):
        key = (table.text("area"), table.word("medium", MEDIA))
        if key in found:
            raise table.fail("area", N_("同一地区重复"))
        found[key] = Value(table.decimal("value"), "元/污染当量", source_of(table, sources))
        table.close()
    return found


def read_tax(name: str, *, data: Path | None = None) -> TaxRules:
    """Read one version of the rules from ``data``; raises PackError."""
    top, sha256 = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    counted, source = _counted(top, sources)
    rules = TaxRules(
        id=name,
        title=top.text("title"),
        title_en=top.text("title_en"),
        equivalents=MappingProxyType(_equivalents(top, sources)),
        counted=MappingProxyType(counted),
        counted_source=source,
        reductions=_reductions(top, sources),
        preference=_preference(top, sources),
        rates=MappingProxyType(_rates(top, sources)),
        sha256=sha256,
    )
    top.close()
    return rules


@lru_cache(maxsize=8)
def load_tax(name: str) -> TaxRules:
    """The built-in rules ``name``; raises PackError."""
    return read_tax(name)
