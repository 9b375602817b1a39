"""Pages of the combined registration, as the applicant fills it in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.registrations import form_data, section_form, version_of
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound
from portal.domain.registration import TaskState, rows_of
from portal.domain.registration_questions import (
    FILE_SLOTS,
    GROUP_NAMES,
    SECTIONS,
    Group,
    SectionSpec,
)
from portal.domain.workflow import RegistrationState
from portal.extensions import actor, database, settings, storage
from portal.queries.registrations import (
    RegistrationPage,
    find_file,
    own_registrations,
)
from portal.services import registration_sections, registrations
from portal.services.registration_sections import SectionIncomplete
from portal.web import registration_reviews
from portal.web.access import signed_in
from portal.web.errors import message_of
from portal.web.registration_display import (
    Choices,
    answer_rows,
    gap_label,
    shown,
    task_detail,
    task_note,
)
from portal.web.registration_pages import (
    draw_conflict,
    draw_section,
    load,
    sent_version,
    show_gaps,
    show_missing,
    spec_of,
)

blueprint = Blueprint("registrations", __name__)
registration_reviews.add_routes(blueprint)


@blueprint.get("/registrations")
@signed_in
def listing() -> ResponseReturnValue:
    """My applications, and how to begin."""
    with database().reading() as session:
        lines = own_registrations(session, actor())
    return render_template("registrations/listing.html", lines=lines)


@blueprint.post("/registrations")
@signed_in
def start() -> ResponseReturnValue:
    """Begin, or go on with what is under way."""
    with database().writing() as session:
        registration_id = registrations.start_registration(session, actor()).id
    return redirect(url_for("registrations.task_list", registration_id=registration_id), 303)


@blueprint.get("/registrations/<int:registration_id>")
@signed_in
def task_list(registration_id: int) -> ResponseReturnValue:
    """The tasks, how far they are, and where to go on."""
    page, choices = load(registration_id)
    groups = [
        (group, GROUP_NAMES[group], [task for task in page.tasks if task.spec.group is group])
        for group in Group
    ]
    open_tasks = [task for task in page.tasks if task.editable and (task.gaps or task.state == "returned")]
    urgent = (TaskState.RETURNED, TaskState.NEEDS_ATTENTION, TaskState.IN_PROGRESS)
    ranked = sorted(open_tasks, key=lambda task: urgent.index(task.state) if task.state in urgent else 9)
    last = max(page.sections.values(), key=lambda section: section.updated_at)
    return render_template(
        "registrations/task_list.html",
        page=page,
        groups=groups,
        go_on=ranked[0] if ranked else None,
        last=last if last.updated_by else None,
        todo=[
            (task, gap_label(task.spec.key, gap))
            for task in page.tasks
            if task.state is TaskState.NEEDS_ATTENTION
            for gap in task.gaps
        ],
        note=lambda task: task_note(page, task, choices),
        detail=task_detail,
        section_names={key: spec.name for key, spec in SECTIONS.items()},
    )


@blueprint.get("/registrations/<int:registration_id>/sections/<key>")
@signed_in
def section(registration_id: int, key: str) -> ResponseReturnValue:
    """One section; a list shows its rows, and ``?row=`` opens one of them."""
    page, choices = load(registration_id)
    spec = spec_of(key)
    kept = page.sections[key]
    row_id = request.args.get("row", "")
    answers: Any = kept.answers
    if spec.rows:
        rows = {row["id"]: row for row in rows_of(kept.answers)}
        if row_id and row_id not in rows:
            raise NotFound
        answers = rows.get(row_id, _new_row(choices))
    data = form_data(spec.questions, answers) | {"row_version": kept.row_version}
    return draw_section(page, spec, section_form(key, choices, data=data), choices, row_id)


def _new_row(choices: Choices) -> dict[str, str]:
    """With one site there is nothing to choose."""
    return {"site": choices["sites"][0][0]} if len(choices["sites"]) == 1 else {}


@blueprint.post("/registrations/<int:registration_id>/sections/<key>")
@signed_in
def save(registration_id: int, key: str) -> ResponseReturnValue:
    """Keep a section or a row of it; what was typed stays when it cannot be kept."""
    page, choices = load(registration_id)
    spec = spec_of(key)
    form = section_form(key, choices, request.form)
    row_id = request.form.get("row", "")
    later = "later" in request.form
    valid = form.validate()
    answers = form.answers(spec.questions)
    if not valid:
        show_missing(form, page, spec, answers, row_id, later=later)
        return draw_section(page, spec, form, choices, row_id, 422)
    try:
        with database().writing() as session:
            if spec.rows:
                registration_sections.save_row(
                    session, actor(), registration_id, key, answers, version_of(form), row_id
                )
            else:
                registration_sections.save_section(
                    session, actor(), registration_id, key, answers, version_of(form), later=later
                )
    except SectionIncomplete as error:
        show_gaps(form, error.gaps)
        return draw_section(page, spec, form, choices, row_id, 422)
    except Invalid as error:
        form.refuse(error)
        return draw_section(page, spec, form, choices, row_id, 422)
    except Conflict as error:
        return draw_conflict(registration_id, spec, form, row_id, message_of(error))
    return _saved(registration_id, spec, later=later)


def _saved(registration_id: int, spec: SectionSpec, *, later: bool) -> ResponseReturnValue:
    flash(gettext("已保存：%(name)s", name=gettext(spec.name)), "success")
    if spec.rows:
        return redirect(url_for("registrations.section", registration_id=registration_id, key=spec.key), 303)
    page, _choices = load(registration_id)
    faults = page.sections[spec.key].task.gaps
    if later and any(gap.kind == "wrong" for gap in faults):
        flash(gettext("先存下了；有内容要改，任务清单里已标出"), "warning")
    return redirect(url_for("registrations.task_list", registration_id=registration_id), 303)


@blueprint.post("/registrations/<int:registration_id>/sections/<key>/rows/<row_id>/remove")
@signed_in
def remove_row(registration_id: int, key: str, row_id: str) -> ResponseReturnValue:
    """Take a row out of a list."""
    spec = spec_of(key)
    with database().writing() as session:
        registration_sections.remove_row(session, actor(), registration_id, key, row_id, sent_version())
    flash(gettext("已删去一行：%(name)s", name=gettext(spec.name)), "success")
    return redirect(url_for("registrations.section", registration_id=registration_id, key=key), 303)


@blueprint.post("/registrations/<int:registration_id>/sections/<key>/none")
@signed_in
def declare_none(registration_id: int, key: str) -> ResponseReturnValue:
    """Say that a list stays empty."""
    spec_of(key)
    with database().writing() as session:
        registration_sections.declare_none(session, actor(), registration_id, key, sent_version())
    flash(gettext("已声明没有：%(name)s", name=gettext(SECTIONS[key].row_name)), "success")
    return redirect(url_for("registrations.task_list", registration_id=registration_id), 303)


@blueprint.post("/registrations/<int:registration_id>/files/<slot>")
@signed_in
def upload(registration_id: int, slot: str) -> ResponseReturnValue:
    """Take in a licence or a permit."""
    page, choices = load(registration_id)
    chosen = request.files.get("file")
    message = ""
    if chosen is None or not chosen.filename:
        message = gettext("请先选择文件")
    else:
        try:
            with database().writing() as session:
                registration_sections.add_file(
                    session,
                    storage(),
                    actor(),
                    registration_id,
                    slot,
                    chosen.stream,  # type: ignore[arg-type]  # werkzeug's stream is a binary file
                    chosen.filename,
                    sent_version(),
                    most_bytes=settings().max_upload_bytes,
                )
        except (Invalid, Conflict) as error:
            message = message_of(error)
    if message:
        form = section_form("evidence", choices)
        return draw_section(page, SECTIONS["evidence"], form, choices, status=422, errors={slot: message})
    flash(gettext("已上传"), "success")
    return redirect(url_for("registrations.section", registration_id=registration_id, key="evidence"), 303)


@blueprint.post("/registrations/<int:registration_id>/files/<slot>/<int:file_id>/remove")
@signed_in
def remove_file(registration_id: int, slot: str, file_id: int) -> ResponseReturnValue:
    """Take a file out of its place."""
    with database().writing() as session:
        registration_sections.take_out_file(session, actor(), registration_id, slot, file_id, sent_version())
    flash(gettext("已移出；文件留在存档里"), "success")
    return redirect(url_for("registrations.section", registration_id=registration_id, key="evidence"), 303)


@blueprint.get("/registrations/<int:registration_id>/files/<int:file_id>")
@signed_in
def file(registration_id: int, file_id: int) -> ResponseReturnValue:
    """Download a file of the application: the applicant, or a regulator of the district."""
    with database().reading() as session:
        found = find_file(session, actor(), registration_id, file_id)
    return registration_reviews.send_download(
        storage().get(found.storage_key), found.filename, found.media_type
    )


@blueprint.get("/registrations/<int:registration_id>/check")
@signed_in
def check_answers(registration_id: int) -> ResponseReturnValue:
    """Everything that was answered, each with a way back to it."""
    page, choices = load(registration_id)
    return draw_check(page, choices)


def draw_check(
    page: RegistrationPage, choices: Choices, failures: list[tuple[str, str]] | None = None, status: int = 200
) -> ResponseReturnValue:
    """The check page, with what keeps it from being submitted."""
    body = render_template(
        "registrations/check_answers.html",
        page=page,
        choices=choices,
        answers=lambda spec, values: answer_rows(spec, values, choices),
        shown=lambda question, value: shown(question, value, choices),
        rows_of=rows_of,
        slots=FILE_SLOTS,
        failures=failures or [],
    )
    return body, status


@blueprint.post("/registrations/<int:registration_id>/submit")
@signed_in
def submit(registration_id: int) -> ResponseReturnValue:
    """Hand it in; every section in the way is named."""
    try:
        with database().writing() as session:
            registrations.submit_registration(session, actor(), registration_id, sent_version())
    except GuardFailed as error:
        page, choices = load(registration_id)
        failures = [
            (
                failure.section,
                gettext(failure.message) % {k: gettext(str(v)) for k, v in failure.params.items()},
            )
            for failure in error.failures
        ]
        return draw_check(page, choices, failures, 409)
    return redirect(url_for("registrations.receipt", registration_id=registration_id), 303)


@blueprint.get("/registrations/<int:registration_id>/receipt")
@signed_in
def receipt(registration_id: int) -> ResponseReturnValue:
    """The number and the moment of the last submission."""
    page, _choices = load(registration_id)
    if page.receipt_number is None or page.state is RegistrationState.DRAFT:
        raise NotFound
    return render_template("registrations/receipt.html", page=page)
