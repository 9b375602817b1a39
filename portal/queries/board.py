"""The steward's board: clients down, months across, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, Permission
from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import EngagementState, FindingState, RecordState
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord
from portal.models.reviews import Question, Review
from portal.queries.access import visible_enterprises

MONTHS = 12
PER_PAGE = 50
#: A contract that ends within so many days is counted on top.
CONTRACT_SOON = 60
SHOWN = ("overdue", "returned", "me", "signing", "contract")
SORTS = ("late", "name", "district", "due", "contract")
#: Days that a month without a clock is said to have left: it sorts last.
_NO_CLOCK = 10_000
_MINE = ("not_started", "draft", "returned")
_WITH_CLIENT = "ready_for_signoff"
_WITH_AUTHORITY = ("submitted", "under_review", "pending_countersign", "restatement_requested")


@dataclass(frozen=True)
class BoardFilters:
    """What the address asks for; unknown words were dropped by ``read``."""

    search: str = ""
    district: str = ""
    scope: str = ""
    show: str = ""
    sort: str = "late"
    page: int = 1

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "BoardFilters":
        """From an address; what is not known there is left out, never an error."""
        page = arguments.get("page", "")
        return cls(
            search=arguments.get("q", "").strip()[:80],
            district=arguments.get("district", "")[:12],
            scope=_known(arguments.get("scope", ""), [scope.value for scope in EngagementScope]),
            show=_known(arguments.get("show", ""), SHOWN),
            sort=_known(arguments.get("sort", ""), SORTS) or "late",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
        )

    def arguments(self, **changes: object) -> dict[str, object]:
        """As the address writes them, with ``changes``; what is usual is left out."""
        values: dict[str, object] = {
            "q": self.search,
            "district": self.district,
            "scope": self.scope,
            "show": self.show,
            "sort": self.sort if self.sort != "late" else "",
            "page": self.page if self.page > 1 else "",
        } | changes
        return {name: value for name, value in values.items() if value}


def _known(value: str, choices: Sequence[str]) -> str:
    return value if value in choices else ""


@dataclass(frozen=True)
class Cell:
    """A client's month; ``state`` is outside where the contract does not reach, and then holds no data."""

    month: Month
    state: str
    until: date | None = None
    opened: bool = False
    question_due: date | None = None

    @property
    def days_left(self) -> int:
        """Days until it is due; a month without a clock has many."""
        return (self.until - today()).days if self.until else _NO_CLOCK

    @property
    def overdue(self) -> bool:
        """Past due and not handed in."""
        return self.state in (*_MINE, _WITH_CLIENT) and self.days_left < 0

    @property
    def mark(self) -> str:
        """The state that the cell wears: late comes before all others."""
        return "overdue" if self.overdue else self.state

    @property
    def needs_me(self) -> bool:
        """Whether a steward has something to do here."""
        return self.state in _MINE or self.question_due is not None


@dataclass(frozen=True)
class BoardRow:
    """One client: the contract, its months, what is open."""

    enterprise_id: int
    name: str
    uscc: str
    district: str
    scope: str
    ends_on: date
    cells: tuple[Cell, ...] = ()
    findings: int = 0
    finding_due: date | None = None

    @property
    def carbon(self) -> bool:
        """Whether the contract lets the firm see monthly records."""
        return self.scope != EngagementScope.ENVIRONMENT

    @property
    def late(self) -> tuple[Cell, ...]:
        """Months past due, the oldest first."""
        return tuple(cell for cell in self.cells if cell.overdue)

    @property
    def needs_me(self) -> bool:
        """Whether anything of this client waits for the firm."""
        return self.findings > 0 or any(cell.needs_me for cell in self.cells)

    @property
    def contract_days(self) -> int:
        """Days until the contract ends."""
        return (self.ends_on - today()).days

    def having(self, *states: str) -> tuple[Cell, ...]:
        """Months in these states, the oldest first."""
        return tuple(cell for cell in self.cells if cell.state in states)

    def fits(self, show: str) -> bool:
        """Whether the row belongs under the count ``show``."""
        return {
            "": True,
            "overdue": bool(self.late),
            "returned": bool(self.having("returned")),
            "me": self.needs_me,
            "signing": bool(self.having(_WITH_CLIENT)),
            "contract": self.contract_days <= CONTRACT_SOON,
        }[show]


