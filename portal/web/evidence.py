"""Evidence files: into a slot, out of it, and down to the reader as they were uploaded."""

import io
from datetime import date
from typing import cast

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.evidence import EvidenceForm, SpreadForm
from portal.domain.access import Permission
from portal.domain.errors import Invalid, NotFound
from portal.domain.files import PDF
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.sheet import Sheet, SheetRow, SheetSlot, SheetStream
from portal.domain.workflow import Section
from portal.extensions import actor, database, settings, storage
from portal.queries.evidence import evidence_choices
from portal.queries.records import parse_section, record_head
from portal.queries.sheets import load_sheet
from portal.services.evidence import fill_slot, find_evidence, link_existing, spread_file, take_out
from portal.web.access import requires
from portal.web.errors import message_of

blueprint = Blueprint("evidence", __name__, url_prefix="/enterprises/<int:enterprise_id>")

#: Kinds that a browser may show in a page of ours; everything else is only downloaded.
SHOWN = frozenset({PDF, "image/png", "image/jpeg"})
#: A shown file may neither run nor fetch anything.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'; sandbox"


def _sheet(enterprise_id: int, month: str) -> Sheet:
    with database().reading() as session:
        head = record_head(session, actor(), enterprise_id, Month.parse(month))
        if head.version_id is None:
            raise NotFound
        return load_sheet(session, head.version_id)


def _slot(sheet: Sheet, code: str) -> SheetSlot:
    for slot in sheet.slots():
        if slot.code == code:
            return slot
    raise NotFound


def _back(enterprise_id: int, month: str, section: str) -> ResponseReturnValue:
    chosen = parse_section(section or "evidence")
    return redirect(
        url_for("records.section", enterprise_id=enterprise_id, month=month, section=chosen.value), 303
    )


@blueprint.post("/records/<month>/slots/<slot>")
@requires(Permission.EVIDENCE_UPLOAD)
def upload(enterprise_id: int, month: str, slot: str) -> ResponseReturnValue:
    """Lay a file into a slot; without a period it proves the whole month."""
    sheet = _sheet(enterprise_id, month)
    file = request.files.get("file")
    if file is None or not file.filename:
        flash(gettext(N_("请选择要上传的文件")), "error")
        return _back(enterprise_id, month, request.args.get("next", ""))
    try:
        with database().writing() as session:
            fill_slot(
                session,
                storage(),
                actor(),
                sheet.version_id,
                slot,
                file.stream,
                file.filename,
                period_from=sheet.month.first,
                period_to=sheet.month.last,
                most_bytes=settings().max_upload_bytes,
            )
    except Invalid as error:
        flash(file.filename + gettext("：") + message_of(error), "error")
    else:
        flash(gettext("已存入 %(name)s", name=file.filename), "success")
    return _back(enterprise_id, month, request.args.get("next", ""))


@blueprint.route("/records/<month>/slots/<slot>/choose", methods=["GET", "POST"])
@requires(Permission.EVIDENCE_UPLOAD)
def choose(enterprise_id: int, month: str, slot: str) -> ResponseReturnValue:
    """Upload with a period of its own, replace a file, or take one that is in the archive already."""
    sheet = _sheet(enterprise_id, month)
    place = _slot(sheet, slot)
    form = EvidenceForm(request.form, period_from=sheet.month.first, period_to=sheet.month.last)
    form.replaces.choices = [("", gettext("不替换"))] + [(str(f.id), f.filename) for f in place.files]
    if request.method == "POST" and form.validate():
        try:
            _take(sheet, slot, form)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("已存入"), "success")
            return _back(enterprise_id, month, request.args.get("next", ""))
    with database().reading() as session:
        archive = evidence_choices(session, actor(), enterprise_id, sheet.month)
    return render_template(
        "records/choose_evidence.html",
        sheet=sheet,
        slot=place,
        form=form,
        archive=archive,
        back=parse_section(request.args.get("next") or "evidence").value,
    ), 422 if form.errors else 200


def _take(sheet: Sheet, slot: str, form: EvidenceForm) -> None:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid(N_("请选择要上传的文件"), path="file")
    with database().writing() as session:
        fill_slot(
            session,
            storage(),
            actor(),
            sheet.version_id,
            slot,
            file.stream,
            file.filename,
            period_from=cast(date, form.period_from.data),
            period_to=cast(date, form.period_to.data),
            replaces_id=int(form.text("replaces")) if form.text("replaces") else None,
            most_bytes=settings().max_upload_bytes,
        )


