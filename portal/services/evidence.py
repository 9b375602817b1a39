"""Taking evidence files in, laying them into slots, replacing and removing them."""

import hashlib
from collections.abc import Collection
from datetime import date
from typing import IO, BinaryIO, cast

import filetype
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import Invalid, NotFound
from portal.domain.files import CSV, check_kind, clean_filename, looks_like_csv
from portal.domain.messages import N_
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.records import RecordVersion
from portal.queries.access import require
from portal.services.events import record_event
from portal.services.record_access import editable_version
from portal.storage import Storage

CHUNK = 1024 * 1024
SAMPLE = 8192


def store_file(
    session: Session,
    storage: Storage,
    actor: Actor,
    stream: IO[bytes],
    filename: str,
    *,
    enterprise_id: int | None = None,
    registration_id: int | None = None,
    period_from: date | None = None,
    period_to: date | None = None,
    replaces_id: int | None = None,
    most_bytes: int = 20 * 1024 * 1024,
) -> Evidence:
    """Keep a file and its row; the bytes are named by their SHA-256.

    ``period_from`` and ``period_to`` are the days that the file proves. Raises Invalid for an empty
    file, a file over ``most_bytes``, a kind that is not taken, a name that lies about the content, or
    a period that ends before it begins. The caller has authorised the actor.
    """
    if period_from and period_to and period_to < period_from:
        raise Invalid(N_("证明期间的止日不能早于起日"), path="period_to")
    name = clean_filename(filename)
    digest, size = _digest(stream, most_bytes)
    media_type = check_kind(name, _media_type(stream))
    key = f"evidence/{digest[:2]}/{digest}"
    if not storage.exists(key):
        stream.seek(0)
        storage.put(key, cast(BinaryIO, stream))
    row = Evidence(
        enterprise_id=enterprise_id,
        registration_id=registration_id,
        filename=name,
        media_type=media_type,
        size=size,
        sha256=digest,
        storage_key=key,
        period_from=period_from,
        period_to=period_to,
        replaces_id=replaces_id,
        uploaded_by_id=actor.user_id,
        uploaded_for_firm_id=(actor.organisation_id if actor.kind is OrganisationKind.STEWARD_FIRM else None),
    )
    session.add(row)
    session.flush()
    record_event(
        session,
        actor,
        "evidence.stored",
        "evidence",
        row.id,
        enterprise_id=enterprise_id,
        after={"filename": name, "sha256": digest, "size": size},
    )
    return row


