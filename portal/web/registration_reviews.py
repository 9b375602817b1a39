"""Pages of registrations as the regulator of the district sees them."""

from functools import partial
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.registrations import DecisionForm, FinishForm, version_of
from portal.domain.access import Permission, Role
from portal.domain.errors import DomainError, GuardFailed, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.registration import rows_of
from portal.domain.registration_questions import DISTRICTS, FILE_SLOTS, SECTIONS
from portal.domain.workflow import Decision, RegistrationState
from portal.extensions import actor, database
from portal.queries.registration_faults import steward_firms
from portal.queries.registrations import PER_PAGE, RegistrationPage, registration_page, registration_queue
from portal.services.registration_acceptance import accept_registration
from portal.services.registration_reviews import decide_section, reject_registration, return_registration
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.letters import invitation_letter
from portal.web.registration_display import answer_rows, choices_for, shown

STATES = (
    ("submitted", N_("待受理")),
    ("returned", N_("已退回")),
    ("accepted", N_("已受理")),
    ("rejected", N_("不予受理")),
    ("all", N_("全部")),
)
LONGEST_SEARCH = 100


def add_routes(blueprint: Blueprint) -> None:
    """Put the regulator's pages under the registrations' blueprint."""
    for rule, name, view, method in (
        ("/registrations/queue", "queue", queue, "GET"),
        ("/registrations/<int:registration_id>/review", "review", review, "GET"),
        ("/registrations/<int:registration_id>/review/<key>", "decide", decide, "POST"),
        ("/registrations/<int:registration_id>/finish", "finish", finish, "POST"),
    ):
        blueprint.add_url_rule(rule, name, view, methods=[method])


@requires(Permission.REGISTRATION_DECIDE)
def queue() -> ResponseReturnValue:
    """Applications of the area; the address holds filter, search and page."""
    state = request.args.get("state", "submitted")
    search = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    district = request.args.get("district", "")
    page = request.args.get("page", 1, type=int)
    with database().reading() as session:
        found = registration_queue(session, actor(), state=state, search=search, district=district, page=page)
    kept: dict[str, Any] = {"state": state, "q": search, "district": district}
    districts = [("", gettext("全部"))] + [(code, gettext(name)) for code, name in DISTRICTS.items()]
    return render_template(
        "registrations/queue.html",
        found=found,
        per_page=PER_PAGE,
        state=state,
        search=search,
        district=district,
        states=[(key, gettext(word), _count(found.counts, key)) for key, word in STATES],
        districts=districts if Role.CITY_REGULATOR in actor().roles else [],
        district_names=DISTRICTS,
        state_url=lambda key: url_for("registrations.queue", **(kept | {"state": key})),
        page_url=lambda number: url_for("registrations.queue", **kept, page=number),
    )


def _count(counts: object, key: str) -> int:
    known = dict(counts) if isinstance(counts, dict) else {}
    return sum(known.values()) if key == "all" else int(known.get(key, 0))


@requires(Permission.REGISTRATION_DECIDE)
def review(registration_id: int) -> ResponseReturnValue:
    """The application section by section."""
    return _draw(registration_id)


def _draw(registration_id: int, message: str = "", at: str = "", status: int = 200) -> ResponseReturnValue:
    with database().reading() as session:
        page = registration_page(session, actor(), registration_id)
        firms = steward_firms(session)
    if page.state is RegistrationState.DRAFT or not actor().may(Permission.REGISTRATION_DECIDE):
        raise NotFound
    choices = choices_for(page, firms)
    body = render_template(
        "registrations/review.html",
        page=page,
        decided=_decided(page),
        answers=lambda spec, values: answer_rows(spec, values, choices),
        shown=lambda question, value: shown(question, value, choices),
        rows_of=rows_of,
        slots=FILE_SLOTS,
        district_names=DISTRICTS,
        next_month=str(Month.of(today()).next()),
        message=message,
        at=at,
        typed=request.form if status != 200 else {},
        section_names={key: spec.name for key, spec in SECTIONS.items()},
    )
    return body, status


def _decided(page: RegistrationPage) -> dict[str, int]:
    words = [section.decision for section in page.sections.values()]
    return {decision.value: words.count(decision) for decision in Decision}


@requires(Permission.REGISTRATION_DECIDE)
def decide(registration_id: int, key: str) -> ResponseReturnValue:
    """A word on one section."""
    if key not in SECTIONS:
        raise NotFound
    form = DecisionForm(request.form)
    if not form.validate():
        message = next(error for field in form for error in field.errors)
        return _draw(registration_id, str(message), key, 422)
    try:
        with database().writing() as session:
            decide_section(
                session,
                actor(),
                registration_id,
                key,
                Decision(form.decision.data),
                form.comment.data or "",
                version_of(form),
            )
    except Invalid as error:
        return _draw(registration_id, message_of(error), key, 422)
    target = url_for("registrations.review", registration_id=registration_id)
    return redirect(f"{target}#section-{key}", 303)


@requires(Permission.REGISTRATION_DECIDE)
def finish(registration_id: int) -> ResponseReturnValue:
    """Accept, return or reject the whole."""
    form = FinishForm(request.form)
    if not form.validate():
        return _draw(registration_id, str(next(e for field in form for e in field.errors)), "finish", 422)
    action = request.form.get("action", "")
    month: object = form.first_month.data
    try:
        with database().writing() as session:
            if action == "accept":
                accept_registration(
                    session,
                    actor(),
                    registration_id,
                    version_of(form),
                    partial(invitation_letter, actor().organisation_name),
                    month if isinstance(month, Month) else None,
                )
            elif action == "return":
                return_registration(session, actor(), registration_id, version_of(form))
            elif action == "reject":
                reject_registration(
                    session, actor(), registration_id, version_of(form), form.reason.data or ""
                )
            else:
                raise NotFound
    except (GuardFailed, Invalid) as error:
        return _draw(registration_id, _sentence(error), "finish", 422)
    done = {
        "accept": gettext("已受理，企业可以开始建方案和填报了"),
        "return": gettext("已退回，申请人已收到每一条意见"),
        "reject": gettext("已决定不予受理，申请人已收到理由"),
    }
    flash(done[action], "success")
    return redirect(url_for("registrations.review", registration_id=registration_id), 303)


def _sentence(error: DomainError) -> str:
    if not isinstance(error, GuardFailed):
        return message_of(error)
    sentences = [
        gettext(failure.message) % {key: gettext(str(value)) for key, value in failure.params.items()}
        for failure in error.failures
    ]
    return str(gettext("；")).join(sentences)


def send_download(content: bytes, filename: str, media_type: str) -> Response:
    """The stored bytes, to be saved and never shown in the portal's own page."""
    return send_file(BytesIO(content), media_type, as_attachment=True, download_name=filename)
