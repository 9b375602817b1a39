"""Asking to correct an accepted month, and deciding on it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.reviews import RestatementDecisionForm, RestatementRequestForm
from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.workflow import RecordState
from portal.extensions import actor, database
from portal.queries.records import RecordHead, record_head, versions
from portal.services import restatements as services
from portal.web.access import requires
from portal.web.acting import attempt, failure_lines

#: What the page proposes as the time to correct; the reviewer may set another day.
CORRECTION = timedelta(days=30)


def add_routes(blueprint: Blueprint) -> None:
    """Put these pages under the address of a month, with those of its review."""
    blueprint.get("/restatement")(restatement)
    blueprint.post("/restatement")(request_restatement)
    blueprint.post("/restatement/decision")(decide_restatement)


@requires(Permission.RECORD_VIEW)
def restatement(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The request of a month, or the form to make one."""
    head = _head(enterprise_id, month)
    return _page(head, _decision_form(head), _request_form(head))


@requires(Permission.RECORD_RESTATE)
def request_restatement(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Ask for the correction."""
    head = _head(enterprise_id, month)
    form = RestatementRequestForm(request.form)
    done = attempt(
        form,
        lambda session: services.request_restatement(
            session, actor(), head.record_id, form.data["row_version"], form.text("reason")
        ),
    )
    if done.ok:
        flash(gettext("更正申请已送出；在同意之前原版本仍是正式版本"), "success")
        return _back(head)
    return _page(head, _decision_form(head), form, failure_lines(head, done.failures), 422)


@requires(Permission.RECORD_REVIEW)
def decide_restatement(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Grant or refuse it."""
    head = _head(enterprise_id, month)
    form = RestatementDecisionForm(request.form)

    def act(session: Any) -> None:
        arguments = (session, actor(), head.record_id, form.data["row_version"])
        if form.data["verdict"] == "refuse":
            services.refuse_restatement(*arguments, form.text("reason"))
        elif form.data["amend_due_on"] is None:
            raise Invalid(N_("同意时要写明期限"), path="amend_due_on")
        else:
            services.grant_restatement(*arguments, form.data["amend_due_on"])

    done = attempt(form, act)
    if done.ok:
        flash(gettext("已处理更正申请"), "success")
        return _back(head)
    return _page(head, form, _request_form(head), failure_lines(head, done.failures), 422)


def _head(enterprise_id: int, month: str) -> RecordHead:
    with database().reading() as session:
        return record_head(session, actor(), enterprise_id, Month.parse(month))


def _request_form(head: RecordHead) -> RestatementRequestForm:
    return RestatementRequestForm(data={"row_version": head.row_version})


def _decision_form(head: RecordHead) -> RestatementDecisionForm:
    return RestatementDecisionForm(
        data={"row_version": head.row_version, "amend_due_on": today() + CORRECTION}
    )


def _back(head: RecordHead) -> ResponseReturnValue:
    return redirect(
        url_for("reviews.restatement", enterprise_id=head.enterprise_id, month=str(head.month)), 303
    )


def _page(
    head: RecordHead,
    decision: RestatementDecisionForm,
    asking: RestatementRequestForm,
    failures: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    with database().reading() as session:
        known = versions(session, head.record_id)
    return (
        render_template(
            "reviews/restatement.html",
            head=head,
            versions=known,
            decision=decision,
            asking=asking,
            failures=failures or [],
            may_request=head.state is RecordState.ACCEPTED and actor().may(Permission.RECORD_RESTATE),
            may_decide=head.state is RecordState.RESTATEMENT_REQUESTED
            and actor().may(Permission.RECORD_REVIEW),
        ),
        status,
    )
