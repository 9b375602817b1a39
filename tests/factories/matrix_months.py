"""A month in each state, like one that was filled and signed: its signature, review, document and gaps."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.documents import new_code
from portal.domain.periods import Month, now, today
from portal.domain.workflow import FindingSource, RecordState, Section, Severity, VersionStanding
from portal.models.documents import IssuedDocument
from portal.models.evaluations import Calculation
from portal.models.evidence import EvidenceLink
from portal.models.findings import Finding
from portal.models.patterns import PatternRun, Suspicion
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion, Snapshot, StatementReading
from portal.models.reviews import Question, Review
from portal.queries.sheets import load_sheet
from portal.reference.statements import load_statements
from portal.services.months import add_sections, find_record
from portal.storage import Storage
from tests.factories.months import pdf
from tests.factories.world import World

#: The month that is filled, signed and accepted; the others are copies of it in another state.
FULL = Month(2026, 9)
MONTHS = {
    RecordState.NOT_STARTED: "2026-02",
    RecordState.DRAFT: "2026-03",
    RecordState.READY_FOR_SIGNOFF: "2026-04",
    RecordState.SUBMITTED: "2026-05",
    RecordState.UNDER_REVIEW: "2026-06",
    RecordState.PENDING_COUNTERSIGN: "2026-07",
    RecordState.RETURNED: "2026-08",
    RecordState.RESTATEMENT_REQUESTED: "2026-10",
}
STANDINGS = {
    RecordState.SUBMITTED: VersionStanding.SUBMITTED,
    RecordState.UNDER_REVIEW: VersionStanding.SUBMITTED,
    RecordState.PENDING_COUNTERSIGN: VersionStanding.SUBMITTED,
    RecordState.RETURNED: VersionStanding.RETURNED,
    RecordState.RESTATEMENT_REQUESTED: VersionStanding.ACCEPTED,
}
REVIEWED = {RecordState.UNDER_REVIEW, RecordState.PENDING_COUNTERSIGN, RecordState.RETURNED}


def make_matrix_finding(session: Session, record: MonthlyRecord, mark: str) -> Finding:
    """An open gap of a check."""
    finding = Finding(
        number=f"GAP-{mark}",
        enterprise_id=record.enterprise_id,
        record_id=record.id,
        source=FindingSource.CHECK,
        check_id="AD-01",
        subject="S-02.purchased",
        section=Section.ENERGY,
        cell="S-02.purchased",
        severity=Severity.EXPLAIN,
        title=f"{mark}处的示例差距",
        due_on=today(),
    )
    session.add(finding)
    session.flush()
    return finding


def make_matrix_suspicion(session: Session, enterprise_id: int, mark: str) -> int:
    """A pattern that was noticed; gives its id."""
    run = PatternRun(month=str(FULL))
    session.add(run)
    session.flush()
    row = Suspicion(
        enterprise_id=enterprise_id,
        pattern="repeated",
        month=str(FULL),
        subject="S-02.moisture",
        severity=Severity.EXPLAIN,
        detail={"message": f"{mark}处的示例疑点", "params": {}, "picture": {}, "others": []},
        run_id=run.id,
    )
    session.add(row)
    session.flush()
    return row.id


def month_like(
    session: Session, cast: World, source: RecordVersion, month: Month, state: RecordState
) -> RecordVersion:
    """A month in ``state`` with the values, files and signature of another."""
    record = find_record(session, cast.steel_id, month)
    plan = session.get_one(PlanVersion, source.plan_version_id)
    version = RecordVersion(
        record_id=record.id,
        number=1,
        plan_version_id=plan.id,
        standing=STANDINGS.get(state, VersionStanding.WORKING),
    )
    session.add(version)
    session.flush()
    add_sections(session, version, plan)
    for model in (RecordValue, EvidenceLink):
        _copy_rows(session, model, source.id, version.id)
    record.state, record.current_version_id = state, version.id
    if state in STANDINGS:
        _sign_like(session, source, version)
    else:
        _read_statements(session, cast, version)
    if state in REVIEWED:
        _review(session, cast, version, state)
    if state is RecordState.RESTATEMENT_REQUESTED:
        record.official_version_id = version.id
    return version


def _copy_rows(session: Session, model: Any, source_id: int, version_id: int) -> None:
    columns = [column.name for column in model.__table__.columns if column.name not in {"id", "version_id"}]
    for row in session.scalars(sa.select(model).where(model.version_id == source_id)).all():
        session.add(model(version_id=version_id, **{name: getattr(row, name) for name in columns}))
    session.flush()


def _sign_like(session: Session, source: RecordVersion, version: RecordVersion) -> None:
    signed = session.get_one(Snapshot, source.id)
    _copy_rows(session, Calculation, source.id, version.id)
    session.add(
        Snapshot(
            version_id=version.id,
            content=signed.content,
            sha256=signed.sha256,
            receipt_number=f"HZ-copy-{version.id}",
            submitted_at=now(),
            signed_by_id=signed.signed_by_id,
            statements=signed.statements,
            idempotency_key=f"copy-{version.id}",
            evaluation_id=signed.evaluation_id,
            late=False,
        )
    )
    session.flush()


def _read_statements(session: Session, cast: World, version: RecordVersion) -> None:
    session.add(
        StatementReading(
            version_id=version.id,
            user_id=cast.signatory.user_id,
            statement=load_statements()[0].key,
            opened_at=now(),
        )
    )
    session.flush()


def _review(session: Session, cast: World, version: RecordVersion, state: RecordState) -> None:
    review = Review(
        version_id=version.id, reviewer_id=cast.regulator.user_id, due_on=today() + timedelta(days=9)
    )
    section = load_sheet(session, version.id).sections[0].section
    if state is RecordState.UNDER_REVIEW:
        review.questions.append(
            Question(
                section=section,
                text="请说明示例",
                asked_by_id=cast.regulator.user_id,
                answer_due_on=today() + timedelta(days=3),
            )
        )
    if state is RecordState.PENDING_COUNTERSIGN:
        review.proposed_by_id, review.proposed_at = cast.regulator.user_id, now()
    session.add(review)
    session.flush()


def make_matrix_document(
    session: Session, storage: Storage, enterprise_id: int, version: RecordVersion
) -> IssuedDocument:
    """The issued report of a version, its bytes in the store."""
    content = pdf(f"document {enterprise_id}").getvalue()
    digest = sha256(content).hexdigest()
    key = f"documents/{digest[:2]}/{digest}"
    storage.put(key, content)
    document = IssuedDocument(
        enterprise_id=enterprise_id,
        version_id=version.id,
        kind="monthly_report",
        number=f"HZ-MR-202609-{enterprise_id:04d}-V1",
        code=new_code(),
        title="月度碳数据质量报告",
        sha256=digest,
        size=len(content),
        pages=1,
        storage_key=key,
        snapshot_sha256=session.get_one(Snapshot, version.id).sha256,
    )
    session.add(document)
    session.flush()
    return document