def _digest(stream: IO[bytes], most_bytes: int) -> tuple[str, int]:
    stream.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > most_bytes:
            raise Invalid(
                N_("文件超过 %(most)s MB，请压缩或分开上传"),
                params={"most": most_bytes // (1024 * 1024)},
                path="file",
            )
        digest.update(chunk)
    if size == 0:
        raise Invalid(N_("文件是空的，请重新选择"), path="file")
    return digest.hexdigest(), size


def _media_type(stream: IO[bytes]) -> str | None:
    stream.seek(0)
    head = stream.read(SAMPLE)
    found = filetype.guess_mime(head)
    if found is None and looks_like_csv(head):
        return CSV
    return None if found is None else str(found)


def fill_slot(
    session: Session,
    storage: Storage,
    actor: Actor,
    version_id: int,
    slot: str,
    stream: IO[bytes],
    filename: str,
    *,
    period_from: date,
    period_to: date,
    replaces_id: int | None = None,
    most_bytes: int = 20 * 1024 * 1024,
) -> Evidence:
    """Store a file and lay it into a slot of a month that is being worked on.

    The period must reach into the month: a June document cannot fill a May slot. With ``replaces_id``
    the new file takes the place of the old one, which stays in the archive.
    """
    work = editable_version(session, actor, version_id, Permission.EVIDENCE_UPLOAD, slot=slot)
    if replaces_id is not None and not _unlink(session, version_id, slot, replaces_id):
        raise NotFound
    if period_to < work.month.first or period_from > work.month.last:
        raise Invalid(
            N_("这份材料证明的是 %(start)s 至 %(end)s，不在 %(month)s 之内；请核对证明期间或换一个月份上传"),
            params={"start": period_from, "end": period_to, "month": str(work.month)},
            path="period_from",
        )
    row = store_file(
        session,
        storage,
        actor,
        stream,
        filename,
        enterprise_id=work.enterprise_id,
        period_from=period_from,
        period_to=period_to,
        replaces_id=replaces_id,
        most_bytes=most_bytes,
    )
    _link(session, work.version, slot, row.id)
    return row


def link_existing(session: Session, actor: Actor, version_id: int, slot: str, evidence_id: int) -> None:
    """Lay a file that the enterprise already has into another slot (one ledger proves several rows)."""
    work = editable_version(session, actor, version_id, Permission.EVIDENCE_UPLOAD, slot=slot)
    row = session.scalar(
        sa.select(Evidence).where(Evidence.id == evidence_id, Evidence.enterprise_id == work.enterprise_id)
    )
    if row is None:
        raise NotFound
    if (
        row.period_to
        and row.period_from
        and (row.period_to < work.month.first or row.period_from > work.month.last)
    ):
        raise Invalid(N_("这份材料证明的期间不在本月之内，不能放进本月"), path="evidence_id")
    _link(session, work.version, slot, row.id)
    record_event(
        session,
        actor,
        "evidence.linked",
        "evidence",
        row.id,
        enterprise_id=work.enterprise_id,
        after={"slot": slot, "version": version_id},
    )


def spread_file(
    session: Session, actor: Actor, version_id: int, slots: Collection[str], evidence_id: int
) -> None:
    """Lay one file into several slots, all or none, as a ledger proves many rows; raises as one does."""
    for slot in slots:
        link_existing(session, actor, version_id, slot, evidence_id)


def take_out(session: Session, actor: Actor, version_id: int, slot: str, evidence_id: int) -> None:
    """Take a file out of a slot; the file itself stays in the archive."""
    work = editable_version(session, actor, version_id, Permission.EVIDENCE_UPLOAD, slot=slot)
    if not _unlink(session, version_id, slot, evidence_id):
        raise NotFound
    work.version.revision += 1
    record_event(
        session,
        actor,
        "evidence.taken_out",
        "evidence",
        evidence_id,
        enterprise_id=work.enterprise_id,
        before={"slot": slot, "version": version_id},
    )


def find_evidence(session: Session, actor: Actor, enterprise_id: int, evidence_id: int) -> Evidence:
    """The file's row for a download; raises NotFound for what is foreign."""
    require(session, actor, Permission.EVIDENCE_VIEW, enterprise_id)
    row = session.scalar(
        sa.select(Evidence).where(Evidence.id == evidence_id, Evidence.enterprise_id == enterprise_id)
    )
    if row is None:
        raise NotFound
    return row


def _link(session: Session, version: RecordVersion, slot: str, evidence_id: int) -> None:
    there = session.scalar(
        sa.select(EvidenceLink.id).where(
            EvidenceLink.version_id == version.id,
            EvidenceLink.slot == slot,
            EvidenceLink.evidence_id == evidence_id,
        )
    )
    if there is None:
        session.add(EvidenceLink(version_id=version.id, slot=slot, evidence_id=evidence_id))
        version.revision += 1
        session.flush()


def _unlink(session: Session, version_id: int, slot: str, evidence_id: int) -> bool:
    removed = session.scalars(
        sa.delete(EvidenceLink)
        .where(
            EvidenceLink.version_id == version_id,
            EvidenceLink.slot == slot,
            EvidenceLink.evidence_id == evidence_id,
        )
        .returning(EvidenceLink.id)
    ).all()
    return bool(removed)
