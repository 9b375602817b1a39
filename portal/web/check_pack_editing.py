"""Editing a draft: its checks and questions, read out and tried while they are written."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checklists.drafts import Kind, Raw, entry, faults
from checklists.names import functions_of, names_of
from checklists.predicates import PREDICATES
from forms.base import BaseForm
from forms.check_packs import MOST_ROWS, CheckForm, MoveForm, QuestionForm, error_at
from portal.domain.access import Permission
from portal.domain.errors import DomainError, Invalid, NotFound
from portal.extensions import actor, database
from portal.queries.check_packs import VersionPage, version_page
from portal.queries.dry_runs import ChangeList, changed_answers, dry_run_view
from portal.services import check_packs as services
from portal.services.check_pack_trials import (
    facts_for_trial,
    read_check,
    shown_values,
    trial_choices,
    try_check,
)
from portal.web import check_pack_words as words
from portal.web.access import requires
from portal.web.check_pack_entries import NEW_QUESTION, check_data, check_raw, question_data, question_raw
from portal.web.errors import message_of
from portal.web.formats import month as month_word

PER = ("row", "record", "slot", "stream")
#: Rows that a form grows by: name of the button's value → name of the list.
GROWING = ("settings", "measures", "cases", "options", "rules")


@requires(Permission.CHECK_PACK_WRITE)
def add_check(pack_version_id: int) -> ResponseReturnValue:
    """Write a new check."""
    return _check(pack_version_id, "")


@requires(Permission.CHECK_PACK_WRITE)
def edit_check(pack_version_id: int, check_id: str) -> ResponseReturnValue:
    """Change a check."""
    return _check(pack_version_id, check_id)


@requires(Permission.CHECK_PACK_WRITE)
def add_question(pack_version_id: int) -> ResponseReturnValue:
    """Write a new question."""
    return _question(pack_version_id, "")


@requires(Permission.CHECK_PACK_WRITE)
def edit_question(pack_version_id: int, question_id: str) -> ResponseReturnValue:
    """Change a question."""
    return _question(pack_version_id, question_id)


@requires(Permission.CHECK_PACK_WRITE)
def remove_check(pack_version_id: int, check_id: str) -> ResponseReturnValue:
    """Take a check out of the draft."""
    return _remove(pack_version_id, "checks", check_id)


@requires(Permission.CHECK_PACK_WRITE)
def remove_question(pack_version_id: int, question_id: str) -> ResponseReturnValue:
    """Take a question out of the draft."""
    return _remove(pack_version_id, "questions", question_id)


def _check(version_id: int, check_id: str) -> ResponseReturnValue:
    page = _page(version_id)
    held = entry(page.raw, "checks", check_id) if check_id else {}
    start = check_data(held) if held else {}
    form = _form(CheckForm, start, page)
    form.predicate.choices = _predicates()
    if _saves(form):
        answer = _save(form, page, "checks", check_raw(form.data), check_id)
        if answer is not None:
            return answer
    with database().reading() as session:
        run = dry_run_view(session, actor(), version_id, check_id)
        examples = ChangeList((), 0)
        if run is not None and check_id:
            examples = changed_answers(session, actor(), run.id, check_id=check_id, per_page=5)
        choices = trial_choices(session, actor())
    row = next((row for row in page.checks if row.id == check_id), None)
    return render_template(
        "check_packs/check.html",
        page=page,
        form=form,
        row=row,
        run=run,
        examples=examples,
        choices=choices,
        read=_read(page.raw, held) if held and not form.errors else None,
        check_id=check_id,
        **_marks(),
    ), _status(form)


def _question(version_id: int, question_id: str) -> ResponseReturnValue:
    page = _page(version_id)
    held = entry(page.raw, "questions", question_id) if question_id else {}
    form = _form(QuestionForm, question_data(held) if held else NEW_QUESTION, page)
    english = words.is_english()
    form.area.choices = [(area.code, area.title_en if english else area.title) for area in page.pack.areas]
    if _saves(form):
        answer = _save(form, page, "questions", question_raw(form.data), question_id)
        if answer is not None:
            return answer
    return render_template(
        "check_packs/question.html", page=page, form=form, question_id=question_id, **_marks()
    ), _status(form)


def _form(kind: type[Any], start: Mapping[str, Any], page: VersionPage) -> Any:
    """The form as sent, or as the draft has it; a button asks for one more row of a list."""
    form = kind(request.form if request.method == "POST" else None, data=start)
    if request.method == "GET":
        form.row_version.data = page.row_version
    name = request.form.get("add", "")
    if name in GROWING and name in form and len(form[name]) < MOST_ROWS:
        form[name].append_entry()
    return form


def _saves(form: BaseForm) -> bool:
    """Whether the button pressed is the one that saves, and the form is whole."""
    return request.method == "POST" and "add" not in request.form and form.validate()


def _status(form: BaseForm) -> int:
    return 422 if request.method == "POST" and "add" not in request.form and form.errors else 200


def _save(form: Any, page: VersionPage, kind: Kind, item: Raw, replaced: str) -> ResponseReturnValue | None:
    """Put the entry into the draft and go on with it; None when something in it is wrong."""
    version_id = page.row.id or 0
    try:
        with database().writing() as session:
            services.save_entry(
                session, actor(), version_id, form.data["row_version"], kind, item, replaced=replaced
            )
    except Invalid as error:
        wrong = faults(page.raw, kind, item)
        if not wrong:
            form.refuse(error)
        for fault in wrong:
            _tell(form, fault.key, str(gettext(fault.problem)))
        return None
    flash(gettext("已保存 %(id)s", id=item["id"]), "success")
    if kind == "checks":
        return redirect(
            url_for("check_packs.edit_check", pack_version_id=version_id, check_id=item["id"]), 303
        )
    return redirect(url_for("check_packs.show", pack_version_id=version_id), 303)


def _tell(form: BaseForm, key: str, problem: str) -> None:
    """Put a fault beside its field; a field in a row of a list is named in the list's own errors too."""
    field = error_at(form, key)
    field.errors = [*field.errors, problem]
    whole = key.partition(".")[0].partition("[")[0]
    if whole in form and form[whole] is not field:
        form[whole].errors = [*form[whole].errors, f"{form[whole].label.text}：{field.label.text}：{problem}"]


