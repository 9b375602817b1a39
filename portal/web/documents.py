"""Issued documents: the list, the bytes as they were issued, and the public page behind the QR code."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from forms.documents import WithdrawForm
from portal.domain.access import Permission, Role
from portal.domain.documents import read_code
from portal.domain.errors import Invalid
from portal.domain.periods import now
from portal.extensions import actor, database, limiter, storage
from portal.queries.documents import (
    DocumentLine,
    PublicDocument,
    documents_page,
    issued_document,
    public_document,
    state_of_version,
)
from portal.queries.dossier_lines import IssuedFacts
from portal.queries.published import ConfirmedDossier, confirmed_dossier
from portal.services.documents import retry_issue, stored_bytes, withdraw_document
from portal.services.previews import preview_bytes, preview_of, request_preview
from portal.web.access import public, requires
from portal.web.downloads import preview_pdf, stored_pdf
from portal.web.entering import referring_path, safe_next, too_many
from portal.web.labels import role_label

blueprint = Blueprint("documents", __name__)

PLACE = "/enterprises/<int:enterprise_id>/documents"


@blueprint.get(PLACE)
@requires(Permission.DOCUMENT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """All issued documents of an enterprise and those that are still being printed."""
    with database().reading() as session:
        page = documents_page(session, actor(), enterprise_id)
    return render_template(
        "documents/listing.html", page=page, may_withdraw=actor().may(Permission.RECORD_REVIEW)
    )


@blueprint.get(f"{PLACE}/<int:document_id>/download")
@requires(Permission.DOCUMENT_VIEW)
def download(enterprise_id: int, document_id: int) -> ResponseReturnValue:
    """The stored bytes, compared with their hash first; they are never printed anew."""
    with database().reading() as session:
        document = issued_document(session, actor(), enterprise_id, document_id)
    return send_stored(document)


def send_stored(document: DocumentLine | IssuedFacts) -> Response:
    """The stored bytes of an issued document, to be saved by its owner."""
    content = stored_bytes(storage(), document.storage_key, document.sha256)
    return stored_pdf(content, f"{document.number}.pdf", document.sha256)


@blueprint.get(f"{PLACE}/versions/<int:version_id>/status")
@requires(Permission.DOCUMENT_VIEW)
def status(enterprise_id: int, version_id: int) -> ResponseReturnValue:
    """Where the report of a version stands, as the part of a page that asks again by itself."""
    with database().reading() as session:
        found = state_of_version(session, actor(), enterprise_id, version_id)
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)
    return render_template(
        "documents/_status.html",
        document=found.document,
        job=found.job,
        place={"enterprise_id": enterprise_id, "version_id": version_id},
    )


@blueprint.post(f"{PLACE}/versions/<int:version_id>/retry")
@requires(Permission.DOCUMENT_VIEW)
def retry(enterprise_id: int, version_id: int) -> ResponseReturnValue:
    """Have a report printed that did not come."""
    with database().writing() as session:
        retry_issue(session, actor(), enterprise_id, version_id)
    flash(gettext("已重新安排生成，完成后自动出现"), "success")
    return redirect(safe_next(referring_path(), url_for(".listing", enterprise_id=enterprise_id)), 303)


@blueprint.post(f"{PLACE}/versions/<int:version_id>/preview")
@requires(Permission.RECORD_VIEW)
def request_new_preview(enterprise_id: int, version_id: int) -> ResponseReturnValue:
    """Have the present data of an unsigned version printed with a watermark."""
    with database().writing() as session:
        request_preview(session, actor(), enterprise_id, version_id)
    return redirect(url_for(".preview", enterprise_id=enterprise_id, version_id=version_id), 303)


@blueprint.get(f"{PLACE}/versions/<int:version_id>/preview")
@requires(Permission.RECORD_VIEW)
def preview(enterprise_id: int, version_id: int) -> ResponseReturnValue:
    """Where the preview stands; the part that changes asks again by itself."""
    with database().reading() as session:
        found = preview_of(session, storage(), actor(), enterprise_id, version_id)
    template = "documents/_preview.html" if request.headers.get("HX-Request") else "documents/preview.html"
    return render_template(
        template, preview=found, place={"enterprise_id": enterprise_id, "version_id": version_id}
    )


@blueprint.get(f"{PLACE}/versions/<int:version_id>/preview.pdf")
@requires(Permission.RECORD_VIEW)
def preview_file(enterprise_id: int, version_id: int) -> ResponseReturnValue:
    """The printed preview of the present data."""
    with database().reading() as session:
        found = preview_of(session, storage(), actor(), enterprise_id, version_id)
    return preview_pdf(preview_bytes(storage(), found), f"preview-{found.month}-V{found.version}.pdf")


@blueprint.route(f"{PLACE}/<int:document_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def withdraw(enterprise_id: int, document_id: int) -> ResponseReturnValue:
    """Withdraw a document, with a reason that the public page shows."""
    with database().reading() as session:
        document = issued_document(session, actor(), enterprise_id, document_id)
    form = WithdrawForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with database().writing() as session:
                withdraw_document(session, actor(), enterprise_id, document_id, form.text("reason"))
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("已撤销 %(number)s，公开核验页已写明", number=document.number), "success")
            return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)
    return render_template(
        "documents/withdraw.html", document=document, form=form
    ), 422 if form.errors else 200


@blueprint.get("/verify")
@blueprint.get("/verify/<code>")
@public
@limiter.limit("30 per minute", error_message=too_many)
def verify(code: str = "") -> ResponseReturnValue:
    """Whether a document was issued here and what became of it; no account, no figure, no person."""
    typed = (code or request.args.get("code", ""))[:80].strip()
    known = read_code(typed)
    document: PublicDocument | None = None
    if known is not None:
        with database().reading() as session:
            document = public_document(session, known)
            dossier = confirmed_dossier(session, known) if document is None else None
        if dossier is not None:
            return _confirm(known, dossier)
    answered = 404 if typed and document is None else 200
    return render_template(
        "documents/verify.html",
        typed=known or typed,
        document=document,
        verdict=_verdict(document) if typed else "",
        signed_as=role_label(document.signed_as) if document else "",
        checked_at=now(),
        **public_frame("verify"),
    ), answered


def _confirm(code: str, dossier: ConfirmedDossier) -> ResponseReturnValue:
    return render_template(
        "documents/verify_dossier.html",
        typed=code,
        dossier=dossier,
        issued=dossier.line.issued,
        signed_as=role_label(Role.ENTERPRISE_SIGNATORY),
        checked_at=now(),
        **public_frame("verify"),
    )


def public_frame(here: str) -> dict[str, Any]:
    """What the frame of public pages wants; ``here`` is verify or disclosures."""
    return {
        "public_menu": [
            {"label": gettext("核验"), "url": url_for("documents.verify"), "active": here == "verify"},
            {
                "label": gettext("公开信息"),
                "url": url_for("disclosures.listing"),
                "active": here == "disclosures",
            },
        ],
        "links": _links(),
    }


def _verdict(document: PublicDocument | None) -> str:
    """valid, superseded, withdrawn, returned, recalled or unknown."""
    if document is None:
        return "unknown"
    if document.state != "valid":
        return document.state
    return document.standing.value if document.standing.value in {"returned", "recalled"} else "valid"


def _links() -> dict[str, str]:
    if current_user.is_authenticated:
        return {"home": url_for("home.home")}
    return {"sign_in": url_for("identity.sign_in")}
