"""What every form has: cleaned texts, a length limit, words in the reader's language.

Labels, hints and messages are written as Chinese message ids (``N_``). The web layer hands its
``gettext`` in once through ``translate_with``, so that no form knows a framework.
A form needs no CSRF field: the application checks the token of every POST.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from wtforms import Form, PasswordField, StringField, TextAreaField
from wtforms.meta import DefaultMeta

from forms.validators import AtMost
from portal.domain.errors import DomainError
from portal.domain.messages import N_

#: Longest text of a field that says nothing else; the columns behind are no shorter.
LINE, PARAGRAPH = 200, 4000

#: What WTForms says by itself, in our words.
BUILT_IN: Mapping[str, str] = {
    "This field is required.": N_("这一项要填"),
    "Not a valid choice.": N_("请从列出的选项中选择"),
    "Invalid Choice: could not coerce.": N_("请从列出的选项中选择"),
    "Invalid choice(s): one or more data inputs could not be coerced.": N_("请从列出的选项中选择"),
    "'%(value)s' is not a valid choice for this field.": N_("请从列出的选项中选择"),
    "'%(value)s' are not valid choices for this field.": N_("请从列出的选项中选择"),
    "Not a valid integer value.": N_("要填整数"),
    "Not a valid date value.": N_("日期要写成 2026-11-22 的样子"),
    "Invalid input.": N_("这样写不对，请检查"),
}


class _Words:
    """The translations that WTForms asks for; until ``translate_with`` the Chinese text itself."""

    def __init__(self) -> None:
        self.translate: Callable[[str], str] = str

    def gettext(self, text: str) -> str:
        return self.translate(BUILT_IN.get(text, text))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.gettext(singular if count == 1 else plural)


_words = _Words()


def translate_with(translate: Callable[[str], str]) -> None:
    """Let ``translate`` put message ids into the reader's language from now on."""
    _words.translate = translate


def clean_text(text: Any) -> Any:
    """Without surrounding blanks and without control characters, which no database row should hold."""
    if not isinstance(text, str):
        return text
    kept = (letter for letter in text if letter in "\n\t" or unicodedata.category(letter) != "Cc")
    return "".join(kept).strip()


class BaseForm(Form):
    """Base of all forms: ``Form(request.form, obj=…)``, then ``validate()``."""

    class Meta(DefaultMeta):
        """How fields are bound."""

        def get_translations(self, form: Any) -> _Words:
            """Give WTForms our words."""
            return _words

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Clean each text and limit its length, where the field does not say so itself."""
            choices = unbound_field.kwargs.get("choices")
            if isinstance(choices, list):
                # Set afterwards: WTForms wants its own class in the constructor, pairs are plainer.
                field = super().bind_field(form, unbound_field, {**options, "choices": None})
                field.choices = [(value, _words.gettext(text) if text else text) for value, text in choices]
            else:
                field = super().bind_field(form, unbound_field, options)
            if isinstance(field, StringField):
                if not isinstance(field, PasswordField):
                    field.filters = (clean_text, *field.filters)
                if not any(isinstance(validator, AtMost) for validator in field.validators):
                    longest = PARAGRAPH if isinstance(field, TextAreaField) else LINE
                    field.validators = (*field.validators, AtMost(longest))
            return field

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Take formdata, ``obj`` or ``data`` as WTForms does; labels and hints come out translated.

        Empty formdata is no formdata: a page that was only opened keeps the form's own values.
        """
        if arguments and not arguments[0]:
            arguments = (None, *arguments[1:])
        super().__init__(*arguments, **keywords)
        for field in self:
            field.label.text = _words.gettext(str(field.label.text))
            field.description = _words.gettext(str(field.description)) if field.description else ""

    def given(self, name: str) -> str:
        """The text of the field ``name``; empty when it is blank or was not sent."""
        value = self[name].data
        return value if isinstance(value, str) else ""

    #: The same by a shorter name, for forms that have no field called ``text``.
    text: Any = given

    def refuse(self, error: DomainError) -> None:
        """Show a service's refusal at the field that its path names, else at the first field."""
        text = _words.gettext(error.message)
        self.add_error(error.path, text % error.params if error.params else text)

    def add_error(self, name: str, message: str) -> None:
        """Put a message (already in the reader's language) on the field ``name``, else on the first one."""
        field = self[name] if name in self else next(iter(self))
        field.errors = [*field.errors, message]