@dataclass(frozen=True)
class Board:
    """What the board shows; ``rows`` are on this page, ``chosen`` fit the filters, ``clients`` are all."""

    months: tuple[Month, ...]
    filters: BoardFilters
    clients: tuple[BoardRow, ...]
    chosen: tuple[BoardRow, ...]
    page: int
    districts: tuple[str, ...] = field(default=())

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        """The rows of this page."""
        return self.chosen[(self.page - 1) * PER_PAGE : self.page * PER_PAGE]

    def count(self, show: str) -> int:
        """How many of all clients stand under a count."""
        return sum(1 for row in self.clients if row.fits(show))

    @property
    def late_months(self) -> int:
        """How many months of all clients are late."""
        return sum(len(row.late) for row in self.clients)

    @property
    def first_signing(self) -> date | None:
        """The nearest due day of what waits for clients' signatures."""
        days = [cell.until for row in self.clients for cell in row.having(_WITH_CLIENT) if cell.until]
        return min(days, default=None)


def board(session: Session, actor: Actor, filters: BoardFilters) -> Board:
    """The clients of the actor's firm under contracts in force, filtered, sorted and paged."""
    last = Month.of(today()).previous()
    months = tuple(last.plus(-back) for back in range(MONTHS - 1, -1, -1))
    clients = tuple(_clients(session, actor, months))
    words = filters.search.casefold()
    chosen = [
        row
        for row in clients
        if row.fits(filters.show)
        and filters.district in ("", row.district)
        and filters.scope in ("", row.scope)
        and (not words or words in row.name.casefold() or words in row.uscc.casefold())
    ]
    chosen.sort(key=lambda row: _sort_key(row, filters.sort))
    return Board(
        months=months,
        filters=filters,
        clients=clients,
        chosen=tuple(chosen),
        page=max(1, min(filters.page, -(-len(chosen) // PER_PAGE) or 1)),
        districts=tuple(sorted({row.district for row in clients if row.district})),
    )


def _sort_key(row: BoardRow, sort: str) -> tuple[object, ...]:
    waiting = [cell.days_left for cell in row.cells if cell.needs_me or cell.overdue]
    if row.finding_due is not None:
        waiting.append((row.finding_due - today()).days)
    due = min(waiting, default=_NO_CLOCK)
    worst = min((cell.days_left for cell in row.late), default=0)
    keys: dict[str, tuple[object, ...]] = {
        "late": (worst, not row.having("returned"), not row.needs_me, due, row.name),
        "name": (row.name,),
        "district": (row.district, row.name),
        "due": (due, row.name),
        "contract": (row.ends_on, row.name),
    }
    return keys[sort]


def _clients(session: Session, actor: Actor, months: Sequence[Month]) -> list[BoardRow]:
    rows = session.execute(
        sa.select(Engagement, Organisation, EnterpriseProfile.first_month)
        .join(Organisation, Organisation.id == Engagement.enterprise_id)
        .outerjoin(EnterpriseProfile, EnterpriseProfile.organisation_id == Organisation.id)
        .where(
            Engagement.firm_id == actor.organisation_id,
            Engagement.state == EngagementState.ACTIVE,
            visible_enterprises(actor, Permission.BOARD_VIEW),
        )
        .order_by(Organisation.name, Engagement.starts_on)
    ).all()
    records = _records(session, actor, months[0])
    questions = _questions(session, actor)
    findings = _findings(session, actor)
    contracts: dict[int, list[Engagement]] = defaultdict(list)
    for engagement, organisation, _ in rows:
        contracts[organisation.id].append(engagement)
    found = []
    for organisation, first in {row[1].id: (row[1], row[2]) for row in rows}.values():
        held = contracts[organisation.id]
        in_force = [entry for entry in held if entry.starts_on <= today() <= entry.ends_on]
        carbon = [entry for entry in held if entry.scope is not EngagementScope.ENVIRONMENT]
        scope = _scope(in_force)
        count, due = findings.get(organisation.id, (0, None))
        found.append(
            BoardRow(
                enterprise_id=organisation.id,
                name=organisation.name,
                uscc=organisation.uscc,
                district=organisation.district,
                scope=scope.value,
                ends_on=max(entry.ends_on for entry in in_force),
                cells=tuple(
                    _cell(
                        month,
                        carbon,
                        first or str(month),
                        records.get((organisation.id, str(month))),
                        questions.get((organisation.id, str(month))),
                    )
                    for month in months
                )
                if scope is not EngagementScope.ENVIRONMENT
                else (),
                findings=count,
                finding_due=due,
            )
        )
    return found


def _scope(contracts: Sequence[Engagement]) -> EngagementScope:
    """What the contracts in force cover together."""
    scopes = {entry.scope for entry in contracts}
    return scopes.pop() if len(scopes) == 1 else EngagementScope.BOTH


def _cell(
    month: Month,
    contracts: Sequence[Engagement],
    first: str,
    record: MonthlyRecord | None,
    question_due: date | None,
) -> Cell:
    if not any(entry.starts_on <= month.last and entry.ends_on >= month.first for entry in contracts):
        return Cell(month, "outside")
    if record is not None:
        state = record.state.value
        amending = state in _MINE and record.amend_due_on is not None
        until = record.amend_due_on if amending else record.due_on
        return Cell(month, state, until, opened=True, question_due=question_due)
    if str(month) < first:
        return Cell(month, "not_required")
    return Cell(month, "not_started", due_on(month))


def _mine(actor: Actor, permission: Permission) -> sa.Select[int]:
    return sa.select(Organisation.id).where(visible_enterprises(actor, permission))


def _records(session: Session, actor: Actor, first: Month) -> dict[tuple[int, str], MonthlyRecord]:
    rows = session.scalars(
        sa.select(MonthlyRecord).where(
            MonthlyRecord.enterprise_id.in_(_mine(actor, Permission.RECORD_VIEW)),
            MonthlyRecord.month >= str(first),
        )
    )
    return {(row.enterprise_id, row.month): row for row in rows}


def _questions(session: Session, actor: Actor) -> dict[tuple[int, str], date]:
    """Open questions of reviewers, by client and month, with the day by which to answer."""
    rows = session.execute(
        sa.select(MonthlyRecord.enterprise_id, MonthlyRecord.month, sa.func.min(Question.answer_due_on))
        .join(Review, Review.id == Question.review_id)
        .join(MonthlyRecord, MonthlyRecord.current_version_id == Review.version_id)
        .where(
            Question.answered_at.is_(None),
            MonthlyRecord.state == RecordState.UNDER_REVIEW,
            MonthlyRecord.enterprise_id.in_(_mine(actor, Permission.RECORD_VIEW)),
        )
        .group_by(MonthlyRecord.enterprise_id, MonthlyRecord.month)
    )
    return {(enterprise_id, month): due for enterprise_id, month, due in rows}


def _findings(session: Session, actor: Actor) -> dict[int, tuple[int, date]]:
    """Findings that wait for the client's side: how many, and the nearest due day."""
    rows = session.execute(
        sa.select(Finding.enterprise_id, sa.func.count(Finding.id), sa.func.min(Finding.due_on))
        .where(
            Finding.state.in_((FindingState.OPEN, FindingState.RETURNED)),
            Finding.enterprise_id.in_(_mine(actor, Permission.FINDING_VIEW)),
        )
        .group_by(Finding.enterprise_id)
    )
    return {enterprise_id: (count, due) for enterprise_id, count, due in rows}
