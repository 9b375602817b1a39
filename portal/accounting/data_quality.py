"""Ratings of data carried from the processes to the footprint."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from portal.accounting.footprint_result import Quality
from portal.accounting.footprint_system import QUALITY_DIMENSIONS, Process


def propagated(processes: Sequence[Process], contributions: Mapping[str, Decimal]) -> Quality | None:
    """Each rating as the mean of the rated processes, weighed by the size of their contributions.

    ``contributions`` are kgCO2e by process id. None where no process with a contribution is rated.
    """
    rated = [(process.quality, contributions[process.id]) for process in processes if process.quality]
    weight = sum((amount for _, amount in rated), Decimal(0))
    if not weight:
        return None
    ratings = {
        key: sum((quality[key] * amount for quality, amount in rated), Decimal(0)) / weight
        for key in QUALITY_DIMENSIONS
    }
    return Quality(MappingProxyType(ratings), weight / sum(contributions.values(), Decimal(0)))


def primary_share(processes: Sequence[Process], contributions: Mapping[str, Decimal]) -> Decimal | None:
    """Share of the footprint whose processes were measured by who runs them.

    None where no process says whether it was, or where nothing is emitted.
    """
    said = [process for process in processes if process.primary is not None]
    total = sum(contributions.values(), Decimal(0))
    if not said or not total:
        return None
    return sum((contributions[process.id] for process in said if process.primary), Decimal(0)) / total
