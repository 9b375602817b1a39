"""The year, the month and its sections: reading, filling, evaluating, handing over."""

from decimal import Decimal
from io import BytesIO

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.records import ReasonForm, VersionForm
from portal.domain.access import Permission
from portal.domain.errors import Conflict, DomainError, GuardFailed, Invalid
from portal.domain.figures import parse_decimal
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.workflow import RecordState, Section
from portal.extensions import actor, database
from portal.queries.findings import open_findings
from portal.queries.records import (
    RecordHead,
    newest_run,
    parse_section,
    record_head,
    timeline,
    versions,
    year_page,
)
from portal.services.cells import MonthView, month_view
from portal.services.evaluations import request_evaluation
from portal.services.months import open_months, start_month
from portal.services.signing import answer_section, mark_ready, reopen, start_amending
from portal.services.values import correct_value, save_value
from portal.services.xlsx_export import xlsx_bytes
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.formats import clock
from portal.web.month_pages import derived_displays, display, explanations, live_parts, section_pages
from portal.web.month_parts import template_functions
from portal.web.month_worksheet import worksheet_head, worksheet_rows
from portal.web.terms import filled, term

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("records", __name__, url_prefix="/enterprises/<int:enterprise_id>/records")
blueprint.context_processor(template_functions)


def _head(enterprise_id: int, month: str) -> RecordHead:
    with database().reading() as session:
        return record_head(session, actor(), enterprise_id, Month.parse(month))


def _back(enterprise_id: int, month: str, section: str = "") -> ResponseReturnValue:
    if section:
        target = url_for(".section", enterprise_id=enterprise_id, month=month, section=section)
    else:
        target = url_for(".month", enterprise_id=enterprise_id, month=month)
    return redirect(target, 303)


@blueprint.get("")
@requires(Permission.RECORD_VIEW)
def year(enterprise_id: int) -> ResponseReturnValue:
    """Twelve cards of a year, the present one unless the address names another."""
    chosen = request.args.get("year", type=int, default=today().year)
    with database().writing() as session:
        open_months(session, enterprise_id)
    with database().reading() as session:
        page = year_page(session, actor(), enterprise_id, min(max(chosen, 2000), today().year + 1))
    return render_template("records/year.html", page=page, today=today())


