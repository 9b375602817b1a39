"""A month's report before it is signed: watermarked, never issued, printed by a worker."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.config import Settings
from portal.domain.access import Actor, Permission, Role
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.errors import Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month, now
from portal.models.database import Database
from portal.models.jobs import Job
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.queries.access import require
from portal.queries.jobs import JobView, newest_job
from portal.queries.monthly_report import Signed, gather
from portal.queries.sheets import load_sheet
from portal.services.documents import document_number, footer_note
from portal.services.evaluations import current_hash, newest_evaluation
from portal.services.jobs import request_job
from portal.services.monthly_report import REPORT, Stamp, build_report
from portal.services.snapshots import snapshot_content
from portal.storage import MissingObjectError, Storage, StorageError
from reports.pdf import render_pdf

JOB = "preview_monthly_report"
WATERMARK = "预览　未签发"


@dataclass(frozen=True)
class Preview:
    """Where the preview of a version's present data stands."""

    version_id: int
    version: int
    month: Month
    key: str
    ready: bool
    job: JobView | None


def preview_of(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, version_id: int
) -> Preview:
    """Whether the present data have been printed already, or are being printed.

    Raises NotFound for a foreign version, Invalid when it is signed (its report is issued) or not
    evaluated yet.
    """
    version, month = _unsigned(session, actor, enterprise_id, version_id)
    key = _key(session, version_id)
    ready = storage.exists(key)
    job = None if ready else newest_job(session, JOB, version_id)
    return Preview(version_id, version.number, month, key, ready, job)


def request_preview(session: Session, actor: Actor, enterprise_id: int, version_id: int) -> Job:
    """Have the present data printed; a job that still waits serves again. Raises as ``preview_of``."""
    _unsigned(session, actor, enterprise_id, version_id)
    _key(session, version_id)
    running = newest_job(session, JOB, version_id)
    if running is not None and running.under_way:
        return session.get_one(Job, running.id)
    return request_job(session, JOB, version_id, actor=actor, enterprise_id=enterprise_id)


def print_preview(database: Database, storage: Storage, settings: Settings, version_id: int) -> None:
    """Print the present data of a version with a watermark, unless they are printed already.

    Nothing is entered anywhere. Raises Invalid when there is nothing to print yet.
    """
    with database.reading() as session:
        would_be = _as_if_signed(session, version_id)
        key = _key_of(version_id, would_be)
        if storage.exists(key):
            return
        material = gather(session, version_id, would_be)
    stamp = Stamp(
        number=document_number(material),
        code="—",
        issued_at=would_be.at.replace(microsecond=0),
        verify_url=f"{settings.public_url}/verify",
        note=footer_note(settings),
        kind="预览件",
    )
    content = render_pdf(
        REPORT, build_report(material, stamp), font_cache=settings.font_dir, watermark=WATERMARK
    )
    if not storage.exists(key):
        storage.put(key, content)


def preview_bytes(storage: Storage, preview: Preview) -> bytes:
    """The printed preview; raises NotFound when it is not there yet."""
    return stored_preview(storage, preview.key)


def stored_preview(storage: Storage, key: str) -> bytes:
    """The bytes of a preview; raises NotFound when they are not there yet."""
    try:
        return storage.get(key)
    except MissingObjectError as error:
        raise NotFound from error
    except StorageError as error:
        raise NotFound(N_("存储暂时没有应答，请稍后再下载")) from error


def _unsigned(
    session: Session, actor: Actor, enterprise_id: int, version_id: int
) -> tuple[RecordVersion, Month]:
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    row = session.execute(
        sa.select(RecordVersion, MonthlyRecord.month)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .where(RecordVersion.id == version_id, MonthlyRecord.enterprise_id == enterprise_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if session.scalar(sa.select(Snapshot.version_id).where(Snapshot.version_id == version_id)) is not None:
        raise Invalid(N_("这一版已经签署，请看签发的报告"))
    return row[0], Month.parse(row[1])


def _key(session: Session, version_id: int) -> str:
    return _key_of(version_id, _as_if_signed(session, version_id))


def _key_of(version_id: int, would_be: Signed) -> str:
    """The same data have the same key, whenever they were printed."""
    return f"previews/{version_id}-{would_be.sha256[:16]}.pdf"


def _as_if_signed(session: Session, version_id: int) -> Signed:
    """The text that a signature would freeze now, without the signature."""
    sheet = load_sheet(session, version_id)
    month = figures(sheet)
    evaluation = newest_evaluation(session, version_id)
    if month.result is None or evaluation is None:
        raise Invalid(N_("还没有可以预览的核算结果；请先填报并评估"))
    text = canonical_json(
        snapshot_content(
            session,
            sheet,
            month,
            month.result,
            evaluation,
            signature={
                "signed_by": "",
                "role": Role.ENTERPRISE_SIGNATORY.value,
                "submitted_at": None,
                "receipt_number": "",
                "late": False,
                "statements": [],
            },
        )
    )
    return Signed(
        text=text,
        sha256=sha256_text(text),
        at=now(),
        evaluation_id=evaluation.id,
        evaluated_on_this=evaluation.input_hash == current_hash(session, sheet, month),
        output=month.result.output_amount,
        output_item=month.result.output_item or "",
    )
