"""Forms of disclosures and dossiers: sections made from the questions of a kind, and the acts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.core import Field
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from forms.base import BaseForm, clean_text
from forms.fields import DateField, DecimalField, RowVersionField, parse_day
from forms.validators import AtMost, Required, fail
from portal.domain.errors import DomainError, Invalid
from portal.domain.figures import parse_decimal
from portal.domain.messages import N_

#: Up to so many choices are shown as buttons, more as a list.
MOST_BUTTONS: Final = 4
#: Longest single line, longest paragraph and most rows that an answer may have.
MOST_LINE, MOST_PARAGRAPH, MOST_ROWS = 500, 8000, 300
UNSET: Final = N_("请选择")
YES_NO: Final = [("yes", N_("是")), ("no", N_("否"))]
#: Parameter under which the buttons of a table come in.
ADD, REMOVE = "add_row", "remove_row"

Row = Mapping[str, str]


@dataclass(frozen=True)
class AskedColumn:
    """A column of a question of rows, in the reader's language."""

    key: str
    label: str
    kind: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """A question in the reader's language; ``kind`` is one of portal.reference.dossiers.QUESTION_KINDS."""

    key: str
    label: str
    hint: str
    kind: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    columns: tuple[AskedColumn, ...] = ()


class Wanted:
    """Marks a field that must be filled in before the document is complete; a draft may lack it."""

    field_flags = {"required": True}  # noqa: RUF012 - the attribute that WTForms reads

    def __call__(self, form: Any, field: Field) -> None:
        """Let a blank pass: a draft is kept as it is."""


class RowsField(Field):
    """A table of texts: ``data`` is a list of rows without the wholly blank ones, each a mapping by column.

    Cells come in as ``<name>-<row>-<column>``; what was typed stays in ``shown``, and what is wrong with a
    cell lies in ``faults`` by (row, column).
    """

    def __init__(
        self,
        label: str | None = None,
        validators: Iterable[Any] = (),
        *,
        columns: Sequence[AskedColumn] = (),
        **keywords: Any,
    ) -> None:
        """Take the table's columns."""
        super().__init__(label, list(validators), **keywords)
        self.columns = tuple(columns)
        self.shown: list[dict[str, str]] = []
        self.faults: dict[tuple[int, str], str] = {}

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the cells that were sent, else the rows that are kept."""
        self.process_errors: list[str] = []
        if formdata is not None:
            self.shown = self._sent(formdata)
        else:
            kept = data if isinstance(data, (list, tuple)) else ()
            self.shown = [
                {column.key: str(row.get(column.key, "")) for column in self.columns} for row in kept
            ]
        self.data = [row for row in self.shown if any(row.values())]
        self.raw_data = self.data

    def _sent(self, formdata: Any) -> list[dict[str, str]]:
        pattern = re.compile(rf"{re.escape(self.name)}-(\d{{1,6}})-\w+")
        numbers = {int(found[1]) for key in formdata if (found := pattern.fullmatch(key))}
        return [
            {
                column.key: clean_text(str(formdata.get(f"{self.name}-{number}-{column.key}", "")))
                for column in self.columns
            }
            for number in sorted(numbers)[: MOST_ROWS + 1]
        ]

    def change(self, add: bool, remove: int | None) -> None:
        """Give the table one more row, or one less, as its buttons ask for; nothing is kept by that."""
        if remove is not None and remove < len(self.shown):
            del self.shown[remove]
        if add:
            self.shown.append(dict.fromkeys((column.key for column in self.columns), ""))

    def pre_validate(self, form: Any) -> None:
        """Look at each cell; what can be read is written the one way in which it is kept."""
        if len(self.shown) > MOST_ROWS:
            fail(self, N_("最多 %(most)s 行"), most=MOST_ROWS)
        kept: list[dict[str, str]] = []
        for number, row in enumerate(self.shown):
            if any(row.values()):
                kept.append(
                    {column.key: self._cell(number, column, row[column.key]) for column in self.columns}
                )
        self.data = kept
        if self.faults:
            raise ValidationError(next(iter(self.faults.values())))

    def _cell(self, number: int, column: AskedColumn, text: str) -> str:
        try:
            return _read_cell(column, text)
        except Invalid as error:
            words = self.gettext(error.message)
            told = words % error.params if error.params else words
            self.faults[number, column.key] = self.gettext(N_("第 %(row)s 行 · %(column)s：%(fault)s")) % {
                "row": number + 1,
                "column": column.label,
                "fault": told,
            }
            return text


def _read_cell(column: AskedColumn, text: str) -> str:
    if not text:
        return ""
    if len(text) > MOST_LINE:
        raise Invalid(
            N_("最多 %(most)s 个字，现在是 %(given)s 个，请缩短"),
            params={"most": MOST_LINE, "given": len(text)},
        )
    if column.kind == "amount":
        return format(parse_decimal(text) or Decimal(0), "f")
    if column.kind == "date":
        return str(parse_day(text))
    if column.kind == "choice":
        return _chosen(column, text)
    return text


def _chosen(column: AskedColumn, text: str) -> str:
    """The choice's value; a pasted label stands for it."""
    by_text = {label: value for value, label in column.choices} | {
        value: value for value, _ in column.choices
    }
    if text not in by_text:
        raise Invalid(N_("请从列出的选项中选择"))
    return by_text[text]


