"""The board of gaps: by due date and section, how they came and went, what to do first; by client."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.periods import SHANGHAI, Month, shanghai_date, today
from portal.domain.workflow import FindingState
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.queries.access import visible_enterprises
from portal.queries.findings import Filters, FindingLine, finding_list

TREND_MONTHS = 12
FIRST = 8
#: Days to the due date → name of the column; the last takes the rest.
BUCKETS = ((-1, "overdue"), (7, "week"), (30, "month"))
SEVERITY_RANK = {"blocking": 0, "explain": 1, "note": 2}


@dataclass(frozen=True)
class SectionRow:
    """The unsettled gaps of one section, by when they are due."""

    section: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class TrendMonth:
    """How many findings were opened and closed in a calendar month."""

    month: Month
    opened: int
    closed: int


@dataclass(frozen=True)
class ClientRow:
    """The unsettled gaps of one enterprise."""

    enterprise_id: int
    name: str
    total: int
    blocking: int
    overdue: int
    unassigned: int
    next_due: FindingLine | None


@dataclass(frozen=True)
class GapBoard:
    """What the board shows."""

    lines: tuple[FindingLine, ...]
    sections: tuple[SectionRow, ...]
    trend: tuple[TrendMonth, ...]
    first: tuple[FindingLine, ...]
    clients: tuple[ClientRow, ...]

    @property
    def totals(self) -> dict[str, int]:
        """All sections together, by when they are due."""
        return dict(Counter(bucket_of(line) for line in self.lines))


def gap_board(session: Session, actor: Actor) -> GapBoard:
    """The unsettled findings that are this actor's business, in a fixed number of queries."""
    lines = finding_list(session, actor, Filters(), everything=True).lines
    return GapBoard(
        lines=lines,
        sections=_sections(lines),
        trend=_trend(session, actor),
        first=tuple(sorted((line for line in lines if _theirs(line)), key=urgency)[:FIRST]),
        clients=_clients(lines),
    )


def bucket_of(line: FindingLine) -> str:
    """The column in which a gap stands: overdue, week, month or later."""
    left = (line.due_on - today()).days
    return next((name for most, name in BUCKETS if left <= most), "later")


def urgency(line: FindingLine) -> tuple[object, ...]:
    """What to do first: what is late and stops a signature, then what is late, then what stops one."""
    return (not (line.blocks and line.overdue), not line.overdue, SEVERITY_RANK[line.severity], line.due_on)


def _theirs(line: FindingLine) -> bool:
    return line.standing in {FindingState.OPEN, FindingState.RETURNED}


def _sections(lines: Sequence[FindingLine]) -> tuple[SectionRow, ...]:
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        counts.setdefault(line.section, Counter())[bucket_of(line)] += 1
    rows = [SectionRow(section, dict(found)) for section, found in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.section)))


def _clients(lines: Sequence[FindingLine]) -> tuple[ClientRow, ...]:
    groups: dict[int, list[FindingLine]] = {}
    for line in lines:
        groups.setdefault(line.enterprise_id, []).append(line)
    rows = [
        ClientRow(
            enterprise_id=enterprise_id,
            name=group[0].enterprise,
            total=len(group),
            blocking=sum(1 for line in group if line.blocks),
            overdue=sum(1 for line in group if line.overdue),
            unassigned=sum(1 for line in group if not line.owner),
            next_due=min(group, key=lambda line: line.due_on),
        )
        for enterprise_id, group in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.overdue, -row.blocking, -row.total, row.name)))


def _trend(session: Session, actor: Actor) -> tuple[TrendMonth, ...]:
    last = Month.of(today())
    months = [last.plus(-back) for back in range(TREND_MONTHS - 1, -1, -1)]
    begin = datetime.combine(months[0].first, time(), SHANGHAI)
    rows = session.execute(
        sa.select(Finding.opened_at, Finding.closed_at)
        .join(Organisation, Organisation.id == Finding.enterprise_id)
        .where(
            visible_enterprises(actor, Permission.FINDING_VIEW),
            sa.or_(Finding.opened_at >= begin, Finding.closed_at >= begin),
        )
    ).all()
    opened = Counter(Month.of(shanghai_date(row.opened_at)) for row in rows)
    closed = Counter(Month.of(shanghai_date(row.closed_at)) for row in rows if row.closed_at)
    return tuple(TrendMonth(month, opened[month], closed[month]) for month in months)
