"""Suppliers' footprints: upload a PACT file, see what was read, keep it, look it up."""

import io
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.dossiers.pact_facts import Note
from portal.dossiers.pact_reading import field_at
from portal.dossiers.pact_telling import rows_of
from portal.extensions import actor, database, storage
from portal.queries.supplier_footprints import supplier_list, supplier_page
from portal.services.supplier_footprints import Upload, keep_footprint, look_at_footprint, storage_key
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.terms import filled

blueprint = Blueprint(
    "supplier_footprints", __name__, url_prefix="/enterprises/<int:enterprise_id>/supplier-footprints"
)

OUTDATED: Mapping[str, str] = {
    "replaced": N_("已有较新的一份"),
    "deprecated": N_("供应商已停用"),
    "expired": N_("已过期"),
}


@blueprint.get("")
@requires(Permission.DOCUMENT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """The footprints, with the place for another file."""
    return _listing(enterprise_id)


@blueprint.post("/upload")
@requires(Permission.PRODUCT_EDIT)
def upload(enterprise_id: int) -> ResponseReturnValue:
    """What a file says, with everything that is wrong in it; nothing is kept yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _listing(enterprise_id, gettext("请选择要上传的文件")), 422
    try:
        with closing(file), database().reading() as session:
            found = look_at_footprint(session, storage(), actor(), enterprise_id, file.stream)
    except Invalid as error:
        return _listing(enterprise_id, message_of(error)), 422
    page = _read(enterprise_id, file.filename, found)
    return page, 200 if found.reading.facts else 422


@blueprint.post("")
@requires(Permission.PRODUCT_EDIT)
def keep(enterprise_id: int) -> ResponseReturnValue:
    """Keep the file that was looked at."""
    try:
        with database().writing() as session:
            digest = request.form.get("sha256", "")
            row = keep_footprint(session, storage(), actor(), enterprise_id, digest)
            kept = row.id
    except Invalid as error:
        return _listing(enterprise_id, message_of(error)), 422
    flash(gettext("供应商足迹已保存"), "success")
    return redirect(url_for(".show", enterprise_id=enterprise_id, supplier_footprint_id=kept), 303)


@blueprint.get("/<int:supplier_footprint_id>")
@requires(Permission.DOCUMENT_VIEW)
def show(enterprise_id: int, supplier_footprint_id: int) -> ResponseReturnValue:
    """One footprint: its figures, what did not fit, where it is used."""
    with database().reading() as session:
        page = supplier_page(session, actor(), enterprise_id, supplier_footprint_id)
    noted = [Note(entry["code"], entry["path"], entry["message"], entry["params"]) for entry in page.warnings]
    return render_template(
        "supplier_footprints/show.html",
        page=page,
        rows=_rows(page.raw),
        warnings=_said(noted),
        outdated=OUTDATED,
    )


@blueprint.get("/<int:supplier_footprint_id>/file")
@requires(Permission.DOCUMENT_VIEW)
def file(enterprise_id: int, supplier_footprint_id: int) -> ResponseReturnValue:
    """The bytes as they came."""
    with database().reading() as session:
        page = supplier_page(session, actor(), enterprise_id, supplier_footprint_id)
    content = storage().get(storage_key(enterprise_id, page.sha256))
    return send_file(
        io.BytesIO(content),
        mimetype="application/json",
        as_attachment=True,
        download_name=f"pact-{page.pact_id}.json",
        etag=page.sha256,
        max_age=0,
    )


def _listing(enterprise_id: int, problem: str = "") -> str:
    with database().reading() as session:
        page = supplier_list(session, actor(), enterprise_id)
    return render_template("supplier_footprints/listing.html", page=page, problem=problem, outdated=OUTDATED)


def _read(enterprise_id: int, filename: str, found: Upload) -> str:
    reading = found.reading
    return render_template(
        "supplier_footprints/read.html",
        enterprise_id=enterprise_id,
        filename=filename,
        sha256=found.sha256,
        facts=reading.facts,
        rows=_rows(reading.facts.raw) if reading.facts else [],
        errors=_said(reading.errors),
        warnings=_said(reading.warnings),
    )


def _said(notes: Iterable[Note]) -> list[tuple[str, str, str]]:
    """Place, name of the field there (where the specification has one) and sentence of each note."""
    return [(note.pointer, _name_at(note.pointer), filled(note.message, note.params)) for note in notes]


def _name_at(pointer: str) -> str:
    field = field_at(pointer.strip("/").split("/"))
    return "" if field is None else (field.name_en if _english() else field.name)


def _english() -> bool:
    return str(get_locale()) == "en"


def _rows(raw: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Pointer, name, value and unit of everything in a file, in the reader's language."""
    column = 1 if _english() else 0
    declared = gettext("声明单位")
    return [
        (
            row.pointer,
            " · ".join(names[column] for names in row.names),
            row.value,
            row.unit.replace("declared unit", declared),
        )
        for row in rows_of(raw)
    ]
