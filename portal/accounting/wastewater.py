"""Methane of industrial wastewater treated without air."""

from decimal import Decimal

from portal.accounting.activity import (
    Book,
    Counted,
    constant_factor,
    factor,
    given,
    measured,
    plain_input,
)
from portal.accounting.faults import fault
from portal.accounting.lines import Input, plain
from portal.accounting.reading import Fields
from portal.domain.messages import N_

WASTEWATER = (N_("厌氧处理的工业废水"), "Industrial wastewater treated without air")
_KG_PER_TONNE = Decimal(1000)


def by_anaerobic_cod(fields: Fields, book: Book) -> Counted:
    """E = (W × (CODin − CODout) × Bo × MCF × 10⁻³ − R) × GWP, in tCO2e.

    W in m³, COD in kg/m³, Bo in kgCH4/kgCOD, MCF a fraction, R in tCH4 recovered
    (24-sector guidelines, anaerobic treatment of industrial wastewater).
    """
    volume = measured(fields, "m3", "volume")
    before = plain_input(fields, "cod_in", "kg/m3")
    after = plain_input(fields, "cod_out", "kg/m3")
    if after.value > before.value:
        raise fault(
            "out_of_range",
            fields.at("cod_out"),
            key="cod_out",
            given=plain(after.value),
            wanted=f"≤ cod_in ({plain(before.value)})",
        )
    capacity = constant_factor(fields, "bo", book.guideline.constants["wastewater"])
    correction = given("mcf", fields.fraction("mcf"), "1")
    potential = factor("gwp_ch4", book.gwp("CH4"))
    methane = (
        volume.converted * (before.value - after.value) * capacity.value * correction.value / _KG_PER_TONNE
    )
    inputs: tuple[Input, ...] = (volume, before, after)
    if fields.has("recovered_ch4"):
        recovered = plain_input(fields, "recovered_ch4", "tCH4")
        if recovered.value > methane:
            raise fault(
                "out_of_range",
                fields.at("recovered_ch4"),
                key="recovered_ch4",
                given=plain(recovered.value),
                wanted=f"≤ {plain(methane)} tCH4",
            )
        methane -= recovered.value
        inputs = (*inputs, recovered)
    return Counted(*WASTEWATER, methane * potential.value, inputs, (capacity, correction, potential))
