"""Fuel: carbon by heat value, with or without the oxidation rate."""

from decimal import Decimal

from portal.accounting.activity import Book, Counted, find_item, item_factor, measured
from portal.accounting.reading import Fields

#: molar masses of carbon dioxide and of carbon, as every guideline prints them
CO2, CARBON = Decimal(44), Decimal(12)


def by_heat_value(fields: Fields, book: Book) -> Counted:
    """E = FC × NCV × CC × 44/12, in tCO2 (CETS-AG-03.01-V01-2024 6.1.1 formula (1), first term).

    FC in t or 10⁴Nm³, NCV in GJ per that unit, CC in tC/GJ.
    """
    item = find_item(fields, book.guideline, "fuel")
    fuel = measured(fields, item.unit)
    heat = item_factor(fields, "net_calorific_value", item, f"GJ/{item.unit}")
    carbon = item_factor(fields, "carbon_content", item, "tC/GJ")
    # The one division comes last: 44/12 has no finite decimal form.
    emission = fuel.converted * heat.value * carbon.value * CO2 / CARBON
    return Counted(item.name, item.name_en, emission, (fuel,), (heat, carbon))


def by_heat_value_oxidised(fields: Fields, book: Book) -> Counted:
    """E = FC × NCV × CC × OF × 44/12, in tCO2 (24-sector guidelines, combustion of fossil fuel).

    As ``by_heat_value``, with the oxidation rate OF as a fraction.
    """
    item = find_item(fields, book.guideline, "fuel")
    fuel = measured(fields, item.unit)
    heat = item_factor(fields, "net_calorific_value", item, f"GJ/{item.unit}")
    carbon = item_factor(fields, "carbon_content", item, "tC/GJ")
    oxidised = item_factor(fields, "oxidation_rate", item, "1", fraction=True)
    emission = fuel.converted * heat.value * carbon.value * oxidised.value * CO2 / CARBON
    return Counted(item.name, item.name_en, emission, (fuel,), (heat, carbon, oxidised))