@blueprint.post("/records/<month>/slots/<slot>/link/<int:evidence_id>")
@requires(Permission.EVIDENCE_UPLOAD)
def link(enterprise_id: int, month: str, slot: str, evidence_id: int) -> ResponseReturnValue:
    """Take a file that is in the archive already."""
    sheet = _sheet(enterprise_id, month)
    try:
        with database().writing() as session:
            link_existing(session, actor(), sheet.version_id, slot, evidence_id)
        flash(gettext("已放入"), "success")
    except Invalid as error:
        flash(message_of(error), "error")
    return _back(enterprise_id, month, request.args.get("next", ""))


@blueprint.route("/records/<month>/evidence/<int:evidence_id>/slots", methods=["GET", "POST"])
@requires(Permission.EVIDENCE_UPLOAD)
def spread(enterprise_id: int, month: str, evidence_id: int) -> ResponseReturnValue:
    """Lay one file into all the slots that it fills at once."""
    sheet = _sheet(enterprise_id, month)
    with database().reading() as session:
        file = find_evidence(session, actor(), enterprise_id, evidence_id)
    form = SpreadForm(request.form)
    if request.method == "POST" and form.validate():
        chosen = set(form.slots.data or ())
        try:
            with database().writing() as session:
                spread_file(session, actor(), sheet.version_id, chosen, evidence_id)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("已放入 %(count)s 格", count=len(chosen)), "success")
            return _back(enterprise_id, month, "evidence")
    free = _free_slots(sheet, evidence_id)
    page = render_template("records/spread_evidence.html", sheet=sheet, file=file, form=form, free=free)
    return page, 422 if form.errors else 200


def _free_slots(sheet: Sheet, evidence_id: int) -> list[tuple[SheetStream, SheetRow, SheetSlot]]:
    """The slots of the month that may be filled and do not hold the file yet."""
    evidence = sheet.section(Section.EVIDENCE)
    return [
        (stream, row, slot)
        for stream in sheet.streams
        if any(part is not None and part.editable for part in (evidence, sheet.section(stream.section)))
        for row in stream.rows
        for slot in row.slots
        if evidence_id not in {file.id for file in slot.files}
    ]


@blueprint.post("/records/<month>/slots/<slot>/remove/<int:evidence_id>")
@requires(Permission.EVIDENCE_UPLOAD)
def remove(enterprise_id: int, month: str, slot: str, evidence_id: int) -> ResponseReturnValue:
    """Take a file out of a slot; it stays in the archive."""
    sheet = _sheet(enterprise_id, month)
    with database().writing() as session:
        take_out(session, actor(), sheet.version_id, slot, evidence_id)
    flash(gettext("已取出；文件仍在档案里，可以再放入"), "success")
    return _back(enterprise_id, month, "evidence")


@blueprint.get("/evidence/<int:evidence_id>/download")
@requires(Permission.EVIDENCE_VIEW)
def download(enterprise_id: int, evidence_id: int) -> ResponseReturnValue:
    """The bytes as they were uploaded, always as a download."""
    return _send(enterprise_id, evidence_id, as_attachment=True)


@blueprint.get("/evidence/<int:evidence_id>/inline")
@requires(Permission.EVIDENCE_VIEW)
def inline(enterprise_id: int, evidence_id: int) -> ResponseReturnValue:
    """A PDF or a picture for the viewer beside the table; other kinds come as a download."""
    return _send(enterprise_id, evidence_id, as_attachment=False)


def _send(enterprise_id: int, evidence_id: int, *, as_attachment: bool) -> Response:
    with database().reading() as session:
        row = find_evidence(session, actor(), enterprise_id, evidence_id)
        # At most MAX_UPLOAD_MB: read whole, so that no file stays open when a reader goes away.
        content = io.BytesIO(storage().get(row.storage_key))
    response = send_file(
        content,
        mimetype=row.media_type,
        as_attachment=as_attachment or row.media_type not in SHOWN,
        download_name=row.filename,
        etag=row.sha256,
        max_age=0,
    )
    if row.media_type != PDF:  # a browser's own PDF viewer does not start in a sandbox
        response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
