"""Materials, carbonates, and carbon that leaves in products."""

from portal.accounting.activity import (
    Book,
    Counted,
    constant_factor,
    factor,
    find_item,
    measured,
)
from portal.accounting.reading import Fields


def by_factor(fields: Fields, book: Book) -> Counted:
    """E = M × EF, in tCO2 (CETS-AG-03.01-V01-2024 6.1.1 formula (1), carbonates, electrodes, materials).

    M in t, EF in tCO2/t, always the guideline's own.
    """
    item = find_item(fields, book.guideline, "process")
    material = measured(fields, item.unit)
    used = factor("emission_factor", item.values["emission_factor"])
    return Counted(item.name, item.name_en, material.converted * used.value, (material,), (used,))


def deducted(fields: Fields, book: Book) -> Counted:
    """E = −AD × EF, in tCO2 (CETS-AG-03.01-V01-2024 6.1.1 formula (1), last term).

    AD in t of the product that leaves, EF in tCO2/t.
    """
    item = find_item(fields, book.guideline, "product")
    product = measured(fields, item.unit)
    used = factor("emission_factor", item.values["emission_factor"])
    return Counted(item.name, item.name_en, -(product.converted * used.value), (product,), (used,))


def by_carbonate(fields: Fields, book: Book) -> Counted:
    """E = AD × PUR × EF × TR, in tCO2 (24-sector guidelines, use of carbonates).

    AD in t, purity PUR and conversion TR as fractions, EF in tCO2 per t of pure carbonate.
    """
    item = find_item(fields, book.guideline, "carbonate")
    constants = book.guideline.constants["carbonate"]
    carbonate = measured(fields, item.unit)
    purity = constant_factor(fields, "purity", constants)
    used = factor("emission_factor", item.values["emission_factor"])
    conversion = constant_factor(fields, "conversion", constants)
    emission = carbonate.converted * purity.value * used.value * conversion.value
    return Counted(item.name, item.name_en, emission, (carbonate,), (purity, used, conversion))
