"""Two footprints of one product beside each other: only where both were made the same way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType

from portal.accounting.faults import fault, listed
from portal.accounting.footprint_result import FootprintResult
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, convert, convertible

#: the interval of a simulation that is compared
_LOW, _HIGH = "2.5", "97.5"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reporting less base, in kgCO2e per functional unit.

    ``reduction`` is (base − reporting) / base, None where the base is zero. ``apart`` says whether the 95 %
    intervals of both simulations do not meet; None where one was not simulated.
    """

    base: Decimal
    reporting: Decimal
    difference: Decimal
    reduction: Decimal | None
    by_stage: Mapping[str, Decimal]
    by_gas: Mapping[str, Decimal]
    apart: bool | None


def differences(base: FootprintResult, reporting: FootprintResult) -> tuple[str, ...]:
    """What keeps two footprints from being compared; a boundary or rules that are not stated do too."""
    checks = {
        N_("产品"): base.product == reporting.product,
        N_("功能单位"): _same_unit(base, reporting),
        N_("系统边界"): _same_words(base.boundary, reporting.boundary),
        N_("核算规则"): _same_words(base.rules, reporting.rules),
        N_("全球增温潜势"): base.packs == reporting.packs and base.gwp == reporting.gwp,
    }
    return tuple(name for name, same in checks.items() if not same)


def compare(base: FootprintResult, reporting: FootprintResult) -> Comparison:
    """The change from one footprint to the other; raises InputError ``not_comparable``.

    Both must state the same functional unit, boundary and product rules and use the same potentials.
    """
    found = differences(base, reporting)
    if found:
        raise fault("not_comparable", "", differences=listed(found))
    with localcontext(CONTEXT):
        difference = reporting.total - base.total
        return Comparison(
            base.total,
            reporting.total,
            difference,
            -difference / base.total if base.total else None,
            _changed(base.by_stage, reporting.by_stage),
            _changed(base.by_gas, reporting.by_gas),
            _apart(base, reporting),
        )


def _same_unit(base: FootprintResult, reporting: FootprintResult) -> bool:
    if not convertible(reporting.unit, base.unit):
        return False
    return convert(reporting.amount, reporting.unit, base.unit) == base.amount


def _same_words(base: str, reporting: str) -> bool:
    return bool(base.strip()) and base.strip() == reporting.strip()


def _changed(base: Mapping[str, Decimal], reporting: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    keys: Iterable[str] = dict.fromkeys((*base, *reporting))
    nothing = Decimal(0)
    return MappingProxyType({key: reporting.get(key, nothing) - base.get(key, nothing) for key in keys})


def _apart(base: FootprintResult, reporting: FootprintResult) -> bool | None:
    if base.uncertainty is None or reporting.uncertainty is None:
        return None
    here, there = base.uncertainty.percentiles, reporting.uncertainty.percentiles
    return here[_HIGH] < there[_LOW] or there[_HIGH] < here[_LOW]
