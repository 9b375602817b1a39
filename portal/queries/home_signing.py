"""What a signatory sees first: months to sign with their figures beside earlier ones, and what was signed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.periods import Month
from portal.domain.workflow import FindingState, RecordState, Severity
from portal.models.findings import Finding
from portal.models.plans import Parameter, SourceStream
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.users import User
from portal.queries.home import IN_HAND, Figures, MonthLine, figures_of, month_lines, own_enterprise
from portal.reference.guidelines import load_guideline

#: Receipts on one page of the list of what was signed.
PER_PAGE = 12


@dataclass(frozen=True)
class ComparedFigure:
    """A figure beside last month's and last year's; ``key`` is total, output, intensity or a category."""

    key: str
    name: str
    unit: str
    now: Decimal
    previous: Decimal | None
    last_year: Decimal | None


@dataclass(frozen=True)
class WaitingMonth:
    """A month that lies ready for the signature."""

    line: MonthLine
    version: int
    ready_by: str
    ready_at: datetime | None
    figures: tuple[ComparedFigure, ...]
    explained: int


@dataclass(frozen=True)
class SignedLine:
    """One signed version with its receipt."""

    month: Month
    version: int
    state: str
    receipt: str
    submitted_at: datetime
    signer: str
    late: bool
    total: Decimal | None
    unit: str


@dataclass(frozen=True)
class SigningHome:
    """The home of a signatory."""

    enterprise_id: int
    enterprise_name: str
    waiting: tuple[WaitingMonth, ...]
    preparing: tuple[MonthLine, ...]
    signed: tuple[SignedLine, ...]
    signed_total: int
    page: int


def signing_home(session: Session, actor: Actor, page: int = 1) -> SigningHome:
    """What waits for the actor's signature and what was signed, in a fixed number of queries."""
    enterprise = own_enterprise(session, actor, Permission.RECORD_SIGN)
    lines = month_lines(session, enterprise.id)
    total = (
        session.scalar(
            sa.select(sa.func.count(Snapshot.version_id))
            .join(RecordVersion, RecordVersion.id == Snapshot.version_id)
            .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
            .where(MonthlyRecord.enterprise_id == enterprise.id)
        )
        or 0
    )
    page = max(1, min(page, -(-total // PER_PAGE) or 1))
    return SigningHome(
        enterprise_id=enterprise.id,
        enterprise_name=enterprise.name,
        waiting=_waiting(session, enterprise.id, lines),
        preparing=tuple(
            sorted((line for line in lines if line.state in IN_HAND), key=lambda line: line.until)
        ),
        signed=_signed(session, enterprise.id, page),
        signed_total=total,
        page=page,
    )


def _waiting(session: Session, enterprise_id: int, lines: list[MonthLine]) -> tuple[WaitingMonth, ...]:
    ready = sorted(
        (line for line in lines if line.state == RecordState.READY_FOR_SIGNOFF), key=lambda line: line.until
    )
    official = {line.month: line.official_version_id or line.version_id or 0 for line in lines}
    wanted: set[int] = set()
    for line in ready:
        wanted |= {line.version_id or 0, official.get(line.month.previous(), 0)}
        wanted.add(official.get(line.month.same_last_year(), 0))
    figures = figures_of(session, sorted(wanted - {0}))
    versions = {
        version.id: (version, name or "")
        for version, name in session.execute(
            sa.select(RecordVersion, User.name)
            .outerjoin(User, User.id == RecordVersion.ready_by_id)
            .where(RecordVersion.id.in_([line.version_id for line in ready]))
        )
    }
    explained = _explained(session, enterprise_id)
    units = _output_units(session, {version.plan_version_id for version, _ in versions.values()})
    found = []
    for line in ready:
        version, name = versions[line.version_id or 0]
        found.append(
            WaitingMonth(
                line=line,
                version=version.number,
                ready_by=name,
                ready_at=version.ready_at,
                figures=_compared(
                    units.get(version.plan_version_id, ""),
                    figures.get(version.id),
                    figures.get(official.get(line.month.previous(), 0)),
                    figures.get(official.get(line.month.same_last_year(), 0)),
                ),
                explained=explained.get(line.month, 0),
            )
        )
    return tuple(found)


def _explained(session: Session, enterprise_id: int) -> dict[Month, int]:
    """How many gaps were explained in each month that lies ready; the signatory answers for them too."""
    rows = session.execute(
        sa.select(MonthlyRecord.month, sa.func.count(Finding.id))
        .join(Finding, Finding.record_id == MonthlyRecord.id)
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.state == RecordState.READY_FOR_SIGNOFF,
            Finding.severity == Severity.EXPLAIN,
            Finding.state == FindingState.EXPLAINED,
        )
        .group_by(MonthlyRecord.month)
    )
    return {Month.parse(month): count for month, count in rows}


def _output_units(session: Session, plan_ids: set[int]) -> dict[int, str]:
    """The unit in which each plan counts its output."""
    rows = session.execute(
        sa.select(SourceStream.plan_version_id, Parameter.unit)
        .join(Parameter, Parameter.stream_id == SourceStream.id)
        .where(SourceStream.plan_version_id.in_(plan_ids), SourceStream.category == "output")
        .order_by(SourceStream.position.desc(), Parameter.position.desc())
    )
    return {plan_id: unit for plan_id, unit in rows}  # noqa: C416 - rows are not pairs to the type checker


def _compared(
    plan_unit: str, now: Figures | None, previous: Figures | None, last_year: Figures | None
) -> tuple[ComparedFigure, ...]:
    if now is None:
        return ()
    rows = [
        ComparedFigure(
            "total",
            "",
            now.unit,
            now.total,
            previous.total if previous else None,
            last_year.total if last_year else None,
        )
    ]
    rows += [
        ComparedFigure(
            key,
            "",
            now.unit,
            value,
            previous.subtotals.get(key) if previous else None,
            last_year.subtotals.get(key) if last_year else None,
        )
        for key, value in now.subtotals.items()
    ]
    item = load_guideline(now.guideline).item("output", now.output_item)
    output_unit = item.unit if item else plan_unit
    units = {"output": output_unit, "intensity": f"{now.unit}/{output_unit}" if output_unit else ""}
    for key, unit in units.items():
        value = getattr(now, key)
        if value is not None:
            rows.append(
                ComparedFigure(
                    key,
                    now.output_item,
                    unit,
                    value,
                    getattr(previous, key, None),
                    getattr(last_year, key, None),
                )
            )
    return tuple(rows)


def _signed(session: Session, enterprise_id: int, page: int) -> tuple[SignedLine, ...]:
    rows = session.execute(
        sa.select(Snapshot, RecordVersion, MonthlyRecord, User.name)
        .join(RecordVersion, RecordVersion.id == Snapshot.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(User, User.id == Snapshot.signed_by_id)
        .where(MonthlyRecord.enterprise_id == enterprise_id)
        .options(sa.orm.defer(Snapshot.content))
        .order_by(Snapshot.submitted_at.desc(), Snapshot.version_id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    figures = figures_of(session, [version.id for _, version, _, _ in rows])
    return tuple(
        SignedLine(
            month=Month.parse(record.month),
            version=version.number,
            state=_standing(record, version),
            receipt=snapshot.receipt_number,
            submitted_at=snapshot.submitted_at,
            signer=signer,
            late=snapshot.late,
            total=figures[version.id].total if version.id in figures else None,
            unit=figures[version.id].unit if version.id in figures else "",
        )
        for snapshot, version, record, signer in rows
    )


def _standing(record: MonthlyRecord, version: RecordVersion) -> str:
    """The month's state for its newest version, the version's own standing for older ones."""
    if version.id == record.current_version_id and record.state is not RecordState.DRAFT:
        return str(record.state.value)
    return str(version.standing.value)
