"""What a signatory sees before signing, and the receipt after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month
from portal.domain.workflow import FindingState, Severity
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot, StatementReading
from portal.models.users import User
from portal.queries.access import require
from portal.reference.statements import Statement, load_statements


@dataclass(frozen=True)
class StatementView:
    """A statement and how far its signatory is with it."""

    statement: Statement
    opened_at: datetime | None
    agreed_at: datetime | None


@dataclass(frozen=True)
class ExplainedFinding:
    """A gap that the enterprise explained, for the signatory to read."""

    number: str
    check_id: str
    detail: Mapping[str, object]
    state: str
    explanation: str
    explained_by: str
    explained_at: datetime | None


@dataclass(frozen=True)
class SignPage:
    """The parts of the page that do not come from the sheet."""

    statements: tuple[StatementView, ...]
    explained: tuple[ExplainedFinding, ...]
    has_totp: bool
    ready_by: str
    ready_at: datetime | None


def sign_page(session: Session, actor: Actor, record_id: int, version_id: int) -> SignPage:
    """What this signatory has opened and agreed to, and what was explained."""
    readings = {
        reading.statement: reading
        for reading in session.scalars(
            sa.select(StatementReading).where(
                StatementReading.version_id == version_id, StatementReading.user_id == actor.user_id
            )
        )
    }
    user = session.get_one(User, actor.user_id)
    version = session.get_one(RecordVersion, version_id)
    prepared = session.get(User, version.ready_by_id) if version.ready_by_id else None
    return SignPage(
        statements=tuple(
            StatementView(
                statement,
                readings[statement.key].opened_at if statement.key in readings else None,
                readings[statement.key].agreed_at if statement.key in readings else None,
            )
            for statement in load_statements()
        ),
        explained=_explained(session, record_id),
        has_totp=user.totp_confirmed_at is not None,
        ready_by=prepared.name if prepared else "",
        ready_at=version.ready_at,
    )


def _explained(session: Session, record_id: int) -> tuple[ExplainedFinding, ...]:
    findings = session.scalars(
        sa.select(Finding)
        .where(
            Finding.record_id == record_id,
            Finding.severity == Severity.EXPLAIN,
            Finding.state != FindingState.CLOSED,
        )
        .order_by(Finding.id)
    )
    found = []
    for finding in findings:
        step = next((s for s in reversed(finding.steps) if s.kind in {"explanation", "response"}), None)
        found.append(
            ExplainedFinding(
                finding.number,
                finding.check_id,
                finding.detail,
                finding.state.value,
                step.text if step else "",
                step.by.name if step and step.by else "",
                step.at if step else None,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Receipt:
    """The receipt of a submitted version."""

    enterprise_id: int
    enterprise_name: str
    month: Month
    state: str
    version_id: int
    version_number: int
    standing: str
    receipt_number: str
    submitted_at: datetime
    signer: str
    sha256: str
    late: bool
    due_on: date


def find_receipt(session: Session, actor: Actor, enterprise_id: int, month: Month, number: int) -> Receipt:
    """The receipt of a version; raises NotFound when it was never submitted or is foreign."""
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    row = session.execute(
        sa.select(Snapshot, RecordVersion, MonthlyRecord, Organisation.name, User.name)
        .join(RecordVersion, RecordVersion.id == Snapshot.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
        .join(User, User.id == Snapshot.signed_by_id)
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.month == str(month),
            RecordVersion.number == number,
        )
        .options(sa.orm.defer(Snapshot.content))
    ).one_or_none()
    if row is None:
        raise NotFound
    snapshot, version, record, name, signer = row
    return Receipt(
        enterprise_id=enterprise_id,
        enterprise_name=name,
        month=month,
        state=record.state.value,
        version_id=version.id,
        version_number=version.number,
        standing=version.standing.value,
        receipt_number=snapshot.receipt_number,
        submitted_at=snapshot.submitted_at,
        signer=signer,
        sha256=snapshot.sha256,
        late=snapshot.late,
        due_on=record.due_on,
    )
