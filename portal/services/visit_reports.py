"""Printing, storing and serving the report of a visit that both sides have signed."""

import hashlib
import io
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor, Permission
from portal.domain.canonical import canonical_json
from portal.domain.documents import new_code
from portal.domain.errors import NotFound
from portal.domain.periods import SHANGHAI, now
from portal.domain.visits import InspectionState
from portal.models.database import Database
from portal.models.jobs import Job
from portal.models.visits import Inspection, VisitReport
from portal.queries.access import require
from portal.queries.jobs import newest_job
from portal.queries.visits import REPORT_JOB, VisitPage, page_of
from portal.services.documents import count_pages, footer_note
from portal.services.events import Fault, record_event
from portal.services.jobs import request_job, retry_job
from portal.storage import MissingObjectError, Storage, StorageError
from reports.document import Attachment
from reports.pdf import render_pdf

REPORT = "visit_report"
#: Longer side of a photo in print, pixels; the file as it was taken stays in the archive.
PICTURE_SIDE = 1000
#: No photo of a phone has more; a bomb of a few bytes that unfolds into more is not opened.
MOST_PIXELS = 120_000_000
MOST_PICTURES = 60


@dataclass(frozen=True)
class _Stamp:
    code: str
    verify_url: str
    issued_at: str
    note: str


def issue_visit_report(database: Database, storage: Storage, settings: Settings, visit_id: int) -> None:
    """Print the report of a signed visit, store it and enter it as issued.

    Printing happens outside any transaction; a second run finds the report and stops. Raises NotFound
    when the visit is not signed.
    """
    with database.reading() as session:
        visit = session.get(Inspection, visit_id)
        if visit is None or visit.state != InspectionState.SIGNED:
            raise NotFound
        page, content = page_of(session, visit), visit.content
    if page.report is not None:
        return
    code = new_code()
    stamp = _Stamp(
        code=code,
        verify_url=f"{settings.public_url}/v/{code}",
        issued_at=now().astimezone(SHANGHAI).replace(microsecond=0).isoformat(),
        note=footer_note(settings),
    )
    printed = _print(page, content, stamp, storage, settings)
    digest = hashlib.sha256(printed).hexdigest()
    key = f"documents/{digest[:2]}/{digest}"
    storage.put(key, printed)
    with database.writing() as session:
        # The visit's row orders two runs of the same job.
        session.execute(sa.select(Inspection.id).where(Inspection.id == visit_id).with_for_update())
        if session.scalar(sa.select(VisitReport.id).where(VisitReport.inspection_id == visit_id)):
            return
        session.add(
            VisitReport(
                inspection_id=visit_id,
                code=code,
                sha256=digest,
                size=len(printed),
                pages=count_pages(printed),
                storage_key=key,
                content_sha256=page.content_sha256,
            )
        )
        record_event(
            session,
            None,
            "visit.report_issued",
            "inspection",
            visit_id,
            enterprise_id=page.enterprise_id,
            after={"number": page.number, "sha256": digest},
        )


def retry_report(session: Session, actor: Actor, enterprise_id: int, visit_id: int) -> Job:
    """Have a report printed that did not come; raises NotFound when there is nothing to print."""
    require(session, actor, Permission.VISIT_VIEW, enterprise_id)
    visit = session.get(Inspection, visit_id)
    if visit is None or visit.enterprise_id != enterprise_id or visit.state != InspectionState.SIGNED:
        raise NotFound
    if session.scalar(sa.select(VisitReport.id).where(VisitReport.inspection_id == visit_id)):
        raise NotFound
    job = newest_job(session, REPORT_JOB, visit_id)
    if job is None:
        return request_job(session, REPORT_JOB, visit_id, actor=actor, enterprise_id=enterprise_id)
    return retry_job(session, job.id)


def verify_visits(session: Session, storage: Storage) -> Iterator[Fault]:
    """Yield each signed visit whose content does not fit its hash, and each report that is not as issued."""
    for visit in session.scalars(sa.select(Inspection).where(Inspection.content_sha256 != "")):
        if hashlib.sha256(visit.content.encode()).hexdigest() != visit.content_sha256:
            yield Fault(f"visit:{visit.number}", 0, "content does not fit its hash")
    for report in session.scalars(sa.select(VisitReport)):
        name = f"visit report:{report.code}"
        try:
            content = storage.get(report.storage_key)
        except StorageError:
            yield Fault(name, 0, "stored bytes are missing or cannot be read")
            continue
        if hashlib.sha256(content).hexdigest() != report.sha256:
            yield Fault(name, 0, "stored bytes do not fit their hash")