class AnswersForm(BaseForm):
    """Base of the sections' forms."""

    row_version = RowVersionField()

    def answers(self, asked: Sequence[Asked]) -> dict[str, str | list[dict[str, str]]]:
        """What was filled in, as the document keeps it: texts, and tables of texts."""
        return {question.key: _kept(self[question.key]) for question in asked}

    def refuse(self, error: DomainError) -> None:
        """Show a service's refusal at its field, or at the cell that ``key.row.column`` names."""
        key, _, cell = error.path.partition(".")
        row, _, column = cell.partition(".")
        for field in self:
            if isinstance(field, RowsField) and field.name == key and row.isdecimal() and column:
                text = field.gettext(error.message)
                field.faults[int(row), column] = text % error.params if error.params else text
        super().refuse(error)

    def faults(self) -> list[tuple[str, str]]:
        """(id of the field or cell, message) of everything that is wrong, in the order of the page."""
        found: list[tuple[str, str]] = []
        for field in self:
            if isinstance(field, RowsField) and field.faults:
                found += [
                    (f"{field.id}-{row}-{column}", text) for (row, column), text in field.faults.items()
                ]
            elif field.errors:
                found.append((field.id, str(field.errors[0])))
        return found


def _kept(field: Field) -> str | list[dict[str, str]]:
    value: Any = field.data
    if isinstance(field, RowsField):
        return list(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value or "")


def answers_form(asked: Sequence[Asked], *arguments: Any, **keywords: Any) -> AnswersForm:
    """The form of a section's questions."""
    made: type[AnswersForm] = type("SectionForm", (AnswersForm,), {one.key: _field(one) for one in asked})
    return made(*arguments, **keywords)


def form_data(asked: Sequence[Asked], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Kept answers as the form's fields take them; what can no longer be read is left out."""
    return {one.key: _value(one, answers.get(one.key)) for one in asked}


def _value(one: Asked, kept: Any) -> Any:
    if one.kind == "rows":
        return kept
    text = kept if isinstance(kept, str) else ""
    try:
        if one.kind == "amount":
            return parse_decimal(text)
        if one.kind == "date":
            return parse_day(text) if text else None
    except Invalid:
        return None
    return text


def _field(one: Asked) -> Any:
    rules: list[Any] = [Wanted()] if one.required else []
    known: dict[str, Any] = {"description": one.hint}
    if one.kind == "rows":
        return RowsField(one.label, rules, columns=one.columns, **known)
    if one.kind == "amount":
        return DecimalField(one.label, rules, **known)
    if one.kind == "date":
        return DateField(one.label, rules, **known)
    if one.kind == "lines":
        return TextAreaField(one.label, [*rules, AtMost(MOST_PARAGRAPH)], **known)
    if one.kind in ("choice", "yes_no"):
        return _choice(one, rules, known)
    return StringField(one.label, [*rules, AtMost(MOST_LINE)], **known)


def _choice(one: Asked, rules: list[Any], known: dict[str, Any]) -> Any:
    choices = YES_NO if one.kind == "yes_no" else list(one.choices)
    known["validate_choice"] = False
    known["default"] = ""
    if len(choices) > MOST_BUTTONS:
        return SelectField(one.label, [*rules, Offered()], choices=[("", UNSET), *choices], **known)
    return RadioField(one.label, [*rules, Offered()], choices=choices, **known)


class Offered:
    """What was chosen is one of the choices, or nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse a value that the page did not offer."""
        if field.data and field.data not in {value for value, _ in field.choices}:
            fail(field, N_("请从列出的选项中选择"))


class MultiCheckboxField(SelectMultipleField):
    """Several of a list, each a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CreateForm(BaseForm):
    """Which document about what; the lists that it chooses from are passed in."""

    subject = StringField(N_("关于什么"), [AtMost(80)], default="")
    product_id = SelectField(N_("产品"), validate_choice=False, default="")
    period = StringField(N_("期间"), [AtMost(15)], default="")
    bases = MultiCheckboxField(N_("依据的文件"), validate_choice=False, default=())


class ActForm(BaseForm):
    """An act that is one button."""

    row_version = RowVersionField()


class ReasonForm(ActForm):
    """An act that wants to be explained."""

    reason = TextAreaField(N_("理由"), [Required(), AtMost(1000)])


class SignDossierForm(ActForm):
    """The signatory's word and password."""

    agree = BooleanField(N_("声明"), [Required(N_("请先勾选声明"))])
    password = PasswordField(N_("登录密码"), [Required()])
    code = StringField(N_("动态验证码"))
