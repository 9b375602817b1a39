"""Reading months for the year view, the overview of one month, and its sections."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month, due_on, shanghai_date, today
from portal.domain.workflow import Decision, JobState, RecordState, Section, VersionKind
from portal.models.evaluations import Evaluation
from portal.models.events import Event
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion, Snapshot
from portal.models.users import User
from portal.queries.access import require
from portal.queries.jobs import EVALUATION_JOB, newest_job
from portal.queries.sheets import load_sheet, newest_calculations


@dataclass(frozen=True)
class MonthCard:
    """One month of the year view."""

    month: Month
    state: str
    due_on: date
    amend_due_on: date | None = None
    total: Decimal | None = None
    reported_total: Decimal | None = None
    unit: str = ""
    last_year_total: Decimal | None = None
    version: int = 0
    version_id: int | None = None
    #: The figures are those of an accepted version, also while a restatement is under way.
    official: bool = False
    #: The figures are those of a month still being filled.
    draft: bool = False
    kind: str = ""
    reason: str = ""
    submitted_at: datetime | None = None
    signer: str = ""
    late: bool = False
    receipt: str = ""
    returned_sections: tuple[str, ...] = ()
    days_late: int = 0

    @property
    def days_left(self) -> int:
        """Days until it is due; negative when past."""
        return ((self.amend_due_on or self.due_on) - today()).days

    @property
    def overdue(self) -> bool:
        """Past due and still in the enterprise's hands."""
        mine = {"not_started", "draft", "ready_for_signoff", "returned"}
        return self.state in mine and self.days_left < 0

    @property
    def change(self) -> Decimal | None:
        """Change against the same month last year, as a fraction."""
        if self.total is None or not self.last_year_total:
            return None
        return (self.total - self.last_year_total) / abs(self.last_year_total)


@dataclass(frozen=True)
class YearPage:
    """Twelve months of an enterprise."""

    enterprise_id: int
    enterprise_name: str
    year: int
    first_year: int
    last_year: int
    cards: tuple[MonthCard, ...]
    unit: str

    def count(self, *states: str) -> int:
        """How many months stand in these states."""
        return sum(1 for card in self.cards if card.state in states)

    @property
    def accepted_total(self) -> Decimal:
        """Sum of the official months' totals; a month being restated counts as it was accepted."""
        return sum((c.total for c in self.cards if c.official and c.total is not None), Decimal(0))


def year_page(session: Session, actor: Actor, enterprise_id: int, year: int) -> YearPage:
    """The twelve cards of a year; raises NotFound for a foreign enterprise."""
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    enterprise = session.get_one(Organisation, enterprise_id)
    first = session.scalars(
        sa.select(EnterpriseProfile.first_month).where(EnterpriseProfile.organisation_id == enterprise_id)
    ).one()
    known = {
        card.month: card for card in month_cards(session, enterprise_id, Month(year, 1), Month(year, 12))
    }
    cards = []
    for number in range(1, 13):
        month = Month(year, number)
        state = "not_required" if str(month) < first else "locked"
        card = known.get(month) or MonthCard(month, state, due_on(month))
        cards.append(_with_draft(session, card))
    return YearPage(
        enterprise_id=enterprise_id,
        enterprise_name=enterprise.name,
        year=year,
        first_year=int(first[:4]),
        last_year=today().year,
        cards=tuple(cards),
        unit=next((card.unit for card in cards if card.unit), ""),
    )


def _with_draft(session: Session, card: MonthCard) -> MonthCard:
    """A month being filled shows what it amounts to so far; there are one or two of them a year."""
    if card.state != RecordState.DRAFT or card.total is not None or card.version_id is None:
        return card
    result = figures(load_sheet(session, card.version_id)).result
    if result is None:
        return card
    return replace(
        card, total=result.total, reported_total=result.reported_total, unit=result.unit, draft=True
    )


def month_cards(session: Session, enterprise_id: int, first: Month, last: Month) -> list[MonthCard]:
    """Cards of the opened months from ``first`` to ``last``, in four queries. The caller authorised."""
    rows = session.execute(
        sa.select(MonthlyRecord, RecordVersion)
        .outerjoin(RecordVersion, RecordVersion.id == MonthlyRecord.current_version_id)
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.month >= str(first.same_last_year()),
            MonthlyRecord.month <= str(last),
        )
        .order_by(MonthlyRecord.month)
    ).all()
    counted = {record.official_version_id or record.current_version_id: record.month for record, _ in rows}
    calculations = {
        counted[calculation.version_id]: calculation
        for calculation in newest_calculations(session, {v: m for v, m in counted.items() if v}, lines=False)
    }
    signatures = _signatures(session, [version.id for _, version in rows if version])
    returned = _returned(session, [version.id for _, version in rows if version])
    cards = []
    for record, version in rows:
        if record.month < str(first):
            continue
        month = Month.parse(record.month)
        calculation = calculations.get(record.month)
        before = calculations.get(str(month.same_last_year()))
        snapshot, signer = signatures.get(version.id, (None, "")) if version else (None, "")
        cards.append(
            MonthCard(
                month=month,
                state=record.state.value,
                due_on=record.due_on,
                amend_due_on=record.amend_due_on,
                total=calculation.total if calculation else None,
                reported_total=calculation.reported_total if calculation else None,
                unit=calculation.unit if calculation else "",
                last_year_total=before.total if before else None,
                version=version.number if version else 0,
                version_id=version.id if version else None,
                official=record.official_version_id is not None,
                kind=version.kind.value if version else "",
                reason=version.reason if version else "",
                submitted_at=snapshot.submitted_at if snapshot else None,
                signer=signer,
                late=bool(snapshot and snapshot.late),
                receipt=snapshot.receipt_number if snapshot else "",
                returned_sections=returned.get(version.id, ()) if version else (),
                days_late=_days_late(record, snapshot),
            )
        )
    return cards


