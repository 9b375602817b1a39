"""Reading doubtful points: the regulator's list, with the names that this regulator may know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.patterns import BY_ID, Pattern
from portal.domain.access import Actor, Permission
from portal.domain.periods import Month
from portal.domain.workflow import Severity
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.patterns import PatternRun, Suspicion
from portal.queries.access import visible_enterprises

PER_PAGE = 20
STATES = ("open", "raised", "set_aside")


@dataclass(frozen=True)
class SuspicionLine:
    """A doubtful point; ``others`` are names in the reader's area, ``hidden`` counts those outside it."""

    id: int
    enterprise_id: int
    enterprise: str
    month: Month
    pattern: Pattern
    severity: Severity
    message: str
    params: Mapping[str, Any]
    picture: Mapping[str, Any]
    others: tuple[str, ...]
    hidden: int
    state: str
    reason: str
    finding_id: int | None
    finding_number: str


@dataclass(frozen=True)
class SuspicionList:
    """A page of the list, with the last search."""

    lines: tuple[SuspicionLine, ...]
    total: int
    counts: Mapping[str, int]
    state: str
    pattern: str
    page: int
    last_run: PatternRun | None
    finished_at: datetime | None


def suspicion_list(
    session: Session, actor: Actor, *, state: str = "open", pattern: str = "", page: int = 1
) -> SuspicionList:
    """The doubtful points of the actor's area, the heaviest and newest first."""
    mine = visible_enterprises(actor, Permission.SUSPICION_VIEW)
    wanted = (
        sa.select(Suspicion, Organisation.name, Finding.number)
        .join(Organisation, Organisation.id == Suspicion.enterprise_id)
        .outerjoin(Finding, Finding.id == Suspicion.finding_id)
        .where(mine)
    )
    if state in STATES:
        wanted = wanted.where(Suspicion.state == state)
    if pattern in BY_ID:
        wanted = wanted.where(Suspicion.pattern == pattern)
    total = session.scalars(sa.select(sa.func.count()).select_from(wanted.subquery())).one()
    rank = sa.case({Severity.BLOCKING: 0, Severity.EXPLAIN: 1}, value=Suspicion.severity, else_=2)
    rows = session.execute(
        wanted.order_by(rank, Suspicion.month.desc(), Suspicion.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    names = _names(session, mine, {other for row in rows for other in row[0].detail.get("others", ())})
    run = session.scalar(sa.select(PatternRun).order_by(PatternRun.id.desc()).limit(1))
    return SuspicionList(
        lines=tuple(_line(*row, names) for row in rows),
        total=total,
        counts=_counts(session, mine),
        state=state,
        pattern=pattern,
        page=page,
        last_run=run,
        finished_at=run.finished_at if run else None,
    )


def _line(row: Suspicion, enterprise: str, number: str | None, names: Mapping[int, str]) -> SuspicionLine:
    others = row.detail.get("others", [])
    known = tuple(names[other] for other in others if other in names)
    return SuspicionLine(
        id=row.id,
        enterprise_id=row.enterprise_id,
        enterprise=enterprise,
        month=Month.parse(row.month),
        pattern=BY_ID[row.pattern],
        severity=row.severity,
        message=row.detail["message"],
        params=row.detail["params"],
        picture=row.detail["picture"],
        others=known,
        hidden=len(others) - len(known),
        state=row.state,
        reason=row.reason,
        finding_id=row.finding_id,
        finding_number=number or "",
    )


def _names(session: Session, mine: sa.ColumnElement[bool], wanted: set[int]) -> dict[int, str]:
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted), mine)
    )
    return {row[0]: row[1] for row in rows}


def _counts(session: Session, mine: sa.ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        sa.select(Suspicion.state, sa.func.count())
        .join(Organisation, Organisation.id == Suspicion.enterprise_id)
        .where(mine)
        .group_by(Suspicion.state)
    )
    return {row[0]: row[1] for row in rows}
