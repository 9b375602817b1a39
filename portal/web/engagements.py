"""Pages of engagements: the list of each side, one contract, proposing, and every move of it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.engagements import MoveForm, ProposeToEnterpriseForm, ProposeToFirmForm, TermsForm
from forms.registrations import version_of
from portal.domain.access import EngagementScope, OrganisationKind, Permission
from portal.domain.engagements import EngagementAction
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.workflow import EngagementState
from portal.extensions import actor, database
from portal.queries.engagements import PER_PAGE, EngagementPage, engagement_list, engagement_page
from portal.queries.registration_faults import steward_firms
from portal.services import engagements
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.labels import SCOPES

blueprint = Blueprint("engagements", __name__)

LONGEST_SEARCH = 100
STATES = (
    ("", N_("全部")),
    ("proposed", N_("待确认")),
    ("active", N_("已接受")),
    ("suspended", N_("已暂停")),
    ("ended", N_("已结束")),
    ("declined", N_("已谢绝")),
)
DONE = {
    EngagementAction.ACCEPT: N_("合同已接受；在起止日期之内，管家可以进入"),
    EngagementAction.DECLINE: N_("已谢绝，对方已收到理由"),
    EngagementAction.SUSPEND: N_("合同已暂停，管家此刻起不能进入"),
    EngagementAction.RESUME: N_("合同已恢复"),
    EngagementAction.END: N_("合同已终止，管家此刻起不能进入"),
}


@blueprint.get("/engagements")
@requires(Permission.ENGAGEMENT_VIEW)
def listing() -> ResponseReturnValue:
    """The contracts of the actor's side or area; the address holds filter, search and page."""
    state = request.args.get("state", "")
    search = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with database().reading() as session:
        found = engagement_list(
            session, actor(), state=state, search=search, page=request.args.get("page", 1, type=int)
        )
    kept: dict[str, Any] = {"state": state, "q": search}
    everything = sum(found.counts.values())
    return render_template(
        "engagements/listing.html",
        found=found,
        per_page=PER_PAGE,
        state=state,
        search=search,
        scopes={scope.value: gettext(word) for scope, word in SCOPES.items()},
        states=[
            (key, gettext(word), found.counts.get(key, 0) if key else everything) for key, word in STATES
        ],
        state_url=lambda key: url_for("engagements.listing", **(kept | {"state": key})),
        page_url=lambda number: url_for("engagements.listing", **kept, page=number),
        may_propose=actor().may(Permission.ENGAGEMENT_PROPOSE),
        is_firm=actor().kind is OrganisationKind.STEWARD_FIRM,
        is_enterprise=actor().kind is OrganisationKind.ENTERPRISE,
    )


@blueprint.get("/engagements/new")
@requires(Permission.ENGAGEMENT_PROPOSE)
def propose() -> ResponseReturnValue:
    """The form of a proposal, as the actor's side fills it in."""
    return _draw_proposal(_proposal_form())


@blueprint.post("/engagements/new")
@requires(Permission.ENGAGEMENT_PROPOSE)
def propose_submit() -> ResponseReturnValue:
    """Write the proposal down."""
    form = _proposal_form(request.form)
    if not form.validate():
        return _draw_proposal(form, 422)
    try:
        with database().writing() as session:
            engagement_id = _propose(session, form)
    except Invalid as error:
        form.refuse(error)
        return _draw_proposal(form, 422)
    flash(gettext("已提出合同，待企业管理员确认"), "success")
    return redirect(url_for("engagements.show", engagement_id=engagement_id), 303)


def _propose(session: Any, form: TermsForm) -> int:
    scope = EngagementScope(form.scope.data)
    starts_on, ends_on = form["starts_on"].data, form["ends_on"].data
    if isinstance(form, ProposeToEnterpriseForm):
        code = str(form.uscc.data)
        return engagements.propose_to_enterprise(session, actor(), code, scope, starts_on, ends_on).id
    enterprise_id = actor().organisation_id
    if enterprise_id is None:
        raise NotFound
    firm_id = int(form["firm_id"].data)
    return engagements.propose_to_firm(session, actor(), enterprise_id, firm_id, scope, starts_on, ends_on).id


