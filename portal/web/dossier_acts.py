"""What is done with a document: complete, sign, submit, review, issue, withdraw, renew; its preview."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.base import BaseForm
from forms.documents import WithdrawForm
from forms.dossiers import ActForm, ReasonForm, SignDossierForm
from portal.domain.access import Permission
from portal.domain.dossiers import DossierState
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.extensions import actor, database, storage
from portal.queries.dossiers import DossierPage
from portal.services import dossier_reviews
from portal.services import dossiers as services
from portal.services.dossier_discarding import discard_dossier
from portal.services.dossier_issuing import request_issue, withdraw_dossier
from portal.services.dossier_previews import preview_bytes, preview_of, request_preview
from portal.services.dossier_signing import STATEMENT, sign_dossier
from portal.web.access import requires
from portal.web.documents import send_stored
from portal.web.dossier_page import (
    DOSSIER,
    acts_of,
    blueprint,
    may_withdraw,
    place_of,
    preview_for,
    read_page,
    show,
)
from portal.web.downloads import preview_pdf

Act = Callable[..., object]


def _do(enterprise_id: int, dossier_id: int, act: Act, done: str) -> ResponseReturnValue:
    """Do what a form of one button asks for; what stands against it is shown on the page."""
    page = read_page(enterprise_id, dossier_id)
    form = ActForm(request.form)
    form.validate()
    try:
        with database().writing() as session:
            act(session, actor(), enterprise_id, dossier_id, int(form.row_version.data or 0))
    except GuardFailed as error:
        return show(read_page(enterprise_id, dossier_id), failures=error.failures, status=409)
    flash(done, "success")
    return redirect(url_for(".show", **place_of(page)), 303)


def _print(enterprise_id: int, dossier_id: int, ask: Act, anchor: str) -> ResponseReturnValue:
    """Ask for something that a worker prints, and go to where it will appear."""
    try:
        with database().writing() as session:
            ask(session, actor(), enterprise_id, dossier_id)
    except GuardFailed as error:
        return show(read_page(enterprise_id, dossier_id), failures=error.failures, status=409)
    return redirect(url_for(".show", enterprise_id=enterprise_id, dossier_id=dossier_id) + anchor, 303)


@blueprint.post(f"{DOSSIER}/complete")
@requires(Permission.DOSSIER_EDIT)
def complete(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Say that the content is complete; everything that is missing is named."""
    return _do(enterprise_id, dossier_id, services.complete_dossier, gettext("内容已完成，已通知负责人签署"))


