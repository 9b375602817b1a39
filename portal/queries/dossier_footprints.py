"""The stored footprint behind a footprint dossier, so that its files can be fetched beside the document."""

import json
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.models.dossiers import Dossier
from portal.models.products import ProductFootprint
from portal.queries.access import require
from portal.queries.products import newest_footprint

KIND = "carbon_footprint"


@dataclass(frozen=True)
class FootprintBehind:
    """Where a dossier's footprint lies; ``id`` is None where no stored result has the dossier's figures."""

    product_id: int
    id: int | None


def footprint_behind(
    session: Session, actor: Actor, enterprise_id: int, dossier_id: int
) -> FootprintBehind | None:
    """The footprint that a dossier tells of; None for other kinds and before one was worked out.

    Of a signed dossier the one of which its figures are; of a draft the newest of its period, unless its
    months were restated since: the draft then has figures that are stored nowhere. Raises NotFound.
    """
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    dossier = session.scalar(
        sa.select(Dossier).where(Dossier.id == dossier_id, Dossier.enterprise_id == enterprise_id)
    )
    if dossier is None:
        raise NotFound
    if dossier.kind != KIND or dossier.product_id is None:
        return None
    if dossier.content is not None:
        return FootprintBehind(dossier.product_id, _signed(session, dossier, dossier.product_id))
    newest = newest_footprint(
        session, dossier.product_id, dossier.first_month or "", dossier.last_month or ""
    )
    if newest is None:
        return None
    return FootprintBehind(dossier.product_id, None if newest.restated else newest.id)


def _signed(session: Session, dossier: Dossier, product_id: int) -> int | None:
    figures = json.loads(dossier.content or "{}").get("figures", ())
    total = next((Decimal(figure["value"]) for figure in figures if figure["key"] == "total"), None)
    rows = session.execute(
        sa.select(ProductFootprint.id, ProductFootprint.total)
        .where(
            ProductFootprint.product_id == product_id,
            ProductFootprint.first_month == dossier.first_month,
            ProductFootprint.last_month == dossier.last_month,
            ProductFootprint.computed_at <= dossier.signed_at,
        )
        .order_by(ProductFootprint.id.desc())
    )
    return next((row.id for row in rows if row.total == total), None)
