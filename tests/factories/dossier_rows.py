"""Dossiers as rows, without printing anything: for tests about what becomes of them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.dossiers import DossierState
from portal.domain.periods import now
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier, DossierBase
from portal.reference.dossiers import load_kind
from tests.factories.world import World


def make_signed_dossier(
    session: Session,
    world: World,
    kind: str,
    subject: str,
    *,
    state: DossierState = DossierState.SIGNED,
    bases: Collection[Dossier] = (),
    replaces: Dossier | None = None,
) -> Dossier:
    """A dossier of the steel works that its signatory has signed, in ``state``."""
    dossier = Dossier(
        enterprise_id=world.steel_id,
        kind=kind,
        subject=subject,
        edition=replaces.edition + 1 if replaces else 1,
        replaces_id=replaces.id if replaces else None,
        answers={},
    )
    session.add(dossier)
    session.flush()
    session.add_all(DossierBase(dossier_id=dossier.id, base_id=base.id) for base in bases)
    session.flush()
    content = canonical_json({"number": f"HZ-{dossier.id}", "data": {}, "figures": []})
    dossier.content, dossier.content_sha256 = content, sha256_text(content)
    dossier.signed_at, dossier.signed_by_id = now(), world.signatory.user_id
    dossier.state = state
    session.flush()
    return dossier


def make_issued_dossier(
    session: Session,
    world: World,
    kind: str,
    subject: str,
    *,
    bases: Collection[Dossier] = (),
    replaces: Dossier | None = None,
    valid_until: date | None = None,
) -> Dossier:
    """The same with its document; the bytes are nowhere."""
    dossier = make_signed_dossier(session, world, kind, subject, bases=bases, replaces=replaces)
    session.add(
        IssuedDocument(
            enterprise_id=world.steel_id,
            dossier_id=dossier.id,
            kind=kind,
            number=f"HZ-{dossier.id}",
            code=f"CODE-{dossier.id}",
            title=load_kind(kind).title,
            sha256=f"{dossier.id:064d}",
            size=1,
            pages=1,
            storage_key=f"documents/{dossier.id}",
            snapshot_sha256=dossier.content_sha256 or "",
            valid_until=valid_until,
        )
    )
    dossier.state = DossierState.ISSUED
    session.flush()
    return dossier
