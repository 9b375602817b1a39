"""Proving the whole trace: events, snapshots, and what was issued, with its stored bytes."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.canonical import sha256_text
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.models.records import Snapshot
from portal.services.events import Fault, verify_trace
from portal.services.visit_reports import verify_visits
from portal.storage import MissingObjectError, Storage, StorageError


def verify_everything(session: Session, storage: Storage) -> Iterator[Fault]:
    """Yield each fault of the event chains, the snapshots, the issued documents and the visits."""
    yield from verify_trace(session)
    yield from verify_documents(session, storage)
    yield from verify_visits(session, storage)


def verify_documents(session: Session, storage: Storage) -> Iterator[Fault]:
    """Yield each issued document whose bytes are missing or changed, or that was made of other data."""
    rows = session.execute(
        sa.select(IssuedDocument, sa.func.coalesce(Snapshot.sha256, Dossier.content_sha256))
        .outerjoin(Snapshot, Snapshot.version_id == IssuedDocument.version_id)
        .outerjoin(Dossier, Dossier.id == IssuedDocument.dossier_id)
        .order_by(IssuedDocument.id)
        .execution_options(yield_per=50)
    )
    for document, made_of in rows:
        name = f"document:{document.number}"
        if problem := _problem(storage, document.storage_key, document.sha256):
            yield Fault(name, 0, problem)
        if document.snapshot_sha256 != made_of:
            yield Fault(name, 0, "was not made of the snapshot that is stored")
    for dossier in session.scalars(
        sa.select(Dossier).where(Dossier.content_sha256.is_not(None)).execution_options(yield_per=50)
    ):
        if sha256_text(dossier.content or "") != dossier.content_sha256:
            yield Fault(f"dossier:{dossier.id}", 0, "content does not fit its hash")


def _problem(storage: Storage, key: str, sha256: str) -> str:
    try:
        content = storage.get(key)
    except MissingObjectError:
        return "stored bytes are missing"
    except StorageError:
        return "stored bytes cannot be read"
    return "" if hashlib.sha256(content).hexdigest() == sha256 else "stored bytes do not fit their hash"
