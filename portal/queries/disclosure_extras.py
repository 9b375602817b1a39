"""What the yearly disclosure alone reads: the ad-hoc disclosures that were issued in its year."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.dossiers import DossierState
from portal.domain.periods import SHANGHAI, shanghai_date
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.dossiers import Dossier

AD_HOC = "ad_hoc_disclosure"


def disclosure_extras(session: Session, dossier: Dossier) -> Mapping[str, Any]:
    """``disclosures``: number, subject and day of those issued in the year, withdrawn and replaced ones not.

    The caller has authorised the reader.
    """
    year = int(dossier.subject)
    successor = aliased(Dossier)
    rows = session.execute(
        sa.select(IssuedDocument.number, Dossier.subject, IssuedDocument.issued_at)
        .join(Dossier, Dossier.id == IssuedDocument.dossier_id)
        .outerjoin(DocumentWithdrawal, DocumentWithdrawal.document_id == IssuedDocument.id)
        .outerjoin(
            successor,
            sa.and_(successor.replaces_id == Dossier.id, successor.state == DossierState.ISSUED),
        )
        .where(
            Dossier.enterprise_id == dossier.enterprise_id,
            Dossier.kind == AD_HOC,
            IssuedDocument.issued_at >= datetime(year, 1, 1, tzinfo=SHANGHAI),
            IssuedDocument.issued_at < datetime(year + 1, 1, 1, tzinfo=SHANGHAI),
            DocumentWithdrawal.document_id.is_(None),
            successor.id.is_(None),
        )
        .order_by(IssuedDocument.issued_at)
    )
    return {
        "disclosures": [
            {"number": row.number, "subject": row.subject, "issued_on": shanghai_date(row.issued_at)}
            for row in rows
        ]
    }
