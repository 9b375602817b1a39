"""Bundles: asked for, made piece by piece, signed, handed out.

A bundle is a list of parts. Most lie in the store already, as they were uploaded or issued; what is missing
(workbooks, JSON, the chain of events) is made and stored too. Each part is read once for its sums. A worker
that dies leaves the parts that it finished, and the next one goes on from there; a bundle can be fetched only
once its manifest, the last part but one, is signed and entered.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import BinaryIO, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor, Permission
from portal.domain.bundles import LIFE, LONGEST_PERIOD, BundleState, PartKind
from portal.domain.canonical import canonical_json
from portal.domain.errors import Conflict, DomainError, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month, now
from portal.models.bundles import Bundle, BundlePart
from portal.models.database import Database
from portal.models.organisations import Organisation
from portal.models.signing_keys import SigningKey
from portal.queries.bundle_sources import STORED, sources
from portal.queries.bundles import JOB, BundleLine, building_bundle, find_bundle, may_fetch, stored_parts
from portal.services.bundle_archive import ArchiveFile, Member
from portal.services.bundle_contents import produce
from portal.services.events import record_event
from portal.services.jobs import request_job
from portal.services.notifications import notify
from portal.services.signing_key_seals import sign_detached, usable_key
from portal.storage import MissingObjectError, Storage, StorageError
from portal.verify_bundle import MANIFEST, SCHEMA, SIGNATURE

CHUNK = 1024 * 1024
#: Seconds that one job works on a bundle before it hands over to the next; a job may last 50.
STINT = 25
#: Parts between two commits: what a worker that dies loses at most.
BATCH = 20
#: What is made for a bundle is kept in memory up to this many bytes.
IN_MEMORY = 4 * CHUNK


def request_bundle(session: Session, actor: Actor, enterprise_id: int, first: str, last: str) -> Bundle:
    """Ask for everything of an enterprise from month ``first`` to month ``last``.

    Raises NotFound, Refused, Invalid for a period that is upside down or too long, and Conflict while
    another bundle of the enterprise is being made.
    """
    may_fetch(session, actor, enterprise_id)
    start, end = Month.parse(first), Month.parse(last)
    if end < start:
        raise Invalid(N_("结束月份不能早于开始月份"), path="last")
    if start.plus(LONGEST_PERIOD) <= end:
        raise Invalid(N_("一个资料包最多 %(most)s 个月"), params={"most": LONGEST_PERIOD}, path="last")
    _clear_the_way(session, enterprise_id)
    bundle = Bundle(
        enterprise_id=enterprise_id,
        first_month=str(start),
        last_month=str(end),
        organisation_id=actor.organisation_id,
        with_trace=actor.may(Permission.AUDIT_VIEW),
        requested_by_id=actor.user_id,
    )
    session.add(bundle)
    session.flush()
    request_job(session, JOB, bundle.id, actor=actor, enterprise_id=enterprise_id)
    _tell(session, bundle, actor, "bundle.requested")
    return bundle


def _clear_the_way(session: Session, enterprise_id: int) -> None:
    """The enterprise's row orders two who ask at once; a bundle that nobody works on any more has failed."""
    session.execute(sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update())
    if building_bundle(session, enterprise_id) is not None:
        raise Conflict(N_("这家企业的另一个资料包正在制作；完成后再制作下一个"))
    session.execute(
        sa.update(Bundle)
        .where(Bundle.enterprise_id == enterprise_id, Bundle.state == BundleState.BUILDING)
        .values(state=BundleState.FAILED, problem=N_("制作程序中断"))
    )


def retry_bundle(session: Session, actor: Actor, enterprise_id: int, bundle_id: int) -> None:
    """Go on with a bundle that failed, from where it stopped; raises NotFound unless it failed."""
    if find_bundle(session, actor, enterprise_id, bundle_id).state != BundleState.FAILED:
        raise NotFound
    _clear_the_way(session, enterprise_id)
    bundle = session.get_one(Bundle, bundle_id, populate_existing=True)
    bundle.state, bundle.problem = BundleState.BUILDING, ""
    request_job(session, JOB, bundle_id, actor=actor, enterprise_id=enterprise_id)


