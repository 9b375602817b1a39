"""Every formula as plain arithmetic on exact decimals; all who count, explain or check use these.

Each takes its numbers in the order of the parts in ``portal.accounting.methods`` and gives tCO2 or
tCO2e, negative for what is taken off. Nothing is rounded; a division comes last.
"""

from decimal import Decimal

#: molar masses as every guideline prints them: carbon dioxide, carbon, calcium oxide, magnesium oxide
CO2, CARBON = Decimal(44), Decimal(12)
CALCIUM_OXIDE, MAGNESIUM_OXIDE = Decimal(56), Decimal(40)
THOUSAND = Decimal(1000)


def heat_value(amount: Decimal, heat: Decimal, carbon: Decimal) -> Decimal:
    """E = FC × NCV × CC × 44/12 (CETS-AG-03.01-V01-2024 6.1.1 formula (1), first term).

    FC in t or 10⁴Nm³, NCV in GJ per that unit, CC in tC/GJ.
    """
    return amount * heat * carbon * CO2 / CARBON


def heat_value_oxidised(amount: Decimal, heat: Decimal, carbon: Decimal, oxidised: Decimal) -> Decimal:
    """E = FC × NCV × CC × OF × 44/12 (24-sector guidelines); OF as a fraction."""
    return amount * heat * carbon * oxidised * CO2 / CARBON


def element_carbon(amount: Decimal, carbon: Decimal) -> Decimal:
    """E = FC × Car × 44/12; Car in tC per t or 10⁴Nm³ as received, measured."""
    return amount * carbon * CO2 / CARBON


def element_carbon_oxidised(amount: Decimal, carbon: Decimal, oxidised: Decimal) -> Decimal:
    """E = FC × Car × OF × 44/12 (CETS-AG-03.01-V01-2024 formula (3)); OF as a fraction."""
    return amount * carbon * oxidised * CO2 / CARBON


def by_factor(amount: Decimal, emission_factor: Decimal) -> Decimal:
    """E = M × EF (CETS-AG-03.01-V01-2024 6.1.1 formula (1), carbonates, electrodes, materials)."""
    return amount * emission_factor


def deducted(amount: Decimal, emission_factor: Decimal) -> Decimal:
    """E = −AD × EF (CETS-AG-03.01-V01-2024 6.1.1 formula (1), last term)."""
    return -(amount * emission_factor)


def carbonate(amount: Decimal, purity: Decimal, emission_factor: Decimal, conversion: Decimal) -> Decimal:
    """E = AD × PUR × EF × TR (24-sector guidelines, use of carbonates); PUR and TR as fractions."""
    return amount * purity * emission_factor * conversion


def grid(amount: Decimal, grid_factor: Decimal) -> Decimal:
    """E = AD × EF (24-sector guidelines, net purchased electricity); AD in MWh, EF in tCO2/MWh."""
    return amount * grid_factor


def grid_market(amount: Decimal, green: Decimal, grid_factor: Decimal) -> Decimal:
    """E = (AD − ADgreen) × EF: only power with a proof counts as green, the rest takes the named factor."""
    return (amount - green) * grid_factor


def steam_enthalpy(amount: Decimal, enthalpy: Decimal, base: Decimal, emission_factor: Decimal) -> Decimal:
    """E = Ma × (En − 83.74) × 10⁻³ × EF (CETS-AG-03.01-V01-2024 formula (E.2)); t, kJ/kg, tCO2/GJ."""
    return amount * (enthalpy - base) * emission_factor / THOUSAND


def water_temperature(
    amount: Decimal, temperature: Decimal, base: Decimal, specific: Decimal, emission_factor: Decimal
) -> Decimal:
    """E = Ma × (T − 20) × 4.1868 × 10⁻³ × EF (CETS-AG-03.01-V01-2024 formula (E.3)); t, °C, tCO2/GJ."""
    return amount * (temperature - base) * specific * emission_factor / THOUSAND


def anaerobic_methane(
    volume: Decimal, before: Decimal, after: Decimal, sludge: Decimal, capacity: Decimal, correction: Decimal
) -> Decimal:
    """Methane in t: (W × (CODin − CODout) − S) × Bo × MCF × 10⁻³ (24-sector guidelines).

    W in m³, COD in kg/m³, S in kg of COD taken out with sludge, Bo in kgCH4/kgCOD, MCF a fraction.
    """
    return (volume * (before - after) - sludge) * capacity * correction / THOUSAND


def anaerobic_cod(
    volume: Decimal,
    before: Decimal,
    after: Decimal,
    sludge: Decimal,
    capacity: Decimal,
    correction: Decimal,
    recovered: Decimal,
    warming: Decimal,
) -> Decimal:
    """E = (methane − R) × GWP (24-sector guidelines, anaerobic treatment); R in tCH4."""
    return (anaerobic_methane(volume, before, after, sludge, capacity, correction) - recovered) * warming


def ch4_recovered(
    amount: Decimal, purity: Decimal, efficiency: Decimal, density: Decimal, warming: Decimal
) -> Decimal:
    """R = −Q × PUR × η × ρ × GWP (24-sector guidelines); Q in 10⁴Nm³ of gas, ρ in tCH4/10⁴Nm³.

    η is the oxidation rate of own use, 1 for gas sold, or what a flare was tested to destroy.
    """
    return -(amount * purity * efficiency * density * warming)


def co2_recovered(amount: Decimal, purity: Decimal, density: Decimal) -> Decimal:
    """R = −Q × PUR × ρ (24-sector guidelines); Q in 10⁴Nm³ of gas, ρ in tCO2/10⁴Nm³."""
    return -(amount * purity * density)


def gas_released(amount: Decimal, warming: Decimal) -> Decimal:
    """E = M × GWP; M in t of a refrigerant or of SF6 that got out or was filled up."""
    return amount * warming


def clinker_oxides(
    amount: Decimal, cao: Decimal, cao_other: Decimal, mgo: Decimal, mgo_other: Decimal
) -> Decimal:
    """E = Q × ((FR1 − FR10) × 44/56 + (FR2 − FR20) × 44/40) (GB/T 32151.8, clinker by its oxides).

    Q in t; shares of CaO and MgO in clinker, and of those not from carbonates, as fractions.
    """
    lime = (cao - cao_other) * CO2 * MAGNESIUM_OXIDE
    magnesia = (mgo - mgo_other) * CO2 * CALCIUM_OXIDE
    return amount * (lime + magnesia) / (CALCIUM_OXIDE * MAGNESIUM_OXIDE)
