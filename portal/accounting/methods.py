"""The ways of counting: which numbers each takes, from where, in which order, and how it is printed.

A method is one row of data. Reading an activity, counting in bulk, explaining a line and checking a
printed result all follow the same row, so that none of them can differ from the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from portal.accounting import formulas
from portal.domain.messages import N_

#: what a part is read from
AMOUNT, NUMBER, VALUE, GRID, WARMING, CARBON, GREEN = (
    "amount",
    "number",
    "value",
    "grid",
    "warming",
    "carbon",
    "green",
)

#: keys that belong to the correction of an amount by its meter, and to tests by batch
METER, BATCHES = "meter", "batches"
BASIS_KEYS = frozenset({"basis", "moisture", "moisture_ad", "ash"})


@dataclass(frozen=True, slots=True)
class Part:
    """One number of a formula.

    ``kind`` says where it is read: a given amount with its unit, a given number of a fixed unit, a value of
    the pack (of the item, else of the category), the grid factor, a warming potential, measured carbon, or
    proofs of green power. ``givable`` lets the input bring its own value; ``limit`` is ``fraction``,
    ``positive`` or nothing; a part with a ``blank`` may be left out and counts as that number.
    """

    key: str
    symbol: str
    kind: str
    unit: str = ""
    givable: bool = False
    limit: str = ""
    blank: Decimal | None = None
    gas: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """One way of counting; ``limits`` names the key at fault and what it must be, or gives None."""

    parts: tuple[Part, ...]
    work: Callable[..., Decimal]
    numbers: str
    item: bool = False
    gas: bool = False
    limits: Callable[..., tuple[str, str] | None] | None = None

    @property
    def keys(self) -> frozenset[str]:
        """Keys that an activity counted so may hold beside ``id`` and ``category``."""
        given = {part.key for part in self.parts if part.kind not in {GRID, WARMING}}
        given -= {part.key for part in self.parts if part.kind == VALUE and not part.givable}
        named = {"unit"} | ({"item"} if self.item else set())
        meter = {METER} if any(part.kind == AMOUNT for part in self.parts) else set()
        basis = BASIS_KEYS if any(part.kind == CARBON for part in self.parts) else frozenset()
        batches = {BATCHES} if self.batched else set()
        return frozenset(given | named | meter | basis | batches)

    @property
    def batched(self) -> tuple[str, ...]:
        """Values that may be given by batch instead of once."""
        return tuple(part.key for part in self.parts if part.key in {"net_calorific_value", "carbon_content"})


def _amount(symbol: str, unit: str = "", key: str = "amount") -> Part:
    return Part(key, symbol, AMOUNT, unit)


def _number(key: str, symbol: str, unit: str, *, limit: str = "", blank: Decimal | None = None) -> Part:
    return Part(key, symbol, NUMBER, unit, givable=True, limit=limit, blank=blank)


def _value(key: str, symbol: str, unit: str = "", *, limit: str = "", givable: bool = False) -> Part:
    return Part(key, symbol, VALUE, unit, givable=givable, limit=limit)


_HEAT = _value("net_calorific_value", "NCV", "GJ/{unit}", limit="positive", givable=True)
_CARBON = _value("carbon_content", "CC", "tC/GJ", limit="positive", givable=True)
_OXIDISED = _value("oxidation_rate", "OF", "1", limit="fraction", givable=True)
_MEASURED = Part("element_carbon", "Car", CARBON, "tC/{unit}", givable=True)
_FACTOR = _value("emission_factor", "EF")
_NOTHING = Decimal(0)


def _steam_limits(_amount: Decimal, enthalpy: Decimal, base: Decimal, *_: Decimal) -> tuple[str, str] | None:
    return ("enthalpy", f"≥ {base}") if enthalpy < base else None


def _water_limits(_amount: Decimal, warm: Decimal, base: Decimal, *_: Decimal) -> tuple[str, str] | None:
    return ("temperature", f"≥ {base}") if warm < base else None


def _wastewater_limits(
    volume: Decimal, before: Decimal, after: Decimal, sludge: Decimal, *rest: Decimal
) -> tuple[str, str] | None:
    if after > before:
        return "cod_out", f"≤ cod_in ({before})"
    if sludge > volume * (before - after):
        return "cod_sludge", f"≤ {volume * (before - after):f} kg"
    capacity, correction, recovered, _ = rest
    methane = formulas.anaerobic_methane(volume, before, after, sludge, capacity, correction)
    return ("recovered_ch4", f"≤ {methane.normalize():f} tCH4") if recovered > methane else None


def _green_limits(amount: Decimal, green: Decimal, _factor: Decimal) -> tuple[str, str] | None:
    return ("green_power", f"≤ {amount.normalize():f} MWh") if green > amount else None


def _oxide_limits(
    _amount: Decimal, cao: Decimal, cao_other: Decimal, mgo: Decimal, mgo_other: Decimal
) -> tuple[str, str] | None:
    if cao + mgo > 1:
        return "mgo", f"≤ 1 − cao ({1 - cao})"
    if cao_other > cao:
        return "cao_other", f"≤ cao ({cao})"
    return ("mgo_other", f"≤ mgo ({mgo})") if mgo_other > mgo else None


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "heat-value": Method(
            (_amount("FC"), _HEAT, _CARBON),
            formulas.heat_value,
            "{amount} × {net_calorific_value} × {carbon_content} × 44/12",
            item=True,
        ),
        "heat-value-oxidised": Method(
            (_amount("FC"), _HEAT, _CARBON, _OXIDISED),
            formulas.heat_value_oxidised,
            "{amount} × {net_calorific_value} × {carbon_content} × {oxidation_rate} × 44/12",
            item=True,
        ),
        "element-carbon": Method(
            (_amount("FC"), _MEASURED),
            formulas.element_carbon,
            "{amount} × {element_carbon} × 44/12",
            item=True,
        ),
        "element-carbon-oxidised": Method(
            (_amount("FC"), _MEASURED, _OXIDISED),
            formulas.element_carbon_oxidised,
            "{amount} × {element_carbon} × {oxidation_rate} × 44/12",
            item=True,
        ),
        "factor": Method(
            (_amount("M"), _FACTOR), formulas.by_factor, "{amount} × {emission_factor}", item=True
        ),
        "factor-deducted": Method(
            (_amount("AD"), _FACTOR), formulas.deducted, "−({amount} × {emission_factor})", item=True
        ),
        "carbonate": Method(
            (
                _amount("AD"),
                _value("purity", "PUR", "1", limit="fraction", givable=True),
                _FACTOR,
                _value("conversion", "TR", "1", limit="fraction", givable=True),
            ),
            formulas.carbonate,
            "{amount} × {purity} × {emission_factor} × {conversion}",
            item=True,
        ),
        "grid": Method(
            (_amount("AD", "MWh"), Part("grid_factor", "EF", GRID)),
            formulas.grid,
            "{amount} × {grid_factor}",
        ),
        "grid-market": Method(
            (
                _amount("AD", "MWh"),
                Part("green_power", "ADgreen", GREEN, "MWh", givable=True),
                Part("grid_factor", "EF", GRID),
            ),
            formulas.grid_market,
            "({amount} − {green_power}) × {grid_factor}",
            limits=_green_limits,
        ),
        "heat-factor": Method(
            (_amount("AD", "GJ"), _FACTOR), formulas.by_factor, "{amount} × {emission_factor}"
        ),
        "steam-enthalpy": Method(
            (
                _amount("Ma", "t"),
                _number("enthalpy", "En", "kJ/kg"),
                _value("reference_enthalpy", ""),
                _FACTOR,
            ),
            formulas.steam_enthalpy,
            "{amount} × ({enthalpy} − {reference_enthalpy}) × 10⁻³ × {emission_factor}",
            limits=_steam_limits,
        ),
        "water-temperature": Method(
            (
                _amount("Ma", "t"),
                _number("temperature", "T", "℃"),
                _value("reference_temperature", ""),
                _value("specific_heat", ""),
                _FACTOR,
            ),
            formulas.water_temperature,
            "{amount} × ({temperature} − {reference_temperature}) × {specific_heat} × 10⁻³"
            " × {emission_factor}",
            limits=_water_limits,
        ),
        "anaerobic-cod": Method(
            (
                _amount("W", "m3", "volume"),
                _number("cod_in", "CODin", "kg/m3"),
                _number("cod_out", "CODout", "kg/m3"),
                _number("cod_sludge", "S", "kg", blank=_NOTHING),
                _value("bo", "Bo", limit="fraction", givable=True),
                Part("mcf", "MCF", VALUE, "1", givable=True, limit="fraction"),
                _number("recovered_ch4", "R", "tCH4", blank=_NOTHING),
                Part("gwp_ch4", "GWP", WARMING, gas="CH4"),
            ),
            formulas.anaerobic_cod,
            "(({volume} × ({cod_in} − {cod_out}) − {cod_sludge}) × {bo} × {mcf} × 10⁻³ − {recovered_ch4})"
            " × {gwp_ch4}",
            limits=_wastewater_limits,
        ),
        "clinker-factor": Method(
            (_amount("Q", "t"), _FACTOR), formulas.by_factor, "{amount} × {emission_factor}"
        ),
        "clinker-oxides": Method(
            (
                _amount("Q", "t"),
                _number("cao", "FR1", "1", limit="fraction"),
                _number("cao_other", "FR10", "1", limit="fraction"),
                _number("mgo", "FR2", "1", limit="fraction"),
                _number("mgo_other", "FR20", "1", limit="fraction"),
            ),
            formulas.clinker_oxides,
            "{amount} × (({cao} − {cao_other}) × 44/56 + ({mgo} − {mgo_other}) × 44/40)",
            limits=_oxide_limits,
        ),
        "ch4-recovered": Method(
            (
                _amount("Q", "10^4Nm3"),
                _number("purity", "PUR", "1", limit="fraction"),
                Part("efficiency", "η", VALUE, "1", True, "fraction"),
                _value("density", "ρ"),
                Part("gwp_ch4", "GWP", WARMING, gas="CH4"),
            ),
            formulas.ch4_recovered,
            "−({amount} × {purity} × {efficiency} × {density} × {gwp_ch4})",
        ),
        "co2-recovered": Method(
            (
                _amount("Q", "10^4Nm3"),
                _number("purity", "PUR", "1", limit="fraction"),
                _value("density", "ρ"),
            ),
            formulas.co2_recovered,
            "−({amount} × {purity} × {density})",
        ),
        "gas-released": Method(
            (_amount("M", "t"), Part("gwp", "GWP", WARMING)),
            formulas.gas_released,
            "{amount} × {gwp}",
            gas=True,
        ),
    }
)

#: category → the key whose presence calls for the guideline's alternative formula
CALLED_BY: Mapping[str, str] = MappingProxyType(
    {"fuel": "element_carbon", "electricity": "green_power", "clinker": "cao"}
)

#: category → the gas that it always is; a refrigerant is named by the input
GASES: Mapping[str, str] = MappingProxyType({"sf6": "SF6"})

GIVEN = N_("填报值")
