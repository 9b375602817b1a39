"""Organisations, for the platform's administrator."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.base import clean_text
from forms.organisations import OrganisationForm
from portal.domain.access import OrganisationKind, Permission
from portal.domain.errors import Invalid, Refused
from portal.domain.registration_questions import DISTRICTS
from portal.extensions import actor, database
from portal.queries.organisations import organisation_page
from portal.services import organisations
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.labels import ORGANISATION_KINDS

blueprint = Blueprint("organisations", __name__)


@blueprint.get("/organisations")
@requires(Permission.ORGANISATION_MANAGE)
def listing() -> ResponseReturnValue:
    """All organisations; the address holds search, kind and page."""
    wanted = request.args.get("kind", "")
    kind = OrganisationKind(wanted) if wanted in set(OrganisationKind) else None
    search = clean_text(request.args.get("q", ""))[:100]
    number = request.args.get("page", 1, type=int)
    with database().reading() as session:
        page = organisation_page(session, actor(), search=search, kind=kind, page=min(number, 100_000))
    kinds = [("", gettext("全部"))] + [(key.value, gettext(word)) for key, word in ORGANISATION_KINDS.items()]

    def url_for_page(at: int) -> str:
        return url_for("organisations.listing", q=search or None, kind=wanted or None, page=at)

    return render_template(
        "organisations/listing.html",
        page=page,
        search=search,
        kind=wanted,
        kinds=kinds,
        words=ORGANISATION_KINDS,
        districts=DISTRICTS,
        url_for_page=url_for_page,
    )


@blueprint.get("/organisations/new")
@requires(Permission.ORGANISATION_MANAGE)
def new() -> ResponseReturnValue:
    """The form for a steward firm or an authority."""
    return render_template("organisations/new.html", form=_form())


@blueprint.post("/organisations/new")
@requires(Permission.ORGANISATION_MANAGE)
def create() -> ResponseReturnValue:
    """Set it up and go on to its first people."""
    form = _form()
    if form.validate():
        try:
            with database().writing() as session:
                organisation_id = organisations.create_organisation(
                    session,
                    actor(),
                    OrganisationKind(form.kind.data),
                    form.given("name"),
                    form.given("uscc"),
                    form.district.data or "",
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("机构已设立。接下来请邀请它的第一位人员"), "success")
            return redirect(url_for("members.of_organisation", organisation_id=organisation_id), 303)
    return render_template("organisations/new.html", form=form), 422


@blueprint.post("/organisations/<int:organisation_id>/deactivate")
@requires(Permission.ORGANISATION_MANAGE)
def deactivate(organisation_id: int) -> ResponseReturnValue:
    """Shut an organisation out."""
    try:
        with database().writing() as session:
            name = organisations.set_active(session, actor(), organisation_id, False)
    except Refused as refused:
        flash(message_of(refused), "error")
    else:
        flash(gettext("%(name)s 已停用，其人员的登录都已结束", name=name), "success")
    return redirect(url_for("organisations.listing"), 303)


@blueprint.post("/organisations/<int:organisation_id>/activate")
@requires(Permission.ORGANISATION_MANAGE)
def activate(organisation_id: int) -> ResponseReturnValue:
    """Let an organisation in again."""
    with database().writing() as session:
        name = organisations.set_active(session, actor(), organisation_id, True)
    flash(gettext("%(name)s 已恢复", name=name), "success")
    return redirect(url_for("organisations.listing"), 303)


def _form() -> OrganisationForm:
    form = OrganisationForm(request.form)
    form.kind.choices = [
        (kind.value, gettext(ORGANISATION_KINDS[kind])) for kind in organisations.CREATED_HERE
    ]
    districts = [(code, f"{gettext(name)} {code}") for code, name in DISTRICTS.items()]
    form.district.choices = [("", gettext("全市")), *districts]
    return form
