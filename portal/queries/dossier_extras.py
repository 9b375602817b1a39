"""What one kind of dossier alone reads beside answers and months: one line a kind."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.models.dossiers import Dossier
from portal.queries.disclosure_extras import disclosure_extras
from portal.queries.footprint_extras import footprint_extras
from portal.queries.neutrality_extras import neutrality_extras
from portal.queries.quality_report import quality_extras
from portal.queries.reduction_extras import reduction_extras

#: Kind → the function whose answer becomes ``Source.extras``. The caller has authorised the reader.
EXTRAS: Mapping[str, Callable[[Session, Dossier], Mapping[str, Any]]] = {
    "annual_disclosure": disclosure_extras,
    "carbon_footprint": footprint_extras,
    "carbon_neutrality": neutrality_extras,
    "quality_report": quality_extras,
    "reduction_product": reduction_extras,
}
