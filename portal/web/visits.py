"""Pages of visits (上门服务, 现场检查): the list, opening one, one visit, both signatures, the report."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from forms.base import BaseForm
from forms.visits import DeclinedForm, EnterpriseSignForm, OpenVisitForm, VisitorSignForm
from portal.domain.access import OrganisationKind, Permission
from portal.domain.canonical import sha256_text
from portal.domain.documents import read_code
from portal.domain.errors import DomainError, GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.visits import InspectionState
from portal.extensions import actor, database, limiter, storage
from portal.queries.visit_content import answer_words, content_text, visit_content
from portal.queries.visit_lists import PER_PAGE, VisitFilter, visit_clients, visit_list, visit_report
from portal.queries.visit_packs import visit_packs
from portal.queries.visits import VisitPage, may_conduct, may_sign, visit_page
from portal.services import visit_signing as signing
from portal.services.documents import stored_bytes
from portal.services.visit_reports import retry_report
from portal.services.visits import VisitPlan, open_visit
from portal.web.access import public, requires
from portal.web.downloads import stored_pdf
from portal.web.entering import too_many
from portal.web.errors import message_of

blueprint = Blueprint("visits", __name__)

PLACE = "/enterprises/<int:enterprise_id>/visits/<int:visit_id>"
KINDS = {"service": N_("上门服务"), "inspection": N_("现场检查")}
STATES = {
    "open": N_("进行中"),
    "visitor_signed": N_("待企业签字"),
    "signed": N_("双方已签字"),
}
STATE_MARKS = {"open": "in_progress", "visitor_signed": "waiting", "signed": "complete"}
CONCLUSIONS = {"met": N_("符合"), "gaps": N_("有不符合项"), "rectify": N_("需整改")}
OUTCOMES = {
    "met": N_("符合"),
    "gap": N_("不符合"),
    "noted": N_("已记录"),
    "not_applicable": N_("不适用"),
    "open": N_("未答"),
}
OUTCOME_MARKS = {
    "met": "complete",
    "gap": "needs_attention",
    "noted": "complete",
    "not_applicable": "optional",
    "open": "not_started",
}


@blueprint.app_context_processor
def words() -> dict[str, Any]:
    """Words and small functions that the templates of visits share."""
    return {
        "visit_kind": lambda kind: gettext(KINDS[kind]),
        "visit_state": lambda state: gettext(STATES[state]),
        "visit_state_mark": STATE_MARKS,
        "visit_conclusion": lambda conclusion: gettext(CONCLUSIONS[conclusion]),
        "visit_outcome": lambda outcome: gettext(OUTCOMES[outcome]),
        "visit_outcome_mark": OUTCOME_MARKS,
        "visit_words": lambda question, value: answer_words(question, value, english=_english()),
    }


@blueprint.get("/visits")
@requires(Permission.VISIT_VIEW)
def listing() -> ResponseReturnValue:
    """The visits that are this reader's business; the address holds search, state and page."""
    wanted = VisitFilter(
        state=request.args.get("state", "")[:20],
        search=request.args.get("q", "")[:80].strip(),
        page=min(max(request.args.get("page", 1, type=int), 1), 10_000),
    )
    with database().reading() as session:
        found = visit_list(session, actor(), wanted)
    kept: dict[str, Any] = {
        key: value for key, value in (("state", wanted.state), ("q", wanted.search)) if value
    }
    return render_template(
        "visits/listing.html",
        found=found,
        wanted=wanted,
        per_page=PER_PAGE,
        states=[("", gettext("全部")), *((key, gettext(text)) for key, text in STATES.items())],
        page_address=lambda number: url_for(".listing", page=number, **kept),
        is_steward=actor().kind is OrganisationKind.STEWARD_FIRM,
    )


