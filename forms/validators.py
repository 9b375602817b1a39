"""Rules for single fields. A blank value passes every rule but ``Required``."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from wtforms.fields.core import Field
from wtforms.validators import StopValidation, ValidationError

from portal.domain.messages import N_
from portal.domain.periods import Month, today

#: One @, no blanks, a dot in the domain: whether it exists only a mail can tell.
_EMAIL = re.compile(r"[^@\s,;<>()\"]{1,64}@[^@\s,;<>()\"]+\.[^@\s,;<>()\"]{2,}")


def fail(field: Field, message: str, **params: object) -> NoReturn:
    """Refuse the field's value with a message id and the values put into it."""
    text = field.gettext(message)
    raise ValidationError(text % params if params else text)


class Required:
    """Something was given: 0 counts, blanks do not."""

    field_flags = {"required": True}  # noqa: RUF012 - the attribute that WTForms reads

    def __init__(self, message: str = "") -> None:
        """Take another message where the usual one, which names the field, does not fit."""
        self.message = message

    def __call__(self, form: Any, field: Field) -> None:
        """Stop the chain, so that a blank field shows one message only."""
        if _given(field):
            return
        field.errors = []
        usual = N_("请选择%(label)s") if hasattr(field, "choices") else N_("请填写%(label)s")
        text = field.gettext(self.message or usual)
        raise StopValidation(text if self.message else text % {"label": field.label.text})


def _given(field: Field) -> bool:
    raw = getattr(field, "raw_data", None)
    if raw:
        return any(value.strip() if isinstance(value, str) else bool(value) for value in raw)
    return field.data not in (None, "", False) and field.data != []


class AtMost:
    """No longer than ``length`` characters."""

    def __init__(self, length: int) -> None:
        """Take the greatest number of characters."""
        self.length = length

    def __call__(self, form: Any, field: Field) -> None:
        """Say how long it is and how long it may be."""
        given = len(field.data) if isinstance(field.data, str) else 0
        if given > self.length:
            fail(field, N_("最多 %(most)s 个字，现在是 %(given)s 个，请缩短"), most=self.length, given=given)


class AtLeast:
    """No shorter than ``length`` characters."""

    def __init__(self, length: int) -> None:
        """Take the smallest number of characters."""
        self.length = length

    def __call__(self, form: Any, field: Field) -> None:
        """Say how many are missing."""
        if field.data and len(field.data) < self.length:
            fail(
                field,
                N_("至少 %(least)s 个字，现在是 %(given)s 个"),
                least=self.length,
                given=len(field.data),
            )


class EmailAddress:
    """Looks like an e-mail address."""

    def __call__(self, form: Any, field: Field) -> None:
        """Only the shape is checked."""
        if field.data and not _EMAIL.fullmatch(field.data):
            fail(field, N_("邮箱要写成 name@example.com 的样子"))


class InRange:
    """A number between two limits, both allowed; ``unit`` is shown with them."""

    def __init__(
        self, low: Decimal | int | None = None, high: Decimal | int | None = None, unit: str = ""
    ) -> None:
        """Take the limits; None leaves a side open."""
        self.low, self.high, self.unit = low, high, unit

    def __call__(self, form: Any, field: Field) -> None:
        """Name the limit that was passed."""
        if field.data is None:
            return
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and field.data < self.low:
            if self.low == 0:
                fail(field, N_("不能是负数"))
            fail(field, N_("不能小于 %(limit)s"), limit=f"{self.low:,}{unit}")
        if self.high is not None and field.data > self.high:
            fail(field, N_("不能大于 %(limit)s"), limit=f"{self.high:,}{unit}")


class Positive:
    """A number above zero."""

    def __call__(self, form: Any, field: Field) -> None:
        """Zero is refused as well."""
        if field.data is not None and field.data <= 0:
            fail(field, N_("要大于 0"))


class NotFuture:
    """A date not after today, or a month that has begun, both in Shanghai."""

    def __call__(self, form: Any, field: Field) -> None:
        """Name today's date."""
        value: date | Month | None = field.data
        if value is None:
            return
        begins = value.first if isinstance(value, Month) else value
        if begins > today():
            fail(field, N_("不能晚于今天（%(today)s）"), today=today().isoformat())


class NotBefore:
    """A date or month not before that of another field of the same form."""

    def __init__(self, other: str) -> None:
        """Take the other field's name."""
        self.other = other

    def __call__(self, form: Any, field: Field) -> None:
        """Name the other field and its value."""
        other = form[self.other]
        if field.data is not None and other.data is not None and field.data < other.data:
            fail(field, N_("不能早于%(other)s（%(value)s）"), other=other.label.text, value=str(other.data))
