"""What an enterprise's people see first: the month at hand, the year behind it, what is still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, Role
from portal.domain.errors import NotFound
from portal.domain.periods import FILING_DAYS, Month, due_on, today
from portal.domain.workflow import PlanState, RecordState
from portal.models.evaluations import Calculation
from portal.models.meters import Meter
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord
from portal.models.users import User, UserRole
from portal.queries.access import require
from portal.queries.findings import FindingLine, open_findings
from portal.queries.home_expiries import Expiry, expiries
from portal.queries.plans import RULING

#: States in which a month waits for those who prepare it.
IN_HAND = (RecordState.NOT_STARTED, RecordState.DRAFT, RecordState.RETURNED)
#: States in which a month can be late: it has not been handed in.
NOT_HANDED_IN = (*IN_HAND, RecordState.READY_FOR_SIGNOFF)
#: States whose figures may still change before anybody has signed them.
UNSIGNED = frozenset({"not_started", "draft", "ready_for_signoff"})
YEAR = 12


@dataclass(frozen=True)
class MonthLine:
    """One opened month and its clock."""

    month: Month
    state: str
    due_on: date
    amend_due_on: date | None = None
    version_id: int | None = None
    official_version_id: int | None = None

    @property
    def until(self) -> date:
        """The day that counts now: of the amendment when one is asked for."""
        return self.amend_due_on or self.due_on

    @property
    def days_left(self) -> int:
        """Days until it is due; negative when past."""
        return (self.until - today()).days

    @property
    def overdue(self) -> bool:
        """Past due and not handed in."""
        return self.state in NOT_HANDED_IN and self.days_left < 0

    @property
    def unfinished(self) -> bool:
        """Still being filled in, with no accepted version beside it."""
        return self.state in ("not_started", "draft") and self.official_version_id is None

    @property
    def days_used(self) -> int:
        """Days of the filing window that are gone."""
        return FILING_DAYS - (self.due_on - today()).days


@dataclass(frozen=True)
class Figures:
    """The reported figures of one version."""

    guideline: str
    unit: str
    total: Decimal
    intensity: Decimal | None
    output: Decimal | None
    output_item: str
    subtotals: Mapping[str, Decimal]


@dataclass(frozen=True)
class StripMonth:
    """One month of the strip: its state, its total and that of the same month last year, in ``unit``.

    ``draft`` says that nobody has signed the figure, ``counted`` that it is whole enough to be added up.
    """

    month: Month
    state: str
    overdue: bool
    opened: bool
    total: Decimal | None
    last_year: Decimal | None
    unit: str
    draft: bool
    counted: bool


@dataclass(frozen=True)
class PlanStanding:
    """How far the enterprise is with its quality-control plan."""

    ruling: int | None = None
    effective_from: Month | None = None
    newest_id: int | None = None
    newest_state: str = ""

    @property
    def ready(self) -> bool:
        """Whether any version was ever approved."""
        return self.ruling is not None


@dataclass(frozen=True)
class OfficerHome:
    """What stands on the home page of an enterprise, apart from the month's own sheet."""

    enterprise_id: int
    enterprise_name: str
    district: str
    first_month: Month
    plan: PlanStanding
    meters: int
    signatories: tuple[str, ...]
    in_hand: tuple[MonthLine, ...]
    to_sign: tuple[MonthLine, ...]
    newest: MonthLine | None
    months_to_open: bool
    strip: tuple[StripMonth, ...]
    findings: tuple[FindingLine, ...]
    expiries: tuple[Expiry, ...]

    @property
    def current(self) -> MonthLine | None:
        """What those who prepare it do first: a month that was returned, else the newest one that is open."""
        returned = (line for line in self.in_hand if line.state == RecordState.RETURNED)
        return next(returned, self.in_hand[0] if self.in_hand else None)

    @property
    def earlier(self) -> tuple[MonthLine, ...]:
        """Other months that wait for the enterprise, the most urgent first."""
        others = (line for line in self.in_hand if line is not self.current)
        return tuple(sorted(others, key=lambda line: line.until))

    @property
    def next_month(self) -> Month:
        """The month that will be opened next."""
        return self.newest.month.next() if self.newest else self.first_month

    @property
    def overdue_findings(self) -> int:
        """How many findings are past due in the enterprise's hands."""
        return sum(1 for line in self.findings if line.overdue)

    def earlier_findings(self) -> tuple[FindingLine, ...]:
        """Open findings of months before the one at hand, or of none."""
        current = self.current
        return tuple(
            line
            for line in self.findings
            if current is None or line.month is None or line.month < current.month
        )


def own_enterprise(session: Session, actor: Actor, permission: Permission) -> Organisation:
    """The actor's own enterprise; raises NotFound for who has none."""
    if actor.organisation_id is None:
        raise NotFound
    require(session, actor, permission, actor.organisation_id)
    return session.get_one(Organisation, actor.organisation_id)


