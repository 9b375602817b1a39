"""Bundles: asked for by month, watched while they are made, fetched from any byte on."""

import io

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wsgi import FileWrapper

from forms.bundles import BundleForm
from portal.domain.access import Permission
from portal.domain.errors import Conflict, Invalid
from portal.extensions import actor, database, storage
from portal.queries.bundles import BundleLine, BundlesPage, bundles_page, find_bundle
from portal.services.bundles import open_bundle, request_bundle, retry_bundle
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.formats import month as month_words

blueprint = Blueprint("bundles", __name__, url_prefix="/enterprises/<int:enterprise_id>/bundles")

CHUNK = 256 * 1024


@blueprint.get("")
@requires(Permission.DOCUMENT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """Bundles that are there or under way, and the form for another."""
    page = _page(enterprise_id)
    return render_template("bundles/listing.html", page=page, form=_form(page))


@blueprint.post("")
@requires(Permission.DOCUMENT_VIEW)
def ask(enterprise_id: int) -> ResponseReturnValue:
    """Have a bundle made."""
    page = _page(enterprise_id)
    form = _form(page)
    if form.validate():
        try:
            with database().writing() as session:
                request_bundle(session, actor(), enterprise_id, form.first.data, form.last.data)
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            flash(message_of(error), "error")
            return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)
        else:
            flash(gettext("已开始制作，完成后可以下载，也会通知您"), "success")
            return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)
    return render_template("bundles/listing.html", page=page, form=form), 422


@blueprint.get("/<int:bundle_id>/status")
@requires(Permission.DOCUMENT_VIEW)
def status(enterprise_id: int, bundle_id: int) -> ResponseReturnValue:
    """How far a bundle has come, as the part of the page that asks again by itself."""
    with database().reading() as session:
        bundle = find_bundle(session, actor(), enterprise_id, bundle_id)
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)
    return render_template("bundles/_status.html", bundle=bundle)


@blueprint.post("/<int:bundle_id>/retry")
@requires(Permission.DOCUMENT_VIEW)
def retry(enterprise_id: int, bundle_id: int) -> ResponseReturnValue:
    """Go on with a bundle that failed."""
    with database().writing() as session:
        retry_bundle(session, actor(), enterprise_id, bundle_id)
    flash(gettext("已从中断处继续制作"), "success")
    return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)


@blueprint.get("/<int:bundle_id>/download")
@requires(Permission.DOCUMENT_VIEW)
def download(enterprise_id: int, bundle_id: int) -> ResponseReturnValue:
    """The archive, or the range of it that the browser asks for: a broken download goes on where it broke."""
    with database().reading() as session:
        bundle, archive = open_bundle(session, storage(), actor(), enterprise_id, bundle_id)
    response = Response(
        FileWrapper(io.BufferedReader(archive, CHUNK), CHUNK),
        mimetype="application/zip",
        direct_passthrough=True,
        headers={
            "Content-Disposition": f'attachment; filename="{_file_name(bundle)}"',
            "Content-Length": str(archive.size),
            "Cache-Control": "private, no-store",
        },
    )
    response.set_etag(bundle.manifest_sha256)
    return response.make_conditional(request, accept_ranges=True, complete_length=archive.size)


def _page(enterprise_id: int) -> BundlesPage:
    with database().reading() as session:
        return bundles_page(session, actor(), enterprise_id)


def _form(page: BundlesPage) -> BundleForm:
    """The months that were signed; the newest twelve of them at first."""
    newest = page.months[-12:]
    form = BundleForm(request.form, first=newest[0] if newest else "", last=newest[-1] if newest else "")
    choices = [(month, month_words(month)) for month in page.months]
    form.first.choices, form.last.choices = choices, choices
    return form


def _file_name(bundle: BundleLine) -> str:
    return f"bundle-{bundle.enterprise_id}-{bundle.first_month}-{bundle.last_month}-{bundle.id}.zip"
