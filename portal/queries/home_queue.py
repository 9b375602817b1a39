"""What a regulator sees first: months that wait, ranked, then registrations, plans and restatements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import Month
from portal.domain.workflow import RecordState
from portal.models.records import MonthlyRecord
from portal.queries.home import figures_of
from portal.queries.plans import WaitingPlan, waiting_plans
from portal.queries.registrations import RegistrationLine, registration_queue
from portal.queries.reviews import QueueLine, review_queue
from portal.queries.risk_ranking import Reason, reasons_of, risk_history


@dataclass(frozen=True)
class QueueEntry:
    """A waiting month with its total, that of the same month last year, and why it stands where it does."""

    line: QueueLine
    total: Decimal | None
    last_year: Decimal | None
    unit: str
    reasons: tuple[Reason, ...] = ()

    @property
    def points(self) -> int:
        """All points of risk together."""
        return sum(reason.points for reason in self.reasons)

    @property
    def for_me(self) -> bool:
        """Whether this regulator can act now: it is free, theirs and not paused, or to be countersigned."""
        if self.line.state == RecordState.SUBMITTED:
            return True
        if self.line.state == RecordState.PENDING_COUNTERSIGN:
            return self.line.may_countersign
        return self.line.mine and not self.line.paused

    @property
    def change(self) -> Decimal | None:
        """Change against the same month last year, as a fraction."""
        if self.total is None or not self.last_year:
            return None
        return (self.total - self.last_year) / abs(self.last_year)


@dataclass(frozen=True)
class RegulatorHome:
    """The queue of a regulator."""

    mine: tuple[QueueEntry, ...]
    others: tuple[QueueEntry, ...]
    restatements: tuple[QueueEntry, ...]
    registrations: tuple[RegistrationLine, ...]
    registrations_total: int
    plans: tuple[WaitingPlan, ...]

    @property
    def overdue(self) -> int:
        """How many reviews have run past their clock."""
        return sum(1 for entry in (*self.mine, *self.others) if entry.line.clock.overdue)


def regulator_home(session: Session, actor: Actor) -> RegulatorHome:
    """Everything that waits in the actor's area, in a fixed number of queries."""
    lines = review_queue(session, actor)
    history = risk_history(session, actor, lines)
    entries = sorted(
        (
            replace(entry, reasons=reasons_of(entry.line, entry.change, history))
            for entry in _with_totals(session, lines)
        ),
        key=_rank,
    )
    asked = RecordState.RESTATEMENT_REQUESTED
    under_way = [entry for entry in entries if entry.line.state != asked]
    applications = registration_queue(session, actor)
    return RegulatorHome(
        mine=tuple(entry for entry in under_way if entry.for_me),
        others=tuple(entry for entry in under_way if not entry.for_me),
        restatements=tuple(entry for entry in entries if entry.line.state == asked),
        registrations=applications.lines,
        registrations_total=applications.total,
        plans=waiting_plans(session, actor),
    )


def _rank(entry: QueueEntry) -> tuple[object, ...]:
    """Run-out clocks first, then the higher risk; among equals the nearer clock, then the longer waiting."""
    line = entry.line
    return (not line.clock.overdue, -entry.points, line.clock.effective_due_on, line.waiting_since)


def _with_totals(session: Session, lines: Sequence[QueueLine]) -> list[QueueEntry]:
    """Add the totals of each month and of the same month last year, in two queries."""
    enterprises = {line.enterprise_id for line in lines}
    months = {str(month) for line in lines for month in (line.month, line.month.same_last_year())}
    rows = session.execute(
        sa.select(
            MonthlyRecord.enterprise_id,
            MonthlyRecord.month,
            MonthlyRecord.current_version_id,
            MonthlyRecord.official_version_id,
        ).where(MonthlyRecord.enterprise_id.in_(enterprises), MonthlyRecord.month.in_(months))
    ).all()
    current = {(row.enterprise_id, row.month): row.current_version_id or 0 for row in rows}
    official = {(row.enterprise_id, row.month): row.official_version_id or 0 for row in rows}
    figures = figures_of(session, sorted({*current.values(), *official.values()} - {0}))

    def entry(line: QueueLine) -> QueueEntry:
        before = line.month.same_last_year()
        now = figures.get(current.get(_key(line, line.month), 0))
        earlier = figures.get(official.get(_key(line, before), 0)) or figures.get(
            current.get(_key(line, before), 0)
        )
        return QueueEntry(
            line=line,
            total=now.total if now else None,
            last_year=earlier.total if earlier else None,
            unit=now.unit if now else "",
        )

    return [entry(line) for line in lines]


def _key(line: QueueLine, month: Month) -> tuple[int, str]:
    return line.enterprise_id, str(month)
