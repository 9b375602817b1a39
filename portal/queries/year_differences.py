"""How far a year's sum of months lies from the year worked out anew, line by line, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.accounting.year import YearLine, sum_year
from portal.domain.access import Actor, Permission
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.quantities import rounded
from portal.dossiers import year_sums
from portal.dossiers.source import AcceptedMonth
from portal.models.organisations import Organisation
from portal.queries.access import require
from portal.queries.dossier_sources import official_months
from portal.reference.guidelines import load_guideline

#: Decimals shown of a part of a difference.
SHOWN = 6


@dataclass(frozen=True)
class LineDifference:
    """One line of the year; ``anew`` and ``difference`` are None where its formula or item changed."""

    id: str
    item: str
    item_en: str
    summed: Decimal
    anew: Decimal | None
    difference: Decimal | None
    #: The parts of the difference that show at ``SHOWN`` decimals, each with its words (a msgid).
    reasons: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class YearDifferences:
    """The accepted months of a year, together; without lines while nothing can be compared."""

    enterprise_id: int
    enterprise_name: str
    year: int
    months: int
    #: Ids of the guidelines, when the months follow different ones: they are not added up then.
    guidelines: tuple[str, ...] = ()
    unit: str = ""
    lines: tuple[LineDifference, ...] = ()
    summed: Decimal = Decimal(0)
    anew: Decimal = Decimal(0)


def year_differences(session: Session, actor: Actor, enterprise_id: int, year: int) -> YearDifferences:
    """The differences of a year's accepted months; raises NotFound for a foreign enterprise."""
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    name = session.get_one(Organisation, enterprise_id).name
    months = official_months(session, enterprise_id, Month(year, 1), Month(year, 12))
    return differences_of(months, YearDifferences(enterprise_id, name, year, len(months)))


def differences_of(months: Sequence[AcceptedMonth], page: YearDifferences) -> YearDifferences:
    """``page`` with the figures of ``months``; raises Invalid where a month's figures cannot be read."""
    results = {str(month.month): year_sums.result_of(month) for month in months}
    guidelines = tuple(sorted({result.guideline for result in results.values()}))
    about = (page.enterprise_id, page.enterprise_name, page.year, len(months))
    if len(guidelines) != 1:
        return YearDifferences(*about, guidelines=guidelines)
    found = sum_year(load_guideline(guidelines[0]), results)
    return YearDifferences(
        *about,
        unit=found.unit,
        lines=tuple(_line(line) for line in found.lines),
        summed=found.total,
        anew=year_sums.total_anew(found),
    )


def _line(line: YearLine) -> LineDifference:
    parts = (
        (N_("各月修约"), line.rounding_of_months),
        (N_("加权平均"), line.weighting),
        (N_("年度修约"), line.rounding_of_year),
    )
    shown = ((words, rounded(value, SHOWN).normalize()) for words, value in parts)
    return LineDifference(
        line.id,
        line.item,
        line.item_en,
        line.summed,
        line.recomputed,
        line.difference,
        tuple((words, value) for words, value in shown if value) if line.recomputed is not None else (),
    )