def build_bundle(
    database: Database, storage: Storage, settings: Settings, bundle_id: int, *, seconds: float = STINT
) -> None:
    """Work on a bundle for some seconds; the rest is another job's, the signature the last one's.

    May run twice: parts that are done are not done again. Raises what the store or the key raise, after
    the bundle was marked as failed with the reason.
    """
    end = monotonic() + seconds
    with database.writing() as session:
        bundle = session.scalar(_locked(bundle_id))
        if bundle is None or bundle.state is not BundleState.BUILDING:
            return
        _plan(session, bundle)
    try:
        if _work(database, storage, bundle_id, end):
            _finish(database, storage, settings, bundle_id)
        else:
            with database.writing() as session:
                enterprise_id = session.get_one(Bundle, bundle_id).enterprise_id
                request_job(session, JOB, bundle_id, actor=None, enterprise_id=enterprise_id)
    except (DomainError, StorageError) as error:
        told = str(error) if isinstance(error, DomainError) else N_("存储没有应答")
        with database.writing() as session:
            bundle = session.scalars(_locked(bundle_id)).one()
            if bundle.state is BundleState.BUILDING:  # another worker may have finished it meanwhile
                bundle.state, bundle.problem = BundleState.FAILED, told[:300]
        raise


def open_bundle(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, bundle_id: int
) -> tuple[BundleLine, ArchiveFile]:
    """A bundle as a file to read from anywhere; raises NotFound unless it is ready and not expired."""
    line = find_bundle(session, actor, enterprise_id, bundle_id)
    if line.state != BundleState.READY:
        raise NotFound(N_("资料包还没有完成，或已过期；请重新制作"))
    return line, archive_of(session, storage, bundle_id)


def archive_of(session: Session, storage: Storage, bundle_id: int) -> ArchiveFile:
    """The archive of the parts that a bundle has. The caller has authorised the reader."""
    members = [
        Member(part.name, part.size, part.crc32, lambda key=part.storage_key: storage.open(key))  # type: ignore[misc]  # mypy cannot infer a lambda's default
        for part in stored_parts(session, bundle_id)
    ]
    return ArchiveFile(members, session.get_one(Bundle, bundle_id).requested_at)


def _locked(bundle_id: int) -> sa.Select[Bundle]:
    return sa.select(Bundle).where(Bundle.id == bundle_id).with_for_update()


def _plan(session: Session, bundle: Bundle) -> None:
    """Write down every part, once."""
    if session.scalar(sa.select(BundlePart.id).where(BundlePart.bundle_id == bundle.id).limit(1)):
        return
    session.add_all(
        BundlePart(
            bundle_id=bundle.id,
            position=position,
            kind=source.kind,
            name=source.name,
            origin=source.origin,
            storage_key=source.storage_key,
            sha256=source.sha256,
            size=source.size,
        )
        for position, source in enumerate(sources(session, bundle))
    )


@dataclass(frozen=True)
class _Sums:
    """What a part's bytes come to; ``problem`` says that they are not there as entered."""

    storage_key: str
    sha256: str
    size: int
    crc32: int | None
    problem: str = ""


def _work(database: Database, storage: Storage, bundle_id: int, end: float) -> bool:
    """Do parts until none is left (True) or the time is over (False)."""
    while True:
        with database.reading() as session:
            bundle = session.get_one(Bundle, bundle_id)
            waiting = _waiting(session, bundle_id)
            if not waiting:
                return True
            done = _some(session, storage, bundle, waiting, end)
        with database.writing() as session:
            for part_id, sums in done.items():
                session.execute(sa.update(BundlePart).where(BundlePart.id == part_id).values(**vars(sums)))
        if monotonic() >= end:
            return False


def _waiting(session: Session, bundle_id: int) -> Sequence[BundlePart]:
    return session.scalars(
        sa.select(BundlePart)
        .where(BundlePart.bundle_id == bundle_id, BundlePart.crc32.is_(None), BundlePart.problem == "")
        .order_by(BundlePart.position)
        .limit(BATCH)
    ).all()


def _some(
    session: Session, storage: Storage, bundle: Bundle, waiting: Iterable[BundlePart], end: float
) -> dict[int, _Sums]:
    """At least one part, and more while there is time."""
    done: dict[int, _Sums] = {}
    for part in waiting:
        if part.origin == STORED:
            done[part.id] = _stored(storage, part)
        else:
            done[part.id] = _made(storage, produce(session, bundle, part.origin))
        if monotonic() >= end:
            break
    return done


def _stored(storage: Storage, part: BundlePart) -> _Sums:
    """Read what the store holds and compare it with what was entered."""
    try:
        with closing(storage.open(part.storage_key)) as file:
            size, crc32, digest = _summed(iter(lambda: file.read(CHUNK), b""))
    except MissingObjectError:
        return _Sums(part.storage_key, part.sha256, part.size, None, "missing")
    if (size, digest) != (part.size, part.sha256):
        return _Sums(part.storage_key, part.sha256, part.size, None, "changed")
    return _Sums(part.storage_key, digest, size, crc32)


