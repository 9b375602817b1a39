"""Reads the input of ``portal footprint`` into a product system, refusing whatever is wrong in it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from portal.accounting.allocation import read_allocation
from portal.accounting.faults import fault, listed
from portal.accounting.footprint_system import (
    BEST_RATING,
    QUALITY_DIMENSIONS,
    UNSTAGED,
    WORST_RATING,
    Background,
    CutOff,
    Emission,
    Flow,
    Origin,
    Process,
    Simulation,
    System,
)
from portal.accounting.reading import Fields, number, shown
from portal.accounting.spreads import read_choice, read_spread
from portal.domain.messages import N_
from portal.domain.quantities import UNITS, convert, unit
from portal.reference.factors import GwpSet, list_grids, list_gwps, load_grid, load_gwp

_TOP = frozenset({"functional_unit", "gwp", "processes", "boundary", "rules", "cut_offs", "uncertainty"})
_GOAL = frozenset({"product", "amount", "unit"})
_INPUT = frozenset({"product", "amount", "unit", "uncertainty", "source"})
_PROCESS = frozenset(
    {"id", "name", "stage", "output", "inputs", "emissions", "factor", "allocation", "quality", "primary"}
)
_EMISSION = frozenset({"gas", "amount", "unit", "origin", "uncertainty", "source"})
_FACTOR = frozenset({"kgco2e", "per", "uncertainty", "source"})
_GRID_FACTOR = frozenset({"grid", "per", "uncertainty", "source"})
_GRID = frozenset({"family", "year", "area"})
_CUT_OFF = frozenset({"what", "reason", "share"})
_SIMULATION = frozenset({"runs", "seed"})
_MOST_RUNS = 100_000
_MOST_SEED = 2**63 - 1
#: a grid family is for inventories or for products, never for both (domain: two families of factors)
_PRODUCTS = "footprint"


def read_system(payload: Mapping[str, Any]) -> System:
    """The product system of ``payload``; raises InputError with the path of the value at fault."""
    fields = Fields(payload, "", _TOP)
    gwp = _gwp(fields)
    goal = _flow(fields.required("functional_unit"), "functional_unit", _GOAL, positive=True)
    return System(
        goal,
        gwp,
        _processes(fields, gwp),
        fields.text("boundary") if fields.has("boundary") else "",
        fields.text("rules") if fields.has("rules") else "",
        _cut_offs(fields),
        _simulation(fields),
    )


def _gwp(fields: Fields) -> GwpSet:
    name = fields.text("gwp")
    if name not in list_gwps():
        raise fault("unknown_pack", "gwp", pack=shown(name), known=listed(list_gwps()))
    return load_gwp(name)


def _plain_input(values: object, path: str) -> Flow:
    """An input of three good values, which most of a large system are, without asking for each by name."""
    if isinstance(values, dict) and values.keys() == _GOAL:
        product, given, symbol = values["product"], values["amount"], values["unit"]
        if (
            isinstance(product, str)
            and product.strip()
            and isinstance(given, str)
            and given.strip()
            and isinstance(symbol, str)
            and symbol in UNITS
        ):
            amount = number(given, f"{path}.amount")
            if amount > 0:
                return Flow(product, amount, UNITS[symbol].symbol, path)
    return _flow(values, path, _INPUT)


def _flow(values: object, path: str, known: frozenset[str], *, positive: bool = False) -> Flow:
    fields = Fields(values, path, known)
    product = fields.text("product")
    amount = fields.positive("amount") if positive else fields.amount("amount")
    symbol = unit(fields.text("unit"), path=f"{path}.unit").symbol
    if len(fields.values) == len(_GOAL):
        return Flow(product, amount, symbol, path)
    return Flow(product, amount, symbol, path, read_spread(fields, amount), _source(fields))


def _source(fields: Fields) -> str:
    return fields.text("source") if fields.has("source") else ""


def _processes(fields: Fields, gwp: GwpSet) -> tuple[Process, ...]:
    found: dict[str, Process] = {}
    for place, values in enumerate(fields.entries("processes")):
        process = _process(values, f"processes[{place}]", gwp)
        if process.id in found:
            raise fault("duplicate_id", f"processes[{place}].id", id=shown(process.id))
        found[process.id] = process
    return tuple(found.values())


def _process(values: object, path: str, gwp: GwpSet) -> Process:
    fields = Fields(values, path, _PROCESS)
    process_id = fields.text("id")
    output = _flow(fields.required("output"), f"{path}.output", _GOAL, positive=True)
    if fields.has("name"):
        fields.text("name")
    if not any(fields.values.get(key) is not None for key in ("inputs", "emissions", "factor")):
        raise fault("missing_value", f"{path}.inputs", key="inputs")
    return Process(
        process_id,
        fields.text("stage") if fields.has("stage") else UNSTAGED,
        output,
        tuple(
            _plain_input(entry, f"{path}.inputs[{place}]")
            for place, entry in enumerate(_listed(fields, "inputs"))
        ),
        tuple(
            _emission(entry, f"{path}.emissions[{place}]", gwp)
            for place, entry in enumerate(_listed(fields, "emissions"))
        ),
        _background(fields, output),
        read_allocation(fields, output.product),
        _quality(fields),
        _primary(fields),
    )


def _listed(fields: Fields, key: str) -> Sequence[Any]:
    return fields.entries(key, empty=True) if fields.values.get(key) is not None else ()


def _emission(values: object, path: str, gwp: GwpSet) -> Emission:
    fields = Fields(values, path, _EMISSION)
    named = fields.text("gas")
    gas = gwp.gas(named)
    if gas is None:
        raise fault(
            "unknown_gas", f"{path}.gas", gwp=gwp.id, gas=shown(named), nearest=listed(gwp.nearest(named))
        )
    given = fields.amount("amount")
    amount = convert(given, fields.text("unit"), "kg", path=f"{path}.unit")
    origin = read_choice(fields, "origin", Origin) if fields.has("origin") else Origin.FOSSIL
    if origin is Origin.BIOGENIC_UPTAKE and gas != "CO2":
        raise fault("unknown_choice", f"{path}.gas", key="gas", given=shown(named), known="CO2")
    return Emission(gas, amount, origin, read_spread(fields, given), _source(fields))


def _background(process: Fields, output: Flow) -> Background | None:
    if process.values.get("factor") is None:
        return None
    path = process.at("factor")
    values = process.values["factor"]
    if isinstance(values, Mapping) and values.get("grid") is not None:
        return _grid_background(Fields(values, path, _GRID_FACTOR), output)
    fields = Fields(values, path, _FACTOR)
    value, per = fields.amount("kgco2e"), fields.text("per")
    made = convert(output.amount, output.unit, per, path=f"{path}.per")
    return Background(value * made, read_spread(fields, value), _source(fields))


def _grid_background(fields: Fields, output: Flow) -> Background:
    """A factor of the electricity footprint family, in kgCO2e per kWh."""
    grid = Fields(fields.required("grid"), fields.at("grid"), _GRID)
    family = grid.text("family")
    families = [name for name in list_grids() if load_grid(name).purpose == _PRODUCTS]
    if family not in list_grids():
        raise fault("unknown_pack", grid.at("family"), pack=shown(family), known=listed(families))
    pack = load_grid(family)
    if pack.purpose != _PRODUCTS:
        raise fault("inventory_grid", grid.at("family"), family=family, known=listed(families))
    year, area = grid.required("year"), grid.text("area")
    if isinstance(year, bool) or not isinstance(year, int):
        raise fault("wrong_type", grid.at("year"), wanted=N_("四位年份"))
    if (year, area) not in pack.factors:
        nearest = listed(pack.areas(year) or map(str, pack.years()))
        where = grid.at("area" if year in pack.years() else "year")
        raise fault("unknown_grid_factor", where, family=family, year=year, area=shown(area), nearest=nearest)
    value = pack.factors[year, area]
    per = fields.text("per") if fields.has("per") else "kWh"
    convert(Decimal(1), per, "kWh", path=fields.at("per"))
    made = convert(output.amount, output.unit, "kWh", path=f"{output.path}.unit")
    return Background(
        value.amount * made, read_spread(fields, value.amount), str(value.source), value.confidence
    )


def _quality(process: Fields) -> Mapping[str, Decimal] | None:
    if process.values.get("quality") is None:
        return None
    fields = Fields(process.values["quality"], process.at("quality"), frozenset(QUALITY_DIMENSIONS))
    return MappingProxyType({key: _rating(fields, key) for key in QUALITY_DIMENSIONS})


def _rating(fields: Fields, key: str) -> Decimal:
    rating = fields.amount(key)
    if not BEST_RATING <= rating <= WORST_RATING:
        raise fault("out_of_range", fields.at(key), key=key, given=shown(rating), wanted=N_("在 1 与 5 之间"))
    return rating


def _primary(fields: Fields) -> bool | None:
    value = fields.values.get("primary")
    if value is not None and not isinstance(value, bool):
        raise fault("wrong_type", fields.at("primary"), wanted=N_("真或假"))
    return value


def _cut_offs(fields: Fields) -> tuple[CutOff, ...]:
    found = []
    for place, values in enumerate(_listed(fields, "cut_offs")):
        entry = Fields(values, f"cut_offs[{place}]", _CUT_OFF)
        share = entry.fraction("share") if entry.has("share") else None
        found.append(CutOff(entry.text("what"), entry.text("reason"), share))
    total = sum((entry.share for entry in found if entry.share is not None), Decimal(0))
    if total >= 1:
        raise fault("out_of_range", "cut_offs", key="cut_offs", given=shown(total), wanted=N_("小于 1"))
    return tuple(found)


def _simulation(fields: Fields) -> Simulation | None:
    if fields.values.get("uncertainty") is None:
        return None
    entry = Fields(fields.values["uncertainty"], "uncertainty", _SIMULATION)
    return Simulation(_whole(entry, "runs", 2, _MOST_RUNS), _whole(entry, "seed", 0, _MOST_SEED))


def _whole(fields: Fields, key: str, least: int, most: int) -> int:
    """A whole number in a range; the seed is longer than an amount may be."""
    given = fields.required(key)
    text = str(given)
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise fault("wrong_type", fields.at(key), wanted=N_("整数"))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_SEED))):
        raise fault("not_a_number", fields.at(key), given=shown(text))
    if not least <= int(text) <= most:
        raise fault("out_of_range", fields.at(key), key=key, given=shown(text), wanted=f"{least}–{most}")
    return int(text)
