"""What a whole calculation is set to use: guideline, grid factor, warming potentials."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from portal.accounting.faults import fault, listed
from portal.accounting.lines import Grid
from portal.accounting.reading import Fields, shown
from portal.domain.messages import N_
from portal.reference.factors import GridFactors, GwpSet, list_grids, list_gwps, load_grid, load_gwp
from portal.reference.guidelines import Guideline, list_guidelines, load_guideline
from portal.reference.loader import Value

_GRID = frozenset({"family", "year", "area"})


@dataclass(frozen=True, slots=True)
class GridChoice:
    """A grid factor that was asked for and found."""

    chosen: Grid
    pack: GridFactors
    value: Value

    @property
    def source(self) -> str:
        """Where the factor stands, with year and area."""
        return f"{self.value.source}（{self.chosen.year} {self.chosen.area}）"


def named_guideline(fields: Fields) -> Guideline:
    """The guideline that the input names; raises InputError."""
    name = fields.text("guideline")
    if name not in list_guidelines():
        raise fault("unknown_pack", "guideline", pack=shown(name), known=listed(list_guidelines()))
    return load_guideline(name)


def named_grid(fields: Fields) -> GridChoice | None:
    """The grid factor that the input names; None where it names none. Raises InputError."""
    if fields.values.get("grid") is None:
        return None
    grid = Fields(fields.values["grid"], fields.at("grid"), _GRID)
    family, area = grid.text("family"), grid.text("area")
    year = _year(grid)
    known = [name for name in list_grids() if load_grid(name).purpose == "inventory"]
    if family not in list_grids():
        raise fault("unknown_pack", grid.at("family"), pack=shown(family), known=listed(known))
    pack = load_grid(family)
    if pack.purpose != "inventory":
        raise fault("wrong_grid_purpose", grid.at("family"), family=family, known=listed(known))
    value = pack.find(year, area)
    if value is None:
        if year not in pack.years():
            where, nearest = grid.at("year"), [str(held) for held in pack.years()]
        else:
            where, nearest = grid.at("area"), get_close_matches(area[:40], pack.areas(year), 3, 0.3)
        raise fault(
            "unknown_grid_factor", where, family=family, year=year, area=shown(area), nearest=listed(nearest)
        )
    return GridChoice(Grid(family, year, area), pack, value)


def _year(grid: Fields) -> int:
    value = grid.required("year")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 4:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise fault("wrong_type", grid.at("year"), wanted=N_("四位年份"))
    return value


def named_gwp(fields: Fields) -> GwpSet | None:
    """The set of warming potentials that the input names; None where it names none. Raises InputError."""
    if fields.values.get("gwp") is None:
        return None
    name = fields.text("gwp")
    if name not in list_gwps():
        raise fault("unknown_pack", "gwp", pack=shown(name), known=listed(list_gwps()))
    return load_gwp(name)


def grid_getter(grid: GridChoice | None) -> Callable[[], tuple[Value, str]]:
    """Gives the factor and its source, or refuses when electricity has no grid."""

    def get() -> tuple[Value, str]:
        if grid is None:
            raise fault("missing_grid", "grid")
        return grid.value, grid.source

    return get


def gwp_getter(gwp: GwpSet | None) -> Callable[[str], Value]:
    """Gives the potential of a gas, or refuses when no set was named."""

    def get(gas: str) -> Value:
        if gwp is None:
            raise fault("missing_gwp", "gwp", known=listed(list_gwps()))
        return gwp.values[gas]

    return get
