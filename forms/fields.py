"""Fields that read what people in the field write, and keep what was typed when it cannot be read."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as NumberError
from wtforms import StringField
from wtforms.fields.core import Field
from wtforms.widgets import HiddenInput, TextInput

from forms.validators import Required
from portal.domain.errors import Invalid
from portal.domain.figures import MOST_DECIMALS, MOST_INTEGER_DIGITS, parse_decimal, plain, without_commas
from portal.domain.messages import N_
from portal.domain.periods import FIRST_YEAR, LAST_YEAR, Month

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?|[48]00-?\d{3}-?\d{4})")
_USCC_NEVER = "IOSVZ"  #: left out of the code's alphabet by GB 32100-2015
GREATEST_INTEGER = 2**31 - 1  #: what an integer column holds


def parse_day(text: str) -> date:
    """Read a date as people write it: 2026-11-22, 2026/11/22 and 2026年11月22日; raises Invalid."""
    match = _DATE.fullmatch(plain(text))
    if match is None:
        raise Invalid(N_("日期要写成 2026-11-22 的样子"))
    try:
        value = date(*(int(part) for part in match.groups()))
    except ValueError as error:
        raise Invalid(N_("没有这一天，请检查年、月、日")) from error
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Invalid(N_("年份不对，请检查"))
    return value


class ReadField(StringField):
    """Base of fields whose text is read into a value: data is the value, or None when blank or wrong."""

    def read(self, text: str) -> Any:
        """Turn the text into the value; raises Invalid."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """The text of a value that comes from a row."""
        return str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was sent; what was typed stays for the page."""
        self.data = None
        text = str(valuelist[0]) if valuelist else ""
        if not text.strip():
            return
        try:
            self.data = self.read(text)
        except Invalid as error:
            words = self.gettext(error.message)
            raise ValueError(words % error.params if error.params else words) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)


class DecimalField(ReadField):
    """An exact figure; see ``parse_decimal`` for what is taken."""

    def __init__(
        self,
        label: str | None = None,
        validators: Iterable[Any] = (),
        *,
        integer_digits: int = MOST_INTEGER_DIGITS,
        decimals: int = MOST_DECIMALS,
        **keywords: Any,
    ) -> None:
        """Limit the digits before and after the point."""
        self.integer_digits, self.decimals = integer_digits, decimals
        super().__init__(label, list(validators), **{"render_kw": {"inputmode": "decimal"}, **keywords})

    def read(self, text: str) -> Decimal | None:
        """See ``parse_decimal``."""
        return parse_decimal(text, integer_digits=self.integer_digits, decimals=self.decimals)

    def write(self, value: Any) -> str:
        """With thousands commas and every digit kept."""
        return f"{value:,f}"


class WholeNumberField(ReadField):
    """A whole number from 0 to what an integer column holds."""

    def __init__(self, label: str | None = None, validators: Iterable[Any] = (), **keywords: Any) -> None:
        """Ask phones for digits."""
        super().__init__(label, list(validators), **{"render_kw": {"inputmode": "numeric"}, **keywords})

    def read(self, text: str) -> int:
        """Digits only, thousands commas allowed."""
        given = without_commas(plain(text))
        if not (given.isascii() and given.isdecimal()):
            raise Invalid(N_("要填整数，例如 12"))
        if len(given) > 10 or int(given) > GREATEST_INTEGER:
            raise Invalid(N_("这个数太大了，请检查"))
        return int(given)


class RowVersionField(WholeNumberField):
    """Hidden and never blank: the version of the row that the page was made from."""

    widget = HiddenInput()

    def __init__(self, label: str | None = N_("版本"), **keywords: Any) -> None:
        """A form without it was not sent by our page."""
        super().__init__(label, [Required()], **keywords)


class MonthField(ReadField):
    """A month; takes 2026-10, 2026/10 and 2026年10月."""

    def __init__(self, label: str | None = None, validators: Iterable[Any] = (), **keywords: Any) -> None:
        """Show how a month is written."""
        shown = {"placeholder": "2026-10", "inputmode": "numeric"}
        super().__init__(label, list(validators), **{"render_kw": shown, **keywords})

    def read(self, text: str) -> Month:
        """See the class."""
        match = _MONTH.fullmatch(plain(text))
        if match is None or int(match[1]) < FIRST_YEAR:
            raise Invalid(N_("月份要写成 2026-10 的样子"))
        return Month.parse(f"{match[1]}-{match[2]:0>2}")


class DateInput(TextInput):
    """The browser's date field; a text that is no date needs a text field to stay visible."""

    input_type = "date"

    def __call__(self, field: Field, **attributes: Any) -> Any:
        """Draw a text field when what was typed could not be read."""
        if getattr(field, "process_errors", None):
            attributes["type"] = "text"
        return super().__call__(field, **attributes)


class DateField(ReadField):
    """A date; takes 2026-11-22, 2026/11/22 and 2026年11月22日."""

    widget = DateInput()

    def read(self, text: str) -> date:
        """See ``parse_day``."""
        return parse_day(text)

    def _value(self) -> str:
        # The browser's date field understands this form only; what cannot be read stays as typed.
        return super()._value() if self.data is None else str(self.data)


class UsccField(ReadField):
    """统一社会信用代码: 18 places with a check digit (GB 32100-2015)."""

    def read(self, text: str) -> str:
        """Upper-cased, without blanks; the message says what is wrong with it."""
        code = plain(text).translate(_LATIN).upper().replace(" ", "").replace("-", "")
        never = sorted({letter for letter in code if letter in _USCC_NEVER})
        if never:
            raise Invalid(
                N_("统一社会信用代码里没有字母 %(letters)s；请核对是否应为数字 1、0、2、5 或其他字母"),
                params={"letters": "、".join(never)},
            )
        if len(code) != 18:
            raise Invalid(
                N_("统一社会信用代码是 18 位，现在是 %(given)s 位"), params={"given": str(len(code))}
            )
        try:
            return str(uscc.validate(code))
        except NumberError as error:
            raise Invalid(N_("统一社会信用代码的校验位不符，请对照营业执照逐位核对")) from error


_LATIN = str.maketrans(
    "".join(chr(letter + 0xFEE0) for letter in range(ord("A"), ord("z") + 1)),
    "".join(chr(letter) for letter in range(ord("A"), ord("z") + 1)),
)


class PhoneField(ReadField):
    """A mainland mobile, landline (with extension) or 400/800 number."""

    def __init__(self, label: str | None = None, validators: Iterable[Any] = (), **keywords: Any) -> None:
        """Ask phones for a number pad."""
        super().__init__(label, list(validators), **{"render_kw": {"inputmode": "tel"}, **keywords})

    def read(self, text: str) -> str:
        """Without blanks; +86 is dropped."""
        number = re.sub(r"[\s()（）]", "", plain(text))
        match = _PHONE.fullmatch(number)
        if match is None:
            raise Invalid(N_("电话要写成 13800000000 或 0572-0000000 的样子"))
        return match[1]
