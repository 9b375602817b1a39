"""Doubtful points across months and enterprises: the regulator's list, a search, a decision on each."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checklists.patterns import BY_ID, PATTERNS
from forms.patterns import SearchForm, SuspicionForm
from portal.domain.access import Permission
from portal.domain.periods import Month, today
from portal.extensions import actor, database
from portal.queries.suspicions import PER_PAGE, STATES, suspicion_list
from portal.services import patterns as services
from portal.web.access import requires
from portal.web.acting import attempt
from portal.web.pattern_pictures import pattern_picture
from portal.web.terms import filled

blueprint = Blueprint("patterns", __name__)


@blueprint.get("/patterns")
@requires(Permission.SUSPICION_VIEW)
def listing() -> ResponseReturnValue:
    """The doubtful points of the regulator's area, with the last search and the patterns looked for."""
    return _show(SearchForm(data={"month": Month.of(today()).plus(-2)}))


@blueprint.post("/patterns/search")
@requires(Permission.SUSPICION_VIEW)
def search() -> ResponseReturnValue:
    """Ask for a search; a job does it."""
    form = SearchForm(request.form)
    done = attempt(form, lambda session: services.request_search(session, actor(), form.data["month"]))
    if not done.ok:
        return _show(form), 422
    flash(gettext("已开始查找；完成后刷新本页查看"), "success")
    return redirect(url_for("patterns.listing"), 303)


@blueprint.post("/patterns/<int:suspicion_id>/decision")
@requires(Permission.SUSPICION_VIEW)
def decide(suspicion_id: int) -> ResponseReturnValue:
    """Make a finding of a doubtful point, or set it aside."""
    with database().reading() as session:
        services.open_suspicion(session, actor(), suspicion_id)
    form = SuspicionForm(request.form)
    made: list[int] = []

    def act(session: Any) -> None:
        if form.data["raise_it"]:
            made.append(services.raise_suspicion(session, actor(), suspicion_id, form.text("words")).id)
        else:
            services.set_aside(session, actor(), suspicion_id, form.text("words"))

    done = attempt(form, act)
    if not done.ok:
        flash(gettext("请写下内容"), "danger")
        return redirect(url_for("patterns.listing"), 303)
    if made:
        flash(gettext("差距已开具，企业已收到通知"), "success")
        return redirect(url_for("findings.detail", finding_id=made[0]), 303)
    flash(gettext("已搁置；同一疑点不再提示"), "success")
    return redirect(url_for("patterns.listing"), 303)


def _show(form: SearchForm) -> str:
    state, pattern = request.args.get("state", "open"), request.args.get("pattern", "")
    page = max(1, request.args.get("page", 1, type=int))
    with database().reading() as session:
        found = suspicion_list(session, actor(), state=state, pattern=pattern, page=page)
    return render_template(
        "patterns/listing.html",
        found=found,
        form=form,
        patterns=PATTERNS,
        picture=pattern_picture,
        said=_said,
        per_page=PER_PAGE,
        picks=_picks(state, pattern),
        page_address=lambda number: url_for(
            "patterns.listing", state=state, pattern=pattern or None, page=number if number > 1 else None
        ),
    )


def _said(line: Any) -> str:
    """The doubt in words, its names of dates in the reader's language."""
    params = {
        name: gettext(value) if name in {"earlier", "later"} else value for name, value in line.params.items()
    }
    return filled(line.message, params)


def _picks(state: str, pattern: str) -> list[dict[str, object]]:
    words = (gettext("待处理"), gettext("已开具差距"), gettext("已搁置"))
    everything = ("", gettext("全部"))
    return [
        {
            "name": "state",
            "label": gettext("状态"),
            "value": state,
            "options": [*zip(STATES, words, strict=True), everything],
        },
        {
            "name": "pattern",
            "label": gettext("疑点"),
            "value": pattern if pattern in BY_ID else "",
            "options": [everything, *((one.id, gettext(one.name)) for one in PATTERNS)],
        },
    ]
