"""Reading issued documents: for their owners, for receipts, and for whoever holds a code."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Actor, Permission, Role
from portal.domain.errors import NotFound
from portal.domain.workflow import JobState, VersionStanding
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.reviews import Review
from portal.queries.access import require
from portal.queries.jobs import JobView, newest_job, newest_jobs

MONTHLY_REPORT = "monthly_report"
ISSUE_JOB = "issue_monthly_report"


@dataclass(frozen=True)
class DocumentLine:
    """An issued document as its owner sees it."""

    id: int
    enterprise_id: int
    number: str
    code: str
    title: str
    month: str
    version_id: int
    version: int
    standing: VersionStanding
    #: valid, superseded or withdrawn
    state: str
    issued_at: datetime
    sha256: str
    size: int
    pages: int
    storage_key: str
    receipt_number: str
    withdrawn_at: datetime | None
    reason: str


@dataclass(frozen=True)
class DocumentState:
    """Where the report of a version stands: issued, under way, failed, or never asked for."""

    version_id: int
    document: DocumentLine | None
    job: JobView | None

    @property
    def state(self) -> str:
        """done, queued, running, failed or none."""
        if self.document is not None:
            return JobState.DONE.value
        if self.job is None:
            return "none"
        # A job that is done without a document was cut off between the two; it can be asked for again.
        return "none" if self.job.state is JobState.DONE else self.job.state.value


@dataclass(frozen=True)
class Waiting:
    """A signed version whose report is not there yet."""

    month: str
    version: int
    submitted_at: datetime
    receipt_number: str
    state: DocumentState


@dataclass(frozen=True)
class DocumentsPage:
    """All issued documents of an enterprise, newest first, and those that are still being printed."""

    enterprise_id: int
    enterprise_name: str
    documents: tuple[DocumentLine, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class PublicDocument:
    """What whoever holds the code may know: no figure and no person's name."""

    number: str
    code: str
    title: str
    month: str
    enterprise_name: str
    uscc: str
    version: int
    standing: VersionStanding
    state: str
    issued_at: datetime
    signed_at: datetime
    signed_as: Role
    receipt_number: str
    sha256: str
    pages: int
    withdrawn_at: datetime | None
    reason: str
    #: The version that replaced it, when, and the code of its report where one was issued.
    present_version: int | None
    present_since: datetime | None
    present_code: str | None


_Official = aliased(RecordVersion)
_DOCUMENTS = (
    sa.select(
        IssuedDocument,
        RecordVersion,
        MonthlyRecord,
        Snapshot.receipt_number,
        Snapshot.submitted_at,
        DocumentWithdrawal,
        _Official.number,
    )
    .join(RecordVersion, RecordVersion.id == IssuedDocument.version_id)
    .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
    .join(Snapshot, Snapshot.version_id == RecordVersion.id)
    .outerjoin(DocumentWithdrawal, DocumentWithdrawal.document_id == IssuedDocument.id)
    .outerjoin(_Official, _Official.id == MonthlyRecord.official_version_id)
)
Row = sa.Row[
    IssuedDocument, RecordVersion, MonthlyRecord, str, datetime, DocumentWithdrawal | None, int | None
]


def find_document(session: Session, kind: str, version_id: int) -> DocumentLine | None:
    """The document of a kind that was issued for a version. The caller has authorised the reader."""
    row = session.execute(
        _DOCUMENTS.where(IssuedDocument.kind == kind, IssuedDocument.version_id == version_id)
    ).one_or_none()
    return _line(row) if row is not None else None


def document_state(session: Session, version_id: int) -> DocumentState:
    """Where the monthly report of a version stands. The caller has authorised the reader."""
    document = find_document(session, MONTHLY_REPORT, version_id)
    job = None if document is not None else newest_job(session, ISSUE_JOB, version_id)
    return DocumentState(version_id, document, job)


def state_of_version(session: Session, actor: Actor, enterprise_id: int, version_id: int) -> DocumentState:
    """The same for a reader; raises NotFound for a foreign version or one that nobody signed."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    owner = session.scalar(
        sa.select(MonthlyRecord.enterprise_id)
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(RecordVersion.id == version_id)
    )
    if owner != enterprise_id:
        raise NotFound
    return document_state(session, version_id)


def documents_page(session: Session, actor: Actor, enterprise_id: int) -> DocumentsPage:
    """All documents of an enterprise; raises NotFound for a foreign one."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    rows = session.execute(
        _DOCUMENTS.where(IssuedDocument.enterprise_id == enterprise_id).order_by(
            MonthlyRecord.month.desc(), RecordVersion.number.desc(), IssuedDocument.id.desc()
        )
    )
    return DocumentsPage(
        enterprise_id=enterprise_id,
        enterprise_name=session.get_one(Organisation, enterprise_id).name,
        documents=tuple(_line(row) for row in rows),
        waiting=_waiting(session, enterprise_id),
    )


