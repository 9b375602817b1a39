"""One activity being counted: its fields, its guideline, and the factors it asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from portal.accounting.faults import fault, listed
from portal.accounting.lines import Factor, Input
from portal.accounting.reading import Fields
from portal.domain.messages import N_
from portal.domain.quantities import convert
from portal.reference.guidelines import Guideline, Item
from portal.reference.loader import Value

#: names of what goes into a formula, for messages and explanations
NAMES: Mapping[str, str] = {
    "amount": N_("活动数据"),
    "net_calorific_value": N_("低位发热量"),
    "carbon_content": N_("单位热值含碳量"),
    "oxidation_rate": N_("碳氧化率"),
    "emission_factor": N_("排放因子"),
    "purity": N_("纯度"),
    "conversion": N_("转化率"),
    "grid_factor": N_("电网排放因子"),
    "enthalpy": N_("蒸汽焓值"),
    "reference_enthalpy": N_("基准焓值"),
    "temperature": N_("热水温度"),
    "reference_temperature": N_("基准温度"),
    "specific_heat": N_("水的比热容"),
    "volume": N_("厌氧处理的废水量"),
    "cod_in": N_("进水 COD 浓度"),
    "cod_out": N_("出水 COD 浓度"),
    "bo": N_("甲烷最大生产能力"),
    "mcf": N_("甲烷修正因子"),
    "recovered_ch4": N_("甲烷回收量"),
    "gwp_ch4": N_("甲烷的全球增温潜势"),
}

#: the same names in English
NAMES_EN: Mapping[str, str] = {
    "amount": "Activity data",
    "net_calorific_value": "Net calorific value",
    "carbon_content": "Carbon content per heat",
    "oxidation_rate": "Oxidation rate",
    "emission_factor": "Emission factor",
    "purity": "Purity",
    "conversion": "Conversion",
    "grid_factor": "Grid factor",
    "enthalpy": "Enthalpy of the steam",
    "reference_enthalpy": "Reference enthalpy",
    "temperature": "Temperature of the water",
    "reference_temperature": "Reference temperature",
    "specific_heat": "Specific heat of water",
    "volume": "Wastewater treated without air",
    "cod_in": "COD before",
    "cod_out": "COD after",
    "bo": "Methane producing capacity",
    "mcf": "Methane correction factor",
    "recovered_ch4": "Methane recovered",
    "gwp_ch4": "Global warming potential of methane",
}

GIVEN = N_("填报值")


@dataclass(frozen=True, slots=True)
class Book:
    """What a whole calculation was set to use."""

    guideline: Guideline
    grid: Callable[[], tuple[Value, str]]
    gwp: Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Counted:
    """What one method found: the unrounded emission and everything that went into it."""

    item: str
    item_en: str
    emission: Decimal
    inputs: tuple[Input, ...]
    factors: tuple[Factor, ...]


@lru_cache(maxsize=4096)
def factor(key: str, value: Value) -> Factor:
    """A factor taken from a pack."""
    return Factor(key, NAMES[key], value.amount, value.unit, str(value.source), value.confidence)


def given(key: str, amount: Decimal, unit: str) -> Factor:
    """A factor that the input brought."""
    return Factor(key, NAMES[key], amount, unit, GIVEN, "given")


def find_item(fields: Fields, guideline: Guideline, category: str) -> Item:
    """The item that an activity names; raises InputError with the nearest names."""
    text = fields.text("item")
    found = guideline.item(category, text)
    if found is None:
        raise fault(
            "unknown_item",
            fields.at("item"),
            item=text[:60],
            category=category,
            guideline=guideline.id,
            nearest=listed(guideline.nearest(category, text)),
        )
    return found


def measured(fields: Fields, unit: str, key: str = "amount") -> Input:
    """A given amount, converted to ``unit``."""
    amount = fields.amount(key)
    given_unit = fields.text("unit")
    converted = convert(amount, given_unit, unit, path=fields.at("unit"))
    return Input(key, NAMES[key], amount, given_unit, converted, unit)


def plain_input(fields: Fields, key: str, unit: str) -> Input:
    """A given number whose unit is fixed by the contract."""
    amount = fields.amount(key)
    return Input(key, NAMES[key], amount, unit, amount, unit)


def item_factor(fields: Fields, key: str, item: Item, unit: str, *, fraction: bool = False) -> Factor:
    """The input's own value where it gives one, else the item's default; missing both is an error."""
    if fields.has(key):
        return given(key, fields.fraction(key) if fraction else fields.positive(key), unit)
    value = item.values.get(key)
    if value is None:
        raise fault("missing_value", fields.at(key), key=key)
    return factor(key, value)


def constant_factor(fields: Fields, key: str, constants: Mapping[str, Value]) -> Factor:
    """The input's own fraction where it gives one, else the guideline's constant."""
    if fields.has(key):
        return given(key, fields.fraction(key), constants[key].unit)
    return factor(key, constants[key])
