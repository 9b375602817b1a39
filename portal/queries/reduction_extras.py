"""What a reduction report reads: the footprints that it rests on, as they were signed."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.dossiers import Standing
from portal.domain.errors import DomainError
from portal.models.dossiers import Dossier, DossierBase
from portal.models.products import ProductFootprint
from portal.queries.dossier_lines import DossierLine, dossier_lines
from portal.queries.footprint_extras import footprint_extras

FOOTPRINT = "carbon_footprint"
_HOLDS = frozenset({Standing.VALID, Standing.EXPIRING})


def reduction_extras(session: Session, dossier: Dossier) -> Mapping[str, Any]:
    """``bases``: of each footprint report its number, whether it holds, and the footprint in it.

    The caller has authorised the reader.
    """
    chosen = sa.select(DossierBase.base_id).where(DossierBase.dossier_id == dossier.id)
    held = {
        row.id: row
        for row in session.scalars(
            sa.select(Dossier).where(
                Dossier.id.in_(chosen),
                Dossier.enterprise_id == dossier.enterprise_id,
                Dossier.kind == FOOTPRINT,
                Dossier.content.is_not(None),
            )
        )
    }
    lines = dossier_lines(session, Dossier.id.in_(held))
    return {"bases": tuple(_told(session, held[line.id], line) for line in lines)}


def _told(session: Session, dossier: Dossier, line: DossierLine) -> dict[str, Any]:
    content = json.loads(dossier.content or "{}")
    issued = line.issued
    return {
        "dossier_id": dossier.id,
        "number": issued.number if issued else str(content.get("number", "")),
        "valid": issued is not None and issued.standing in _HOLDS,
        "valid_until": issued.valid_until if issued else None,
        "content_sha256": dossier.content_sha256 or "",
        "footprint": _kept(session, dossier, content),
    }


def _kept(session: Session, dossier: Dossier, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The footprint whose total is a headline figure of the signed content; None where none is.

    Stored ones first; one that was worked out anew for the document, after a month was restated, is worked
    out once more.
    """
    signed = {Decimal(figure["value"]) for figure in content.get("figures", ())}
    rows = session.scalars(
        sa.select(ProductFootprint)
        .where(
            ProductFootprint.product_id == dossier.product_id,
            ProductFootprint.first_month == dossier.first_month,
            ProductFootprint.last_month == dossier.last_month,
            ProductFootprint.computed_at <= dossier.signed_at,
        )
        .order_by(ProductFootprint.id.desc())
    )
    for row in rows:
        if row.total in signed:
            return _plain(row)
    try:
        anew: Mapping[str, Any] | None = footprint_extras(session, dossier)["footprint"]
    except DomainError:  # the product system has no solution any more
        return None
    return anew if anew and Decimal(anew["result"]["total_kgco2e"]) in signed else None


def _plain(row: ProductFootprint) -> dict[str, Any]:
    return {
        "id": row.id,
        "first_month": row.first_month,
        "last_month": row.last_month,
        "input_sha256": row.input_sha256,
        "product": row.product_facts,
        "payload": row.payload,
        "result": row.result,
    }
