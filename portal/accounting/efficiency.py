"""Carbon efficiency (碳效): emissions per value added, its level, and the grade against the sector.

规上工业企业碳效等级评价方法 (excerpt): L = CO2 of all energy in the period / industrial value added, less own
wind, solar and hydro power and sinks or capture; K = L / the sector's average L.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.reference.efficiency import Band, EfficiencyLimits
from portal.reference.loader import Value


@dataclass(frozen=True, slots=True)
class Performance:
    """What an enterprise did in a period.

    ``energy_co2``: CO2 of all energy used, tCO2; ``deducted``: own renewable power, sinks and capture, tCO2;
    ``value_added``: industrial value added by the income method, 万元.
    """

    energy_co2: Decimal
    deducted: Decimal
    value_added: Decimal


@dataclass(frozen=True, slots=True)
class Efficiency:
    """L in tCO2/万元 and its level; K and the grade, None while the sector's average is not known."""

    intensity: Decimal
    level: Band
    average: Value | None
    ratio: Decimal | None
    grade: Band | None
    limits: str

    @property
    def unverified(self) -> bool:
        """Whether a limit or an average that nobody has verified decided."""
        ends = [band.upper for band in (self.level, self.grade) if band is not None]
        return any(value is not None and value.confidence == "unverified" for value in (*ends, self.average))


def assess(
    performance: Performance,
    limits: EfficiencyLimits,
    *,
    year: int | None = None,
    industry: str = "",
    average: Value | None = None,
) -> Efficiency:
    """Level and grade of a performance; a limit belongs to the lower band.

    The sector's average is ``average``, else that of ``year`` and ``industry`` (code of GB/T 4754) in the
    pack. Raises Invalid for a value added or an average that is not above zero, and for a negative amount.
    """
    if performance.value_added <= 0:
        raise Invalid(N_("工业增加值应大于 0"), path="value_added")
    for path, amount in (("energy_co2", performance.energy_co2), ("deducted", performance.deducted)):
        if amount < 0:
            raise Invalid(N_("不能为负"), path=path)
    if average is None and year is not None:
        average = limits.averages.get((year, industry))
    if average is not None and average.amount <= 0:
        raise Invalid(N_("行业平均值应大于 0"), path="average")
    with localcontext(CONTEXT):
        intensity = (performance.energy_co2 - performance.deducted) / performance.value_added
        ratio = None if average is None else intensity / average.amount
    return Efficiency(
        intensity=intensity,
        level=_band(intensity, limits.levels),
        average=average,
        ratio=ratio,
        grade=None if ratio is None else _band(ratio, limits.grades),
        limits=limits.id,
    )


def _band(value: Decimal, bands: tuple[Band, ...]) -> Band:
    """The first band whose end is not below the value; the last one has none."""
    for band in bands:
        if band.upper is None or value <= band.upper.amount:
            return band
    return bands[-1]
