"""Units with a dimension, exact conversion between them, refusal of everything else.

A cubic metre is not a standard cubic metre (Nm3: 0 °C or 20 °C as the guideline says, 101.325 kPa):
turning one into the other needs pressure and temperature, so the two never convert.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from portal.domain.errors import InputError
from portal.domain.messages import N_

#: Digits carried inside every calculation; far more than any input may have.
CONTEXT = Context(prec=80)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its symbol, what it measures, and its size in the dimension's base unit."""

    symbol: str
    dimension: str
    size: Fraction


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount with its unit."""

    amount: Decimal
    unit: str

    def to(self, unit: str) -> "Quantity":
        """The same quantity in ``unit``; raises InputError where the two do not convert."""
        return Quantity(convert(self.amount, self.unit, unit), unit)


#: dimension → {symbol: size in the base unit}; sizes are exact texts.
#: 1 kgce = 29307.6 kJ and 1 kcal = 4.1868 kJ: CETS-AG-03.01-V01-2024, notes of table A.1.
_SIZES: Mapping[str, Mapping[str, str]] = {
    "mass": {"mg": "1e-9", "g": "1e-6", "kg": "1e-3", "t": "1", "kt": "1e3", "10^4t": "1e4", "Mt": "1e6"},
    "standard volume": {"Nm3": "1", "10^3Nm3": "1e3", "10^4Nm3": "1e4", "10^8Nm3": "1e8"},
    "volume": {"mL": "1e-6", "L": "1e-3", "m3": "1", "10^4m3": "1e4"},
    "energy": {
        "J": "1e-9",
        "kJ": "1e-6",
        "MJ": "1e-3",
        "GJ": "1",
        "TJ": "1e3",
        "PJ": "1e6",
        "Wh": "3.6e-6",
        "kWh": "3.6e-3",
        "MWh": "3.6",
        "GWh": "3.6e3",
        "10^4kWh": "36",
        "kcal": "4.1868e-6",
        "Mcal": "4.1868e-3",
        "Gcal": "4.1868",
        "kgce": "0.0293076",
        "tce": "29.3076",
        "10^4tce": "293076",
    },
    "length": {"mm": "1e-3", "cm": "1e-2", "m": "1", "km": "1e3", "10^4m": "1e4"},
    "area": {"cm2": "1e-4", "m2": "1", "10^4m2": "1e4", "km2": "1e6"},
    "count": {"piece": "1", "10^4piece": "1e4"},
    "set": {"set": "1", "10^4set": "1e4"},
    "pair": {"pair": "1", "10^4pair": "1e4"},
    "vehicle": {"vehicle": "1"},
    "freight": {"kgkm": "1e-3", "tkm": "1", "10^4tkm": "1e4"},
    "passenger transport": {"pkm": "1"},
    "time": {"s": "1", "min": "60", "h": "3600", "d": "86400"},
    "specific energy": {"kJ/kg": "1", "MJ/kg": "1e3", "GJ/t": "1e3", "kcal/kg": "4.1868"},
    "concentration": {"mg/L": "1e-3", "g/m3": "1e-3", "g/L": "1", "kg/m3": "1"},
    "money": {"元": "1", "万元": "1e4"},
}

_ALIASES: Mapping[str, str] = {
    "吨": "t",
    "千克": "kg",
    "公斤": "kg",
    "克": "g",
    "万吨": "10^4t",
    "万t": "10^4t",
    "标立方米": "Nm3",
    "万标立方米": "10^4Nm3",
    "万Nm3": "10^4Nm3",
    "万Nm³": "10^4Nm3",
    "10⁴Nm³": "10^4Nm3",
    "10⁴Nm3": "10^4Nm3",
    "10^4Nm³": "10^4Nm3",
    "Nm³": "Nm3",
    "立方米": "m3",
    "m³": "m3",
    "万m3": "10^4m3",
    "万m³": "10^4m3",
    "升": "L",
    "l": "L",
    "毫升": "mL",
    "吉焦": "GJ",
    "兆焦": "MJ",
    "千焦": "kJ",
    "千瓦时": "kWh",
    "兆瓦时": "MWh",
    "万千瓦时": "10^4kWh",
    "万kWh": "10^4kWh",
    "吨标准煤": "tce",
    "吨标煤": "tce",
    "千克标准煤": "kgce",
    "米": "m",
    "万米": "10^4m",
    "万m": "10^4m",
    "千米": "km",
    "平方米": "m2",
    "m²": "m2",
    "万m2": "10^4m2",
    "件": "piece",
    "个": "piece",
    "pcs": "piece",
    "万件": "10^4piece",
    "套": "set",
    "万套": "10^4set",
    "双": "pair",
    "辆": "vehicle",
    "吨公里": "tkm",
    "t·km": "tkm",
    "小时": "h",
}


#: energy units that belong to a carrier of their own; the rest measure heat
_CARRIERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("Wh", "kWh", "MWh", "GWh", "10^4kWh"), "electricity"),
        **dict.fromkeys(("kgce", "tce", "10^4tce"), "coal equivalent"),
    }
)


def _units() -> Mapping[str, Unit]:
    known = {
        symbol: Unit(symbol, dimension, Fraction(size))
        for dimension, sizes in _SIZES.items()
        for symbol, size in sizes.items()
    }
    known.update({alias: known[symbol] for alias, symbol in _ALIASES.items()})
    return MappingProxyType(known)


UNITS: Mapping[str, Unit] = _units()


def unit(symbol: str, *, path: str = "") -> Unit:
    """The unit written as ``symbol``.

    Raises InputError ``unknown_unit`` with the nearest known symbols; ``path`` says where it was read.
    """
    found = UNITS.get(symbol)
    if found is None:
        raise InputError(
            "unknown_unit",
            N_("不认识单位“%(unit)s”；相近的写法：%(nearest)s"),
            params={
                "unit": symbol[:40],
                "nearest": "、".join(get_close_matches(symbol[:40], UNITS, 3, 0.3)) or "—",
            },
            path=path,
        )
    return found


def crosses_carriers(source: str, target: str) -> bool:
    """Whether the two energy units belong to different carriers: heat, electricity, coal equivalent.

    Whether an account may use 1 MWh = 3.6 GJ or 1 tce = 29.3076 GJ is for the guideline to say.
    """
    return _CARRIERS.get(unit(source).symbol, "") != _CARRIERS.get(unit(target).symbol, "")


@lru_cache(maxsize=4096)
def _ratio(source: str, target: str) -> tuple[Decimal, Decimal] | None:
    """Numerator and denominator of the factor from one unit to another; None: they do not convert."""
    here, there = unit(source), unit(target)
    if here.dimension != there.dimension:
        return None
    factor = here.size / there.size
    return Decimal(factor.numerator), Decimal(factor.denominator)


def convertible(source: str, target: str) -> bool:
    """Whether both units are known and measure the same thing."""
    here, there = UNITS.get(source), UNITS.get(target)
    return here is not None and there is not None and here.dimension == there.dimension


def convert(amount: Decimal, source: str, target: str, *, path: str = "") -> Decimal:
    """``amount`` given in ``source``, expressed in ``target``.

    Exact wherever the answer has a finite decimal form, else to 80 digits.
    Raises InputError ``unknown_unit`` or ``unit_mismatch``; ``path`` is the place of the unit.
    """
    if source == target and source in UNITS:
        return amount
    unit(source, path=path)
    unit(target, path=path)
    ratio = _ratio(source, target)
    if ratio is None:
        raise InputError(
            "unit_mismatch",
            N_("单位“%(given)s”不能换算成“%(wanted)s”，请用“%(wanted)s”或能与它换算的单位填报"),
            params={"given": source, "wanted": target},
            path=path,
        )
    numerator, denominator = ratio
    return CONTEXT.divide(CONTEXT.multiply(amount, numerator), denominator)


@lru_cache(maxsize=64)
def _step(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


def rounded(value: Decimal, digits: int) -> Decimal:
    """``value`` rounded half up to ``digits`` decimals; never a negative zero.

    The rounding of every reported figure: CETS-AG-03.01-V01-2024, filling notes of tables C.3 to C.6.
    """
    result = value.quantize(_step(digits), rounding=ROUND_HALF_UP, context=CONTEXT)
    return result or abs(result)