def _days_late(record: MonthlyRecord, snapshot: Snapshot | None) -> int:
    return (shanghai_date(snapshot.submitted_at) - record.due_on).days if snapshot and snapshot.late else 0


def _signatures(session: Session, version_ids: Sequence[int]) -> dict[int, tuple[Snapshot, str]]:
    rows = session.execute(
        sa.select(Snapshot, User.name)
        .join(User, User.id == Snapshot.signed_by_id)
        .where(Snapshot.version_id.in_(version_ids))
        .options(sa.orm.defer(Snapshot.content))
    )
    return {snapshot.version_id: (snapshot, name) for snapshot, name in rows}


def _returned(session: Session, version_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for version_id, section in session.execute(
        sa.select(RecordSection.version_id, RecordSection.section).where(
            RecordSection.version_id.in_(version_ids),
            sa.or_(RecordSection.decision == Decision.RETURN, RecordSection.return_comment != ""),
        )
    ):
        found.setdefault(version_id, []).append(section.value)
    return {version_id: tuple(sections) for version_id, sections in found.items()}


_HEAD = (
    sa.select(MonthlyRecord, Organisation.name)
    .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
    .where(
        MonthlyRecord.enterprise_id == sa.bindparam("enterprise_id"),
        MonthlyRecord.month == sa.bindparam("month"),
    )
)


@dataclass(frozen=True)
class RecordHead:
    """What every page of a month needs before its sheet."""

    record_id: int
    row_version: int
    enterprise_id: int
    enterprise_name: str
    month: Month
    state: RecordState
    due_on: date
    amend_due_on: date | None
    version_id: int | None
    official_version_id: int | None
    reason: str

    @property
    def days_left(self) -> int:
        """Days until it is due; negative when past."""
        return ((self.amend_due_on or self.due_on) - today()).days


def record_head(session: Session, actor: Actor, enterprise_id: int, month: Month) -> RecordHead:
    """The month's head; raises NotFound for a foreign enterprise or a month that is not open."""
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    found = session.execute(_HEAD, {"enterprise_id": enterprise_id, "month": str(month)}).one_or_none()
    if found is None:
        raise NotFound
    record, name = found
    return RecordHead(
        record_id=record.id,
        row_version=record.row_version,
        enterprise_id=enterprise_id,
        enterprise_name=name,
        month=month,
        state=record.state,
        due_on=record.due_on,
        amend_due_on=record.amend_due_on,
        version_id=record.current_version_id,
        official_version_id=record.official_version_id,
        reason=record.reason,
    )


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to a month."""

    at: datetime
    action: str
    actor: str
    organisation: str
    on_behalf: bool
    detail: str


def timeline(session: Session, record_id: int, limit: int = 20) -> list[TimelineEntry]:
    """What happened to a month, newest first, without each single saved value."""
    rows = session.execute(
        sa.select(Event, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Event.actor_organisation_id)
        .where(
            Event.subject_kind == "record",
            Event.subject_id == record_id,
            Event.action.not_in(("record.value_saved", "record.save")),
        )
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return [
        TimelineEntry(
            event.at,
            event.action,
            event.actor_name,
            name or "",
            event.on_behalf_of_id is not None,
            event.after,
        )
        for event, name in rows
    ]


@dataclass(frozen=True)
class RunState:
    """Where the newest check run stands."""

    id: int
    state: str
    finished_at: datetime | None
    passed: int
    failed: int
    undecidable: int
    not_applicable: int
    packs: dict[str, str]

    @property
    def under_way(self) -> bool:
        """Whether the page should look again soon."""
        return self.state in {JobState.QUEUED, JobState.RUNNING}


def newest_run(session: Session, version_id: int) -> RunState | None:
    """The newest run over a version, finished or not; one whose job has failed has failed with it."""
    row = session.scalar(
        sa.select(Evaluation)
        .where(Evaluation.version_id == version_id)
        .order_by(Evaluation.id.desc())
        .limit(1)
    )
    if row is None:
        return None
    job = None if row.state is JobState.DONE else newest_job(session, EVALUATION_JOB, row.id)
    return RunState(
        row.id,
        (JobState.FAILED if job is not None and job.state is JobState.FAILED else row.state).value,
        row.finished_at,
        row.passed,
        row.failed,
        row.undecidable,
        row.not_applicable,
        dict(row.packs or {}),
    )


@dataclass(frozen=True)
class VersionLine:
    """One version of a month, for the list of versions."""

    id: int
    number: int
    kind: VersionKind
    standing: str
    reason: str
    created_at: datetime
    submitted_at: datetime | None
    receipt: str
    sha256: str


def versions(session: Session, record_id: int) -> list[VersionLine]:
    """All versions of a month, newest first."""
    rows = session.execute(
        sa.select(RecordVersion, Snapshot)
        .outerjoin(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(RecordVersion.record_id == record_id)
        .order_by(RecordVersion.number.desc())
        .options(sa.orm.defer(Snapshot.content))
    )
    return [
        VersionLine(
            version.id,
            version.number,
            version.kind,
            version.standing.value,
            version.reason,
            version.created_at,
            snapshot.submitted_at if snapshot else None,
            snapshot.receipt_number if snapshot else "",
            snapshot.sha256 if snapshot else "",
        )
        for version, snapshot in rows
    ]


def parse_section(text: str) -> Section:
    """A section by its name in an address; raises NotFound."""
    try:
        return Section(text)
    except ValueError as error:
        raise NotFound from error
