"""One act on the findings that were ticked in the list."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.findings import BulkForm
from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.extensions import actor
from portal.queries.findings import Filters
from portal.services import finding_bulk
from portal.web.access import requires
from portal.web.acting import attempt
from portal.web.finding_display import BULK_ACTS
from portal.web.finding_page import blueprint
from portal.web.terms import filled


@blueprint.post("/findings/bulk")
@requires(Permission.FINDING_VIEW)
def bulk() -> ResponseReturnValue:
    """Assign, remind or extend; each finding for itself, and what was left is told with its reason."""
    form = BulkForm(request.form)
    form.act.choices = list(BULK_ACTS.items())
    results: list[finding_bulk.BulkResult] = []
    done = attempt(form, lambda session: results.append(_act(session, form)))
    if done.ok:
        _tell(results[0])
    else:
        first = next((field.errors[0] for field in form if field.errors), "")
        flash(str(first), "danger")
    back = request.form.get("back", type=int)
    filters = Filters.read(request.args).arguments()
    if back:
        return redirect(url_for("findings.detail", finding_id=back, **filters), 303)
    return redirect(url_for("findings.listing", **filters), 303)


def _act(session: Any, form: BulkForm) -> finding_bulk.BulkResult:
    ids = [int(value) for value in request.form.getlist("ids") if value.isdecimal() and len(value) < 10]
    if form.data["act"] == "assign":
        owner = str(form.data["owner"] or "")
        if not owner.isdecimal():
            raise Invalid(N_("请选择责任人"), path="owner")
        return finding_bulk.assign(session, actor(), ids, int(owner))
    if form.data["act"] == "remind":
        return finding_bulk.remind(session, actor(), ids, form.text("reason"))
    if form.data["until"] is None:
        raise Invalid(N_("请写明新的期限"), path="until")
    return finding_bulk.extend(session, actor(), ids, form.data["until"], form.text("reason"))


def _tell(result: finding_bulk.BulkResult) -> None:
    if result.done:
        flash(gettext("已处理 %(count)s 项", count=len(result.done)), "success")
    for number, error in result.left[:5]:
        reason = filled(error.message, error.params)
        flash(gettext("%(number)s 没有处理：%(reason)s", number=number, reason=reason), "warning")
    if len(result.left) > 5:
        flash(gettext("另有 %(count)s 项没有处理", count=len(result.left) - 5), "warning")
