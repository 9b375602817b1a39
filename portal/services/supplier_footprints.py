"""Taking suppliers' footprints in: looked at first, kept afterwards, never changed."""

import hashlib
import re
from typing import IO, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.dossiers.pact_facts import Note, Reading, SupplierFacts
from portal.dossiers.pact_json import MOST_BYTES
from portal.dossiers.pact_reading import read_pact
from portal.models.products import SupplierFootprint
from portal.queries.access import require
from portal.services.events import record_event
from portal.storage import MissingObjectError, Storage

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Upload(NamedTuple):
    """A file that was looked at: the name of its bytes, and what was read; kept only without errors."""

    sha256: str
    reading: Reading


def look_at_footprint(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, stream: IO[bytes]
) -> Upload:
    """Read an uploaded file and hold its bytes until somebody decides; no row is written.

    Raises Invalid for an empty file and for one over 1 MB, of which nothing more is read.
    """
    require(session, actor, Permission.PRODUCT_EDIT, enterprise_id)
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid(
            N_("文件超过 %(most)s MB，没有读入"), params={"most": MOST_BYTES // 1024**2}, path="file"
        )
    if not content:
        raise Invalid(N_("文件是空的，请重新选择"), path="file")
    reading = read_pact(content, today())
    digest = hashlib.sha256(content).hexdigest()
    if reading.facts is not None:
        storage.put(storage_key(enterprise_id, digest), content)
    return Upload(digest, reading)


def keep_footprint(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, sha256: str
) -> SupplierFootprint:
    """Keep a file that was looked at, with the warnings that were shown.

    Raises Invalid where its bytes are not there (any more), and where the same file was kept before.
    """
    require(session, actor, Permission.PRODUCT_EDIT, enterprise_id)
    facts, warnings = _read_again(storage, enterprise_id, sha256)
    kept = sa.select(SupplierFootprint.id).where(
        SupplierFootprint.enterprise_id == enterprise_id, SupplierFootprint.sha256 == sha256
    )
    if session.scalar(kept) is not None:
        raise _kept_before()
    row = SupplierFootprint(
        enterprise_id=enterprise_id,
        pact_id=facts.pact_id,
        spec_version=facts.spec_version,
        supplier=facts.supplier,
        product=facts.product,
        unit=facts.unit,
        amount=facts.amount,
        pcf_excluding_biogenic_uptake=facts.excluding_uptake,
        pcf_including_biogenic_uptake=facts.including_uptake,
        period_from=facts.period_from,
        period_to=facts.period_to,
        geography=facts.geography,
        primary_data_share=facts.primary_share,
        raw=dict(facts.raw),
        sha256=sha256,
        warnings=[note.as_json() for note in warnings],
        imported_by_id=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:  # somebody else was faster
        raise _kept_before() from error
    record_event(
        session,
        actor,
        "supplier_footprint.imported",
        "supplier_footprint",
        row.id,
        enterprise_id=enterprise_id,
        after={"pact_id": row.pact_id, "supplier": row.supplier, "product": row.product, "sha256": sha256},
    )
    return row


def storage_key(enterprise_id: int, sha256: str) -> str:
    """Where the bytes lie: under the enterprise, so that a hash alone opens nobody else's file."""
    return f"supplier-footprints/{enterprise_id}/{sha256}"


def _read_again(storage: Storage, enterprise_id: int, sha256: str) -> tuple[SupplierFacts, tuple[Note, ...]]:
    gone = Invalid(N_("没有找到刚才上传的文件，请重新上传"), path="file")
    if _DIGEST.fullmatch(sha256) is None:
        raise gone
    try:
        content = storage.get(storage_key(enterprise_id, sha256))
    except MissingObjectError as error:
        raise gone from error
    reading = read_pact(content, today())
    if reading.facts is None:
        raise gone
    return reading.facts, reading.warnings


def _kept_before() -> Invalid:
    return Invalid(N_("同一个文件已经存过，没有重复保存"), path="file")
