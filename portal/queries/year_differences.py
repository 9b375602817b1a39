"""How far a year's sum of months lies from the year worked out anew, line by line, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.accounting.year import YearLine, sum_year
from portal.domain.access import Actor, Permission
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.dossiers import year_sums
from portal.dossiers.source import AcceptedMonth
from portal.models.organisations import Organisation
from portal.queries.access import require
from portal.queries.dossier_sources import official_months
from portal.reference.guidelines import load_guideline

#: What the parts of a difference are called, in the order of ``parts_of_difference``.
PARTS = (N_("月度修约"), N_("加权平均"), N_("年度修约"))


@dataclass(frozen=True)
class LineDifference:
    """One line of the year; ``anew`` and ``difference`` are None where its formula or item changed."""

    id: str
    item: str
    item_en: str
    summed: Decimal
    anew: Decimal | None
    difference: Decimal | None
    #: The parts of the difference that show, each with its words (a msgid).
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
    return with_figures(YearDifferences(enterprise_id, name, year, len(months)), months)


def with_figures(page: YearDifferences, months: Sequence[AcceptedMonth]) -> YearDifferences:
    """``page`` with the figures of its ``months``; raises Invalid where a month's figures cannot be read."""
    results = {str(month.month): year_sums.result_of(month) for month in months}
    guidelines = tuple(sorted({result.guideline for result in results.values()}))
    if len(guidelines) != 1:
        return replace(page, guidelines=guidelines)
    found = sum_year(load_guideline(guidelines[0]), results)
    return replace(
        page,
        unit=found.unit,
        lines=tuple(_line(line) for line in found.lines),
        summed=found.total,
        anew=year_sums.total_anew(found),
    )


def _line(line: YearLine) -> LineDifference:
    parts = zip(PARTS, year_sums.parts_of_difference(line), strict=True)
    return LineDifference(
        line.id,
        line.item,
        line.item_en,
        line.summed,
        line.recomputed,
        line.difference,
        tuple((words, part.normalize()) for words, part in parts if part and line.recomputed is not None),
    )
