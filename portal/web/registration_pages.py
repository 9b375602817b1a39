"""What the registration's routes share: reading it, drawing a section, and saying what is wrong with it."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.base import BaseForm
from forms.fields import RowVersionField
from forms.registrations import SectionForm, version_of
from portal.domain.errors import NotFound
from portal.domain.periods import today
from portal.domain.registration import Filed, Gap, GapKind, file_slots, gaps_of, rows_of
from portal.domain.registration_questions import (
    FILE_SLOTS,
    SECTIONS,
    SectionSpec,
)
from portal.extensions import actor, database, settings
from portal.queries.registration_faults import steward_firms
from portal.queries.registrations import (
    RegistrationPage,
    registration_page,
)
from portal.web.registration_display import (
    Choices,
    choices_for,
    gap_label,
    gap_text,
    industry_list,
    shown,
)


class VersionForm(BaseForm):
    """A form that is one button."""

    row_version = RowVersionField()


def sent_version() -> int:
    """The row version that a small form carries."""
    form = VersionForm(request.form)
    form.validate()
    return version_of(form)


def load(registration_id: int) -> tuple[RegistrationPage, Choices]:
    """The applicant's own registration and every list that its answers refer to."""
    with database().reading() as session:
        page = registration_page(session, actor(), registration_id)
        firms = steward_firms(session)
    if page.applicant_id != actor().user_id:
        raise NotFound
    return page, choices_for(page, firms)


def spec_of(key: str) -> SectionSpec:
    """The section with this key; raises NotFound."""
    if key not in SECTIONS:
        raise NotFound
    return SECTIONS[key]


def draw_section(
    page: RegistrationPage,
    spec: SectionSpec,
    form: SectionForm,
    choices: Choices,
    row_id: str = "",
    status: int = 200,
    **more: Any,
) -> ResponseReturnValue:
    """The page of a section, with a form that may carry errors."""
    kept = page.sections[spec.key]
    later = [task for task in page.tasks if task.number > kept.task.number]
    template = "files" if spec.files else "rows" if spec.rows else "section"
    values = {
        "page": page,
        "spec": spec,
        "kept": kept,
        "form": form,
        "row_id": row_id,
        "choices": choices,
        "shown": lambda question, value: shown(question, value, choices),
        "industries": industry_list(),
        "gaps": [(gap, gap_label(spec.key, gap)) for gap in kept.task.gaps],
        "gap_text": gap_text,
        "slots": [(slot, FILE_SLOTS[slot]) for slot in file_slots(page.sections["permit"].answers)],
        "most_bytes": settings().max_upload_bytes,
        "next_task": later[0] if later else None,
        "errors": {},
    }
    return render_template(f"registrations/{template}.html", **(values | more)), status


def show_gaps(form: SectionForm, gaps: tuple[Gap, ...]) -> None:
    """Put each gap on the question that it is about."""
    for gap in gaps:
        if gap.kind is GapKind.MISSING and gap.question in form:
            message = gettext("请填写：%(label)s", label=form[gap.question].label.text)
        else:
            message = gap_text(gap)
        form.add_error(gap.question, message)


def show_missing(
    form: SectionForm,
    page: RegistrationPage,
    spec: SectionSpec,
    answers: dict[str, Any],
    row_id: str,
    *,
    later: bool,
) -> None:
    """With values that cannot be read, also say at once what was left blank."""
    if later:
        return
    filed = {key: Filed(section.answers) for key, section in page.sections.items()}
    filed[spec.key] = Filed({"rows": [answers | {"id": row_id}]} if spec.rows else answers)
    gaps = gaps_of(spec.key, filed, today())
    show_gaps(form, tuple(gap for gap in gaps if gap.question and not form[gap.question].errors))


def draw_conflict(
    registration_id: int, spec: SectionSpec, form: SectionForm, row_id: str, message: str
) -> ResponseReturnValue:
    """Show what stands there now beside what was typed; saving again keeps what was typed."""
    page, choices = load(registration_id)
    kept = page.sections[spec.key]
    standing: Any = kept.answers
    if spec.rows:
        standing = next((row for row in rows_of(kept.answers) if row["id"] == row_id), {})
    typed = form.answers(spec.questions)
    differing = [
        (
            gettext(q.label),
            shown(q, standing.get(q.key), choices) or "—",
            shown(q, typed[q.key], choices) or "—",
        )
        for q in spec.questions
        if (standing.get(q.key) or "") != (typed[q.key] or "")
    ]
    form["row_version"].raw_data, form["row_version"].data = None, kept.row_version
    return draw_section(
        page, spec, form, choices, row_id, 409, conflict={"message": message, "rows": differing}
    )
