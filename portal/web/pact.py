"""A product's footprint as PACT JSON: what the format asks for besides, and the download."""

import json
from decimal import Decimal

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from forms.pact import PactForm
from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.dossiers.pact import to_pact
from portal.extensions import actor, database
from portal.queries.pact import Told, exported_footprint
from portal.queries.products import FootprintFacts, footprint_of
from portal.web.access import requires
from portal.web.downloads import file_download

blueprint = Blueprint("pact", __name__, url_prefix="/enterprises/<int:enterprise_id>/footprints")

_INCLUDED = {"yes": True, "no": False}


@blueprint.get("/<int:footprint_id>/pact")
@requires(Permission.DOCUMENT_VIEW)
def export(enterprise_id: int, footprint_id: int) -> ResponseReturnValue:
    """What the format requires and the footprint does not hold."""
    stored = _stored(enterprise_id, footprint_id)
    return _asked(stored, PactForm(data={"mass": _mass(stored)}))


@blueprint.get("/<int:footprint_id>/pact.json")
@requires(Permission.DOCUMENT_VIEW)
def download(enterprise_id: int, footprint_id: int) -> ResponseReturnValue:
    """The file; the same answers give the same bytes."""
    stored = _stored(enterprise_id, footprint_id)
    form = PactForm(request.args)
    if not request.args or not form.validate():
        return _asked(stored, form), 422
    told = Told(
        mass=form.data["mass"],
        fossil_carbon=form.data["fossil_carbon"],
        biogenic_carbon=form.data["biogenic_carbon"],
        packaging_included=_INCLUDED.get(form.text("packaging_included")),
        packaging=form.data["packaging"],
    )
    try:
        with database().reading() as session:
            footprint = to_pact(exported_footprint(session, actor(), enterprise_id, footprint_id, told))
    except Invalid as error:
        form.refuse(error)
        return _asked(stored, form), 422
    content = json.dumps(footprint, ensure_ascii=False, indent=2)
    return file_download(content, "application/json", f"pact-{footprint['id']}.json")


def _mass(stored: FootprintFacts) -> Decimal | None:
    text = stored.product["mass"]
    return Decimal(text) if text else None


def _stored(enterprise_id: int, footprint_id: int) -> FootprintFacts:
    with database().reading() as session:
        return footprint_of(session, actor(), enterprise_id, footprint_id)


def _asked(stored: FootprintFacts, form: PactForm) -> str:
    return render_template("pact/export.html", footprint=stored, form=form)