def officer_home(session: Session, actor: Actor) -> OfficerHome:
    """The home of an officer or an administrator, in a fixed number of queries."""
    enterprise = own_enterprise(session, actor, Permission.RECORD_VIEW)
    profile = session.get_one(EnterpriseProfile, enterprise.id)
    lines = month_lines(session, enterprise.id)
    last = Month.of(today()).previous()
    first = Month.parse(profile.first_month)
    opened = {line.month for line in lines}
    return OfficerHome(
        enterprise_id=enterprise.id,
        enterprise_name=enterprise.name,
        district=enterprise.district,
        first_month=first,
        plan=_plan_standing(session, enterprise.id),
        meters=session.scalar(sa.select(sa.func.count(Meter.id)).where(Meter.enterprise_id == enterprise.id))
        or 0,
        signatories=_signatories(session, enterprise.id),
        in_hand=tuple(line for line in lines if line.state in IN_HAND),
        to_sign=tuple(line for line in lines if line.state == RecordState.READY_FOR_SIGNOFF),
        newest=lines[0] if lines else None,
        months_to_open=first <= last and last not in opened,
        strip=year_strip(session, lines, last, first),
        findings=tuple(open_findings(session, enterprise.id)),
        expiries=expiries(session, enterprise.id, ets_member=profile.ets_member),
    )


def month_lines(session: Session, enterprise_id: int) -> list[MonthLine]:
    """All opened months of an enterprise, the newest first. The caller has authorised the reader."""
    rows = session.scalars(
        sa.select(MonthlyRecord)
        .where(MonthlyRecord.enterprise_id == enterprise_id)
        .order_by(MonthlyRecord.month.desc())
    )
    return [
        MonthLine(
            Month.parse(row.month),
            row.state.value,
            row.due_on,
            row.amend_due_on if row.state in IN_HAND else None,
            row.current_version_id,
            row.official_version_id,
        )
        for row in rows
    ]


def figures_of(session: Session, version_ids: Sequence[int]) -> dict[int, Figures]:
    """The newest figures of each version, in one query."""
    newest = (
        sa.select(sa.func.max(Calculation.id))
        .where(Calculation.version_id.in_(version_ids))
        .group_by(Calculation.version_id)
    )
    rows = session.scalars(sa.select(Calculation).where(Calculation.id.in_(newest)))
    return {
        row.version_id: Figures(
            guideline=row.guideline,
            unit=row.unit,
            total=row.total,
            intensity=row.intensity,
            output=row.output,
            output_item=row.output_item,
            subtotals={key: Decimal(text) for key, text in row.subtotals.items()},
        )
        for row in rows
    }


def year_strip(
    session: Session, lines: Sequence[MonthLine], last: Month, first: Month
) -> tuple[StripMonth, ...]:
    """The twelve months up to ``last`` with their totals and those of the twelve before.

    The accepted version counts where there is one, else the one being worked on or handed in.
    """
    start = last.plus(1 - 2 * YEAR)
    versions = {
        line.month: line.official_version_id or line.version_id or 0
        for line in lines
        if start <= line.month <= last
    }
    figures = figures_of(session, [number for number in versions.values() if number])
    known = {line.month: line for line in lines}
    found = []
    for back in range(YEAR - 1, -1, -1):
        month = last.plus(-back)
        line = known.get(month)
        now = figures.get(versions.get(month, 0))
        before = figures.get(versions.get(month.same_last_year(), 0))
        unopened = "not_required" if month < first else "not_started"
        found.append(
            StripMonth(
                month=month,
                state=line.state if line else unopened,
                overdue=line.overdue if line else month >= first and due_on(month) < today(),
                opened=line is not None,
                total=now.total if now else None,
                last_year=before.total if before else None,
                unit=now.unit if now else before.unit if before else "",
                draft=line is not None and line.state in UNSIGNED and line.official_version_id is None,
                counted=now is not None and line is not None and not line.unfinished,
            )
        )
    return tuple(found)


def chart_months(
    session: Session, actor: Actor
) -> tuple[Organisation, tuple[MonthLine, ...], tuple[StripMonth, ...]]:
    """The actor's own enterprise, its months and its strip, for the table behind the chart."""
    enterprise = own_enterprise(session, actor, Permission.RECORD_VIEW)
    profile = session.get_one(EnterpriseProfile, enterprise.id)
    lines = month_lines(session, enterprise.id)
    last = Month.of(today()).previous()
    return enterprise, tuple(lines), year_strip(session, lines, last, Month.parse(profile.first_month))


def _plan_standing(session: Session, enterprise_id: int) -> PlanStanding:
    rows = session.execute(
        sa.select(PlanVersion.id, PlanVersion.number, PlanVersion.state, PlanVersion.effective_from)
        .where(PlanVersion.enterprise_id == enterprise_id)
        .order_by(PlanVersion.number)
    ).all()
    if not rows:
        return PlanStanding()
    approved = [row for row in rows if row.state in RULING]
    ruling = next(
        (row for row in reversed(approved) if row.effective_from <= str(Month.of(today()))),
        approved[0] if approved else None,
    )
    open_version = next((row for row in reversed(rows) if row.state not in RULING), None)
    newest = open_version or rows[-1]
    return PlanStanding(
        ruling=ruling.number if ruling else None,
        effective_from=Month.parse(ruling.effective_from) if ruling else None,
        newest_id=newest.id,
        newest_state=PlanState(newest.state).value,
    )


def _signatories(session: Session, enterprise_id: int) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            sa.select(User.name)
            .join(UserRole, UserRole.user_id == User.id)
            .where(
                User.organisation_id == enterprise_id,
                User.active,
                UserRole.role == Role.ENTERPRISE_SIGNATORY,
            )
            .order_by(User.id)
        )
    )
