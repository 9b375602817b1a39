"""The functions that an expression may call on single values; each is strict: unknown in, unknown out."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from checklists.vocabulary import DATE, FLAG, MONTH, NUMBER, TEXT
from portal.domain.periods import Month

_MOST_MONTHS = 1200
_MOST_DIGITS = 12


@dataclass(frozen=True)
class Function:
    """A listed function: the kinds it takes, the kind it gives, and how it is read out.

    ``reading`` and ``reading_en`` have the places ``{0}``, ``{1}`` for the arguments.
    """

    takes: tuple[str, ...]
    gives: str
    call: Callable[..., object]
    reading: str
    reading_en: str


def whole(value: Decimal, most: int) -> int:
    """``value`` as an int; raises ValueError when it has a fraction or lies outside ±``most``."""
    if value != value.to_integral_value() or abs(value) > most:
        raise ValueError(value)
    return int(value)


def round_half_up(value: Decimal, digits: Decimal) -> Decimal:
    """Round to ``digits`` decimals, halves away from zero (四舍五入)."""
    return value.quantize(Decimal(1).scaleb(-abs(whole(digits, _MOST_DIGITS))), ROUND_HALF_UP)


def decimals(value: Decimal) -> Decimal:
    """How many decimals ``value`` has, trailing zeros not counted."""
    if value == value.to_integral_value():
        return Decimal(0)
    exponent = value.normalize().as_tuple().exponent
    return Decimal(max(0, -exponent)) if isinstance(exponent, int) else Decimal(0)


def days(start: date, end: date) -> Decimal:
    """Calendar days from ``start`` to ``end``; negative when ``end`` is earlier."""
    return Decimal((end - start).days)


def months(start: date, end: date) -> Decimal:
    """Full calendar months from ``start`` to ``end``."""
    count = (end.year - start.year) * 12 + end.month - start.month
    return Decimal(count - (1 if end.day < start.day and end != month_end(end) else 0))


def month_end(day: date) -> date:
    """Last day of the month that holds ``day``."""
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


def add_days(day: date, count: Decimal) -> date:
    """``day`` moved by ``count`` days."""
    return day + timedelta(days=whole(count, _MOST_MONTHS * 31))


def add_months(day: date, count: Decimal) -> date:
    """``day`` moved by ``count`` months, to the month's last day where it would not exist."""
    month = Month.of(day).plus(whole(count, _MOST_MONTHS))
    return month.first.replace(day=min(day.day, month.last.day))


def month_of(day: date) -> str:
    """The month that holds ``day``, as ``2026-10``."""
    return str(Month.of(day))


def previous_month(month: str) -> str:
    """The month before."""
    return str(Month.parse(month).previous())


def first_day(month: str) -> date:
    """First day of ``month``."""
    return Month.parse(month).first


def last_day(month: str) -> date:
    """Last day of ``month``."""
    return Month.parse(month).last


def starts_with(text: str, start: str) -> bool:
    """Whether ``text`` begins with ``start``."""
    return text.startswith(start)


#: Listed functions of single values. Those over lists live in ``checklists.expression``.
FUNCTIONS: Final[Mapping[str, Function]] = {
    "abs": Function((NUMBER,), NUMBER, abs, "{0}的绝对值", "the absolute value of {0}"),
    "round_half_up": Function(
        (NUMBER, NUMBER), NUMBER, round_half_up, "{0}四舍五入到 {1} 位小数", "{0} rounded to {1} decimals"
    ),
    "decimals": Function((NUMBER,), NUMBER, decimals, "{0}的小数位数", "the number of decimals of {0}"),
    "days": Function((DATE, DATE), NUMBER, days, "从{0}到{1}的天数", "the days from {0} to {1}"),
    "months": Function((DATE, DATE), NUMBER, months, "从{0}到{1}的整月数", "the full months from {0} to {1}"),
    "add_days": Function((DATE, NUMBER), DATE, add_days, "{0}之后 {1} 天", "{1} days after {0}"),
    "add_months": Function((DATE, NUMBER), DATE, add_months, "{0}之后 {1} 个月", "{1} months after {0}"),
    "month_of": Function((DATE,), MONTH, month_of, "{0}所在的月份", "the month of {0}"),
    "previous_month": Function((MONTH,), MONTH, previous_month, "{0}的上一个月", "the month before {0}"),
    "first_day": Function((MONTH,), DATE, first_day, "{0}的首日", "the first day of {0}"),
    "last_day": Function((MONTH,), DATE, last_day, "{0}的末日", "the last day of {0}"),
    "starts_with": Function((TEXT, TEXT), FLAG, starts_with, "{0}以{1}开头", "{0} begins with {1}"),
}
