"""Pages of carbon credits: the list, one entry, its proof, the dossier that uses it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import CombinedMultiDict

from forms.base import BaseForm
from forms.credits import (
    KINDS,
    ChangeCreditForm,
    CreditForm,
    CreditProofForm,
    CreditUseForm,
    RemoveCreditForm,
)
from portal.domain.access import Permission
from portal.domain.credits import CreditKind
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.extensions import actor, database, settings, storage
from portal.queries.credits import CreditPage, credit_list, credit_page
from portal.services import credits as services
from portal.web.access import requires
from portal.web.acting import attempt

blueprint = Blueprint("credits", __name__, url_prefix="/enterprises/<int:enterprise_id>/credits")


@blueprint.app_template_filter("credit_kind")
def credit_kind(kind: CreditKind) -> str:
    """The kind's name in the reader's language."""
    return str(gettext(dict(KINDS)[kind.value]))


@blueprint.get("")
@requires(Permission.DOCUMENT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """All credits of the enterprise."""
    with database().reading() as session:
        page = credit_list(session, actor(), enterprise_id)
    return render_template("credits/listing.html", page=page)


@blueprint.get("/<int:credit_id>")
@requires(Permission.DOCUMENT_VIEW)
def show(enterprise_id: int, credit_id: int) -> ResponseReturnValue:
    """One entry with its proof and its use."""
    return _show(_page(enterprise_id, credit_id))


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.DOSSIER_EDIT)
def add(enterprise_id: int) -> ResponseReturnValue:
    """Enter cancelled credits."""
    with database().reading() as session:
        owner = credit_list(session, actor(), enterprise_id).enterprise_name
    form = CreditForm(request.form, beneficiary=owner)
    made: list[int] = []

    def act(session: Any) -> None:
        made.append(services.add_credit(session, actor(), enterprise_id, _data(form)).id)

    if request.method == "POST" and attempt(form, act).ok:
        flash(gettext("已登记，请接着上传注销证明"), "success")
        return _to(enterprise_id, made[0])
    return _form_page("credits/edit.html", form, enterprise_id=enterprise_id, page=None)


@blueprint.route("/<int:credit_id>/edit", methods=["GET", "POST"])
@requires(Permission.DOSSIER_EDIT)
def edit(enterprise_id: int, credit_id: int) -> ResponseReturnValue:
    """Correct an entry."""
    page = _page(enterprise_id, credit_id)
    held = {name: getattr(page.credit, name) for name in services.CreditData.__dataclass_fields__}
    held |= {"kind": page.credit.kind.value, "row_version": page.credit.row_version}
    form = ChangeCreditForm(request.form, data=held)

    def act(session: Any) -> None:
        services.change_credit(
            session, actor(), enterprise_id, credit_id, _data(form), row_version=_version(form)
        )

    if request.method == "POST" and attempt(form, act).ok:
        flash(gettext("已保存"), "success")
        return _to(enterprise_id, credit_id)
    return _form_page("credits/edit.html", form, enterprise_id=enterprise_id, page=page)


@blueprint.post("/<int:credit_id>/proof")
@requires(Permission.DOSSIER_EDIT)
def prove(enterprise_id: int, credit_id: int) -> ResponseReturnValue:
    """Take in the proof of cancellation."""
    page = _page(enterprise_id, credit_id)
    form = CreditProofForm(CombinedMultiDict([request.files, request.form]))

    def act(session: Any) -> None:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid(N_("请选择要上传的文件"), path="file")
        services.prove_credit(
            session,
            storage(),
            actor(),
            enterprise_id,
            credit_id,
            file.stream,
            file.filename,
            row_version=_version(form),
            most_bytes=settings().max_upload_bytes,
        )

    if not attempt(form, act).ok:
        return _show(page, proof=form), 422
    flash(gettext("注销证明已存入"), "success")
    return _to(enterprise_id, credit_id)


@blueprint.post("/<int:credit_id>/use")
@requires(Permission.DOSSIER_EDIT)
def use(enterprise_id: int, credit_id: int) -> ResponseReturnValue:
    """Let a dossier count the credits, or let them go again."""
    page = _page(enterprise_id, credit_id)
    form = _use_form(page)

    def act(session: Any) -> None:
        chosen = int(form.text("dossier")) if form.text("dossier") else None
        services.use_credit(session, actor(), enterprise_id, credit_id, chosen, row_version=_version(form))

    if not attempt(form, act).ok:
        return _show(page, use=form), 422
    flash(gettext("已保存"), "success")
    return _to(enterprise_id, credit_id)


@blueprint.route("/<int:credit_id>/remove", methods=["GET", "POST"])
@requires(Permission.DOSSIER_EDIT)
def remove(enterprise_id: int, credit_id: int) -> ResponseReturnValue:
    """Ask, then take the entry away."""
    page = _page(enterprise_id, credit_id)
    form = RemoveCreditForm(request.form, row_version=page.credit.row_version)

    def act(session: Any) -> None:
        services.remove_credit(session, actor(), enterprise_id, credit_id, row_version=_version(form))

    if request.method == "POST" and attempt(form, act).ok:
        flash(gettext("已删除"), "success")
        return redirect(url_for("credits.listing", enterprise_id=enterprise_id), 303)
    return _form_page("credits/remove.html", form, page=page)


def _page(enterprise_id: int, credit_id: int) -> CreditPage:
    with database().reading() as session:
        return credit_page(session, actor(), enterprise_id, credit_id)


def _show(page: CreditPage, *, proof: CreditProofForm | None = None, use: CreditUseForm | None = None) -> str:
    return render_template(
        "credits/show.html",
        page=page,
        proof=proof or CreditProofForm(row_version=page.credit.row_version),
        use=use or _use_form(page),
        most_mb=settings().max_upload_mb,
    )


def _use_form(page: CreditPage) -> CreditUseForm:
    held = page.credit.use
    form = CreditUseForm(
        request.form if request.endpoint == "credits.use" else None,
        row_version=page.credit.row_version,
        dossier=str(held.id) if held else "",
    )
    form.dossier.choices = [
        ("", gettext("暂不使用")),
        *(
            (str(one.id), gettext("%(subject)s 第 %(edition)s 版", subject=one.subject, edition=one.edition))
            for one in page.open_dossiers
        ),
    ]
    return form


def _form_page(template: str, form: BaseForm, **context: Any) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template(template, form=form, **context), status


def _to(enterprise_id: int, credit_id: int) -> ResponseReturnValue:
    return redirect(url_for("credits.show", enterprise_id=enterprise_id, credit_id=credit_id), 303)


def _version(form: BaseForm) -> int:
    return int(form.data["row_version"])


def _data(form: CreditForm) -> services.CreditData:
    names = [name for name in services.CreditData.__dataclass_fields__ if name != "kind"]
    return services.CreditData(
        kind=CreditKind(form.text("kind")), **{name: form.data[name] for name in names}
    )
