"""Disclosures for the access matrix: one in each state, with what their routes want to read."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.documents import new_code
from portal.domain.dossiers import DossierState
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.services.demo_dossiers import demo_answers
from portal.services.dossier_previews import preview_of
from portal.services.dossier_signing import sign_dossier
from portal.services.dossiers import complete_dossier, create_dossier, save_answers
from portal.storage import Storage
from tests.factories.months import pdf
from tests.factories.world import PASSWORD, World

KIND = "ad_hoc_disclosure"
#: Routes that want a document in another state than draft.
STATE_OF: Mapping[DossierState, frozenset[str]] = {
    DossierState.COMPLETE: frozenset({"dossiers.sign", "dossiers.reopen"}),
    DossierState.SIGNED: frozenset({"dossiers.issue", "dossiers.submit"}),
    DossierState.SUBMITTED: frozenset({"dossiers.approve", "dossiers.send_back"}),
    DossierState.ISSUED: frozenset({"dossiers.document", "dossiers.withdraw", "dossiers.new_edition"}),
}


def make_matrix_dossiers(session: Session, storage: Storage, cast: World, mark: str) -> dict[str, Any]:
    """For each state the id of a disclosure of the enterprise, and the code of the issued one."""
    made: dict[str, Any] = {state.value: _make(session, cast, mark, state).id for state in STATE_OF}
    draft = _make(session, cast, mark, DossierState.DRAFT)
    preview = preview_of(session, storage, cast.officer, cast.steel_id, draft.id)
    storage.put(preview.key, pdf("preview").getvalue())
    issued = session.get_one(Dossier, made[DossierState.ISSUED.value])
    return {**made, DossierState.DRAFT.value: draft.id, "code": _issue(session, storage, issued)}


def _make(session: Session, cast: World, mark: str, state: DossierState) -> Dossier:
    place = (session, cast.officer, cast.steel_id)
    dossier = create_dossier(*place, KIND, f"{mark}处的示例事项 {state.value}")
    save_answers(*place, dossier.id, dossier.row_version, demo_answers(KIND, "steel"))
    if state is DossierState.DRAFT:
        return dossier
    complete_dossier(*place, dossier.id, dossier.row_version)
    if state is DossierState.COMPLETE:
        return dossier
    sign_dossier(session, cast.signatory, cast.steel_id, dossier.id, dossier.row_version, password=PASSWORD)
    dossier.state = DossierState.SUBMITTED if state is DossierState.SUBMITTED else DossierState.SIGNED
    session.flush()
    return dossier


def _issue(session: Session, storage: Storage, dossier: Dossier) -> str:
    content = pdf(f"dossier {dossier.id}").getvalue()
    digest = sha256(content).hexdigest()
    key = f"documents/{digest[:2]}/{digest}"
    storage.put(key, content)
    document = IssuedDocument(
        enterprise_id=dossier.enterprise_id,
        dossier_id=dossier.id,
        kind=dossier.kind,
        number=f"HZ-AH-example-{dossier.id:04d}-E1",
        code=new_code(),
        title="示例",
        sha256=digest,
        size=len(content),
        pages=1,
        storage_key=key,
        snapshot_sha256=dossier.content_sha256 or "",
    )
    session.add(document)
    session.flush()
    dossier.state = DossierState.ISSUED
    session.flush()
    return document.code


def dossier_arguments(endpoint: str, objects: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """The ids that a route of documents or of published disclosures needs."""
    made = objects["dossiers", "by_state"]
    if endpoint.startswith("disclosures."):
        return {"code": made["code"], "table": "1-1-1"}
    if not endpoint.startswith("dossiers."):
        return {}
    state = next((state for state, routes in STATE_OF.items() if endpoint in routes), DossierState.DRAFT)
    return {"dossier_id": made[state.value], "kind": KIND, "section": "matter"}
