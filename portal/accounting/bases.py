"""Mass bases of solid fuels: as received (ar), air-dried (ad), dry (d), dry and ash-free (daf).

Car = Cad × (100 − Mar) / (100 − Mad); Car = Cd × (100 − Mar) / 100; Cd = Cdaf × (100 − Ad) / 100. The first
two are those of the guidelines' conversion of carbon, the third is the same step for ash.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from types import MappingProxyType

from portal.domain.quantities import CONTEXT

HUNDRED = Decimal(100)

#: basis → the percentages that bring a value from it to as received
BASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ar": (),
        "ad": ("moisture", "moisture_ad"),
        "d": ("moisture",),
        "daf": ("moisture", "ash"),
    }
)


def as_received(
    value: Decimal,
    basis: str,
    *,
    moisture: Decimal = Decimal(0),
    moisture_ad: Decimal = Decimal(0),
    ash: Decimal = Decimal(0),
) -> Decimal:
    """``value`` of ``basis`` as received.

    ``moisture`` Mar, ``moisture_ad`` Mad and ``ash`` Ad in per cent, each below 100. Raises KeyError for a
    basis that there is not, ValueError for a percentage that leaves nothing to convert.
    """
    BASES[basis]
    if not all(0 <= share < HUNDRED for share in (moisture, moisture_ad, ash)):
        raise ValueError("a percentage of moisture or ash lies from 0 to below 100")
    with localcontext(CONTEXT):
        if basis == "ar":
            return value
        if basis == "ad":
            return value * (HUNDRED - moisture) / (HUNDRED - moisture_ad)
        dry = value * (HUNDRED - ash) / HUNDRED if basis == "daf" else value
        return dry * (HUNDRED - moisture) / HUNDRED


def dry_mass(amount: Decimal, moisture: Decimal) -> Decimal:
    """What is left of ``amount`` as received without its moisture (Mar in per cent, below 100)."""
    if not 0 <= moisture < HUNDRED:
        raise ValueError("moisture lies from 0 to below 100 per cent")
    with localcontext(CONTEXT):
        return amount * (HUNDRED - moisture) / HUNDRED
