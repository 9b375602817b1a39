"""Forms of the combined registration, made from its table of questions."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.core import Field
from wtforms.widgets import CheckboxInput, ListWidget

from forms.base import BaseForm
from forms.fields import DateField, MonthField, PhoneField, RowVersionField, UsccField
from forms.validators import AtMost, EmailAddress, Required, fail
from portal.domain.messages import N_
from portal.domain.registration import day_of, fault_of
from portal.domain.registration_questions import SECTIONS, Kind, Question

Choices = Mapping[str, Sequence[tuple[str, str]]]
#: Up to so many choices are shown as buttons, more as a list.
MOST_BUTTONS = 4
#: Lists that people fill themselves are always lists.
LISTS_THAT_GROW = frozenset({"sites", "outlets", "firms", "guidelines"})
UNSET = N_("请选择")


class Wanted:
    """Marks a field that must be filled in at last; the section says so, not the field."""

    field_flags = {"required": True}  # noqa: RUF012 - the attribute that WTForms reads

    def __call__(self, form: Any, field: Field) -> None:
        """Let a blank pass: what is there may be kept for later."""


class OneOfThem:
    """What was chosen is one of the choices, or nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse a value that the page did not offer."""
        known = {str(value) for value, _label in field.choices}
        chosen = field.data if isinstance(field.data, list) else [field.data]
        if any(value and value not in known for value in chosen):
            fail(field, N_("请从列出的选项中选择"))


class WellWritten:
    """The answer has the shape that its question asks for."""

    def __init__(self, question: Question) -> None:
        """Take the question."""
        self.question = question

    def __call__(self, form: Any, field: Field) -> None:
        """Say how it should be written."""
        fault = fault_of(self.question, field.data) if field.data else ""
        if fault:
            fail(field, fault, longest=self.question.longest)


class MultiCheckboxField(SelectMultipleField):
    """Several of a list, each a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SectionForm(BaseForm):
    """Base of the sections' forms."""

    row_version = RowVersionField(N_("版本"))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Also put the first line of each list into the reader's language."""
        super().__init__(*arguments, **keywords)
        for field in self:
            choices: Any = getattr(field, "choices", None) or ()
            if choices and not choices[0][0]:
                field.choices = [("", field.gettext(UNSET)), *choices[1:]]  # type: ignore[attr-defined]  # has some

    def answers(self, questions: Sequence[Question]) -> dict[str, Any]:
        """What was filled in, as the registration keeps it."""
        return {question.key: _kept(self[question.key].data, question) for question in questions}


def _kept(value: Any, question: Question) -> Any:
    if question.kind is Kind.CHOICES:
        return list(value or [])
    return value.isoformat() if isinstance(value, date) else str(value or "")


def form_data(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Kept answers as the form's fields take them."""
    data = dict(answers)
    for question in questions:
        if question.kind is Kind.DATE:
            data[question.key] = day_of(answers.get(question.key))
    return data


def section_form(key: str, choices: Choices, *arguments: Any, **keywords: Any) -> SectionForm:
    """The form of a section (of one row, for a list); ``choices`` gives every list that it names."""
    questions = SECTIONS[key].questions
    fields = {question.key: _field(question, choices.get(question.choices, ())) for question in questions}
    made: type[SectionForm] = type(f"{key.title()}Form", (SectionForm,), fields)
    return made(*arguments, **keywords)


def _field(question: Question, choices: Sequence[tuple[str, str]]) -> Any:
    rules: list[Any] = [Wanted()] if question.required and question.asked_if is None else []
    known: dict[str, Any] = {"description": question.hint}
    if question.kind in (Kind.CHOICE, Kind.CHOICES):
        return _choice_field(question, choices, [*rules, OneOfThem()], known)
    if question.kind is Kind.DATE:
        return DateField(question.label, rules, **known)
    if question.kind is Kind.USCC:
        return UsccField(question.label, rules, **known)
    rules.append(AtMost(question.longest))
    if question.kind is Kind.PHONE:
        return PhoneField(question.label, rules, **known)
    rules.append(EmailAddress() if question.kind is Kind.EMAIL else WellWritten(question))
    return StringField(question.label, rules, **known)


def _choice_field(
    question: Question, choices: Sequence[tuple[str, str]], rules: list[Any], known: dict[str, Any]
) -> Any:
    known |= {"validate_choice": False}
    if question.kind is Kind.CHOICES:
        return MultiCheckboxField(question.label, rules, choices=list(choices), **known)
    if question.choices in LISTS_THAT_GROW or len(choices) > MOST_BUTTONS:
        return SelectField(question.label, rules, choices=[("", UNSET), *choices], **known)
    return RadioField(question.label, rules, choices=list(choices), **known)


def version_of(form: BaseForm) -> int:
    """The version that the page was made from; -1, which no row has, when it is missing."""
    value = form["row_version"].data
    return value if isinstance(value, int) else -1


class DecisionForm(BaseForm):
    """A reviewer's word on one section."""

    row_version = RowVersionField(N_("版本"))
    decision = RadioField(
        N_("决定"),
        [Required(N_("请选择通过或退回"))],
        choices=[("accept", N_("通过")), ("return", N_("退回")), ("undecided", N_("未决定"))],
    )
    comment = TextAreaField(N_("退回意见"), [AtMost(1000)])


class FinishForm(BaseForm):
    """The end of a review: accept, return or reject."""

    row_version = RowVersionField(N_("版本"))
    first_month = MonthField(N_("首个填报月份"))
    reason = TextAreaField(N_("不予受理的理由"), [AtMost(2000)])