def _remove(version_id: int, kind: Kind, entry_id: str) -> ResponseReturnValue:
    form = MoveForm(request.form)
    form.validate()
    try:
        with database().writing() as session:
            services.remove_entry(session, actor(), version_id, form.data["row_version"] or 0, kind, entry_id)
    except Invalid as error:
        flash(message_of(error), "error")
    else:
        flash(gettext("已从草稿中删去 %(id)s", id=entry_id), "success")
    return redirect(url_for("check_packs.show", pack_version_id=version_id), 303)


@requires(Permission.CHECK_PACK_WRITE)
def reading(pack_version_id: int) -> ResponseReturnValue:
    """What was typed so far, read out in plain Chinese, or what is wrong with it and where."""
    page = _page(pack_version_id)
    return render_template("check_packs/_reading.html", **_told(page, _typed()), **_marks())


@requires(Permission.CHECK_PACK_WRITE)
def trial(pack_version_id: int) -> ResponseReturnValue:
    """What was typed so far, asked about a chosen month."""
    page = _page(pack_version_id)
    told = _told(page, _typed())
    tried = None
    if told["read"] is not None:
        enterprise_id = request.form.get("trial_enterprise", 0, int)
        try:
            with database().reading() as session:
                tried = try_check(
                    session,
                    actor(),
                    page.raw,
                    told["item"],
                    enterprise_id,
                    request.form.get("trial_month", "")[:7],
                )
        except NotFound:
            told["wrong"] = [("", gettext("这家企业这个月没有数据，请另选"))]
    return render_template("check_packs/_trial.html", tried=tried, values=shown_values, **told, **_marks())


@requires(Permission.CHECK_PACK_VIEW)
def names(pack_version_id: int) -> ResponseReturnValue:
    """The names that a check may use, with their meaning, kind and value in a chosen month."""
    page = _page(pack_version_id)
    per = request.args.get("per", "row")
    per = per if per in PER else "row"
    enterprise_id = request.args.get("trial_enterprise", 0, int)
    month = request.args.get("trial_month", "")[:7]
    facts: Mapping[str, Any] = page.pack.base
    where = ""
    with database().reading() as session:
        choices = trial_choices(session, actor())
        if enterprise_id and month:
            where, facts = facts_for_trial(session, actor(), enterprise_id, month)
    told = {"page": page, "per": per, "names": names_of(per, facts), "where": where, "month": month}
    part = bool(request.headers.get("HX-Request"))
    return render_template(
        "check_packs/_names.html" if part else "check_packs/names.html",
        functions=functions_of(),
        choices=choices,
        month_options=[(one, month_word(one)) for one in choices.months],
        enterprise_id=enterprise_id,
        **told,
        **_marks(),
    )


def _typed() -> Raw:
    item = check_raw(CheckForm(request.form).data)
    return item | {key: "—" for key, value in item.items() if value == "" and key != "expression"}


def _told(page: VersionPage, item: Raw) -> dict[str, Any]:
    """The reading of a check, or its faults as (name of the field, problem)."""
    wrong = faults(page.raw, "checks", item)
    read = None if wrong else _read(page.raw, item)
    shown = [(words.word(words.KEYS, fault.key.partition(".")[0]), gettext(fault.problem)) for fault in wrong]
    return {"item": item, "read": read, "wrong": shown}


def _read(raw: Raw, item: Raw) -> Any:
    try:
        return read_check(raw, item)
    except DomainError:
        return None


def _predicates() -> list[tuple[str, str]]:
    return [("", gettext("不用")), *((name, f"{one.reading}（{name}）") for name, one in PREDICATES.items())]


def _page(version_id: int) -> VersionPage:
    with database().reading() as session:
        return version_page(session, actor(), version_id)


def _marks() -> dict[str, Any]:
    return {
        "outcome_tones": words.OUTCOME_TONES,
        "outcome_symbols": words.OUTCOME_SYMBOLS,
        "english": words.is_english(),
    }
