"""Files of a footprint: the workbook with live formulas, the battery declaration, the CBAM communication."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission
from portal.domain.errors import NotFound
from portal.extensions import actor, database
from portal.queries.dossier_sources import enterprise_facts
from portal.queries.footprint_extras import told_of
from portal.queries.products import footprint_of
from portal.services.footprint_declarations import Company, battery_xlsx, cbam_xlsx
from portal.services.footprint_xlsx import footprint_xlsx
from portal.web.access import requires
from portal.web.downloads import XLSX, file_download

blueprint = Blueprint(
    "product_files",
    __name__,
    url_prefix="/enterprises/<int:enterprise_id>/products/footprints/<int:footprint_id>",
)

_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Company], bytes]] = {
    "footprint": lambda footprint, _: footprint_xlsx(footprint),
    "battery": battery_xlsx,
    "cbam": cbam_xlsx,
}


@blueprint.get("/<name>.xlsx")
@requires(Permission.DOCUMENT_VIEW)
def download(enterprise_id: int, footprint_id: int, name: str) -> ResponseReturnValue:
    """One of the files, made of the stored result."""
    if name not in _MAKERS:
        raise NotFound
    with database().reading() as session:
        facts = footprint_of(session, actor(), enterprise_id, footprint_id)
        enterprise = enterprise_facts(session, enterprise_id, None)
    company = Company(
        enterprise.name,
        enterprise.uscc,
        enterprise.address,
        enterprise.contact_name,
        enterprise.contact_phone,
        f"{enterprise.industry_code} {enterprise.industry_name}".strip(),
    )
    filename = f"{facts.product['name']}-{facts.last_month}-{name}.xlsx"
    return file_download(_MAKERS[name](told_of(facts), company), XLSX, filename)
