"""Pages of findings: the list, one finding beside it, what each side can do about it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import CombinedMultiDict

from forms.base import BaseForm
from forms.findings import (
    CloseForm,
    RaiseForm,
    RecheckForm,
    ResponseForm,
    ReturnResponseForm,
    WaiveForm,
)
from portal.domain.access import Permission
from portal.domain.errors import Failure
from portal.domain.periods import Month, today
from portal.domain.workflow import Section, Severity
from portal.extensions import actor, database, settings, storage
from portal.queries.finding_pages import FindingPage, finding_page
from portal.queries.findings import Filters, FindingList, finding_list
from portal.queries.review_split import split_page
from portal.reference.working_days import working_day_after
from portal.services import finding_waivers as waivers
from portal.services import findings as services
from portal.services.csv_export import csv_bytes
from portal.web.access import requires
from portal.web.acting import attempt, failure_lines, failure_text
from portal.web.finding_display import (
    export_head,
    export_row,
    life_steps,
    list_words,
    severity_label,
    story_items,
    texts_of,
)
from portal.web.review_display import section_label

blueprint = Blueprint("findings", __name__)

MEND_WORKING_DAYS = 10


def _list() -> FindingList:
    with database().reading() as session:
        return finding_list(session, actor(), Filters.read(request.args))


@blueprint.get("/findings")
@requires(Permission.FINDING_VIEW)
def listing() -> ResponseReturnValue:
    """The findings that are this reader's business; the address holds filters, order and page."""
    found = _list()
    return render_template("findings/listing.html", found=found, page=None, **list_words(found))


@blueprint.get("/findings.csv")
@requires(Permission.FINDING_VIEW)
def export() -> ResponseReturnValue:
    """What the list shows with these filters, all pages of it, as CSV."""
    with database().reading() as session:
        found = finding_list(session, actor(), Filters.read(request.args), everything=True)
    body = csv_bytes(export_head(), (export_row(line) for line in found.lines))
    name = f"findings-{today()}.csv"
    return Response(
        body, mimetype="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"}
    )


@blueprint.get("/findings/<int:finding_id>")
@requires(Permission.FINDING_VIEW)
def detail(finding_id: int) -> ResponseReturnValue:
    """One finding with its life, beside the list."""
    return _show(_page(finding_id))


@blueprint.post("/findings/<int:finding_id>/response")
@requires(Permission.FINDING_RESPOND)
def respond(finding_id: int) -> ResponseReturnValue:
    """Say what was done, with files."""
    page = _page(finding_id)
    form = ResponseForm(CombinedMultiDict([request.files, request.form]))

    def act(session: Any) -> None:
        answers = {"yes": True, "no": False}
        services.respond(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            text=form.text("body"),
            addressed=answers.get(str(form.data["addressed"])),
            done_on=form.data["done_on"],
            uploads=_uploads(form),
            storage=storage(),
            most_bytes=settings().max_upload_bytes,
        )

    return _do(page, "response", form, act, gettext("回应已送出"))


@blueprint.post("/findings/<int:finding_id>/recheck")
@requires(Permission.FINDING_VIEW)
def recheck(finding_id: int) -> ResponseReturnValue:
    """Run the check again on the data of now."""
    page = _page(finding_id)
    form = RecheckForm(request.form)
    return _do(
        page,
        "recheck",
        form,
        lambda session: services.recheck(session, actor(), finding_id, form.data["row_version"]),
        gettext("已用当前数据重跑检查，结果见时间线"),
    )


@blueprint.post("/findings/<int:finding_id>/close")
@requires(Permission.FINDING_CLOSE)
def close(finding_id: int) -> ResponseReturnValue:
    """Close it."""
    page = _page(finding_id)
    form = CloseForm(request.form)
    return _do(
        page,
        "close",
        form,
        lambda session: services.close(
            session, actor(), finding_id, form.data["row_version"], form.text("comment")
        ),
        gettext("差距已关闭"),
    )


@blueprint.post("/findings/<int:finding_id>/return")
@requires(Permission.FINDING_CLOSE)
def send_back(finding_id: int) -> ResponseReturnValue:
    """Send the response back."""
    page = _page(finding_id)
    form = ReturnResponseForm(request.form)
    return _do(
        page,
        "return",
        form,
        lambda session: services.return_response(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            form.text("comment"),
            form.data["due_on"],
        ),
        gettext("回应已退回企业"),
    )


