"""Purchased electricity and heat; steam and hot water by their heat content."""

from decimal import Decimal

from portal.accounting.activity import Book, Counted, factor, measured, plain_input
from portal.accounting.faults import fault
from portal.accounting.lines import Factor, plain
from portal.accounting.reading import Fields
from portal.domain.messages import N_

ELECTRICITY = (N_("购入电力"), "Purchased electricity")
HEAT = (N_("购入热力"), "Purchased heat")
STEAM = (N_("购入蒸汽"), "Purchased steam")
HOT_WATER = (N_("购入热水"), "Purchased hot water")
_THOUSAND = Decimal(1000)


def by_grid(fields: Fields, book: Book) -> Counted:
    """E = AD × EF, in tCO2 (24-sector guidelines, net purchased electricity).

    AD in MWh, EF in tCO2/MWh of the grid family, year and area that the input names.
    """
    electricity = measured(fields, "MWh")
    value, source = book.grid()
    used = Factor("grid_factor", N_("电网排放因子"), value.amount, value.unit, source, value.confidence)
    return Counted(*ELECTRICITY, electricity.converted * used.value, (electricity,), (used,))


def by_heat_factor(fields: Fields, book: Book) -> Counted:
    """E = AD × EF, in tCO2 (24-sector guidelines, net purchased heat); AD in GJ, EF in tCO2/GJ."""
    heat = measured(fields, "GJ")
    used = factor("emission_factor", book.guideline.constants["heat"]["emission_factor"])
    return Counted(*HEAT, heat.converted * used.value, (heat,), (used,))


def by_steam_enthalpy(fields: Fields, book: Book) -> Counted:
    """E = Ma × (En − 83.74) × 10⁻³ × EF, in tCO2 (CETS-AG-03.01-V01-2024 formula (E.2)).

    Ma in t, En in kJ/kg; 83.74 kJ/kg is the enthalpy of water at 20 °C.
    """
    constants = book.guideline.constants["steam"]
    steam = measured(fields, "t")
    enthalpy = plain_input(fields, "enthalpy", "kJ/kg")
    base = factor("reference_enthalpy", constants["reference_enthalpy"])
    used = factor("emission_factor", constants["emission_factor"])
    _at_least(fields, "enthalpy", enthalpy.value, base.value)
    emission = steam.converted * (enthalpy.value - base.value) * used.value / _THOUSAND
    return Counted(*STEAM, emission, (steam, enthalpy), (base, used))


def by_water_temperature(fields: Fields, book: Book) -> Counted:
    """E = Ma × (T − 20) × 4.1868 × 10⁻³ × EF, in tCO2 (CETS-AG-03.01-V01-2024 formula (E.3)).

    Ma in t, T in °C; 4.1868 kJ/(kg·°C) is the specific heat of water.
    """
    constants = book.guideline.constants["hot_water"]
    water = measured(fields, "t")
    temperature = plain_input(fields, "temperature", "℃")
    base = factor("reference_temperature", constants["reference_temperature"])
    specific = factor("specific_heat", constants["specific_heat"])
    used = factor("emission_factor", constants["emission_factor"])
    _at_least(fields, "temperature", temperature.value, base.value)
    heat = water.converted * (temperature.value - base.value) * specific.value / _THOUSAND
    return Counted(*HOT_WATER, heat * used.value, (water, temperature), (base, specific, used))


def _at_least(fields: Fields, key: str, value: Decimal, least: Decimal) -> None:
    if value < least:
        raise fault("out_of_range", fields.at(key), key=key, given=plain(value), wanted=f"≥ {plain(least)}")
