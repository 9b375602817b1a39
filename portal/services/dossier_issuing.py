"""Issuing a signed dossier's document, and withdrawing it."""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierAction, DossierState, valid_until
from portal.domain.errors import Conflict, Failure, GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, shanghai_date
from portal.domain.signing_keys import KeyUnusable
from portal.models.database import Database
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.dossiers import Dossier, DossierSource
from portal.models.jobs import Job
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.jobs import newest_job
from portal.reference.dossiers import load_kind
from portal.services.documents import count_pages
from portal.services.dossier_moves import SUBJECT, check_step, dossier_path, locked_dossier, named
from portal.services.dossier_printing import DossierStamp, issuing_stamp, print_dossier, storage_key
from portal.services.dossier_staleness import restated, resting_on, tell_stale
from portal.services.dossiers import check_bases, needed_words
from portal.services.events import record_event
from portal.services.jobs import request_job
from portal.services.record_notices import tell_preparers, tell_signatories
from portal.services.signing_key_seals import seal_pdf
from portal.services.signing_keys import check_usable, newest_key
from portal.storage import Storage

ISSUE_JOB = "issue_dossier"


class _Signed(NamedTuple):
    """What is printed: read once, before the printing."""

    kind: str
    edition: int
    enterprise_id: int
    content: str
    sha256: str


def request_issue(session: Session, actor: Actor, enterprise_id: int, dossier_id: int) -> Job:
    """Have the document printed and issued; a job that still waits serves again.

    Raises NotFound, Refused, or GuardFailed when a source was restated after the signature, a document that
    it rests on does not hold any more, or the enterprise's key cannot seal.
    """
    dossier = locked_dossier(session, actor, Permission.DOSSIER_SIGN, enterprise_id, dossier_id)
    check_step(actor, dossier, DossierAction.ISSUE)
    check_ground(session, dossier)
    _check_key(session, enterprise_id)
    running = newest_job(session, ISSUE_JOB, dossier_id)
    if running is not None and running.under_way:
        return session.get_one(Job, running.id)
    record_event(session, actor, "dossier.issue_requested", SUBJECT, dossier.id, enterprise_id=enterprise_id)
    return request_job(session, ISSUE_JOB, dossier_id, actor=actor, enterprise_id=enterprise_id)


def issue_dossier(database: Database, storage: Storage, settings: Settings, dossier_id: int) -> None:
    """Print the document of a signed dossier, seal it, store it and enter it as issued.

    Printing happens outside any transaction. May run twice: the second run finds the document and stops.
    When a worker dies on the way, there is at most a stored file without a row, which nothing shows.
    Raises NotFound, Refused for one that is not signed (or reviewed), GuardFailed when its ground moved,
    KeyUnusable when the enterprise's key cannot seal, and Conflict when it was taken back and signed anew
    while it was printed.
    """
    with database.reading() as session:
        dossier = session.get(Dossier, dossier_id)
        if dossier is None:
            raise NotFound
        if _is_issued(session, dossier_id):
            return
        signed = _issuable(session, dossier)
    parts = json.loads(signed.content)
    public = load_kind(signed.kind).public
    stamp = issuing_stamp(settings, parts["number"], signed.edition, signed.sha256, public=public)
    printed = print_dossier(signed.kind, parts["data"], stamp, signed.content, settings)
    sealed, fingerprint = seal_pdf(database, settings, signed.enterprise_id, printed)
    digest, key = storage_key(sealed)
    storage.put(key, sealed)
    file = {"sha256": digest, "size": len(sealed), "pages": count_pages(printed), "storage_key": key}
    with database.writing() as session:
        # The dossier's row orders two runs of the same job, and keeps it from being taken back meanwhile.
        locked = session.get(Dossier, dossier_id, with_for_update=True)
        if locked is None:
            raise NotFound
        if _is_issued(session, dossier_id):
            return
        _hold_months(session, dossier_id)
        if _issuable(session, locked).sha256 != signed.sha256:
            raise Conflict(params={"who": "—", "when": "—"}, path="content_sha256")
        _enter(session, locked, stamp, {**file, "signed_with": fingerprint})


def check_ground(session: Session, dossier: Dossier) -> None:
    """Raise GuardFailed when a source was restated after the signature, or a base does not hold any more."""
    failures = [
        Failure(
            "source_restated",
            N_("签署之后 %(month)s 的月度记录有了第 %(new_version)s 版；请退回草稿，按新数据重新签署"),
            change,
        )
        for change in restated(session, dossier.id)
    ]
    if failures:
        raise GuardFailed(failures)
    check_bases(session, dossier)


