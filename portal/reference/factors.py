"""Grid factors by family, year and area, and sets of global warming potentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from portal.domain.messages import N_
from portal.reference.loader import Value, names, open_pack, read_sources, source_of

GRID_FAMILY = "grid"
GWP_FAMILY = "gwp"


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


@dataclass(frozen=True, slots=True)
class GwpSet:
    """Global warming potentials over 100 years of one IPCC assessment."""

    id: str
    title: str
    title_en: str
    values: Mapping[str, Value]
    sha256: str


@lru_cache(maxsize=16)
def load_grid(name: str) -> GridFactors:
    """The grid factor family ``name``; raises PackError."""
    top, sha256 = open_pack(GRID_FAMILY, name)
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


@lru_cache(maxsize=16)
def load_gwp(name: str) -> GwpSet:
    """The set of global warming potentials ``name`` (SAR, AR4, AR5, AR6); raises PackError."""
    top, sha256 = open_pack(GWP_FAMILY, name)
    sources = read_sources(top)
    values: dict[str, Value] = {}
    for table in top.tables("gas"):
        code = table.text("code")
        if code in values:
            raise table.fail("code", N_("气体重复"))
        amount = table.decimal("value")
        if amount <= 0:
            raise table.fail("value", N_("应大于零"))
        values[code] = Value(amount, "kgCO2e/kg", source_of(table, sources))
        table.close()
    gwp = GwpSet(name, top.text("title"), top.text("title_en"), MappingProxyType(values), sha256)
    top.close()
    return gwp


def list_grids() -> tuple[str, ...]:
    """Ids of all grid factor families."""
    return names(GRID_FAMILY)


def list_gwps() -> tuple[str, ...]:
    """Ids of all sets of global warming potentials."""
    return names(GWP_FAMILY)
