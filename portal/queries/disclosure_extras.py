"""What the yearly disclosure alone reads: the ad-hoc disclosures that were issued in its year."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.periods import SHANGHAI, shanghai_date
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.queries.dossier_lines import replaced_or_withdrawn

AD_HOC = "ad_hoc_disclosure"


def disclosure_extras(session: Session, dossier: Dossier) -> Mapping[str, Any]:
    """``disclosures``: number, subject and day of those issued in the year, withdrawn and replaced ones not.

    The caller has authorised the reader.
    """
    year = int(dossier.subject)
    rows = session.execute(
        sa.select(IssuedDocument.number, Dossier.subject, IssuedDocument.issued_at)
        .join(Dossier, Dossier.id == IssuedDocument.dossier_id)
        .where(
            Dossier.enterprise_id == dossier.enterprise_id,
            Dossier.kind == AD_HOC,
            IssuedDocument.issued_at >= datetime(year, 1, 1, tzinfo=SHANGHAI),
            IssuedDocument.issued_at < datetime(year + 1, 1, 1, tzinfo=SHANGHAI),
            ~replaced_or_withdrawn(),
        )
        .order_by(IssuedDocument.issued_at)
    )
    return {
        "disclosures": [
            {"number": row.number, "subject": row.subject, "issued_on": shanghai_date(row.issued_at)}
            for row in rows
        ]
    }
