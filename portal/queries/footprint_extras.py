"""What a footprint dossier reads of its product: the footprint of its period and an earlier one.

A footprint whose months were restated since is worked out anew from the versions that are official now,
so that a document is never made of figures that no longer hold; ``stored`` then is false.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.models.dossiers import Dossier
from portal.models.products import Product, ProductFootprint
from portal.queries.product_inputs import work_out
from portal.queries.products import FootprintFacts, earlier_footprint, newest_footprint


def footprint_extras(session: Session, dossier: Dossier) -> Mapping[str, Any]:
    """``footprint`` and ``earlier_footprint`` of the dossier's product as plain data, None where none is.

    The caller has authorised the reader. Raises what working the product out anew raises.
    """
    if dossier.product_id is None:
        return {"footprint": None, "earlier_footprint": None}
    present = newest_footprint(
        session, dossier.product_id, dossier.first_month or "", dossier.last_month or ""
    )
    if present is None:
        return {"footprint": None, "earlier_footprint": None}
    earlier = earlier_footprint(session, present)
    told = told_of(present) if not present.restated else _anew(session, present)
    return {"footprint": told, "earlier_footprint": earlier and told_of(earlier)}


def told_of(footprint: FootprintFacts) -> dict[str, Any]:
    """A stored footprint as plain data."""
    return {
        "id": footprint.id,
        "stored": True,
        "system_number": footprint.system_number,
        "first_month": footprint.first_month,
        "last_month": footprint.last_month,
        "computed_at": footprint.computed_at.isoformat(),
        "computed_by": footprint.computed_by,
        "input_sha256": footprint.input_sha256,
        "product": dict(footprint.product),
        "payload": dict(footprint.payload),
        "result": dict(footprint.result),
        "sources": dict(footprint.sources),
    }


def _anew(session: Session, footprint: FootprintFacts) -> dict[str, Any]:
    row = session.get_one(ProductFootprint, footprint.id)
    worked = work_out(session, session.get_one(Product, footprint.product_id), row.system)
    sources = worked.sources() | {"excluded": footprint.sources.get("excluded", [])}
    return told_of(footprint) | {
        "stored": False,
        "payload": dict(worked.resolved.payload),
        "result": worked.result.as_json(),
        "sources": sources,
    }
