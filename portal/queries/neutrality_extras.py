"""What a neutrality dossier alone reads: the issued documents that it rests on, and its cancelled credits."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.dossiers import Standing
from portal.domain.periods import shanghai_date
from portal.models.dossiers import Dossier, DossierBase
from portal.queries.credits import CreditLine, credits_counted_by
from portal.queries.dossier_lines import DossierLine, dossier_lines

#: A base document in one of these holds.
_GOOD = frozenset({Standing.VALID, Standing.EXPIRING})


def neutrality_extras(session: Session, dossier: Dossier) -> Mapping[str, Any]:
    """``bases`` with their signed figures and ``credits``, as ``carbon_neutrality_account`` takes them."""
    chosen = sa.select(DossierBase.base_id).where(DossierBase.dossier_id == dossier.id)
    lines = dossier_lines(session, Dossier.id.in_(chosen))
    rows = session.execute(sa.select(Dossier.id, Dossier.content).where(Dossier.id.in_(chosen)))
    signed = {row.id: row.content for row in rows}
    return {
        "bases": [_base(line, signed[line.id]) for line in lines if line.issued is not None],
        "credits": [_credit(line) for line in credits_counted_by(session, dossier)],
    }


def _base(line: DossierLine, content: str | None) -> dict[str, Any]:
    issued = line.issued
    return {
        "kind": line.kind.id,
        "title": line.kind.title,
        "subject": line.subject,
        "number": issued.number if issued else "",
        "sha256": issued.sha256 if issued else "",
        "issued_on": shanghai_date(issued.issued_at).isoformat() if issued else "",
        "good": issued is not None and issued.standing in _GOOD,
        "figures": json.loads(content)["figures"] if content else [],
    }


def _credit(line: CreditLine) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "registry": line.registry_name,
        "project_id": line.project_id,
        "project": line.project_name,
        "methodology": line.methodology,
        "vintage": line.vintage,
        "serials": f"{line.serial_from} 至 {line.serial_to}" if line.serial_to else line.serial_from,
        "quantity": line.quantity,
        "cancelled_on": line.cancelled_on.isoformat(),
        "beneficiary": line.beneficiary,
        "proof": (line.proof.filename, line.proof.sha256) if line.proof else None,
    }
