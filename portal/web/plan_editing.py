"""Changing a draft of the plan: head, streams, rows, many rows at once. ``plans.py`` gives the addresses."""

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.plans import AddStreamsForm, FillForm, HeadForm, RenameForm, RowForm
from portal.domain.access import Permission
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.extensions import actor, database, settings, storage
from portal.queries.plan_pages import MeterChoice, PlanPage, StreamView, meter_choices, plan_page
from portal.reference.catalogue import load_catalogue
from portal.services import plan_streams as streams
from portal.services import plans as services
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.labels import ACQUISITIONS
from portal.web.plan_words import (
    ALL_SECTIONS,
    DRAWING_WORDS,
    chosen_streams,
    item_groups,
    lacks_of,
    posted,
    section_choices,
    takes_own_output,
)


@requires(Permission.PLAN_EDIT)
def edit(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """The draft's own page: head, streams, filling many rows, what is still missing."""
    return edit_page(open_page(enterprise_id, plan_id))


@requires(Permission.PLAN_EDIT)
def change_head(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Save first month, boundary and reason."""
    form = HeadForm(request.form)
    if form.validate():
        try:
            with database().writing() as session:
                services.change_head(
                    session,
                    actor(),
                    enterprise_id,
                    plan_id,
                    row_version=form.data["row_version"],
                    effective_from=str(form.effective_from.data),
                    boundary=form.data["boundary"],
                    reason=form.data["reason"],
                )
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            page = open_page(enterprise_id, plan_id)
            form.row_version.raw_data = [str(page.row_version)]
            form.add_error("effective_from", message_of(error))
            return edit_page(page, head=form, status=409)
        else:
            flash(gettext("基本信息已保存"), "success")
            return redirect(_edit_url(enterprise_id, plan_id), 303)
    return edit_page(open_page(enterprise_id, plan_id), head=form, status=422)


@requires(Permission.PLAN_EDIT)
def fill(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Fill department, frequency and missing-data rule of many rows at once."""
    form = FillForm(request.form)
    form.section.choices = section_choices()
    if form.validate():
        data = form.data
        if not (data["department"] or data["frequency"] or data["missing_rule"]):
            form.add_error("department", gettext("至少填一项，空着的不会改动"))
        else:
            with database().writing() as session:
                changed = streams.fill_rows(
                    session,
                    actor(),
                    enterprise_id,
                    plan_id,
                    row_version=data["row_version"],
                    section="" if data["section"] == ALL_SECTIONS else data["section"],
                    department=data["department"],
                    frequency=data["frequency"],
                    missing_rule=data["missing_rule"],
                    overwrite=data["overwrite"],
                )
            flash(gettext("已填好 %(count)s 个参数", count=changed), "success")
            return redirect(_edit_url(enterprise_id, plan_id), 303)
    return edit_page(open_page(enterprise_id, plan_id), fill_form=form, status=422)


@requires(Permission.PLAN_EDIT)
def add_streams(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Tick further items and add their streams."""
    page = open_page(enterprise_id, plan_id)
    catalogue = load_catalogue(page.guideline)
    groups = item_groups(catalogue)
    form = AddStreamsForm(posted(), row_version=page.row_version)
    form.items.choices = [choice for group in groups for choice in group.items]
    if request.method == "POST" and form.validate():
        choices = chosen_streams(form)
        try:
            with database().writing() as session:
                streams.add_streams(
                    session,
                    actor(),
                    enterprise_id,
                    plan_id,
                    choices,
                    row_version=form.data["row_version"],
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("已加入 %(count)s 个排放源流", count=len(choices)), "success")
            return redirect(_edit_url(enterprise_id, plan_id), 303)
    used = {f"{stream.category}:{stream.item}" for stream in page.streams}
    status = 422 if request.method == "POST" else 200
    return render_template(
        "plans/add_streams.html",
        page=page,
        form=form,
        groups=groups,
        used=used,
        free_output=takes_own_output(catalogue),
    ), status


@requires(Permission.PLAN_EDIT)
def stream(enterprise_id: int, plan_id: int, stream_id: int) -> ResponseReturnValue:
    """The rows of one stream, all in one form."""
    page = open_page(enterprise_id, plan_id)
    view = page.stream(stream_id)
    meters = _meters(enterprise_id)
    forms = {row.id: _row_form(view, row.id, meters) for row in view.rows if not row.derived}
    errors: list[tuple[str, str]] = []
    status = 422 if request.method == "POST" else 200
    valid = [form.validate() for form in forms.values()] if request.method == "POST" else [False]
    if all(valid):
        try:
            with database().writing() as session:
                streams.change_rows(
                    session,
                    actor(),
                    enterprise_id,
                    plan_id,
                    stream_id,
                    {row_id: _row_change(form) for row_id, form in forms.items()},
                    row_version=request.form.get("row_version", 0, type=int),
                )
        except Invalid as error:
            prefix, _, name = error.path.partition("-")
            forms[int(prefix.removeprefix("p"))].add_error(name, message_of(error))
        except Conflict as error:
            page, status = open_page(enterprise_id, plan_id), 409
            errors = [("rows", message_of(error))]
        else:
            flash(gettext("%(stream)s 已保存", stream=f"{view.code} {view.name}"), "success")
            return redirect(_after(page, view), 303)
    errors += [
        (field.id, f"{row.name} · {field.label.text}{gettext('：')}{field.errors[0]}")
        for row in view.rows
        for field in forms.get(row.id, ())
        if field.errors
    ]
    rename = RenameForm(data={"row_version": page.row_version, "name": view.name})
    return render_template(
        "plans/stream.html", page=page, view=view, forms=forms, errors=errors, rename=rename
    ), status


@requires(Permission.PLAN_EDIT)
def rename_stream(enterprise_id: int, plan_id: int, stream_id: int) -> ResponseReturnValue:
    """Give a stream the enterprise's own name."""
    form = RenameForm(request.form)
    if form.validate():
        with database().writing() as session:
            streams.rename_stream(
                session,
                actor(),
                enterprise_id,
                plan_id,
                stream_id,
                row_version=form.data["row_version"],
                name=form.data["name"],
            )
        flash(gettext("名称已保存"), "success")
    else:
        flash(gettext("名称没有保存：%(message)s", message=_first_error(form)), "error")
    return redirect(_stream_url(enterprise_id, plan_id, stream_id), 303)


@requires(Permission.PLAN_EDIT)
def remove_stream(enterprise_id: int, plan_id: int, stream_id: int) -> ResponseReturnValue:
    """Take a stream out of the draft."""
    with database().writing() as session:
        streams.remove_stream(
            session,
            actor(),
            enterprise_id,
            plan_id,
            stream_id,
            row_version=request.form.get("row_version", 0, type=int),
        )
    flash(gettext("排放源流已移除"), "success")
    return redirect(_edit_url(enterprise_id, plan_id), 303)


@requires(Permission.PLAN_EDIT)
def attach_drawing(enterprise_id: int, plan_id: int, kind: str) -> ResponseReturnValue:
    """Take a drawing in; the form sends itself as soon as a file is chosen."""
    if kind not in DRAWING_WORDS:
        raise NotFound
    given = request.files.get("file")
    place = f"drawing-{kind}"
    if given is None or not given.filename:
        page = open_page(enterprise_id, plan_id)
        return edit_page(page, drawing_error=(place, gettext("还没有选文件")), status=422)
    try:
        with database().writing() as session:
            services.attach_drawing(
                session,
                storage(),
                actor(),
                enterprise_id,
                plan_id,
                kind,
                cast(BinaryIO, given.stream),
                given.filename,
                row_version=request.form.get("row_version", 0, type=int),
                most_bytes=settings().max_upload_bytes,
            )
    except Invalid as error:
        return edit_page(
            open_page(enterprise_id, plan_id),
            drawing_error=(place, message_of(error)),
            status=422,
        )
    flash(gettext("图件已保存"), "success")
    return redirect(_edit_url(enterprise_id, plan_id), 303)


@requires(Permission.PLAN_EDIT)
def submit(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Hand the draft to the regulator, or say everything that is still missing."""
    try:
        with database().writing() as session:
            services.submit_plan(
                session,
                actor(),
                enterprise_id,
                plan_id,
                row_version=request.form.get("row_version", 0, type=int),
            )
    except GuardFailed:
        return edit_page(open_page(enterprise_id, plan_id), tried=True, status=422)
    flash(gettext("方案已提交，审核结果会发消息给您"), "success")
    return redirect(url_for("plans.version", enterprise_id=enterprise_id, plan_id=plan_id), 303)


def open_page(enterprise_id: int, plan_id: int) -> PlanPage:
    """The version's page, when it may be changed now; raises Refused otherwise."""
    page = any_page(enterprise_id, plan_id)
    if not page.can_edit:
        raise Refused(N_("这一版方案已提交或已批准，不能再改；请复制成新版本后修改"))
    return page


def any_page(enterprise_id: int, plan_id: int) -> PlanPage:
    """The version's page."""
    with database().reading() as session:
        return plan_page(session, actor(), enterprise_id, plan_id)


def edit_page(
    page: PlanPage,
    *,
    head: HeadForm | None = None,
    fill_form: FillForm | None = None,
    tried: bool = False,
    drawing_error: tuple[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The draft's page; ``tried`` puts what is missing into the error summary."""
    head = head or HeadForm(obj=page)
    if fill_form is None:
        fill_form = FillForm(data={"row_version": page.row_version, "section": ALL_SECTIONS})
        fill_form.section.choices = section_choices()
    lacks = lacks_of(page)
    return render_template(
        "plans/edit.html",
        page=page,
        head=head,
        fill_form=fill_form,
        tried=tried,
        lacks=lacks,
        drawing_error=drawing_error,
        drawings=[(kind, gettext(text)) for kind, text in DRAWING_WORDS.items()],
        most_mb=settings().max_upload_mb,
    ), status


def _row_form(view: StreamView, row_id: int, meters: tuple[MeterChoice, ...]) -> RowForm:
    row = next(row for row in view.rows if row.id == row_id)
    held = {name: getattr(row, name) for name in ("frequency", "department", "source_record", "missing_rule")}
    held |= {"acquisition": row.acquisition.value, "meter_id": str(row.meter.id) if row.meter else ""}
    form = RowForm(posted(), prefix=f"p{row_id}-", data=held)
    ways = dict.fromkeys((*row.allowed, row.acquisition.value))
    form.acquisition.choices = [(way, gettext(ACQUISITIONS[_way(way)])) for way in ways]
    usable = [meter for meter in meters if not meter.retired or (row.meter and meter.id == row.meter.id)]
    form.meter_id.choices = [("", "—"), *((str(meter.id), f"{meter.code} {meter.name}") for meter in usable)]
    return form


def _way(value: str) -> Any:
    return next(way for way in ACQUISITIONS if way.value == value)


def _row_change(form: RowForm) -> streams.RowChange:
    data: Mapping[str, Any] = form.data
    return streams.RowChange(
        acquisition=data["acquisition"],
        meter_id=int(data["meter_id"]) if data["meter_id"] else None,
        frequency=data["frequency"] or "",
        department=data["department"] or "",
        source_record=data["source_record"] or "",
        missing_rule=data["missing_rule"] or "",
    )


def _after(page: PlanPage, view: StreamView) -> str:
    """Where saving a stream leads: the next stream when asked for, else the draft's page."""
    ids = [stream.id for stream in page.streams]
    place = ids.index(view.id) + 1
    if request.form.get("next") and place < len(ids):
        return _stream_url(page.enterprise_id, page.id, ids[place])
    return _edit_url(page.enterprise_id, page.id)


def _meters(enterprise_id: int) -> tuple[MeterChoice, ...]:
    with database().reading() as session:
        return meter_choices(session, enterprise_id)


def _edit_url(enterprise_id: int, plan_id: int) -> str:
    return url_for("plans.edit", enterprise_id=enterprise_id, plan_id=plan_id)


def _stream_url(enterprise_id: int, plan_id: int, stream_id: int) -> str:
    return url_for("plans.stream", enterprise_id=enterprise_id, plan_id=plan_id, stream_id=stream_id)


def _first_error(form: RenameForm) -> str:
    return next((str(field.errors[0]) for field in form if field.errors), "")
