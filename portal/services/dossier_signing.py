"""Signing a dossier inside the portal: everything that the document will say is frozen with its hash."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.dossiers import DossierAction
from portal.domain.errors import GuardFailed, Refused
from portal.domain.messages import N_
from portal.domain.periods import SHANGHAI, now
from portal.dossiers.source import Contents, Figure, Source
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier, DossierBase, DossierSource
from portal.models.users import User
from portal.queries.dossier_checks import check_contents
from portal.queries.dossier_sources import gather
from portal.services.accounts import verify_credentials
from portal.services.dossier_moves import check_step, locked_dossier, move_dossier
from portal.services.dossiers import check_bases

SCHEMA = "carbon-steward/dossier/1"
#: What the signatory says by signing; the frozen content repeats it.
STATEMENT = N_(
    "本人已阅读全文，确认其中数据取自已受理的月度记录和本企业所填内容，真实、准确、完整，并对此负责。"
)
#: The signer's role under which a report names who prepared it.
PREPARED = "编制"


def sign_dossier(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    dossier_id: int,
    expected_version: int,
    *,
    password: str,
    code: str = "",
) -> Dossier:
    """Sign a complete dossier: check it once more, freeze its content and sources.

    Only a signatory of the enterprise signs, with the password (and the code, where set) given again.
    Raises NotFound, Refused, Invalid (password, code), Conflict, or GuardFailed with all that is missing.
    """
    dossier = locked_dossier(session, actor, Permission.DOSSIER_SIGN, enterprise_id, dossier_id)
    if actor.kind is not OrganisationKind.ENTERPRISE or Role.ENTERPRISE_SIGNATORY not in actor.roles:
        raise Refused(N_("管家机构账号不能签署；签署只能由企业负责人本人完成"))
    check_step(actor, dossier, DossierAction.SIGN)
    verify_credentials(session, actor.user_id, password, code)
    source = gather(session, dossier)
    check = check_contents(source)
    if check.contents is None or not check.passed:
        raise GuardFailed(check.failures)
    check_bases(session, dossier)
    moment = now().replace(microsecond=0)
    content = dossier_content(session, dossier, source, check.contents, (actor, moment))
    text = canonical_json(content)
    # Before the dossier itself: sources stand still once it is signed.
    _keep_sources(session, dossier, source)
    move_dossier(
        session,
        actor,
        dossier,
        DossierAction.SIGN,
        expected_version,
        changes={
            "content": text,
            "content_sha256": sha256_text(text),
            "signed_at": moment,
            "signed_by_id": actor.user_id,
        },
        after={"sha256": sha256_text(text), "number": source.number},
    )
    return dossier


def dossier_content(
    session: Session,
    dossier: Dossier,
    source: Source,
    contents: Contents,
    signatory: tuple[Actor, datetime] | None,
) -> dict[str, Any]:
    """Everything that a signature covers; without ``signatory`` (and the moment) as a preview shows it."""
    return {
        "schema": SCHEMA,
        "kind": dossier.kind,
        "number": source.number,
        "enterprise": {
            "name": source.enterprise.name,
            "uscc": source.enterprise.uscc,
            "district": source.enterprise.district,
        },
        "subject": dossier.subject,
        "edition": dossier.edition,
        "period": {"first": dossier.first_month, "last": dossier.last_month},
        "sources": [
            {
                "month": str(month.month),
                "record_id": month.record_id,
                "version": month.version,
                "sha256": month.sha256,
                "receipt_number": month.receipt_number,
            }
            for month in (*source.earlier_months, *source.months)
        ],
        "bases": _bases(session, dossier),
        "answers": dossier.answers,
        "data": with_signers(contents.data, _signers(session, dossier, signatory)),
        "figures": [_figure(figure) for figure in contents.figures],
        "signature": {
            "signed_by": signatory[0].name if signatory else "",
            "role": Role.ENTERPRISE_SIGNATORY.value,
            "signed_at": signatory[1] if signatory else None,
            "statement": STATEMENT,
        },
    }


def with_signers(data: Mapping[str, Any], signers: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """The report's data with names and moments put to those who signed here.

    ``signers`` gives name and moment by role: ``PREPARED``, and "" for the signatory, who stands where
    the seal goes (or first, where there is none). Everybody else's place stays blank for ink.
    """
    filled = deepcopy(dict(data))
    for entries in (filled.get("signatures"), _statement_signers(filled)):
        _fill(entries or (), signers)
    return filled


def _statement_signers(data: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    statement = data.get("statement")
    return statement.get("signers", ()) if isinstance(statement, Mapping) else ()


def _fill(entries: Sequence[dict[str, Any]], signers: Mapping[str, tuple[str, str]]) -> None:
    others = [entry for entry in entries if entry["role"] != PREPARED]
    main = next((entry for entry in others if entry.get("seal")), others[0] if others else None)
    for entry in entries:
        found = signers.get(PREPARED) if entry["role"] == PREPARED else signers.get("")
        if found is not None and not entry["name"] and (entry["role"] == PREPARED or entry is main):
            entry["name"], entry["signed_at"] = found


def _signers(
    session: Session, dossier: Dossier, signatory: tuple[Actor, datetime] | None
) -> dict[str, tuple[str, str]]:
    found = {}
    if dossier.completed_by_id is not None and dossier.completed_at is not None:
        preparer = session.get_one(User, dossier.completed_by_id)
        found[PREPARED] = (preparer.name, _local(dossier.completed_at))
    if signatory is not None:
        found[""] = (signatory[0].name, _local(signatory[1]))
    return found


def _local(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).replace(microsecond=0).isoformat()


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "key": figure.key,
        "name": figure.name,
        "name_en": figure.name_en,
        "value": figure.value,
        "unit": figure.unit,
    }


def _bases(session: Session, dossier: Dossier) -> list[dict[str, Any]]:
    rows = session.execute(
        sa.select(IssuedDocument.number, IssuedDocument.kind, IssuedDocument.sha256)
        .join(DossierBase, DossierBase.base_id == IssuedDocument.dossier_id)
        .where(DossierBase.dossier_id == dossier.id)
        .order_by(IssuedDocument.number)
    )
    return [dict(row._mapping) for row in rows]


def _keep_sources(session: Session, dossier: Dossier, source: Source) -> None:
    session.add_all(
        DossierSource(dossier_id=dossier.id, version_id=month.version_id, month=str(month.month))
        for month in (*source.earlier_months, *source.months)
    )
    session.flush()