@blueprint.post(f"{DOSSIER}/submit")
@requires(Permission.DOSSIER_SIGN)
def submit(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Hand a signed document to the authority."""
    return _do(enterprise_id, dossier_id, dossier_reviews.submit_dossier, gettext("已送主管部门审核"))


@blueprint.post(f"{DOSSIER}/approve")
@requires(Permission.DOSSIER_REVIEW)
def approve(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """The authority has nothing against it."""
    return _do(
        enterprise_id, dossier_id, dossier_reviews.approve_dossier, gettext("审核通过，已通知企业签发")
    )


@blueprint.post(f"{DOSSIER}/issue")
@requires(Permission.DOSSIER_SIGN)
def issue(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Have it printed, sealed and stored by a worker."""
    return _print(enterprise_id, dossier_id, request_issue, "#issue")


@blueprint.post(f"{DOSSIER}/edition")
@requires(Permission.DOSSIER_EDIT)
def new_edition(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Begin the edition that will supersede this one."""
    with database().writing() as session:
        made = services.new_edition(session, actor(), enterprise_id, dossier_id).id
    flash(gettext("已开始新版次，上一版的答案已带入"), "success")
    return redirect(url_for(".show", enterprise_id=enterprise_id, dossier_id=made), 303)


@blueprint.post(f"{DOSSIER}/discard")
@requires(Permission.DOSSIER_EDIT)
def discard(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Throw a draft away; the page's dialog has asked."""
    form = ActForm(request.form)
    form.validate()
    version = int(form.row_version.data or 0)
    with database().writing() as session:
        discard_dossier(session, actor(), enterprise_id, dossier_id, version)
    flash(gettext("草稿已删除"), "success")
    return redirect(url_for(".listing", enterprise_id=enterprise_id), 303)


@blueprint.route(f"{DOSSIER}/sign", methods=["GET", "POST"])
@requires(Permission.DOSSIER_SIGN)
def sign(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """The figures and the statement, the password once more."""
    page = read_page(enterprise_id, dossier_id)
    if page.line.state is not DossierState.COMPLETE:
        return redirect(url_for(".show", **place_of(page)), 303)
    form = SignDossierForm(request.form, data={"row_version": page.line.row_version})
    form.agree.label.text = gettext(STATEMENT)
    if request.method == "POST" and form.validate():
        try:
            with database().writing() as session:
                sign_dossier(
                    session,
                    actor(),
                    enterprise_id,
                    dossier_id,
                    int(form.row_version.data or 0),
                    password=form.password.data or "",
                    code=form.text("code"),
                )
        except Invalid as error:
            form.refuse(error)
        except GuardFailed as error:
            return show(read_page(enterprise_id, dossier_id), failures=error.failures, status=409)
        else:
            flash(gettext("已签署；内容从此不变"), "success")
            return redirect(url_for(".show", **place_of(page)), 303)
    return render_template(
        "dossiers/sign.html", page=page, form=form, preview=preview_for(page)
    ), 422 if form.errors else 200


@dataclass(frozen=True)
class Explained:
    """An act that wants a reason: what its page says, what its button says, what is said afterwards."""

    title: str
    words: str
    button: str
    done: str


@blueprint.route(f"{DOSSIER}/reopen", methods=["GET", "POST"])
@requires(Permission.DOCUMENT_VIEW)
def reopen(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Take it back to be filled in."""
    page = read_page(enterprise_id, dossier_id)
    if "reopen" not in acts_of(page):
        raise Refused(N_("这份材料现在不能退回填写，或您的角色不能做这件事"))
    form = ReasonForm(request.form, data={"row_version": page.line.row_version})
    said = Explained(
        gettext("退回填写"),
        gettext("退回后可以修改；已有的签署随之作废，须重新签署。"),
        gettext("退回填写"),
        gettext("已退回填写"),
    )
    return _explained(page, form, said, services.reopen_dossier)


@blueprint.route(f"{DOSSIER}/return", methods=["GET", "POST"])
@requires(Permission.DOSSIER_REVIEW)
def send_back(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Return it to the enterprise with what is to be mended."""
    page = read_page(enterprise_id, dossier_id)
    form = ReasonForm(request.form, data={"row_version": page.line.row_version})
    said = Explained(
        gettext("退回企业"),
        gettext("企业会看到理由，改好后重新签署、重新送审。"),
        gettext("退回"),
        gettext("已退回企业"),
    )
    return _explained(page, form, said, dossier_reviews.return_dossier)


@blueprint.route(f"{DOSSIER}/withdraw", methods=["GET", "POST"])
@requires(Permission.DOCUMENT_VIEW)
def withdraw(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Withdraw the issued document, with a reason that the public page shows."""
    page = read_page(enterprise_id, dossier_id)
    if page.line.issued is None:
        raise NotFound
    if not may_withdraw(page):
        raise Refused(N_("只有签署人和主管部门能撤销，已撤销的不能再撤销"))
    number = page.line.issued.number
    said = Explained(
        gettext("撤销 %(number)s", number=number),
        gettext("撤销后，公开核验页会写明“已撤销”和理由；文件本身和它的指纹都不改变。这一步不能取消。"),
        gettext("撤销这份文件"),
        gettext("已撤销 %(number)s，公开核验页已写明", number=number),
    )
    form = WithdrawForm(request.form)
    return _explained(page, form, said, withdraw_dossier)


def _explained(page: DossierPage, form: BaseForm, act: Explained, do: Act) -> ResponseReturnValue:
    """Ask for the reason, then do it."""
    if request.method == "POST" and form.validate():
        version = [form["row_version"].data] if "row_version" in form else []
        try:
            with database().writing() as session:
                do(session, actor(), page.line.enterprise_id, page.line.id, *version, form.text("reason"))
        except Invalid as error:
            form.refuse(error)
        else:
            flash(act.done, "success")
            return redirect(url_for(".show", **place_of(page)), 303)
    return render_template("dossiers/reason.html", page=page, form=form, act=act), 422 if form.errors else 200


@blueprint.get(f"{DOSSIER}/status")
@requires(Permission.DOCUMENT_VIEW)
def status(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Where the issuing stands, as the part of the page that asks again by itself; done, the page follows."""
    page = read_page(enterprise_id, dossier_id)
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", **place_of(page)), 303)
    body = render_template("dossiers/_status.html", page=page, place=place_of(page), acts=acts_of(page))
    return body, {"HX-Refresh": "true"} if page.line.issued else {}


@blueprint.get(f"{DOSSIER}/document.pdf")
@requires(Permission.DOCUMENT_VIEW)
def document(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """The stored bytes of the issued document, compared with their hash first."""
    page = read_page(enterprise_id, dossier_id)
    if page.line.issued is None:
        raise NotFound
    return send_stored(page.line.issued)


@blueprint.post(f"{DOSSIER}/preview")
@requires(Permission.DOCUMENT_VIEW)
def request_new_preview(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Have the present content printed with a watermark."""
    return _print(enterprise_id, dossier_id, request_preview, "#preview")


@blueprint.get(f"{DOSSIER}/preview")
@requires(Permission.DOCUMENT_VIEW)
def preview(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Where the preview stands; the part that changes asks again by itself."""
    place: dict[str, Any] = {"enterprise_id": enterprise_id, "dossier_id": dossier_id}
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", **place), 303)
    with database().reading() as session:
        found = preview_of(session, storage(), actor(), enterprise_id, dossier_id)
    return render_template("dossiers/_preview.html", preview=found, place=place)


@blueprint.get(f"{DOSSIER}/preview.pdf")
@requires(Permission.DOCUMENT_VIEW)
def preview_file(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """The printed preview of the present content."""
    with database().reading() as session:
        found = preview_of(session, storage(), actor(), enterprise_id, dossier_id)
    return preview_pdf(preview_bytes(storage(), found), f"preview-{dossier_id}.pdf")
