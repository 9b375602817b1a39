"""Months in a given state, with a version, a figure and a signature, without the way that leads there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import (
    FindingSource,
    FindingState,
    PlanState,
    RecordState,
    Severity,
    VersionStanding,
)
from portal.models.database import Database
from portal.models.evaluations import Calculation, Evaluation
from portal.models.findings import Finding
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from tests.factories.world import World


def make_record(
    session: Session,
    enterprise_id: int,
    month: Month,
    state: RecordState,
    *,
    total: str = "",
    signed_by: int | None = None,
    standing: VersionStanding = VersionStanding.WORKING,
) -> MonthlyRecord:
    """A month in a state; with ``total`` also a version and its calculation, signed when asked for."""
    record = MonthlyRecord(enterprise_id=enterprise_id, month=str(month), state=state, due_on=due_on(month))
    session.add(record)
    session.flush()
    if total:
        version = RecordVersion(
            record_id=record.id,
            number=1,
            plan_version_id=make_plan_version(session, enterprise_id).id,
            standing=standing,
        )
        session.add(version)
        session.flush()
        record.current_version_id = version.id
        if state is RecordState.ACCEPTED:
            record.official_version_id = version.id
        session.add(make_calculation(version.id, total))
        if signed_by is not None:
            _sign(session, version, month, signed_by)
    session.flush()
    return record


def make_calculation(version_id: int, total: str) -> Calculation:
    return Calculation(
        version_id=version_id,
        revision=1,
        guideline="CETS-AG-03.01-V01-2024",
        unit="tCO2",
        total=Decimal(total),
        reported_total=Decimal(total),
        intensity=Decimal("2.0395"),
        output=Decimal(595279),
        output_item="粗钢",
        subtotals={"fuel": total},
    )


def _sign(session: Session, version: RecordVersion, month: Month, user_id: int) -> None:
    run = Evaluation(version_id=version.id)
    session.add(run)
    session.flush()
    session.add(
        Snapshot(
            version_id=version.id,
            content="{}",
            sha256="0" * 64,
            receipt_number=f"HZ-{month}-{version.id:06d}",
            submitted_at=datetime(month.next().year, month.next().number, 5, tzinfo=UTC),
            signed_by_id=user_id,
            statements=[],
            idempotency_key=f"key-{version.id}",
            evaluation_id=run.id,
            late=False,
        )
    )


def make_plan_version(session: Session, enterprise_id: int) -> PlanVersion:
    found = session.scalars(sa.select(PlanVersion).where(PlanVersion.enterprise_id == enterprise_id)).first()
    if found is not None:
        return found
    plan = PlanVersion(
        enterprise_id=enterprise_id,
        number=1,
        state=PlanState.APPROVED,
        guideline="CETS-AG-03.01-V01-2024",
        effective_from="2024-01",
    )
    session.add(plan)
    session.flush()
    return plan


def make_finding(
    session: Session,
    record: MonthlyRecord,
    number: str,
    days: int,
    state: FindingState = FindingState.OPEN,
    *,
    title: str = "",
) -> Finding:
    """A blocking finding of a month, due in ``days``."""
    finding = Finding(
        number=number,
        enterprise_id=record.enterprise_id,
        record_id=record.id,
        source=FindingSource.CHECK,
        check_id=number,
        subject=number,
        severity=Severity.BLOCKING,
        title=title or f"示例差距 {number}",
        state=state,
        due_on=today() + timedelta(days=days),
    )
    session.add(finding)
    session.flush()
    return finding


def make_submitted(session: Session, world: World, enterprise_id: int, month: Month, total: str) -> None:
    """A signed month that waits for its review."""
    make_record(
        session,
        enterprise_id,
        month,
        RecordState.SUBMITTED,
        total=total,
        signed_by=(world.signatory if enterprise_id == world.steel_id else world.stranger_signatory).user_id,
        standing=VersionStanding.SUBMITTED,
    )


def queries_of(database: Database, read: Callable[[Session], Any]) -> int:
    """How many statements ``read`` sends."""

    def act() -> None:
        with database.reading() as session:
            read(session)

    return statements_of(database, act)


def statements_of(database: Database, act: Callable[[], Any]) -> int:
    """How many statements the application sends while ``act`` runs."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(str(arguments[2]))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    return len(sent)
