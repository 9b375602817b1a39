"""How figures, dates, sizes and hashes are written on a page.

``install(app.jinja_env)`` puts every filter and the globals ``icon``, ``mark_of`` and ``change`` in
place. Blank stays blank: each filter writes — for None, and never turns it into 0.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import get_locale
from jinja2 import Environment
from markupsafe import Markup, escape

from portal.domain.periods import SHANGHAI, Month
from portal.web.icons import icon
from portal.web.marks import mark_of
from portal.web.terms import term

BLANK = "—"
BLANK_MARKUP = Markup("—")
MINUS = "\u2212"  #: true minus; the hyphen on the keyboard is narrower than a digit
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
#: Formulas whose digits hang below the line. U+2082 is missing from Noto Sans SC, so markup is used.
_LOWERED = re.compile(
    r"(?:CO|CH|N|SF|NF|PFC|SO|NH|CaCO|O)(\d)(?!\d)(?=$|[^A-Za-z0-9]|e\b|eq|O\b)|(?<=N)2(?=O)"
)
_RAISED = re.compile(r"10\^(-?\d+)|(?<=\d)\^(-?\d+)|(?<=m)([23])(?![0-9A-Za-z])|(?<=m)\^([23])")


def _english() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "en"


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def number(value: Decimal | int | None, digits: int | None = None) -> str:
    """Thousands commas and a true minus; rounded half-up to ``digits``, as it stands without them."""
    if value is None:
        return BLANK
    exact = Decimal(value)
    shown = exact if digits is None else _rounded(exact, digits)
    if shown == 0:
        shown = abs(shown)
    return f"{shown:,f}".replace("-", MINUS)


def signed(value: Decimal | int | None, digits: int | None = None) -> str:
    """As ``number``, with + before a gain."""
    if value is None:
        return BLANK
    text = number(value, digits)
    shown = Decimal(value) if digits is None else _rounded(Decimal(value), digits)
    return f"+{text}" if shown > 0 else text


def percent(value: Decimal | int | None, digits: int = 1) -> str:
    """A share given as a fraction: 0.104 becomes ``10.4 %``."""
    return BLANK if value is None else f"{number(Decimal(value) * 100, digits)} %"


def change(now: Decimal | int | None, before: Decimal | int | None, digits: int = 1) -> str:
    """How far ``now`` lies from ``before``: ``+2.1 %``; — when either is blank or ``before`` is 0."""
    if now is None or before is None or before == 0:
        return BLANK
    share = (Decimal(now) - Decimal(before)) / abs(Decimal(before)) * 100
    return f"{signed(share, digits)} %"


def day(value: date | datetime | None) -> str:
    """2026-11-22; a moment gives its date in Shanghai."""
    if value is None:
        return BLANK
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    return value.isoformat()


def short_day(value: date | datetime | None) -> str:
    """11-22, where the year stands beside it already."""
    return BLANK if value is None else day(value)[5:]


def weekday(value: date | None) -> str:
    """星期日, or Sunday."""
    if value is None:
        return BLANK
    index = value.weekday()
    return _WEEKDAYS_EN[index] if _english() else f"星期{_WEEKDAYS_ZH[index]}"


def month(value: Month | date | str | None) -> str:
    """2026年10月, or October 2026; takes a Month, a date, or ``2026-10``."""
    if value is None:
        return BLANK
    if isinstance(value, str):
        value = Month.parse(value)
    elif isinstance(value, date):
        value = Month.of(value)
    if _english():
        return f"{_MONTHS_EN[value.number - 1]} {value.year}"
    return f"{value.year}年{value.number}月"


def month_name(value: Month) -> str:
    """10 月, or October: the month where its year stands above it."""
    return _MONTHS_EN[value.number - 1] if _english() else f"{value.number} 月"


def moment(value: datetime | None, seconds: bool = False) -> str:
    """2026-11-26 10:32 in Shanghai; ``seconds`` adds them (receipts and verification)."""
    if value is None:
        return BLANK
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def short_moment(value: datetime | None) -> str:
    """11-26 10:32 in Shanghai, for timelines."""
    return BLANK if value is None else moment(value)[5:]


def clock(value: datetime | None) -> str:
    """10:32:07 in Shanghai."""
    return BLANK if value is None else value.astimezone(SHANGHAI).strftime("%H:%M:%S")


def duration(value: timedelta | None) -> str:
    """A span in seconds or minutes, for jobs: ``41 秒``, ``3 分 20 秒``."""
    if value is None:
        return BLANK
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    if _english():
        return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{minutes} 分 {seconds} 秒" if minutes else f"{seconds} 秒"


def filesize(value: int | None) -> str:
    """Bytes as a reader's measure: 812 B, 38.4 KB, 1.9 MB."""
    if value is None:
        return BLANK
    if value < 1024:
        return f"{value} B"
    size = Decimal(value)
    for unit in ("KB", "MB", "GB"):
        size /= 1024
        if size < 1024 or unit == "GB":
            break
    return f"{number(size, 1)} {unit}"


def hash_groups(value: str | None, size: int = 4) -> str:
    """A hash in groups of ``size`` digits, so that two can be compared by eye."""
    if not value:
        return BLANK
    return " ".join(value[start : start + size] for start in range(0, len(value), size))


def short_hash(value: str | None) -> str:
    """The first sixteen and the last four digits of a hash: 9f2c 41d7 e0a8 5b36 … 7c14."""
    if not value:
        return BLANK
    return hash_groups(value) if len(value) <= 20 else f"{hash_groups(value[:16])} … {value[-4:]}"


def _lower(match: re.Match[str]) -> str:
    digit = match[1] or match[0]
    return f"{match[0][: -len(digit)]}<sub>{digit}</sub>"


def _raise(match: re.Match[str]) -> str:
    power = next(group for group in match.groups() if group)
    base = "10" if match[0].startswith("10^") else ""
    return f"{base}<sup>{power.replace('-', MINUS)}</sup>"


def chemical(value: str | None) -> Markup:
    """Plain text with the digits of CO2, CH4, N2O, SF6 … lowered; everything else is escaped."""
    if not value:
        return BLANK_MARKUP
    return Markup(_LOWERED.sub(_lower, str(escape(value))))  # noqa: S704 - escaped before the marks go in


def unit(value: str | None) -> Markup:
    """A unit as it is printed: tCO2e, 10^4Nm3 and GJ/t get their raised and lowered digits."""
    if not value:
        return BLANK_MARKUP
    lowered = _LOWERED.sub(_lower, str(escape(value)))
    return Markup(_RAISED.sub(_raise, lowered))  # noqa: S704 - escaped before the marks go in


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "signed": signed,
    "percent": percent,
    "day": day,
    "short_day": short_day,
    "weekday": weekday,
    "month": month,
    "month_name": month_name,
    "moment": moment,
    "short_moment": short_moment,
    "clock": clock,
    "duration": duration,
    "filesize": filesize,
    "hash_groups": hash_groups,
    "short_hash": short_hash,
    "chemical": chemical,
    "unit": unit,
    "term": term,
}


def install(environment: Environment) -> None:
    """Put the filters and the globals ``icon``, ``mark_of`` and ``change`` into a Jinja environment."""
    environment.filters.update(FILTERS)
    environment.globals.update(icon=icon, mark_of=mark_of, change=change)