@blueprint.get("/<month>")
@requires(Permission.RECORD_VIEW)
def month(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The month as a task list of its sections, with what blocks it and what happened."""
    with database().reading() as session:
        head = record_head(session, actor(), enterprise_id, Month.parse(month))
        view = month_view(session, head.version_id) if head.version_id else None
        earlier = (
            open_findings(session, enterprise_id, before=head.month)
            if actor().may(Permission.FINDING_VIEW)
            else []
        )
        story = timeline(session, head.record_id)
        history = versions(session, head.record_id)
        run = newest_run(session, head.version_id) if head.version_id else None
    return render_template(
        "records/month.html",
        head=head,
        view=view,
        earlier=earlier,
        story=story,
        history=history,
        run=run,
        nav=section_pages(head, view) if view else [],
        editable=_editable(head),
        reason_form=ReasonForm(row_version=head.row_version),
    )


@blueprint.post("/<month>/start")
@requires(Permission.RECORD_EDIT)
def start(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Begin the month under the plan in force."""
    head = _head(enterprise_id, month)
    form = VersionForm(request.form)
    try:
        with database().writing() as session:
            version = start_month(session, actor(), head.record_id, form.version())
            view = month_view(session, version.id)
    except Invalid as error:
        flash(message_of(error), "error")
        return _back(enterprise_id, month)
    first = view.sheet.sections[0].section.value
    return _back(enterprise_id, month, first)


@blueprint.get("/<month>/worksheet.xlsx")
@requires(Permission.RECORD_VIEW)
def worksheet(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The month's values with their units, sources and evidence as a workbook."""
    with database().reading() as session:
        head = record_head(session, actor(), enterprise_id, Month.parse(month))
        if head.version_id is None:
            return _back(enterprise_id, month)
        view = month_view(session, head.version_id)
    content = xlsx_bytes(str(head.month), worksheet_head(), worksheet_rows(view))
    name = f"{head.month}-{head.enterprise_name}.xlsx"
    return send_file(BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)


@blueprint.get("/<month>/<section>")
@requires(Permission.RECORD_VIEW)
def section(enterprise_id: int, month: str, section: str) -> ResponseReturnValue:
    """One section as a table, a row a parameter."""
    chosen = parse_section(section)
    with database().reading() as session:
        head = record_head(session, actor(), enterprise_id, Month.parse(month))
        if head.version_id is None:
            return _back(enterprise_id, month)
        view = month_view(session, head.version_id)
        run = newest_run(session, head.version_id)
    entry = view.sheet.section(chosen)
    if entry is None:
        return _back(enterprise_id, month)
    return render_template(
        "records/evidence.html" if chosen is Section.EVIDENCE else "records/section.html",
        head=head,
        view=view,
        run=run,
        section=chosen,
        entry=entry,
        nav=section_pages(head, view, chosen),
        explanations=explanations(view),
        editable=_editable(head) and entry.editable,
        evidence_editable=_editable(head) and _evidence_open(view, chosen),
        working=_editable(head),
        streams=[stream for stream in view.sheet.streams if stream.section is chosen],
    )


@blueprint.post("/<month>/values/<cell>")
@requires(Permission.RECORD_EDIT)
def save(enterprise_id: int, month: str, cell: str) -> ResponseReturnValue:
    """Save one cell; answers with everything on the page that moved with it."""
    head = _head(enterprise_id, month)
    try:
        value, text = _typed(cell, request.form.get("value"))
        with database().writing() as session:
            row = save_value(
                session,
                actor(),
                head.version_id or 0,
                cell,
                value,
                request.form.get("row_version", type=int, default=0),
                text=text,
                unit=request.form.get("unit") or None,
            )
            view = month_view(session, head.version_id or 0)
    except Conflict as error:
        return _conflict(error), 409
    except Invalid as error:
        return jsonify(ok=False, message=message_of(error)), 422
    shown = next(entry for entry in view.sheet.rows() if entry.cell == cell)
    return jsonify(
        ok=True,
        row_version=row.row_version,
        display=row.text or display(shown, row.value),
        derived=derived_displays(view),
        remark=f"{clock(row.updated_at)} · {actor().name}",
        **live_parts(view),
    )


@blueprint.post("/<month>/values/<cell>/correction")
@requires(Permission.RECORD_EDIT)
def correct(enterprise_id: int, month: str, cell: str) -> ResponseReturnValue:
    """Correct a cell for the calibration of its meter, or take that back."""
    head = _head(enterprise_id, month)
    wanted = request.form.get("corrected") == "yes"
    with database().writing() as session:
        correct_value(
            session,
            actor(),
            head.version_id or 0,
            cell,
            request.form.get("row_version", type=int, default=0),
            corrected=wanted,
        )
    flash(gettext("已按保守方法修正") if wanted else gettext("已撤销修正，按实测值计"), "success")
    return _back(enterprise_id, month, request.form.get("section", ""))


@blueprint.post("/<month>/<section>/save")
@requires(Permission.RECORD_EDIT)
def save_section(enterprise_id: int, month: str, section: str) -> ResponseReturnValue:
    """Save all cells of a section at once, for a browser without scripts.

    Each cell comes with the version that its page was made from: what somebody else has saved since stays,
    and is told.
    """
    head = _head(enterprise_id, month)
    chosen = parse_section(section)
    problems = []
    with database().reading() as session:
        rows = month_view(session, head.version_id or 0).sheet.rows()
    for row in rows:
        if row.cell not in request.form:
            continue
        try:
            value, text = _typed(row.cell, request.form[row.cell])
            if (value, text) != (row.stored, row.text):
                seen = request.form.get(f"{row.cell}:version", type=int, default=row.row_version)
                with database().writing() as session:
                    save_value(session, actor(), head.version_id or 0, row.cell, value, seen, text=text)
        except DomainError as error:
            problems.append(term(row.name) + gettext("：") + message_of(error))
    if problems:
        flash(gettext("；").join(problems), "error")
    else:
        flash(gettext("本节已保存"), "success")
    return _back(enterprise_id, month, chosen.value)


@blueprint.post("/<month>/<section>/response")
@requires(Permission.RECORD_EDIT)
def respond(enterprise_id: int, month: str, section: str) -> ResponseReturnValue:
    """Say what was done about a returned section."""
    head = _head(enterprise_id, month)
    chosen = parse_section(section)
    try:
        with database().writing() as session:
            answer_section(session, actor(), head.version_id or 0, chosen, request.form.get("response", ""))
        flash(gettext("已记下对退回意见的说明"), "success")
    except Invalid as error:
        flash(message_of(error), "error")
    return _back(enterprise_id, month, chosen.value)


@blueprint.post("/<month>/evaluate")
@requires(Permission.RECORD_EDIT)
def evaluate(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Ask for a check run; the results page shows it as it goes."""
    head = _head(enterprise_id, month)
    with database().writing() as session:
        request_evaluation(session, actor(), head.version_id or 0)
    return redirect(url_for(".evaluation", enterprise_id=enterprise_id, month=month), 303)


@blueprint.get("/<month>/evaluation")
@requires(Permission.RECORD_VIEW)
def evaluation(enterprise_id: int, month: str) -> ResponseReturnValue:
    """What the checks say, by severity, each a link to its cell."""
    with database().reading() as session:
        head = record_head(session, actor(), enterprise_id, Month.parse(month))
        if head.version_id is None:
            return _back(enterprise_id, month)
        view = month_view(session, head.version_id)
        run = newest_run(session, head.version_id)
    asked_again = "HX-Request" in request.headers
    if asked_again and not (run and run.under_way):
        # The whole page changes with the result: the foot, the tags, the totals.
        return "", 204, {"HX-Refresh": "true"}
    template = "records/_evaluation.html" if asked_again else "records/evaluation.html"
    return render_template(
        template, head=head, view=view, run=run, nav=section_pages(head, view), editable=_editable(head)
    )


@blueprint.post("/<month>/ready")
@requires(Permission.RECORD_EDIT)
def ready(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Hand the month to the signatory."""
    head = _head(enterprise_id, month)
    form = VersionForm(request.form)
    try:
        with database().writing() as session:
            mark_ready(session, actor(), head.record_id, form.version())
        flash(gettext("已提交待签，已通知负责人"), "success")
    except GuardFailed as error:
        reasons = [filled(failure.message, failure.params) for failure in error.failures]
        flash(gettext("；").join([message_of(error), *reasons]), "error")
    return _back(enterprise_id, month)


@blueprint.post("/<month>/reopen")
@requires(Permission.RECORD_VIEW)
def reopen_month(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Take the month back to work."""
    head = _head(enterprise_id, month)
    form = ReasonForm(request.form)
    if not form.validate():
        flash(gettext(N_("请写明理由")), "error")
        return _back(enterprise_id, month)
    with database().writing() as session:
        reopen(session, actor(), head.record_id, form.version(), form.text("reason"))
    flash(gettext("已退回填报"), "success")
    return _back(enterprise_id, month)


@blueprint.post("/<month>/amend")
@requires(Permission.RECORD_EDIT)
def amend(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Begin the next version of a returned month."""
    head = _head(enterprise_id, month)
    form = VersionForm(request.form)
    with database().writing() as session:
        start_amending(session, actor(), head.record_id, form.version())
    flash(gettext("已建立新版本，只有被退回的节可以修改"), "success")
    return _back(enterprise_id, month)


def _typed(cell: str, raw: str | None) -> tuple[Decimal | None, str]:
    """A cell's value: words where the plan's cell holds words, a figure elsewhere; raises Invalid."""
    if raw is None:  # not sent by our page: a blank would clear the cell
        raise Invalid(N_("这样写不对，请检查"), path=cell)
    if cell.endswith((".production_changed", ".shutdown_note")):
        return None, raw.strip()
    try:
        return parse_decimal(raw), ""
    except Invalid as error:
        error.path = cell
        raise


def _conflict(error: Conflict) -> Response:
    current = error.current if isinstance(error.current, dict) else {}
    value = current.get("value")
    return jsonify(
        ok=False,
        message=message_of(error),
        conflict={
            "display": current.get("text") or ("" if value is None else format(value, ",f")),
            "row_version": current.get("row_version", 0),
            "who": error.params.get("who", ""),
            "when": error.params.get("when", ""),
        },
    )


def _editable(head: RecordHead) -> bool:
    return head.state is RecordState.DRAFT and actor().may(Permission.RECORD_EDIT)


def _evidence_open(view: MonthView, section: Section) -> bool:
    own, evidence = view.sheet.section(section), view.sheet.section(Section.EVIDENCE)
    return bool((own and own.editable) or (evidence and evidence.editable))
