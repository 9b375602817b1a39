"""Limits of carbon efficiency (碳效): levels of emissions per value added, grades against the average."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.reference.loader import Source, Table, Value, open_pack, read_sources, source_of

FAMILY = "efficiency"


@dataclass(frozen=True, slots=True)
class Band:
    """One level or grade; ``upper`` belongs to it, and None means that it has no upper end."""

    code: str
    name: str
    name_en: str
    upper: Value | None


@dataclass(frozen=True, slots=True)
class EfficiencyLimits:
    """One method of grading; bands rise; ``averages`` are tCO2 per 万元 by year and industry code."""

    id: str
    title: str
    title_en: str
    levels: tuple[Band, ...]
    grades: tuple[Band, ...]
    averages: Mapping[tuple[int, str], Value]
    sha256: str


def _bands(top: Table, key: str, unit: str, sources: Mapping[str, Source]) -> tuple[Band, ...]:
    found: list[Band] = []
    for table in top.tables(key):
        source = source_of(table, sources)
        upper = table.optional_decimal("upper")
        if found:
            below = found[-1].upper
            if below is None or (upper is not None and upper <= below.amount):
                raise table.fail("upper", N_("界限应逐级升高"))
        value = None if upper is None else Value(upper, unit, source)
        found.append(Band(table.text("code"), table.text("name"), table.text("name_en"), value))
        table.close()
    if not found or found[-1].upper is not None:
        raise top.fail(key, N_("最后一级不应有上限"))
    return tuple(found)


def _averages(top: Table, sources: Mapping[str, Source]) -> dict[tuple[int, str], Value]:
    found: dict[tuple[int, str], Value] = {}
    for table in top.tables("average"):
        key = (table.integer("year"), table.text("industry"))
        if key in found:
            raise table.fail("industry", N_("同一年份和行业重复"))
        found[key] = Value(table.decimal("value"), "tCO2/万元", source_of(table, sources))
        if found[key].amount <= 0:
            raise table.fail("value", N_("应大于零"))
        table.close()
    return found


def read_efficiency(name: str, *, data: Path | None = None) -> EfficiencyLimits:
    """Read one method of grading from ``data``; raises PackError."""
    top, sha256 = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    limits = EfficiencyLimits(
        id=name,
        title=top.text("title"),
        title_en=top.text("title_en"),
        levels=_bands(top, "level", "tCO2/万元", sources),
        grades=_bands(top, "grade", "1", sources),
        averages=MappingProxyType(_averages(top, sources)),
        sha256=sha256,
    )
    top.close()
    return limits


@lru_cache(maxsize=8)
def load_efficiency(name: str) -> EfficiencyLimits:
    """The built-in method ``name``; raises PackError."""
    return read_efficiency(name)
