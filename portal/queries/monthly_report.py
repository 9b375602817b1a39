"""Everything that the monthly report prints, read from what is frozen and from what happened before.

The snapshot is what was signed. Beside it stand rows that nobody can change any more (plan, values,
evidence, events) and findings and meters as they were at the moment of signing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from portal.domain.access import OrganisationKind
from portal.domain.errors import NotFound
from portal.domain.periods import Month, shanghai_date
from portal.domain.sheet import Sheet, Totals
from portal.domain.workflow import VersionStanding
from portal.models.engagements import Engagement
from portal.models.evaluations import Calculation, CheckResult, Evaluation
from portal.models.events import Event
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.users import User
from portal.queries.sheets import load_sheet, newest_calculations, totals_of

#: How many months before this one the report compares with.
EARLIER_MONTHS = 13


@dataclass(frozen=True)
class Checked:
    """What one check said about one subject."""

    check_id: str
    outcome: str
    severity: str


@dataclass(frozen=True)
class Gap:
    """A finding as it stood when the month was signed."""

    number: str
    check_id: str
    title: str
    severity: str
    state: str
    cell: str
    clause: str
    message: str
    mend: str
    explanations: tuple[str, ...]
    responses: tuple[str, ...]
    due_on: date


@dataclass(frozen=True)
class Happening:
    """Something that happened to the month: when, what, by whom, to which version."""

    at: datetime
    action: str
    actor: str
    version: int | None


@dataclass(frozen=True)
class Preparer:
    """Who handed the month to its signatory; ``firm`` when it was a steward."""

    name: str
    at: datetime
    firm: str


@dataclass(frozen=True)
class EarlierVersion:
    """A version of the same month that was submitted before."""

    number: int
    submitted_at: datetime
    standing: VersionStanding


@dataclass(frozen=True)
class ReportMaterial:
    """A signed version with all that its report tells of it."""

    version_id: int
    record_id: int
    enterprise_id: int
    number: int
    month: Month
    text: str
    sha256: str
    signed: Mapping[str, Any]
    submitted_at: datetime
    sheet: Sheet
    output: Decimal | None
    output_item: str
    evaluated_on_this: bool
    checked: tuple[Checked, ...]
    gaps: tuple[Gap, ...]
    happenings: tuple[Happening, ...]
    history: tuple[Totals, ...]
    preparer: Preparer | None
    firms: tuple[tuple[str, str], ...]
    authority: str
    plan_approved_on: date | None
    earlier: tuple[EarlierVersion, ...]

    @property
    def signed_on(self) -> date:
        """The day of signing in Shanghai."""
        return shanghai_date(self.submitted_at)


@dataclass(frozen=True)
class Signed:
    """What was signed, or in a preview what would be: the canonical text and what it rests on."""

    text: str
    sha256: str
    at: datetime
    evaluation_id: int
    evaluated_on_this: bool
    output: Decimal | None
    output_item: str


def load_material(session: Session, version_id: int) -> ReportMaterial:
    """Read all that the report of a signed version needs; raises NotFound when nobody signed it."""
    snapshot = session.get(Snapshot, version_id)
    if snapshot is None:
        raise NotFound
    calculation = newest_calculations(session, {version_id: None})[0]
    evaluation = session.get_one(Evaluation, snapshot.evaluation_id)
    pinned: str = json.loads(snapshot.content)["evaluation"]["input_hash"]
    signed = Signed(
        text=snapshot.content,
        sha256=snapshot.sha256,
        at=snapshot.submitted_at,
        evaluation_id=evaluation.id,
        evaluated_on_this=evaluation.input_hash == pinned,
        output=calculation.output,
        output_item=calculation.output_item,
    )
    return gather(session, version_id, signed)


def gather(session: Session, version_id: int, signed: Signed) -> ReportMaterial:
    """Put together what stands beside the signed text, as it was when it was signed."""
    version = session.scalars(
        sa.select(RecordVersion)
        .where(RecordVersion.id == version_id)
        .options(joinedload(RecordVersion.record), joinedload(RecordVersion.plan))
    ).one()
    record = version.record
    content = json.loads(signed.text)
    sheet = load_sheet(session, version_id)
    day = shanghai_date(signed.at)
    return ReportMaterial(
        version_id=version_id,
        record_id=record.id,
        enterprise_id=record.enterprise_id,
        number=version.number,
        month=Month.parse(record.month),
        text=signed.text,
        sha256=signed.sha256,
        signed=content,
        submitted_at=signed.at,
        sheet=sheet,
        output=signed.output,
        output_item=signed.output_item,
        evaluated_on_this=signed.evaluated_on_this,
        checked=_checked(session, signed.evaluation_id),
        gaps=_gaps(session, record.id, signed.at, content["findings"]),
        happenings=_happenings(session, record.id, version.number),
        history=_history(session, record, signed.at, content["calculation"]["unit"]),
        preparer=_preparer(session, version),
        firms=_firms(session, record.enterprise_id, sheet, day),
        authority=_authority(session, sheet.district),
        plan_approved_on=shanghai_date(version.plan.decided_at) if version.plan.decided_at else None,
        earlier=_earlier(session, version),
    )


def _checked(session: Session, evaluation_id: int) -> tuple[Checked, ...]:
    rows = session.execute(
        sa.select(CheckResult.check_id, CheckResult.outcome, CheckResult.severity)
        .where(CheckResult.evaluation_id == evaluation_id)
        .order_by(CheckResult.id)
    )
    return tuple(Checked(check_id, outcome, severity.value) for check_id, outcome, severity in rows)


def _gaps(
    session: Session, record_id: int, until: datetime, unsettled: Sequence[Mapping[str, Any]]
) -> tuple[Gap, ...]:
    """Findings with the state that the snapshot gives them; those not in it were closed by then."""
    frozen = {entry["number"]: entry["state"] for entry in unsettled}
    rows = session.scalars(
        sa.select(Finding)
        .where(
            Finding.record_id == record_id,
            sa.or_(Finding.number.in_(frozen), Finding.closed_at <= until),
        )
        .order_by(Finding.id)
    )
    return tuple(_gap(row, frozen.get(row.number, "closed"), until) for row in rows)


def _gap(row: Finding, state: str, until: datetime) -> Gap:
    detail = row.detail
    steps = [step for step in row.steps if step.at <= until and step.text]
    return Gap(
        number=row.number,
        check_id=row.check_id,
        title=row.title,
        severity=row.severity.value,
        state=state,
        cell=row.cell,
        clause=str(detail.get("clause", "")),
        message=str(detail.get("message", "")) or row.title,
        mend=str(detail.get("mend", "")),
        explanations=tuple(step.text for step in steps if step.kind == "explanation"),
        responses=tuple(step.text for step in steps if step.kind == "response"),
        due_on=row.due_on,
    )


def _happenings(session: Session, record_id: int, number: int) -> tuple[Happening, ...]:
    """What happened to the month until this version was signed, oldest first."""
    found = []
    for event in session.scalars(
        sa.select(Event)
        .where(
            Event.subject_kind == "record",
            Event.subject_id == record_id,
            Event.action.not_in(("record.value_saved", "record.save", "record.evaluated")),
        )
        .order_by(Event.id)
    ):
        version = json.loads(event.after).get("version")
        found.append(Happening(event.at, event.action, event.actor_name, version))
        if event.action == "record.sign" and version == number:
            break
    return tuple(found)


def _history(session: Session, record: MonthlyRecord, until: datetime, unit: str) -> tuple[Totals, ...]:
    """Totals of earlier months in the same unit, by their accepted or else their last submitted version."""
    month = Month.parse(record.month)
    by_month: dict[str, int] = {}
    for version_id, name, official in session.execute(
        sa.select(RecordVersion.id, MonthlyRecord.month, MonthlyRecord.official_version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(
            MonthlyRecord.enterprise_id == record.enterprise_id,
            MonthlyRecord.month >= str(month.plus(-EARLIER_MONTHS)),
            MonthlyRecord.month < record.month,
            RecordVersion.standing.in_((VersionStanding.SUBMITTED, VersionStanding.ACCEPTED)),
            Snapshot.submitted_at < until,
        )
        .order_by(RecordVersion.number)
    ):
        if official is None or by_month.get(name) != official:
            by_month[name] = version_id
    chosen = {version_id: name for name, version_id in by_month.items()}
    calculations: list[Calculation] = newest_calculations(session, chosen, lines=False) if chosen else []
    totals = [totals_of(calculation, chosen[calculation.version_id]) for calculation in calculations]
    return tuple(sorted((entry for entry in totals if entry.unit == unit), key=lambda entry: entry.month))


def _preparer(session: Session, version: RecordVersion) -> Preparer | None:
    if version.ready_by_id is None or version.ready_at is None:
        return None
    person = session.get_one(User, version.ready_by_id)
    organisation = person.organisation
    is_firm = organisation is not None and organisation.kind is OrganisationKind.STEWARD_FIRM
    return Preparer(person.name, version.ready_at, organisation.name if organisation and is_firm else "")


def _firms(session: Session, enterprise_id: int, sheet: Sheet, day: date) -> tuple[tuple[str, str], ...]:
    """Name and contract number of each firm whose people typed values of this version."""
    if not sheet.prepared_by_firms:
        return ()
    rows = session.execute(
        sa.select(Organisation.name, Engagement.number)
        .join(Engagement, Engagement.firm_id == Organisation.id)
        .where(
            Engagement.enterprise_id == enterprise_id,
            Organisation.id.in_(sheet.prepared_by_firms),
            Engagement.starts_on <= day,
            Engagement.decided_at.is_not(None),
        )
        .order_by(Organisation.id, Engagement.starts_on)
    )
    return tuple(dict(rows.tuples().all()).items())


def _authority(session: Session, district: str) -> str:
    return (
        session.scalar(
            sa.select(Organisation.name)
            .where(
                Organisation.kind == OrganisationKind.AUTHORITY,
                Organisation.district == district,
                Organisation.active,
            )
            .order_by(Organisation.id)
            .limit(1)
        )
        or ""
    )


def _earlier(session: Session, version: RecordVersion) -> tuple[EarlierVersion, ...]:
    rows = session.execute(
        sa.select(RecordVersion, Snapshot)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(RecordVersion.record_id == version.record_id, RecordVersion.number < version.number)
        .order_by(RecordVersion.number)
        .options(defer(Snapshot.content))
    )
    return tuple(EarlierVersion(row.number, snapshot.submitted_at, row.standing) for row, snapshot in rows)
