"""Lists of visits, the enterprises that can be visited, and what the public may know of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.domain.access import Actor, Permission
from portal.domain.visits import Given, InspectionKind, InspectionState
from portal.models.organisations import Organisation
from portal.models.visits import Inspection, VisitReport
from portal.queries.access import visible_enterprises
from portal.queries.visit_sheet import VisitSheet
from portal.queries.visits import given_answers, sheet_of

PER_PAGE = 30


@dataclass(frozen=True)
class VisitFilter:
    """What the address asks for."""

    state: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True)
class VisitLine:
    """One visit in a list."""

    id: int
    number: str
    enterprise_id: int
    enterprise: str
    visitor: str
    kind: InspectionKind
    state: InspectionState
    visited_on: date
    packs: tuple[str, ...]
    sheet: VisitSheet


@dataclass(frozen=True)
class VisitList:
    """A page of visits."""

    lines: tuple[VisitLine, ...]
    total: int


def visit_list(session: Session, actor: Actor, wanted: VisitFilter) -> VisitList:
    """The visits that are this actor's business, newest first."""
    query = (
        sa.select(Inspection)
        .join(Organisation, Organisation.id == Inspection.enterprise_id)
        .where(visible_enterprises(actor, Permission.VISIT_VIEW))
    )
    if wanted.state in set(InspectionState):
        query = query.where(Inspection.state == wanted.state)
    if wanted.search:
        like = f"%{_escaped(wanted.search)}%"
        query = query.where(
            sa.or_(Organisation.name.like(like, escape="\\"), Inspection.number.like(like, escape="\\"))
        )
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(
            joinedload(Inspection.enterprise),
            joinedload(Inspection.visitor),
            selectinload(Inspection.checklists),
        )
        .order_by(Inspection.visited_on.desc(), Inspection.id.desc())
        .offset((wanted.page - 1) * PER_PAGE)
        .limit(PER_PAGE)
    ).all()
    given = given_answers(session, [row.id for row in rows])
    return VisitList(tuple(_line(row, given.get(row.id, ())) for row in rows), total)


@dataclass(frozen=True)
class PublicReport:
    """What anyone may know of an issued report: that it is genuine, and which one it is."""

    number: str
    enterprise: str
    kind: InspectionKind
    visited_on: date
    issued_at: datetime
    sha256: str
    pages: int


def visit_report(session: Session, code: str) -> PublicReport | None:
    """The report with this code; None when none was issued."""
    row = session.execute(
        sa.select(VisitReport, Inspection, Organisation.name)
        .join(Inspection, Inspection.id == VisitReport.inspection_id)
        .join(Organisation, Organisation.id == Inspection.enterprise_id)
        .where(VisitReport.code == code)
    ).one_or_none()
    if row is None:
        return None
    report, visit, name = row
    return PublicReport(
        number=visit.number,
        enterprise=name,
        kind=InspectionKind(visit.kind),
        visited_on=visit.visited_on,
        issued_at=report.issued_at,
        sha256=report.sha256,
        pages=report.pages,
    )


@dataclass(frozen=True)
class Client:
    """An enterprise that can be visited."""

    id: int
    name: str


def visit_clients(session: Session, actor: Actor) -> tuple[Client, ...]:
    """The active enterprises that this person may visit, by name."""
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name)
        .where(visible_enterprises(actor, Permission.VISIT_CONDUCT), Organisation.active)
        .order_by(Organisation.name, Organisation.id)
    )
    return tuple(Client(*row) for row in rows)


def _line(row: Inspection, given: Sequence[Given]) -> VisitLine:
    return VisitLine(
        id=row.id,
        number=row.number,
        enterprise_id=row.enterprise_id,
        enterprise=row.enterprise.name,
        visitor=row.visitor.name,
        kind=InspectionKind(row.kind),
        state=InspectionState(row.state),
        visited_on=row.visited_on,
        packs=tuple(str(checklist.content["title"]) for checklist in row.checklists),
        sheet=sheet_of(row, given),
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
