"""Pages of findings: the list with its exports, one finding beside it, one raised in a review."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.findings import RaiseForm
from portal.domain.access import Permission
from portal.domain.errors import Failure
from portal.domain.periods import Month, today
from portal.domain.workflow import Section, Severity
from portal.extensions import actor, database
from portal.queries.findings import Filters, finding_list
from portal.queries.review_split import split_page
from portal.reference.rectification import load_rectification
from portal.services import findings as services
from portal.web import finding_acts, finding_bulk  # noqa: F401 - their routes lie on the same blueprint
from portal.web.access import requires
from portal.web.acting import attempt, failure_lines
from portal.web.downloads import table_download
from portal.web.finding_display import export_head, export_row, list_words, severity_label
from portal.web.finding_page import blueprint, read_list, read_page, show
from portal.web.review_display import section_label

__all__ = ["blueprint"]


@blueprint.get("/findings")
@requires(Permission.FINDING_VIEW)
def listing() -> ResponseReturnValue:
    """The findings that are this reader's business; the address holds filters, order and page."""
    found = read_list()
    return render_template("findings/listing.html", found=found, page=None, **list_words(found))


@blueprint.get("/findings.csv")
@requires(Permission.FINDING_VIEW)
def export() -> ResponseReturnValue:
    """What the list shows with these filters, all pages of it, as CSV."""
    return _table("csv")


@blueprint.get("/findings.xlsx")
@requires(Permission.FINDING_VIEW)
def workbook() -> ResponseReturnValue:
    """The same as a workbook."""
    return _table("xlsx")


@blueprint.get("/findings/<int:finding_id>")
@requires(Permission.FINDING_VIEW)
def detail(finding_id: int) -> ResponseReturnValue:
    """One finding with its life, beside the list."""
    return show(read_page(finding_id))


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
            "due_on": load_rectification().due_on(Severity.BLOCKING, today()),
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


def _table(ending: str) -> Response:
    with database().reading() as session:
        found = finding_list(session, actor(), Filters.read(request.args), everything=True)
    rows = [export_row(line) for line in found.lines]
    return table_download(ending, "findings", gettext("差距与整改"), export_head(), rows)
