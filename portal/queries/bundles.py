"""Reading bundles: those that this reader may fetch, and how far one has come."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.bundles import BundleState, PartKind
from portal.domain.errors import NotFound
from portal.domain.periods import now
from portal.models.bundles import Bundle, BundlePart
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.queries.access import require
from portal.queries.jobs import newest_job

JOB = "build_bundle"


@dataclass(frozen=True)
class BundleLine:
    """A bundle as a page shows it."""

    id: int
    enterprise_id: int
    first_month: str
    last_month: str
    #: building, ready, failed or expired
    state: str
    requested_at: datetime
    requested_by: str
    with_trace: bool
    parts: int
    parts_done: int
    #: Files that the store no longer held as they were entered.
    unavailable: int
    size: int
    expires_at: datetime | None
    manifest_sha256: str
    fingerprint: str
    problem: str

    @property
    def under_way(self) -> bool:
        """Whether the page should look again soon."""
        return self.state == BundleState.BUILDING

    @property
    def percent(self) -> int:
        """How much is done, in whole per cent."""
        return 100 * self.parts_done // self.parts if self.parts else 0


@dataclass(frozen=True)
class BundlesPage:
    """What the page of bundles shows."""

    enterprise_id: int
    enterprise_name: str
    bundles: tuple[BundleLine, ...]
    #: Months that were signed, oldest first: what a bundle can begin and end with.
    months: tuple[str, ...]
    #: Whether another may be asked for now.
    free: bool


@dataclass(frozen=True)
class StoredPart:
    """A file of a bundle that is ready."""

    kind: PartKind
    name: str
    storage_key: str
    sha256: str
    size: int
    crc32: int


def may_fetch(session: Session, actor: Actor, enterprise_id: int) -> None:
    """Raise NotFound or Refused unless everything that a bundle holds is this reader's business.

    Documents and evidence need the carbon side of a contract: a steward for the environment alone
    gets no bundle.
    """
    for permission in (Permission.DOCUMENT_VIEW, Permission.EVIDENCE_VIEW, Permission.RECORD_VIEW):
        require(session, actor, permission, enterprise_id)


def bundles_page(session: Session, actor: Actor, enterprise_id: int) -> BundlesPage:
    """The bundles of an enterprise that the actor's organisation asked for, newest first."""
    may_fetch(session, actor, enterprise_id)
    rows = session.scalars(_visible(actor, enterprise_id).order_by(Bundle.id.desc()).limit(20)).all()
    return BundlesPage(
        enterprise_id=enterprise_id,
        enterprise_name=session.get_one(Organisation, enterprise_id).name,
        bundles=tuple(_line(session, row) for row in rows),
        months=signed_months(session, enterprise_id),
        free=building_bundle(session, enterprise_id) is None,
    )


def find_bundle(session: Session, actor: Actor, enterprise_id: int, bundle_id: int) -> BundleLine:
    """One of them; raises NotFound for another's."""
    may_fetch(session, actor, enterprise_id)
    row = session.scalar(_visible(actor, enterprise_id).where(Bundle.id == bundle_id))
    if row is None:
        raise NotFound
    return _line(session, row)


def stored_parts(session: Session, bundle_id: int) -> tuple[StoredPart, ...]:
    """The files of a bundle that is ready, in their order. The caller has authorised the reader."""
    rows = session.scalars(
        sa.select(BundlePart)
        .where(BundlePart.bundle_id == bundle_id, BundlePart.crc32.is_not(None), BundlePart.problem == "")
        .order_by(BundlePart.position)
    )
    return tuple(
        StoredPart(row.kind, row.name, row.storage_key, row.sha256, row.size, row.crc32)
        for row in rows
        if row.crc32 is not None
    )


def signed_months(session: Session, enterprise_id: int) -> tuple[str, ...]:
    """Months of which a version was signed, oldest first."""
    return tuple(
        session.scalars(
            sa.select(MonthlyRecord.month)
            .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
            .join(Snapshot, Snapshot.version_id == RecordVersion.id)
            .where(MonthlyRecord.enterprise_id == enterprise_id)
            .distinct()
            .order_by(MonthlyRecord.month)
        )
    )


def building_bundle(session: Session, enterprise_id: int) -> Bundle | None:
    """The bundle of an enterprise that is being made now; one whose work has ended for good is none."""
    row = session.scalar(
        sa.select(Bundle).where(Bundle.enterprise_id == enterprise_id, Bundle.state == BundleState.BUILDING)
    )
    return row if row is not None and is_worked_on(session, row) else None


def is_worked_on(session: Session, bundle: Bundle) -> bool:
    """Whether a job for it waits or runs; none does after the last worker died."""
    job = newest_job(session, JOB, bundle.id)
    return job is not None and job.under_way


def _visible(actor: Actor, enterprise_id: int) -> sa.Select[Bundle]:
    """Those of one's own organisation; with the trace only for who may read the trace."""
    query = sa.select(Bundle).where(
        Bundle.enterprise_id == enterprise_id, Bundle.organisation_id == actor.organisation_id
    )
    return query if actor.may(Permission.AUDIT_VIEW) else query.where(Bundle.with_trace.is_(False))


def _line(session: Session, row: Bundle) -> BundleLine:
    counted = sa.select(
        sa.func.count(BundlePart.id),
        sa.func.count(BundlePart.id).filter(sa.or_(BundlePart.crc32.is_not(None), BundlePart.problem != "")),
        sa.func.count(BundlePart.id).filter(BundlePart.problem != ""),
    ).where(BundlePart.bundle_id == row.id)
    parts, done, unavailable = session.execute(counted).one()
    return BundleLine(
        id=row.id,
        enterprise_id=row.enterprise_id,
        first_month=row.first_month,
        last_month=row.last_month,
        state=_state(session, row),
        requested_at=row.requested_at,
        requested_by=row.requested_by.name,
        with_trace=row.with_trace,
        parts=parts,
        parts_done=done,
        unavailable=unavailable,
        size=row.size,
        expires_at=row.expires_at,
        manifest_sha256=row.manifest_sha256,
        fingerprint=row.fingerprint,
        problem=row.problem,
    )


def _state(session: Session, row: Bundle) -> str:
    if row.state is BundleState.READY and row.expires_at is not None and row.expires_at <= now():
        return "expired"
    if row.state is BundleState.BUILDING and not is_worked_on(session, row):
        return BundleState.FAILED.value
    return row.state.value