@blueprint.post("/findings/<int:finding_id>/waiver")
@requires(Permission.FINDING_WAIVE)
def waive(finding_id: int) -> ResponseReturnValue:
    """Let it rest until a day."""
    page = _page(finding_id)
    form = WaiveForm(request.form)
    return _do(
        page,
        "waive",
        form,
        lambda session: waivers.waive(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            form.data["until"],
            form.text("reason"),
        ),
        gettext("已豁免；到期后自动恢复为未关闭"),
    )


@blueprint.route("/enterprises/<int:enterprise_id>/records/<month>/review/findings", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def raise_one(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Raise a finding in the review of a month."""
    with database().reading() as session:
        page = split_page(
            session,
            actor(),
            enterprise_id,
            Month.parse(month),
            section=request.args.get("section", ""),
            cell=request.args.get("cell", "")[:80],
        )
    form = RaiseForm(
        request.form,
        data={
            "section": page.section.value,
            "cell": page.cell,
            "severity": Severity.BLOCKING.value,
            "due_on": working_day_after(today(), MEND_WORKING_DAYS),
        },
    )
    form.section.choices = [(tab.section.value, section_label(tab.section)) for tab in page.tabs]
    form.severity.choices = [(item.value, severity_label(item)) for item in Severity]
    made: list[int] = []
    failures: tuple[Failure, ...] = ()

    def act(session: Any) -> None:
        given = {name: form.text(name) for name in ("title", "cell", "clause")}
        finding = services.raise_finding(
            session,
            actor(),
            page.head.record_id,
            section=Section(form.data["section"]),
            severity=Severity(form.data["severity"]),
            text=form.text("body"),
            due_on=form.data["due_on"],
            **given,
        )
        made.append(finding.id)

    if request.method == "POST":
        done = attempt(form, act)
        if done.ok:
            flash(gettext("差距已开具，企业已收到通知"), "success")
            return redirect(url_for("findings.detail", finding_id=made[0]), 303)
        failures = done.failures
    return (
        render_template(
            "findings/raise.html", page=page, form=form, failures=failure_lines(page.head, failures)
        ),
        422 if request.method == "POST" else 200,
    )


def _page(finding_id: int) -> FindingPage:
    with database().reading() as session:
        return finding_page(session, actor(), finding_id)


def _do(
    page: FindingPage, name: str, form: BaseForm, act: Callable[[Any], object], said: str
) -> ResponseReturnValue:
    done = attempt(form, act)
    if done.ok:
        flash(said, "success")
        filters = Filters.read(request.args).arguments()
        return redirect(url_for("findings.detail", finding_id=page.line.id, **filters), 303)
    return _show(page, {name: form}, [failure_text(failure) for failure in done.failures], 422)


def _show(
    page: FindingPage,
    given: dict[str, BaseForm] | None = None,
    failures: list[str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    found = _list()
    forms: dict[str, BaseForm] = {
        "response": ResponseForm(data=_proposed(page)),
        "recheck": RecheckForm(data=_version(page)),
        "close": CloseForm(data=_version(page)),
        "return": ReturnResponseForm(data=_version(page)),
        "waive": WaiveForm(data=_version(page)),
        **(given or {}),
    }
    return (
        render_template(
            "findings/listing.html",
            found=found,
            page=page,
            forms=forms,
            opened=next(iter(given), "") if given else "",
            failures=failures or [],
            steps=life_steps(page),
            story=story_items(page),
            texts=texts_of(page.line),
            most_mb=settings().max_upload_mb,
            **list_words(found),
        ),
        status,
    )


def _version(page: FindingPage) -> dict[str, Any]:
    return {"row_version": page.row_version}


def _proposed(page: FindingPage) -> dict[str, Any]:
    month = page.line.month
    return {**_version(page), "period_from": month.first, "period_to": month.last}


def _uploads(form: ResponseForm) -> list[services.Upload]:
    files = [file for file in form.data["file"] or [] if file and file.filename]
    return [
        services.Upload(file.stream, file.filename or "", form.data["period_from"], form.data["period_to"])
        for file in files
    ]