def _proposal_form(*arguments: Any) -> TermsForm:
    form: TermsForm
    if actor().kind is OrganisationKind.STEWARD_FIRM:
        form = ProposeToEnterpriseForm(*arguments)
    elif actor().kind is OrganisationKind.ENTERPRISE:
        form = ProposeToFirmForm(*arguments)
        with database().reading() as session:
            form.firm_id.choices = [("", gettext("请选择")), *steward_firms(session)]
    else:
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    form.scope.choices = [(scope.value, gettext(word)) for scope, word in SCOPES.items()]
    return form


def _draw_proposal(form: TermsForm, status: int = 200) -> ResponseReturnValue:
    is_firm = isinstance(form, ProposeToEnterpriseForm)
    return render_template("engagements/propose.html", form=form, is_firm=is_firm), status


@blueprint.get("/engagements/<int:engagement_id>")
@requires(Permission.ENGAGEMENT_VIEW)
def show(engagement_id: int) -> ResponseReturnValue:
    """One contract, its story and what can be done with it."""
    return _draw(engagement_id)


def _draw(engagement_id: int, at: str = "", message: str = "", status: int = 200) -> ResponseReturnValue:
    with database().reading() as session:
        page = engagement_page(session, actor(), engagement_id)
    body = render_template(
        "engagements/show.html",
        page=page,
        scopes={scope.value: gettext(word) for scope, word in SCOPES.items()},
        at=at,
        message=message,
        typed=request.form.get("reason", ""),
        enterprise_open=_may_open(page),
    )
    return body, status


def _may_open(page: EngagementPage) -> bool:
    """Whether the enterprise's own page is open to the actor: for a firm only while in force."""
    if actor().kind is OrganisationKind.STEWARD_FIRM:
        return page.line.standing == EngagementState.ACTIVE.value
    return True


@blueprint.post("/engagements/<int:engagement_id>/accept")
@requires(Permission.ENGAGEMENT_ACCEPT)
def accept(engagement_id: int) -> ResponseReturnValue:
    """The enterprise accepts."""
    return _move(engagement_id, EngagementAction.ACCEPT)


@blueprint.post("/engagements/<int:engagement_id>/decline")
@requires(Permission.ENGAGEMENT_ACCEPT)
def decline(engagement_id: int) -> ResponseReturnValue:
    """The enterprise declines."""
    return _move(engagement_id, EngagementAction.DECLINE)


@blueprint.post("/engagements/<int:engagement_id>/suspend")
@requires(Permission.ENGAGEMENT_END)
def suspend(engagement_id: int) -> ResponseReturnValue:
    """Either side suspends; access ends at once."""
    return _move(engagement_id, EngagementAction.SUSPEND)


@blueprint.post("/engagements/<int:engagement_id>/resume")
@requires(Permission.ENGAGEMENT_END)
def resume(engagement_id: int) -> ResponseReturnValue:
    """The side that suspended resumes."""
    return _move(engagement_id, EngagementAction.RESUME)


@blueprint.post("/engagements/<int:engagement_id>/end")
@requires(Permission.ENGAGEMENT_END)
def end(engagement_id: int) -> ResponseReturnValue:
    """Either side ends it, or takes a proposal back."""
    return _move(engagement_id, EngagementAction.END)


def _move(engagement_id: int, action: EngagementAction) -> ResponseReturnValue:
    form = MoveForm(request.form)
    if not form.validate():
        message = next(str(error) for field in form for error in field.errors)
        return _draw(engagement_id, action.value, message, 422)
    try:
        with database().writing() as session:
            engagements.move_engagement(
                session, actor(), engagement_id, action, version_of(form), form.reason.data or ""
            )
    except Invalid as error:
        return _draw(engagement_id, action.value, message_of(error), 422)
    flash(gettext(DONE[action]), "success")
    return redirect(url_for("engagements.show", engagement_id=engagement_id), 303)