def _made(storage: Storage, pieces: Iterable[bytes]) -> _Sums:
    """Store what was made under its own hash."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        size, crc32, digest = _summed(_copied(pieces, cast(BinaryIO, spool)))
        key = f"bundles/{digest[:2]}/{digest}"
        storage.put(key, cast(BinaryIO, spool))
    return _Sums(key, digest, size, crc32)


def _copied(pieces: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    for piece in pieces:
        file.write(piece)
        yield piece


def _summed(pieces: Iterable[bytes]) -> tuple[int, int, str]:
    """Size, CRC-32 and SHA-256."""
    size, crc32, digest = 0, 0, hashlib.sha256()
    for piece in pieces:
        size, crc32 = size + len(piece), zlib.crc32(piece, crc32)
        digest.update(piece)
    return size, crc32, digest.hexdigest()


def _finish(database: Database, storage: Storage, settings: Settings, bundle_id: int) -> None:
    """Sign the manifest and let the bundle be seen."""
    with database.reading() as session:
        organisation_id = session.get_one(Bundle, bundle_id).organisation_id
    key = usable_key(database, organisation_id)
    with database.reading() as session:
        manifest = _manifest(session, session.get_one(Bundle, bundle_id), key).encode()
    proofs = {MANIFEST: manifest}
    if key is not None:
        proofs[SIGNATURE] = sign_detached(settings, key, manifest)
    made = [(name, _made(storage, [content])) for name, content in proofs.items()]
    with database.writing() as session:
        locked = session.scalars(_locked(bundle_id)).one()
        if locked.state is not BundleState.BUILDING:
            return
        for name, sums in made:
            session.add(_proof(session, bundle_id, name, sums))
            session.flush()
        locked.state, locked.finished_at = BundleState.READY, now()
        locked.expires_at = now() + LIFE
        locked.manifest_sha256, locked.fingerprint = made[0][1].sha256, key.fingerprint if key else ""
        locked.size = archive_of(session, storage, bundle_id).size
        _tell(session, locked, None, "bundle.ready")
        notify(
            session,
            [locked.requested_by_id],
            N_("%(first)s 至 %(last)s 的资料包已完成，可以下载"),
            {"first": locked.first_month, "last": locked.last_month},
            f"/enterprises/{locked.enterprise_id}/bundles",
            locked.enterprise_id,
        )


def _proof(session: Session, bundle_id: int, name: str, sums: _Sums) -> BundlePart:
    last = session.scalars(
        sa.select(sa.func.max(BundlePart.position)).where(BundlePart.bundle_id == bundle_id)
    ).one()
    return BundlePart(
        bundle_id=bundle_id,
        position=(last or 0) + 1,
        kind=PartKind.PROOF,
        name=name,
        origin="manifest",
        **vars(sums),
    )


def _manifest(session: Session, bundle: Bundle, key: SigningKey | None) -> str:
    """Every file with its size and hash, and what could not be put in; in canonical form."""
    enterprise = session.get_one(Organisation, bundle.enterprise_id)
    maker = session.get_one(Organisation, bundle.organisation_id)
    parts = session.scalars(
        sa.select(BundlePart).where(BundlePart.bundle_id == bundle.id).order_by(BundlePart.position)
    ).all()
    signed = (
        {"path": SIGNATURE, "certificate_sha256": key.fingerprint, "subject": key.subject} if key else None
    )
    return canonical_json(
        {
            "schema": SCHEMA,
            "enterprise": {"name": enterprise.name, "uscc": enterprise.uscc},
            "period": {"first": bundle.first_month, "last": bundle.last_month},
            "requested_at": bundle.requested_at,
            "made_for": maker.name,
            "events": "full" if bundle.with_trace else "hashes only",
            "signature": signed,
            "files": [
                {"path": part.name, "kind": part.kind, "sha256": part.sha256, "size": part.size}
                for part in parts
                if not part.problem
            ],
            "unavailable": [
                {"path": part.name, "sha256": part.sha256, "size": part.size, "problem": part.problem}
                for part in parts
                if part.problem
            ],
        }
    )


def _tell(session: Session, bundle: Bundle, actor: Actor | None, action: str) -> None:
    record_event(
        session,
        actor,
        action,
        "bundle",
        bundle.id,
        enterprise_id=bundle.enterprise_id,
        after={
            "first": bundle.first_month,
            "last": bundle.last_month,
            **({"sha256": bundle.manifest_sha256} if bundle.manifest_sha256 else {}),
        },
    )
