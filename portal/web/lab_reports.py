"""Test reports of an enterprise: what stands on them, written down for the comparison."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.lab_reports import LabReportForm
from portal.domain.access import Permission
from portal.extensions import actor, database
from portal.queries.lab_reports import LabReportPage, lab_report_page
from portal.services.lab_reports import ReportContent, note_lab_report
from portal.web.access import requires
from portal.web.acting import attempt
from portal.web.terms import term

blueprint = Blueprint("lab_reports", __name__)

SCOPE = {"yes": True, "no": False}


@blueprint.get("/enterprises/<int:enterprise_id>/lab-reports")
@requires(Permission.EVIDENCE_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """The reports, with a form for another."""
    page = _page(enterprise_id)
    return _show(page, _form(page))


@blueprint.post("/enterprises/<int:enterprise_id>/lab-reports")
@requires(Permission.EVIDENCE_UPLOAD)
def note(enterprise_id: int) -> ResponseReturnValue:
    """Write a report down."""
    page = _page(enterprise_id)
    form = _form(page)

    def act(session: Any) -> None:
        names = ("report_number", "laboratory", "accreditation", "batch")
        days = ("accredited_until", "sampled_on", "received_on", "tested_on", "reported_on", "value")
        content = ReportContent(
            in_scope=SCOPE.get(str(form.data["in_scope"])),
            **{name: form.text(name) for name in names},
            **{name: form.data[name] for name in days},
        )
        months = (form.data["month_from"], form.data["month_to"])
        note_lab_report(session, actor(), enterprise_id, form.text("cell"), months, content)

    if not attempt(form, act).ok:
        return _show(page, form), 422
    flash(gettext("检测报告已登记"), "success")
    return redirect(url_for("lab_reports.listing", enterprise_id=enterprise_id), 303)


def _page(enterprise_id: int) -> LabReportPage:
    with database().reading() as session:
        return lab_report_page(session, actor(), enterprise_id)


def _form(page: LabReportPage) -> LabReportForm:
    form = LabReportForm(request.form)
    form.cell.choices = [("", ""), *((entry.cell, term(entry.name)) for entry in page.cells)]
    return form


def _show(page: LabReportPage, form: LabReportForm) -> str:
    return render_template("lab_reports/listing.html", page=page, form=form)
