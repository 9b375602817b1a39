"""Pages of disclosures and dossiers: the hub of an enterprise, a new document, its parts."""

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.dossiers import (
    ADD,
    REMOVE,
    ActForm,
    AnswersForm,
    Asked,
    CreateForm,
    RowsField,
    answers_form,
    form_data,
)
from portal.domain.access import Permission
from portal.domain.dossiers import DossierState
from portal.domain.errors import Conflict, Invalid
from portal.extensions import actor, database
from portal.queries.dossiers import DossierPage, dossiers_page, offer_of
from portal.reference.dossiers import DossierKind, QuestionSection, load_kind
from portal.services.dossiers import LONGEST_SUBJECT, choose_bases, create_dossier, save_answers
from portal.web import dossier_acts, dossier_lists  # noqa: F401 - their routes lie on the same blueprint
from portal.web.access import requires
from portal.web.dossier_hub import hub_of
from portal.web.dossier_page import DOSSIER, PLACE, blueprint, place_of, read_page, show, tasks_of
from portal.web.dossier_words import NAMED, SUBJECTS, asked, base_words, said, section_of
from portal.web.errors import message_of

__all__ = ["blueprint"]


@blueprint.get(PLACE)
@requires(Permission.DOCUMENT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """What is due, possible, in the making, issued, stale and expiring."""
    with database().reading() as session:
        page = dossiers_page(session, actor(), enterprise_id)
    return render_template("dossiers/listing.html", hub=hub_of(page))


@blueprint.get(f"{PLACE}/new/<kind>")
@requires(Permission.DOSSIER_EDIT)
def new(enterprise_id: int, kind: str) -> ResponseReturnValue:
    """Which document about what; a subject that makes sense is filled in."""
    return _draw_new(enterprise_id, load_kind(kind), None)


@blueprint.post(f"{PLACE}/new/<kind>")
@requires(Permission.DOSSIER_EDIT)
def create(enterprise_id: int, kind: str) -> ResponseReturnValue:
    """Begin it; one of the same kind and subject that is there already is opened instead."""
    return _draw_new(enterprise_id, load_kind(kind), request.form)


def _draw_new(enterprise_id: int, kind: DossierKind, sent: Any) -> ResponseReturnValue:
    with database().reading() as session:
        offer = offer_of(session, actor(), enterprise_id, kind.id)
    label, hint = SUBJECTS[kind.subject]
    form = CreateForm(sent, data={"subject": request.args.get("subject", offer.subject)[:LONGEST_SUBJECT]})
    form.subject.label.text = gettext(label)
    form.product_id.choices = [(str(product.id), product.name) for product in offer.products]
    form.bases.choices = [(str(base.id), base_words(base)) for base in offer.bases]
    if sent is not None and form.validate():
        try:
            return _create(enterprise_id, kind, form)
        except Invalid as error:
            form.refuse(error)
    return render_template(
        "dossiers/new.html",
        enterprise_id=enterprise_id,
        kind=kind,
        offer=offer,
        form=form,
        hint=gettext(NAMED if kind.named else hint),
    ), 422 if form.errors else 200


def _create(enterprise_id: int, kind: DossierKind, form: CreateForm) -> ResponseReturnValue:
    with database().writing() as session:
        dossier_id = create_dossier(
            session,
            actor(),
            enterprise_id,
            kind.id,
            form.text("subject"),
            product_id=next(iter(_ids([form.product_id.data])), None),
            base_ids=_ids(form.bases.data or ()),
            period=form.text("period"),
        ).id
    return redirect(url_for(".show", enterprise_id=enterprise_id, dossier_id=dossier_id), 303)


def _ids(texts: Iterable[Any]) -> list[int]:
    """The numbers among what was sent; anything else is no id of ours."""
    return [int(text) for text in map(str, texts) if text.isascii() and text.isdecimal() and len(text) < 10]


@blueprint.post(f"{DOSSIER}/bases")
@requires(Permission.DOSSIER_EDIT)
def bases(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """Say anew on which issued documents a draft rests."""
    form = ActForm(request.form)
    form.validate()
    wanted, version = _ids(request.form.getlist("bases")), int(form.row_version.data or 0)
    with database().writing() as session:
        choose_bases(session, actor(), enterprise_id, dossier_id, version, wanted)
    flash(gettext("已保存依据的文件"), "success")
    return redirect(url_for(".show", enterprise_id=enterprise_id, dossier_id=dossier_id) + "#sources", 303)


@blueprint.get(DOSSIER, endpoint="show")
@requires(Permission.DOCUMENT_VIEW)
def show_one(enterprise_id: int, dossier_id: int) -> ResponseReturnValue:
    """The tasks of one document, what it rests on, what is checked, what can be done next."""
    return show(read_page(enterprise_id, dossier_id))


@blueprint.get(f"{DOSSIER}/sections/<section>")
@requires(Permission.DOCUMENT_VIEW)
def section(enterprise_id: int, dossier_id: int, section: str) -> ResponseReturnValue:
    """One part with its questions."""
    page = read_page(enterprise_id, dossier_id)
    part = section_of(page.line.kind, section)
    questions = [asked(question) for question in part.questions]
    data = form_data(questions, page.answers) | {"row_version": page.line.row_version}
    return _draw_section(page, part, answers_form(questions, data=data))


@blueprint.post(f"{DOSSIER}/sections/<section>")
@requires(Permission.DOSSIER_EDIT)
def save(enterprise_id: int, dossier_id: int, section: str) -> ResponseReturnValue:
    """Keep the answers of a part; what cannot be kept stays in the form with its error."""
    page = read_page(enterprise_id, dossier_id)
    part = section_of(page.line.kind, section)
    questions = [asked(question) for question in part.questions]
    form = answers_form(questions, request.form)
    if _rows_changed(form):
        return _draw_section(page, part, form)
    if not form.validate():
        return _draw_section(page, part, form, 422)
    try:
        _keep(page, questions, form)
    except Invalid as error:
        form.refuse(error)
        return _draw_section(page, part, form, 422)
    except Conflict as error:
        return _draw_conflict(enterprise_id, dossier_id, part, form, message_of(error))
    flash(gettext("已保存：%(name)s", name=said(part, "title")), "success")
    return redirect(_onward(page, part), 303)


def _keep(page: DossierPage, questions: list[Asked], form: AnswersForm) -> None:
    with database().writing() as session:
        save_answers(
            session,
            actor(),
            page.line.enterprise_id,
            page.line.id,
            int(form.row_version.data or 0),
            form.answers(questions),
        )


def _rows_changed(form: AnswersForm) -> bool:
    """Whether a button of a table was pressed: then its rows change and nothing is kept."""
    add, remove = request.form.get(ADD, ""), request.form.get(REMOVE, "").rpartition("-")
    for field in form:
        if isinstance(field, RowsField) and field.name in (add, remove[0]):
            number = int(remove[2]) if remove[0] == field.name and remove[2].isdecimal() else None
            field.change(add == field.name, number)
            return True
    return False


def _draw_conflict(
    enterprise_id: int, dossier_id: int, part: QuestionSection, form: AnswersForm, words: str
) -> ResponseReturnValue:
    page = read_page(enterprise_id, dossier_id)
    form.process(data={**form.data, "row_version": page.line.row_version})
    return _draw_section(page, part, form, 409, conflict=words)


def _draw_section(
    page: DossierPage, part: QuestionSection, form: AnswersForm, status: int = 200, conflict: str = ""
) -> ResponseReturnValue:
    place = page.line.kind.sections.index(part)
    body = render_template(
        "dossiers/section.html",
        page=page,
        section=part,
        number=place + 1,
        following=page.line.kind.sections[place + 1 :],
        tasks=tasks_of(page),
        form=form,
        pairs=[(question, form[question.key]) for question in part.questions],
        editable=page.line.state is DossierState.DRAFT and actor().may(Permission.DOSSIER_EDIT),
        conflict=conflict,
    )
    return body, status


def _onward(page: DossierPage, part: QuestionSection) -> str:
    """The next part, or the list of tasks after the last one."""
    following = page.line.kind.sections[page.line.kind.sections.index(part) + 1 :]
    if following and request.form.get("go") == "on":
        return url_for(".section", section=following[0].id, **place_of(page))
    return url_for(".show", **place_of(page))