def issued_document(session: Session, actor: Actor, enterprise_id: int, document_id: int) -> DocumentLine:
    """One document of an enterprise; raises NotFound for a foreign one."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    row = session.execute(
        _DOCUMENTS.where(IssuedDocument.id == document_id, IssuedDocument.enterprise_id == enterprise_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _line(row)


def public_document(session: Session, code: str) -> PublicDocument | None:
    """What anybody may know who holds the code; None for a code that was never issued."""
    row = session.execute(_DOCUMENTS.where(IssuedDocument.code == code)).one_or_none()
    if row is None:
        return None
    line, (_, version, record, _, signed_at, _, _) = _line(row), row
    enterprise = session.get_one(Organisation, record.enterprise_id)
    present = _present(session, record) if line.state == "superseded" else (None, None, None)
    return PublicDocument(
        number=line.number,
        code=line.code,
        title=line.title,
        month=line.month,
        enterprise_name=enterprise.name,
        uscc=enterprise.uscc,
        version=version.number,
        standing=version.standing,
        state=line.state,
        issued_at=line.issued_at,
        signed_at=signed_at,
        signed_as=Role.ENTERPRISE_SIGNATORY,
        receipt_number=line.receipt_number,
        sha256=line.sha256,
        pages=line.pages,
        withdrawn_at=line.withdrawn_at,
        reason=line.reason,
        present_version=present[0],
        present_since=present[1],
        present_code=present[2],
    )


def _line(row: Row) -> DocumentLine:
    document, version, record, receipt, _, withdrawal, official = row
    superseded = official is not None and official > version.number
    state = "withdrawn" if withdrawal is not None else "superseded" if superseded else "valid"
    return DocumentLine(
        id=document.id,
        enterprise_id=document.enterprise_id,
        number=document.number,
        code=document.code,
        title=document.title,
        month=record.month,
        version_id=version.id,
        version=version.number,
        standing=version.standing,
        state=state,
        issued_at=document.issued_at,
        sha256=document.sha256,
        size=document.size,
        pages=document.pages,
        storage_key=document.storage_key,
        receipt_number=receipt,
        withdrawn_at=withdrawal.withdrawn_at if withdrawal else None,
        reason=withdrawal.reason if withdrawal else "",
    )


def _present(session: Session, record: MonthlyRecord) -> tuple[int | None, datetime | None, str | None]:
    """Number of the accepted version, since when it counts, and the code of its report."""
    row = session.execute(
        sa.select(RecordVersion.number, Review.finished_at, IssuedDocument.code)
        .outerjoin(Review, Review.version_id == RecordVersion.id)
        .outerjoin(
            IssuedDocument,
            sa.and_(
                IssuedDocument.version_id == RecordVersion.id,
                IssuedDocument.kind == MONTHLY_REPORT,
                IssuedDocument.id.not_in(sa.select(DocumentWithdrawal.document_id)),
            ),
        )
        .where(RecordVersion.id == record.official_version_id)
    ).one()
    return row[0], row[1], row[2]


def _waiting(session: Session, enterprise_id: int) -> tuple[Waiting, ...]:
    issued = sa.select(IssuedDocument.version_id).where(IssuedDocument.kind == MONTHLY_REPORT)
    rows = session.execute(
        sa.select(
            MonthlyRecord.month,
            RecordVersion.id,
            RecordVersion.number,
            Snapshot.submitted_at,
            Snapshot.receipt_number,
        )
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(MonthlyRecord.enterprise_id == enterprise_id, RecordVersion.id.not_in(issued))
        .order_by(MonthlyRecord.month.desc(), RecordVersion.number.desc())
    ).all()
    jobs = newest_jobs(session, ISSUE_JOB, [row[1] for row in rows])
    return tuple(
        Waiting(month, number, submitted_at, receipt, DocumentState(version_id, None, jobs.get(version_id)))
        for month, version_id, number, submitted_at, receipt in rows
    )