def _check_key(session: Session, enterprise_id: int) -> None:
    """Say at once, not only in the worker, that the enterprise's key was revoked or has run out."""
    key = newest_key(session, enterprise_id)
    try:
        if key is not None:
            check_usable(key)
    except KeyUnusable as unusable:
        raise GuardFailed([Failure(unusable.code, unusable.message, unusable.params)]) from unusable


def withdraw_dossier(
    session: Session, actor: Actor, enterprise_id: int, dossier_id: int, reason: str
) -> DocumentWithdrawal:
    """Withdraw the issued document, by the authority or by the enterprise's signatory; the bytes stay.

    The public page says so with the reason; what rests on it is stale from now on. Raises NotFound,
    Refused, or Invalid for a missing reason or a document that was withdrawn before.
    """
    by_authority = actor.may(Permission.RECORD_REVIEW)
    permission = Permission.RECORD_REVIEW if by_authority else Permission.DOSSIER_SIGN
    dossier = locked_dossier(session, actor, permission, enterprise_id, dossier_id)
    document = session.scalar(sa.select(IssuedDocument).where(IssuedDocument.dossier_id == dossier.id))
    if document is None:
        raise Refused(N_("还没有签发，没有可以撤销的文件"))
    words = needed_words(reason, "reason")
    if session.get(DocumentWithdrawal, document.id) is not None:
        raise Invalid(N_("这份文件已经撤销"), path="reason")
    withdrawal = DocumentWithdrawal(document_id=document.id, withdrawn_by_id=actor.user_id, reason=words)
    session.add(withdrawal)
    session.flush()
    record_event(
        session,
        actor,
        "dossier.withdrawn",
        SUBJECT,
        dossier.id,
        enterprise_id=enterprise_id,
        after={"document": document.number, "comment": words},
    )
    _tell(session, dossier, N_("%(title)s（%(subject)s）已撤销"))
    tell_stale(session, resting_on(session, [dossier.id]))
    return withdrawal


def _issuable(session: Session, dossier: Dossier) -> _Signed:
    """What may be issued as things are now."""
    expected = DossierState.REVIEWED if load_kind(dossier.kind).reviewed else DossierState.SIGNED
    if dossier.state is not expected or dossier.content is None or dossier.content_sha256 is None:
        raise Refused(N_("这份材料还没有签署或审核，不能签发"))
    check_ground(session, dossier)
    return _Signed(
        dossier.kind, dossier.edition, dossier.enterprise_id, dossier.content, dossier.content_sha256
    )


def _hold_months(session: Session, dossier_id: int) -> None:
    """Keep the months behind a dossier from being accepted anew until the transaction ends."""
    session.execute(
        sa.select(MonthlyRecord.id)
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(DossierSource, DossierSource.version_id == RecordVersion.id)
        .where(DossierSource.dossier_id == dossier_id)
        .order_by(MonthlyRecord.id)
        .with_for_update(of=MonthlyRecord)
    )


def _enter(session: Session, dossier: Dossier, stamp: DossierStamp, file: dict[str, Any]) -> None:
    kind = load_kind(dossier.kind)
    document = IssuedDocument(
        enterprise_id=dossier.enterprise_id,
        dossier_id=dossier.id,
        kind=kind.id,
        number=stamp.number,
        code=stamp.code,
        title=kind.title,
        snapshot_sha256=stamp.sha256,
        issued_at=stamp.issued_at,
        valid_until=valid_until(shanghai_date(stamp.issued_at), kind.validity_months),
        **file,
    )
    session.add(document)
    dossier.state = DossierState.ISSUED
    dossier.row_version += 1
    dossier.changed_at, dossier.changed_by_id = now(), None
    session.flush()
    record_event(
        session,
        None,
        "dossier.issued",
        SUBJECT,
        dossier.id,
        enterprise_id=dossier.enterprise_id,
        after={"document": document.number, "sha256": document.sha256, "edition": dossier.edition},
    )
    _tell(session, dossier, N_("%(title)s（%(subject)s）已签发"))
    if dossier.replaces_id is not None:
        tell_stale(session, resting_on(session, [dossier.replaces_id]) - {dossier.id})


def _is_issued(session: Session, dossier_id: int) -> bool:
    held = sa.select(IssuedDocument.id).where(IssuedDocument.dossier_id == dossier_id)
    return session.scalar(held) is not None


def _tell(session: Session, dossier: Dossier, text: str) -> None:
    for tell in (tell_preparers, tell_signatories):
        tell(session, dossier.enterprise_id, text, named(dossier), dossier_path(dossier))