def report_data(
    page: VisitPage, content: Mapping[str, Any], stamp: _Stamp, pictures: Mapping[str, int]
) -> dict[str, Any]:
    """The data of reports/visit_report, from the content that was signed and what came after it.

    ``pictures`` maps a photo's SHA-256 to its place among the attachments.
    """
    score = content["score"]
    return {
        "document": {
            "number": page.number,
            "issued_at": stamp.issued_at,
            "content_sha256": page.content_sha256,
            "verify_code": stamp.code,
            "verify_url": stamp.verify_url,
            "footer_note": stamp.note,
        },
        "visit": {
            **{name: content[name] for name in ("kind", "visitor", "engagement", "draw", "visited_on")},
            **{name: content[name] for name in ("opened_by", "accompanied_by", "scope")},
            "enterprise": content["enterprise"]["name"],
            "uscc": content["enterprise"]["uscc"],
        },
        "packs": content["packs"],
        "score": {
            **{name: score[name] or "" for name in ("points", "previous", "previous_on")},
            "conclusion": score["conclusion"],
            "total": score["total"],
            "areas": score["areas"],
        },
        "answers": content["answers"],
        "gaps": [{**gap, **_finding(page, gap)} for gap in content["gaps"]],
        "photos": [{**photo, "picture": _place(photo["sha256"], pictures)} for photo in content["photos"]],
        "signatures": [
            {
                "side": one.side,
                "name": one.name,
                "organisation": one.organisation,
                "signed_at": one.signed_at.isoformat(),
                "opinion": one.opinion,
                "declined": one.declined,
            }
            for one in page.signatures
        ],
    }


def _finding(page: VisitPage, gap: Mapping[str, Any]) -> dict[str, str]:
    found = page.findings.get(gap["key"])
    return {"finding": found.number, "due_on": found.due_on.isoformat()} if found else {"finding": ""}


def _place(sha256: str, pictures: Mapping[str, int]) -> str:
    return f"attachment:{pictures[sha256]}" if sha256 in pictures else ""


def _print(page: VisitPage, content: str, stamp: _Stamp, storage: Storage, settings: Settings) -> bytes:
    signed = Attachment(
        name=f"{page.number}.json",
        media_type="application/json",
        content=content.encode(),
        description="双方签字的检查内容",
        relationship="Source",
    )
    shown = _pictures(page, storage)
    places = {sha256: place for place, (sha256, _) in enumerate(shown, 1)}
    data = report_data(page, json.loads(content), stamp, places)
    return render_pdf(
        REPORT,
        json.loads(canonical_json(data)),
        [signed, *(picture for _, picture in shown)],
        font_cache=settings.font_dir,
    )


def _pictures(page: VisitPage, storage: Storage) -> list[tuple[str, Attachment]]:
    """Small copies of the photos of gaps, each once, in the order of the visit."""
    gaps = {item.key for item in page.sheet.gaps}
    wanted = {photo.sha256: photo for photo in page.photos if photo.question in gaps}
    found = []
    for place, photo in enumerate(list(wanted.values())[:MOST_PICTURES], 1):
        try:
            small = small_picture(storage.get(photo.storage_key))
        except MissingObjectError:
            continue
        if small:
            name = f"photo-{place:02d}-{photo.sha256[:8]}.jpg"
            found.append(
                (photo.sha256, Attachment(name, "image/jpeg", small, "现场照片的缩小件", "Supplement"))
            )
    return found


def small_picture(content: bytes) -> bytes:
    """A JPEG of at most PICTURE_SIDE pixels without any metadata; empty when it is no picture.

    Only JPEG and PNG are opened, turned as the camera says, and never beyond MOST_PIXELS.
    """
    from PIL import Image, ImageOps

    broken = (OSError, ValueError, SyntaxError, KeyError, TypeError, EOFError, ArithmeticError, struct.error)
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                return b""
            image.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    except (*broken, Image.DecompressionBombError):
        return b""
    stream = io.BytesIO()
    # A fresh picture: what the camera wrote beside the points (place, owner, serial number) stays behind.
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    clean.save(stream, "JPEG", quality=82)
    return stream.getvalue()
