"""Bundles for the access matrix: each organisation's own, one that is ready and one that failed."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.bundles import BundleState, PartKind
from portal.domain.periods import now
from portal.models.bundles import Bundle, BundlePart
from portal.storage import Storage

#: Routes about a bundle that failed; the others get one that is ready.
FAILED = frozenset({"bundles.retry"})


def make_matrix_bundles(
    session: Session, storage: Storage, enterprise_id: int, askers: Sequence[Actor]
) -> dict[int | None, dict[str, int]]:
    """For each asker's organisation the ids of its bundles; under None those that everybody else gets."""
    found: dict[int | None, dict[str, int]] = {}
    for asker in askers:
        ready = make_bundle(session, storage, enterprise_id, asker, BundleState.READY)
        failed = make_bundle(session, storage, enterprise_id, asker, BundleState.FAILED)
        found[asker.organisation_id] = {"ready": ready.id, "failed": failed.id}
    return {None: found[askers[0].organisation_id], **found}


def make_bundle(
    session: Session, storage: Storage, enterprise_id: int, asker: Actor, state: BundleState
) -> Bundle:
    """A bundle of one file."""
    content = b"example"
    digest = sha256(content).hexdigest()
    key = f"bundles/{digest[:2]}/{digest}"
    storage.put(key, content)
    bundle = Bundle(
        enterprise_id=enterprise_id,
        first_month="2026-09",
        last_month="2026-09",
        state=state,
        organisation_id=asker.organisation_id,
        with_trace=False,
        requested_by_id=asker.user_id,
        expires_at=now() + timedelta(days=1),
        size=200,
        manifest_sha256=digest,
    )
    session.add(bundle)
    session.flush()
    session.add(
        BundlePart(
            bundle_id=bundle.id,
            position=0,
            kind=PartKind.PROOF,
            name="README.txt",
            origin="readme",
            storage_key=key,
            sha256=digest,
            size=len(content),
            crc32=zlib.crc32(content),
        )
    )
    session.flush()
    return bundle


def bundle_arguments(
    endpoint: str, who: Actor | None, objects: Mapping[tuple[str, str], Any]
) -> dict[str, Any]:
    """The id that a route of bundles needs for this person."""
    bundles = objects["bundles", "by_organisation"]
    mine = bundles.get(who.organisation_id if who else None, bundles[None])
    return {"bundle_id": mine["failed" if endpoint in FAILED else "ready"]}