@blueprint.route("/visits/new", methods=["GET", "POST"])
@requires(Permission.VISIT_CONDUCT)
def add() -> ResponseReturnValue:
    """Choose the enterprise, the day and the packs, then go to the questions."""
    with database().reading() as session:
        clients = visit_clients(session, actor())
        packs = visit_packs(session, today())
    given = request.form if request.method == "POST" else None
    form = OpenVisitForm(given, enterprise=request.args.get("enterprise", ""), visited_on=today())
    form.enterprise.choices = [("", gettext("请选择")), *((str(one.id), one.name) for one in clients)]
    form.packs.choices = [(pack.id, pack.title_en if _english() else pack.title) for pack in packs]
    draw_id = request.args.get("draw", type=int)
    if request.method == "POST" and form.validate():
        try:
            with database().writing() as session:
                visit = open_visit(session, actor(), int(form.enterprise.data), _plan(form, draw_id))
                place: dict[str, Any] = {"enterprise_id": visit.enterprise_id, "visit_id": visit.id}
        except Invalid as error:
            form.refuse(error)
        else:
            return redirect(url_for("visit_work.work", **place), 303)
    return render_template("visits/new.html", form=form, packs=packs), 422 if form.errors else 200


def _plan(form: OpenVisitForm, draw_id: int | None) -> VisitPlan:
    return VisitPlan(
        packs=form.packs.data or [],
        visited_on=form.data["visited_on"],
        scope=form.text("scope"),
        accompanied_by=form.text("accompanied_by"),
        draw_id=draw_id,
    )


