"""Grid factors by family, year and area, and sets of global warming potentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.reference.loader import Value, folded, names, open_pack, read_sources, source_of

GRID_FAMILY = "grid"
GWP_FAMILY = "gwp"
#: what may follow the name of an area without making it another one
_AREA_ENDINGS = (
    "壮族自治区",
    "回族自治区",
    "维吾尔自治区",
    "自治区",
    "省",
    "市",
    "区域电网",
    "电网",
    "区域",
    "地区",
)


@dataclass(frozen=True, slots=True)
class GridFactors:
    """One family of grid factors; ``purpose`` keeps inventories and product footprints apart."""

    id: str
    title: str
    title_en: str
    purpose: str
    factors: Mapping[tuple[int, str], Value]
    sha256: str

    def years(self) -> tuple[int, ...]:
        """Data years held, oldest first."""
        return tuple(sorted({year for year, _ in self.factors}))

    def areas(self, year: int) -> tuple[str, ...]:
        """Areas held for one year, in the order of the announcement."""
        return tuple(area for held, area in self.factors if held == year)

    def find(self, year: int, area: str) -> Value | None:
        """The factor of an area, which may be written with its rank (浙江省) and with spaces; else None."""
        text = folded(area)
        short = next((text.removesuffix(end) for end in _AREA_ENDINGS if text.endswith(end)), text)
        return self.factors.get((year, text)) or self.factors.get((year, short))


@dataclass(frozen=True, slots=True)
class Gas:
    """A greenhouse gas or a blend of refrigerants, by all its names."""

    code: str
    name: str
    name_en: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GwpSet:
    """Global warming potentials over 100 years of one IPCC assessment."""

    id: str
    title: str
    title_en: str
    values: Mapping[str, Value]
    gases: Mapping[str, Gas]
    index: Mapping[str, str]
    sha256: str

    def gas(self, text: str) -> str | None:
        """The code of the gas written by code, name or alias (HFC134a, HFC-134a, R134a); else None."""
        return self.index.get(folded(text))

    def nearest(self, text: str) -> tuple[str, ...]:
        """Up to three names that look most like ``text``."""
        known = {word for gas in self.gases.values() for word in (gas.code, gas.name, *gas.aliases)}
        return tuple(get_close_matches(text[:60], sorted(known), 3, 0.3))


def read_grid(name: str, *, data: Path | None = None) -> GridFactors:
    """Read one family of grid factors from ``data``; raises PackError."""
    top, sha256 = open_pack(GRID_FAMILY, name, data=data)
    sources = read_sources(top)
    unit = top.word("unit", ("tCO2/MWh", "tCO2e/MWh"))
    factors: dict[tuple[int, str], Value] = {}
    for table in top.tables("factor"):
        key = (table.integer("year"), table.text("area"))
        if key in factors:
            raise table.fail("area", N_("同一年份和地区重复"))
        value = table.decimal("value")
        if value < 0:
            raise table.fail("value", N_("不能为负"))
        factors[key] = Value(value, unit, source_of(table, sources))
        table.close()
    grid = GridFactors(
        name,
        top.text("title"),
        top.text("title_en"),
        top.word("purpose", ("inventory", "footprint")),
        MappingProxyType(factors),
        sha256,
    )
    top.close()
    return grid


def read_gwp(name: str, *, data: Path | None = None) -> GwpSet:
    """Read one set of global warming potentials from ``data``; raises PackError."""
    top, sha256 = open_pack(GWP_FAMILY, name, data=data)
    sources = read_sources(top)
    values: dict[str, Value] = {}
    gases: dict[str, Gas] = {}
    index: dict[str, str] = {}
    for table in top.tables("gas"):
        gas = Gas(table.text("code"), table.text("name"), table.text("name_en"), table.texts("aliases"))
        if gas.code in values:
            raise table.fail("code", N_("气体重复"))
        for word in (gas.code, gas.name, gas.name_en, *gas.aliases):
            if index.setdefault(folded(word), gas.code) != gas.code:
                raise table.fail("aliases", N_("名称或代码重复：") + word)
        amount = table.decimal("value")
        if amount <= 0:
            raise table.fail("value", N_("应大于零"))
        values[gas.code] = Value(amount, "kgCO2e/kg", source_of(table, sources))
        gases[gas.code] = gas
        table.close()
    made = GwpSet(
        name,
        top.text("title"),
        top.text("title_en"),
        MappingProxyType(values),
        MappingProxyType(gases),
        MappingProxyType(index),
        sha256,
    )
    top.close()
    return made


@lru_cache(maxsize=16)
def load_grid(name: str) -> GridFactors:
    """The built-in grid factor family ``name``; raises PackError."""
    return read_grid(name)


@lru_cache(maxsize=16)
def load_gwp(name: str) -> GwpSet:
    """The built-in set of global warming potentials ``name`` (SAR, AR4, AR5, AR6); raises PackError."""
    return read_gwp(name)


def list_grids() -> tuple[str, ...]:
    """Ids of all grid factor families."""
    return names(GRID_FAMILY)


def list_gwps() -> tuple[str, ...]:
    """Ids of all sets of global warming potentials."""
    return names(GWP_FAMILY)
