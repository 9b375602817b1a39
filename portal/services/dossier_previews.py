"""A dossier before it is issued, as it would look: watermarked, never entered, printed by a worker."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor, Permission
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.dossiers import DossierState
from portal.domain.errors import DomainError, Failure, GuardFailed, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.dossiers.source import put_together
from portal.models.database import Database
from portal.models.dossiers import Dossier
from portal.models.jobs import Job
from portal.queries.access import require
from portal.queries.dossier_sources import gather
from portal.queries.jobs import JobView, newest_job
from portal.services.dossier_printing import preview_stamp, print_preview_of
from portal.services.dossier_signing import dossier_content
from portal.services.jobs import request_job
from portal.services.previews import stored_preview
from portal.storage import Storage

JOB = "preview_dossier"


@dataclass(frozen=True)
class DossierPreview:
    """Where the preview of a dossier's present contents stands; ``key`` is that of its bytes, "" of none."""

    dossier_id: int
    key: str
    ready: bool
    job: JobView | None
    #: Why there is nothing to print yet; None when there is.
    problem: Failure | None


def preview_of(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, dossier_id: int
) -> DossierPreview:
    """Whether the present contents have been printed already, or are being printed.

    Raises NotFound for a foreign dossier, Invalid for an issued one.
    """
    dossier = _unissued(session, actor, enterprise_id, dossier_id)
    try:
        key = _key(_contents(session, dossier))
    except DomainError as refused:
        problem = Failure(refused.code, refused.message, refused.params, cell=refused.path)
        return DossierPreview(dossier_id, "", ready=False, job=None, problem=problem)
    ready = storage.exists(key)
    job = None if ready else newest_job(session, JOB, dossier_id)
    return DossierPreview(dossier_id, key, ready, job, None)


def request_preview(session: Session, actor: Actor, enterprise_id: int, dossier_id: int) -> Job:
    """Have the present contents printed; a job that still waits serves again.

    Raises as ``preview_of``, and GuardFailed where there is nothing to print yet.
    """
    dossier = _unissued(session, actor, enterprise_id, dossier_id)
    try:
        _contents(session, dossier)
    except DomainError as refused:
        failure = Failure(refused.code, refused.message, refused.params, cell=refused.path)
        raise GuardFailed([failure]) from refused
    running = newest_job(session, JOB, dossier_id)
    if running is not None and running.under_way:
        return session.get_one(Job, running.id)
    return request_job(session, JOB, dossier_id, actor=actor, enterprise_id=enterprise_id)


def preview_bytes(storage: Storage, preview: DossierPreview) -> bytes:
    """The printed preview; raises NotFound when it is not there yet."""
    if not preview.key:
        raise NotFound
    return stored_preview(storage, preview.key)


def print_dossier_preview(database: Database, storage: Storage, settings: Settings, dossier_id: int) -> None:
    """Print the present contents with a watermark, unless they are printed already.

    Nothing is entered anywhere. Raises NotFound, and what the assembler raises.
    """
    with database.reading() as session:
        dossier = session.get(Dossier, dossier_id)
        if dossier is None:
            raise NotFound
        contents = _contents(session, dossier)
        kind, edition = dossier.kind, dossier.edition
    key = _key(contents)
    if storage.exists(key):
        return
    stamp = preview_stamp(settings, contents["number"], edition, _hash(contents), now())
    storage.put(key, print_preview_of(kind, contents["data"], stamp, settings))


def _unissued(session: Session, actor: Actor, enterprise_id: int, dossier_id: int) -> Dossier:
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    dossier = session.scalar(
        sa.select(Dossier).where(Dossier.id == dossier_id, Dossier.enterprise_id == enterprise_id)
    )
    if dossier is None:
        raise NotFound
    if dossier.state is DossierState.ISSUED:
        raise Invalid(N_("这份材料已经签发，请看签发的文件"))
    return dossier


def _contents(session: Session, dossier: Dossier) -> dict[str, Any]:
    """What was signed; of a dossier that nobody signed, what a signature would cover now."""
    if dossier.content is not None:
        signed: dict[str, Any] = json.loads(dossier.content)
        return signed
    source = gather(session, dossier)
    contents = put_together(source)
    # Primitives only from here on, as they would be read from the frozen text.
    would_be = dossier_content(session, dossier, source, contents, None)
    read: dict[str, Any] = json.loads(canonical_json(would_be))
    return read


def _hash(contents: dict[str, Any]) -> str:
    return sha256_text(canonical_json(contents))


def _key(contents: dict[str, Any]) -> str:
    """The same contents have the same key, whenever they were printed."""
    return f"previews/dossier-{_hash(contents)[:24]}.pdf"
