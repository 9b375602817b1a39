"""Reading findings: the list with its filters, and one finding with its life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid
from portal.domain.periods import Month, today
from portal.domain.workflow import (
    UNSETTLED_FINDINGS,
    ClosedAs,
    FindingSource,
    FindingState,
    Severity,
)
from portal.models.finding_life import FindingRequest
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord
from portal.models.users import User
from portal.queries.finding_access import enterprises_in_full, visible_findings
from portal.queries.finding_owners import Candidate, candidates

PER_PAGE = 20
SORTS = ("due", "opened", "severity", "number")
#: Filters by state: besides the states themselves, those that somebody has to act on.
UNSETTLED = "unsettled"
OVERDUE = "overdue"
#: Filters of what waits for the regulator: a waiver or more time was asked for, a look-back is due.
ASKED, LOOK_BACK = "asked", "look_back"
#: In these states the enterprise's side has to act; a waiver that was asked for stops no clock.
_THEIRS = (FindingState.OPEN, FindingState.RETURNED, FindingState.WAIVER_ASKED)


@dataclass(frozen=True)
class Filters:
    """What the address asks for; unknown values were dropped by ``read``."""

    state: str = UNSETTLED
    severity: str = ""
    source: str = ""
    month: str = ""
    enterprise_id: int | None = None
    search: str = ""
    sort: str = "due"
    page: int = 1

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "Filters":
        """From an address; what is not known there is left out, never an error."""
        state, enterprise = arguments.get("state", UNSETTLED), arguments.get("enterprise", "")
        page = arguments.get("page", "1")
        return cls(
            state=state if state in {*STATES, ""} else UNSETTLED,
            severity=_known(arguments.get("severity", ""), [item.value for item in Severity]),
            source=_known(arguments.get("source", ""), [item.value for item in FindingSource]),
            month=_month(arguments.get("month", "")),
            enterprise_id=int(enterprise) if enterprise.isdecimal() and len(enterprise) < 10 else None,
            search="".join(sign for sign in arguments.get("q", "") if sign.isprintable()).strip()[:80],
            sort=_known(arguments.get("sort", ""), SORTS) or "due",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
        )

    def arguments(self, **changes: object) -> dict[str, Any]:
        """As the address writes them, with ``changes``; what is usual is left out."""
        values: dict[str, Any] = {
            "state": self.state if self.state != UNSETTLED else None,
            "severity": self.severity,
            "source": self.source,
            "month": self.month,
            "enterprise": self.enterprise_id,
            "q": self.search,
            "sort": self.sort if self.sort != "due" else None,
            "page": self.page if self.page > 1 else None,
        } | changes
        return {name: value for name, value in values.items() if value or (name == "state" and value == "")}


def _known(value: str, choices: Sequence[str]) -> str:
    return value if value in choices else ""


def _month(value: str) -> str:
    try:
        return str(Month.parse(value))
    except Invalid:
        return ""


@dataclass(frozen=True)
class FindingLine:
    """One finding in a list."""

    id: int
    number: str
    enterprise_id: int
    enterprise: str
    #: None where the gap is not about one month.
    month: Month | None
    source: str
    check_id: str
    section: str
    cell: str
    severity: str
    title: str
    clause: str
    actual: str
    expected: str
    state: str
    due_on: date
    owner: str
    waived_until: date | None
    closed_as: str = ""
    look_back_on: date | None = None
    stream: str = ""
    owner_id: int | None = None
    texts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waiver_past(self) -> bool:
        """A waiver that holds no longer: the finding is open again, whatever is written."""
        return self.waived_until is not None and self.waived_until < today()

    @property
    def standing(self) -> str:
        """The state that counts today."""
        if self.state == "waived" and self.waiver_past:
            return FindingState.OPEN.value
        return "dismissed" if self.closed_as == ClosedAs.FALSE_ALARM else self.state

    @property
    def settled(self) -> bool:
        """Closed, for whatever reason."""
        return self.state == FindingState.CLOSED

    @property
    def days_left(self) -> int | None:
        """Days until it is due; None once nobody has to act."""
        return (self.due_on - today()).days if self.standing in UNSETTLED_FINDINGS else None

    @property
    def overdue(self) -> bool:
        """Past due and still in the enterprise's hands."""
        return self.standing in _THEIRS and self.due_on < today()

    @property
    def blocks(self) -> bool:
        """Whether it stops an acceptance today."""
        held = self.waived_until is not None and not self.waiver_past
        return self.severity == "blocking" and not self.settled and not held

    def headline(self, english: bool) -> str:
        """What is wrong, in particular: a check's message names the row, its title only the rule."""
        if self.source == FindingSource.CHECK:
            return self.text("message", english) or self.text("title", english)
        return self.text("title", english)

    def text(self, name: str, english: bool) -> str:
        """A text of the finding in the reader's language, else in Chinese."""
        return str((self.texts.get(f"{name}_en") if english else "") or self.texts.get(name) or "")