@blueprint.get(PLACE)
@requires(Permission.VISIT_VIEW)
def show(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """One visit: score, gaps, answers with what they replaced, signatures, report."""
    page = _page(enterprise_id, visit_id)
    return render_template("visits/show.html", **_context(page))


@blueprint.route(f"{PLACE}/finish", methods=["GET", "POST"])
@requires(Permission.VISIT_CONDUCT)
def finish(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """What was found, before it is closed; the visitor's signature."""
    page = _mine(enterprise_id, visit_id)
    form = VisitorSignForm(request.form, row_version=page.row_version)

    def sign() -> None:
        with database().writing() as session:
            signing.sign_as_visitor(
                session,
                actor(),
                enterprise_id,
                visit_id,
                int(form.row_version.data or 0),
                shown_sha256=request.form.get("shown_sha256", ""),
                **_password(form),
            )

    if request.method == "POST" and form.validate() and _try(form, sign):
        flash(gettext("已签字，已通知企业签字"), "success")
        return _to_visit(page)
    if request.method == "GET" and page.state is not InspectionState.OPEN:
        return _to_visit(page)
    return _sign_page("visits/finish.html", page, form, shown_sha256=sha256_text(content_text(page)))


@blueprint.post(f"{PLACE}/reopen")
@requires(Permission.VISIT_CONDUCT)
def reopen(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """Take the visitor's signature back and answer on."""
    page = _mine(enterprise_id, visit_id)
    version = request.form.get("row_version", -1, type=int)
    with database().writing() as session:
        signing.take_back(session, actor(), enterprise_id, visit_id, version)
    flash(gettext("已撤回签字，可以继续作答"), "success")
    return _to_visit(page)


@blueprint.route(f"{PLACE}/confirm", methods=["GET", "POST"])
@requires(Permission.VISIT_SIGN)
def confirm(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """What the visitor has signed; the enterprise's signature."""
    page = _page(enterprise_id, visit_id)
    form = EnterpriseSignForm(request.form, row_version=page.row_version)

    def sign() -> None:
        with database().writing() as session:
            signing.sign_as_enterprise(
                session,
                actor(),
                enterprise_id,
                visit_id,
                int(form.row_version.data or 0),
                opinion=form.text("opinion"),
                **_password(form),
            )

    if request.method == "POST" and form.validate() and _try(form, sign):
        flash(gettext("双方已签字，检查记录已固定，报告生成后出现在本页"), "success")
        return _to_visit(page)
    if request.method == "GET" and not may_sign(actor(), page):
        return _to_visit(page)
    return _sign_page("visits/confirm.html", page, form)


@blueprint.route(f"{PLACE}/declined", methods=["GET", "POST"])
@requires(Permission.VISIT_CONDUCT)
def declined(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """Close an inspection that the enterprise would not sign."""
    page = _mine(enterprise_id, visit_id)
    form = DeclinedForm(request.form, row_version=page.row_version)

    def close() -> None:
        with database().writing() as session:
            signing.close_without_enterprise(
                session,
                actor(),
                enterprise_id,
                visit_id,
                int(form.row_version.data or 0),
                reason=form.text("reason"),
                **_password(form),
            )

    if request.method == "POST" and form.validate() and _try(form, close):
        flash(gettext("已注明拒签并固定检查记录"), "success")
        return _to_visit(page)
    if request.method == "GET" and (not page.waits_for_enterprise or page.kind != "inspection"):
        return _to_visit(page)
    return _sign_page("visits/declined.html", page, form)


@blueprint.get(f"{PLACE}/report.pdf")
@requires(Permission.VISIT_VIEW)
def report(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """The stored bytes of the report, compared with their hash first."""
    page = _page(enterprise_id, visit_id)
    if page.report is None:
        raise NotFound(N_("这次检查还没有报告"))
    content = stored_bytes(storage(), page.report.storage_key, page.report.sha256)
    return stored_pdf(content, f"{page.number}.pdf", page.report.sha256)


@blueprint.get(f"{PLACE}/report/status")
@requires(Permission.VISIT_VIEW)
def report_status(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """Where the report stands, as the part of a page that asks again by itself."""
    page = _page(enterprise_id, visit_id)
    if not request.headers.get("HX-Request"):
        return _to_visit(page)
    return render_template("visits/_report.html", page=page, place=_place(page))


@blueprint.post(f"{PLACE}/report/retry")
@requires(Permission.VISIT_VIEW)
def retry(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """Have a report printed that did not come."""
    page = _page(enterprise_id, visit_id)
    if page.state is InspectionState.SIGNED and page.report is None:
        with database().writing() as session:
            retry_report(session, actor(), enterprise_id, visit_id)
        flash(gettext("已重新安排生成，完成后自动出现"), "success")
    return _to_visit(page)


@blueprint.get("/v/<code>")
@public
@limiter.limit("30 per minute", error_message=too_many)
def verify(code: str) -> ResponseReturnValue:
    """Whether a report of a visit was issued here; no figure and no person."""
    known = read_code(code[:80])
    found = None
    if known is not None:
        with database().reading() as session:
            found = visit_report(session, known)
    return render_template(
        "visits/verify.html",
        found=found,
        code=known or code[:80],
        checked_at=now(),
        links={"home": url_for("home.home")},
    ), 200 if found else 404


def _page(enterprise_id: int, visit_id: int) -> VisitPage:
    with database().reading() as session:
        return visit_page(session, actor(), enterprise_id, visit_id)


def _mine(enterprise_id: int, visit_id: int) -> VisitPage:
    """The page for those who carry the visit out; others who may see it are refused."""
    page = _page(enterprise_id, visit_id)
    if not may_conduct(actor(), page):
        raise Refused(N_("只有开展这次检查的单位能这样做"))
    return page


def _place(page: VisitPage) -> dict[str, Any]:
    return {"enterprise_id": page.enterprise_id, "visit_id": page.id}


def _to_visit(page: VisitPage) -> ResponseReturnValue:
    return redirect(url_for(".show", **_place(page)), 303)


def _context(page: VisitPage) -> dict[str, Any]:
    return {
        "page": page,
        "place": _place(page),
        "conducts": may_conduct(actor(), page),
        "signs": may_sign(actor(), page),
        "gaps": {gap["key"]: gap for gap in visit_content(page)["gaps"]},
        "english": _english(),
    }


def _sign_page(template: str, page: VisitPage, form: BaseForm, **more: str) -> ResponseReturnValue:
    return render_template(template, form=form, **_context(page), **more), 422 if form.errors else 200


def _password(form: VisitorSignForm) -> dict[str, str]:
    return {"password": form.password.data or "", "code": form.text("code")}


def _try(form: BaseForm, act: Callable[[], None]) -> bool:
    """Whether it went well; a refusal is put on the form or said above it."""
    try:
        act()
    except Invalid as error:
        form.refuse(error)
    except GuardFailed as error:
        reasons: list[DomainError] = [Invalid(one.message, params=dict(one.params)) for one in error.failures]
        form.add_error("password", gettext("；").join(message_of(one) for one in [error, *reasons]))
    else:
        return True
    return False


def _english() -> bool:
    return str(get_locale()) == "en"
