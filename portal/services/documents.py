"""Issuing a month's report, serving it as it was issued, withdrawing it."""

import hashlib
import logging
import re
import zlib
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor, Permission
from portal.domain.documents import new_code
from portal.domain.errors import Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.jobs import Job
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.access import require
from portal.queries.documents import find_document
from portal.queries.jobs import newest_job
from portal.queries.monthly_report import ReportMaterial, load_material
from portal.services.events import record_event
from portal.services.jobs import request_job, retry_job
from portal.services.monthly_report import REPORT, Stamp, build_report
from portal.storage import MissingObjectError, Storage, StorageError
from reports.document import Attachment
from reports.pdf import render_pdf

log = logging.getLogger(__name__)

JOB = "issue_monthly_report"
LONGEST_REASON = 1000
#: The printer packs its objects; the root of the page tree lies in one of the packed streams.
_PACKED = re.compile(rb"/ObjStm\b.*?stream\r?\n(.*?)endstream", re.DOTALL)
_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


class Printed(NamedTuple):
    """A report as bytes, with what its row says of it."""

    content: bytes
    sha256: str
    pages: int


class DocumentDamaged(NotFound):
    """The stored bytes are gone or are not those that were issued; they are not served."""

    code = "document_damaged"


def issue_monthly_report(database: Database, storage: Storage, settings: Settings, version_id: int) -> None:
    """Print the report of a signed version, store it and enter it as issued.

    Printing takes a second and happens outside any transaction. May run twice: the second run finds
    the document and stops. When a worker dies on the way, there is at most a stored file without a
    row, which nothing shows. Raises NotFound when nobody signed the version.
    """
    with database.reading() as session:
        if find_document(session, REPORT, version_id) is not None:
            return
        material = load_material(session, version_id)
    stamp = make_stamp(material, settings)
    printed = print_report(material, stamp, settings)
    key = f"documents/{printed.sha256[:2]}/{printed.sha256}"
    storage.put(key, printed.content)
    with database.writing() as session:
        # The month's row orders two runs of the same job.
        session.execute(
            sa.select(MonthlyRecord.id).where(MonthlyRecord.id == material.record_id).with_for_update()
        )
        if find_document(session, REPORT, version_id) is None:
            _enter(session, material, stamp, printed, key)


def make_stamp(material: ReportMaterial, settings: Settings) -> Stamp:
    """Number, code and moment of a document that is about to be printed."""
    code, number = new_code(), document_number(material)
    return Stamp(
        number=number,
        code=code,
        issued_at=now().replace(microsecond=0),
        verify_url=f"{settings.public_url}/verify/{code}",
        note=footer_note(settings),
        attachments=(f"{number}.json",),
    )


def document_number(material: ReportMaterial) -> str:
    """Such as HZ-MR-202610-0137-V2."""
    month = f"{material.month.year:04d}{material.month.number:02d}"
    return f"HZ-MR-{month}-{material.enterprise_id:04d}-V{material.number}"


def footer_note(settings: Settings) -> str:
    """What stands in the foot of every sheet outside production."""
    return "" if settings.production else "演示数据"


def print_report(material: ReportMaterial, stamp: Stamp, settings: Settings) -> Printed:
    """The report with the signed snapshot inside it, byte for byte as it was signed."""
    content = render_pdf(
        REPORT,
        build_report(material, stamp),
        [
            Attachment(
                name=name,
                media_type="application/json",
                content=material.text.encode(),
                description="签署时冻结的月度记录",
                relationship="Source",
            )
            for name in stamp.attachments
        ],
        font_cache=settings.font_dir,
    )
    return Printed(content, hashlib.sha256(content).hexdigest(), count_pages(content))


def count_pages(pdf: bytes) -> int:
    """Pages of a PDF that this house printed: the count in the root of its page tree."""
    packed = [zlib.decompressobj().decompress(chunk) for chunk in _PACKED.findall(pdf)]
    found = (match for part in (pdf, *packed) for match in _PAGES.findall(part))
    return max((int(first or second) for first, second in found), default=0)


def _enter(session: Session, material: ReportMaterial, stamp: Stamp, printed: Printed, key: str) -> None:
    document = IssuedDocument(
        enterprise_id=material.enterprise_id,
        version_id=material.version_id,
        kind=REPORT,
        number=stamp.number,
        code=stamp.code,
        title=N_("月度碳数据质量报告"),
        sha256=printed.sha256,
        size=len(printed.content),
        pages=printed.pages,
        storage_key=key,
        snapshot_sha256=material.sha256,
        issued_at=stamp.issued_at,
    )
    session.add(document)
    session.flush()
    record_event(
        session,
        None,
        "record.document_issued",
        "record",
        material.record_id,
        enterprise_id=material.enterprise_id,
        after={"document": stamp.number, "sha256": printed.sha256, "version": material.number},
    )


def stored_bytes(storage: Storage, key: str, sha256: str) -> bytes:
    """The bytes of an issued document, compared with their hash; raises DocumentDamaged."""
    try:
        content = storage.get(key)
    except MissingObjectError as error:
        log.exception("issued document is missing", extra={"key": key})
        raise DocumentDamaged(N_("这份文件的存档找不到了，已停止提供；请联系平台管理员")) from error
    except StorageError as error:
        raise DocumentDamaged(N_("存储暂时没有应答，请稍后再下载")) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        log.error("issued document was changed", extra={"key": key})
        raise DocumentDamaged(N_("存档的文件与签发时的指纹不一致，已停止提供；请联系平台管理员"))
    return content


def retry_issue(session: Session, actor: Actor, enterprise_id: int, version_id: int) -> Job:
    """Have a report printed that is not there: a failed job again, a lost one anew.

    Raises NotFound for a foreign or unsigned version and when nothing failed.
    """
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    owner = session.scalar(
        sa.select(MonthlyRecord.enterprise_id)
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(RecordVersion.snapshot)
        .where(RecordVersion.id == version_id)
    )
    if owner != enterprise_id or find_document(session, REPORT, version_id) is not None:
        raise NotFound
    job = newest_job(session, JOB, version_id)
    if job is None:
        return request_job(session, JOB, version_id, actor=actor, enterprise_id=enterprise_id)
    return retry_job(session, job.id)


def withdraw_document(
    session: Session, actor: Actor, enterprise_id: int, document_id: int, reason: str
) -> DocumentWithdrawal:
    """Withdraw an issued document; the public page says so with the reason.

    The row and the bytes stay as they are. Raises NotFound, Refused, or Invalid for a missing reason
    or a document that was withdrawn before.
    """
    require(session, actor, Permission.RECORD_REVIEW, enterprise_id)
    document = session.scalar(
        sa.select(IssuedDocument)
        .where(IssuedDocument.id == document_id, IssuedDocument.enterprise_id == enterprise_id)
        .with_for_update()
    )
    if document is None:
        raise NotFound
    if not reason.strip():
        raise Invalid(N_("请写明撤销的理由"), path="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_REASON}, path="reason")
    if session.get(DocumentWithdrawal, document_id) is not None:
        raise Invalid(N_("这份文件已经撤销"), path="reason")
    withdrawal = DocumentWithdrawal(
        document_id=document_id, withdrawn_by_id=actor.user_id, reason=reason.strip()
    )
    session.add(withdrawal)
    session.flush()
    record_event(
        session,
        actor,
        "document.withdrawn",
        "document",
        document_id,
        enterprise_id=enterprise_id,
        after={"document": document.number, "reason": withdrawal.reason},
    )
    return withdrawal