@dataclass(frozen=True)
class FindingList:
    """A page of the list, with what its filters offer."""

    lines: tuple[FindingLine, ...]
    total: int
    filters: Filters
    counts: Mapping[str, int]
    months: tuple[str, ...]
    enterprises: tuple[tuple[int, str], ...]
    #: Who can be given the findings shown; empty for readers who cannot give them.
    people: tuple[Candidate, ...] = ()


def finding_list(
    session: Session, actor: Actor, filters: Filters, *, everything: bool = False
) -> FindingList:
    """The findings that are this actor's business; ``everything`` leaves the paging out, for an export."""
    mine = visible_findings(actor)
    wanted = select_findings(mine).where(*_conditions(filters))
    total = session.scalars(sa.select(sa.func.count()).select_from(wanted.subquery())).one()
    shown = wanted.order_by(*_order(filters.sort))
    if not everything:
        shown = shown.limit(PER_PAGE).offset((filters.page - 1) * PER_PAGE)
    choices = session.execute(
        sa.select(MonthlyRecord.month, Organisation.id, Organisation.name)
        .select_from(Finding)
        .outerjoin(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .join(Organisation, Organisation.id == Finding.enterprise_id)
        .where(mine)
        .distinct()
    ).all()
    lines = tuple(finding_line(*row) for row in session.execute(shown))
    acts = actor.may(Permission.FINDING_RESPOND) or actor.may(Permission.FINDING_CLOSE)
    shown_of = enterprises_in_full(session, actor, {line.enterprise_id for line in lines}) if acts else ()
    return FindingList(
        lines=lines,
        total=total,
        filters=filters,
        counts=_counts(session, mine),
        months=tuple(sorted({month for month, _, _ in choices if month}, reverse=True)),
        enterprises=tuple(sorted({(number, name) for _, number, name in choices}, key=lambda item: item[1])),
        people=candidates(session, shown_of) if shown_of else (),
    )


def open_findings(session: Session, enterprise_id: int, *, before: Month | None = None) -> list[FindingLine]:
    """Unsettled findings of an enterprise by due date, for the head of a month and for its home page.

    ``before`` keeps those of earlier months only. The caller has authorised the reader.
    """
    query = select_findings(Organisation.id == enterprise_id).where(_unsettled())
    if before is not None:
        query = query.where(MonthlyRecord.month < str(before))
    return [finding_line(*row) for row in session.execute(query.order_by(*_order("due")))]


def select_findings(
    mine: sa.ColumnElement[bool],
) -> sa.Select[Finding, MonthlyRecord | None, str, str | None]:
    """Findings with their month (where they have one), enterprise and owner; ``mine`` limits them."""
    return (
        sa.select(Finding, MonthlyRecord, Organisation.name, User.name)
        .outerjoin(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .join(Organisation, Organisation.id == Finding.enterprise_id)
        .outerjoin(User, User.id == Finding.owner_id)
        .where(mine)
        .options(sa.orm.lazyload(Finding.steps))
    )


def _unsettled() -> sa.ColumnElement[bool]:
    past = sa.and_(Finding.state == FindingState.WAIVED, Finding.waived_until < today())
    return sa.or_(Finding.state.in_(UNSETTLED_FINDINGS), past)


def _asked() -> sa.ColumnElement[bool]:
    waiting = sa.select(FindingRequest.finding_id).where(FindingRequest.decided_at.is_(None))
    return Finding.id.in_(waiting)


def _look_back() -> sa.ColumnElement[bool]:
    return sa.and_(Finding.state == FindingState.CLOSED, Finding.look_back_on <= today())


def _overdue() -> sa.ColumnElement[bool]:
    theirs = sa.or_(
        Finding.state.in_(_THEIRS),
        sa.and_(Finding.state == FindingState.WAIVED, Finding.waived_until < today()),
    )
    return sa.and_(theirs, Finding.due_on < today())


_CONDITIONS = {UNSETTLED: _unsettled, OVERDUE: _overdue, ASKED: _asked, LOOK_BACK: _look_back}
STATES = (*_CONDITIONS, *(state.value for state in FindingState))


def _conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.state in _CONDITIONS:
        found.append(_CONDITIONS[filters.state]())
    elif filters.state:
        found.append(Finding.state == FindingState(filters.state))
    if filters.severity:
        found.append(Finding.severity == Severity(filters.severity))
    if filters.source:
        found.append(Finding.source == FindingSource(filters.source))
    if filters.month:
        found.append(MonthlyRecord.month == filters.month)
    if filters.enterprise_id is not None:
        found.append(Finding.enterprise_id == filters.enterprise_id)
    if filters.search:
        columns = (Finding.number, Finding.title, Finding.check_id, Finding.cell, Organisation.name)
        found.append(sa.or_(*(column.icontains(filters.search, autoescape=True) for column in columns)))
    return found


def _order(sort: str) -> list[sa.ColumnElement[Any]]:
    rank = sa.case({Severity.BLOCKING: 0, Severity.EXPLAIN: 1}, value=Finding.severity, else_=2)
    orders: Mapping[str, list[sa.ColumnElement[Any]]] = {
        "due": [Finding.due_on.asc(), rank.asc(), Finding.id.asc()],
        "opened": [Finding.opened_at.desc(), Finding.id.desc()],
        "severity": [rank.asc(), Finding.due_on.asc(), Finding.id.asc()],
        "number": [Finding.number.asc()],
    }
    return orders[sort]


def _counts(session: Session, mine: sa.ColumnElement[bool]) -> dict[str, int]:
    def number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    row = session.execute(
        sa.select(
            number(_unsettled()).label(UNSETTLED),
            number(_overdue()).label(OVERDUE),
            number(Finding.state.in_(_THEIRS)).label("theirs"),
            number(Finding.state == FindingState.RESPONDED).label("responded"),
            number(Finding.state == FindingState.CLOSED).label("closed"),
            number(Finding.state == FindingState.WAIVED).label("waived"),
            number(_asked()).label(ASKED),
            number(_look_back()).label(LOOK_BACK),
        )
        .select_from(Finding)
        .join(Organisation, Organisation.id == Finding.enterprise_id)
        .where(mine)
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def finding_line(
    finding: Finding, record: MonthlyRecord | None, enterprise: str, owner: str | None
) -> FindingLine:
    """The finding as lists show it."""
    detail = finding.detail or {}
    return FindingLine(
        id=finding.id,
        number=finding.number,
        enterprise_id=finding.enterprise_id,
        enterprise=enterprise,
        month=Month.parse(record.month) if record else None,
        source=finding.source.value,
        check_id=finding.check_id,
        section=finding.section.value if finding.section else "",
        cell=finding.cell,
        severity=finding.severity.value,
        title=finding.title,
        clause=str(detail.get("clause") or ""),
        actual=str(detail.get("actual") or ""),
        expected=str(detail.get("expected") or ""),
        state=finding.state.value,
        due_on=finding.due_on,
        owner=owner or "",
        waived_until=finding.waived_until,
        closed_as=finding.closed_as,
        look_back_on=finding.look_back_on,
        stream=stream_of(finding),
        owner_id=finding.owner_id,
        texts={**detail, "title": finding.title},
    )


def stream_of(finding: Finding) -> str:
    """The stream that the finding is about: of its cell, its slot (``10.2.1b:S-02``) or its subject."""
    if finding.cell:
        return finding.cell.partition(".")[0]
    if ":" in finding.slot:
        return finding.slot.rpartition(":")[2]
    return finding.subject.partition(".")[0]


def section_findings(session: Session, record_id: int) -> dict[str, list[FindingLine]]:
    """A month's findings by the cell or slot that they point to. The caller has authorised the reader."""
    found: dict[str, list[FindingLine]] = {}
    rows = session.execute(
        select_findings(sa.true()).where(Finding.record_id == record_id).order_by(Finding.id)
    ).all()
    for row in rows:
        finding = row[0]
        found.setdefault(finding.cell or finding.slot, []).append(finding_line(*row))
    return found
