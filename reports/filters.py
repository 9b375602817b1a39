"""How figures, units, dates and digests are written on paper."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

MINUS = "−"
NO_BREAK = "\N{NO-BREAK SPACE}"
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_GAS = re.compile(r"(CO|CH|SF|NF|SO)(\d)|(N)(2)(?=O)")
_POWER = re.compile(r"\^(-?\d+)")
_BOUND = re.compile(r"(?<=\d) (?=[%‰年月日天小时个项次台页级份家笔条种元万亿吨号])")
_UNIT = r"(?:[A-Za-z\N{DEGREE SIGN}]|10<sup>)(?:[A-Za-z0-9/()·]|</?su[bp]>)*"
_MEASURE = re.compile(rf"(?<![\w.-])(\d[\d,]*(?:\.\d+)?) ({_UNIT})(?![A-Za-z0-9-])")
_CLAUSE = re.compile(
    r"(?<![A-Za-z0-9.-])[A-Z]\.\d+(?![A-Za-z0-9.-])"
)  # 附表A.2, a place where a line would break
_CODE = re.compile(r"\b[A-Z]{1,6}(?:-[A-Z0-9]+)+(?:[-.][A-Za-z0-9]+)*(?!\w)")
_LONGEST_CODE = 32  #: characters; a longer one may break, lest it run out of its cell
_METRES = re.compile(r"(?<![A-Za-z])(N?m)([23])(?!\w)")


def formula(text: object) -> Markup:
    """``text`` escaped, with the digits of gases lowered and those of powers, areas and volumes raised."""
    safe = str(escape(_plain_digits(str(text))))
    safe = _GAS.sub(lambda found: f"{found[1] or found[3]}<sub>{found[2] or found[4]}</sub>", safe)
    safe = _POWER.sub(lambda found: f"<sup>{found[1].replace('-', MINUS)}</sup>", safe)
    safe = _BOUND.sub(NO_BREAK, safe)
    return Markup(_METRES.sub(r"\1<sup>\2</sup>", safe))  # noqa: S704 - escaped in the first line


def codes(text: object) -> Markup:
    """Running text as ``formula`` writes it; a document's number, a figure with its unit stay on one line."""
    written = _MEASURE.sub(_held, str(formula(text)))
    written = _CLAUSE.sub(_unbroken, _CODE.sub(_unbroken, written))
    return Markup(written)  # noqa: S704 - escaped by formula


def _held(found: re.Match[str]) -> str:
    """A figure and its unit: one line in running text; a unit is not broken at its stroke."""
    return f'<span class="measure">{found[1]} <span class="nowrap">{found[2]}</span></span>'


def _unbroken(found: re.Match[str]) -> str:
    return f'<span class="nowrap">{found[0]}</span>' if len(found[0]) <= _LONGEST_CODE else found[0]


def _plain_digits(text: str) -> str:
    """Lowered digits as plain ones: the fonts lack the lowered ones."""
    return text.translate(_SUBSCRIPTS)


def number(value: object, decimals: int = 0) -> str:
    """Decimal text with thousands commas and a true minus; padded to ``decimals``, never cut.

    Blank stays blank: it is not zero.
    """
    if value is None or value == "":
        return ""
    exact = Decimal(str(value))
    given = max(0, -int(exact.as_tuple().exponent))
    if given > decimals:
        trimmed = exact.normalize()
        given = max(0, -int(trimmed.as_tuple().exponent))
    return f"{exact:,.{max(decimals, given)}f}".replace("-", MINUS)


def rounded(value: Decimal, decimals: int) -> str:
    """``value`` rounded half-up for reading, with commas and a true minus."""
    exact = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{exact:,.{decimals}f}".replace("-", MINUS) if exact else f"{abs(exact):.{decimals}f}"


def as_given(value: object) -> str:
    """Decimal text with commas and the digits that it came with (a factor's own digits carry meaning)."""
    if value is None or value == "":
        return ""
    return f"{Decimal(str(value)):,f}".replace("-", MINUS)


def day(value: object) -> str:
    """``2026-11-18`` of a date or moment; a moment is read in Shanghai time."""
    return "" if value in (None, "") else _local(str(value)).strftime("%Y-%m-%d")


def minute(value: object) -> str:
    """``2026-11-18 16:42`` in Shanghai time."""
    return "" if value in (None, "") else _local(str(value)).strftime("%Y-%m-%d %H:%M")


def short_minute(value: object) -> str:
    """``11-18 16:42`` in Shanghai time, for columns whose year stands in the heading."""
    return "" if value in (None, "") else _local(str(value)).strftime("%m-%d %H:%M")


def _local(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(_SHANGHAI) if moment.tzinfo is not None else moment


def month_words(value: object) -> str:
    """``2026 年 10 月`` of ``2026-10``, without a line break inside."""
    first = date.fromisoformat(f"{value}-01")
    return f"{first.year}{NO_BREAK}年{NO_BREAK}{first.month}{NO_BREAK}月"


def short_hash(value: object, ends: int = 8) -> str:
    """The first and last ``ends`` digits of a digest."""
    text = str(value)
    return text if len(text) <= 2 * ends else f"{text[:ends]} … {text[-ends:]}"


def foot_hash(value: object) -> str:
    """The first and last eight digits of a digest in groups of four, as in a page's foot."""
    text = str(value)
    return f"{text[:4]} {text[4:8]} … {text[-8:-4]} {text[-4:]}" if len(text) > 16 else text


FILTERS: dict[str, Callable[..., Any]] = {
    "formula": formula,
    "codes": codes,
    "number": number,
    "as_given": as_given,
    "day": day,
    "minute": minute,
    "short_minute": short_minute,
    "month_words": month_words,
    "short_hash": short_hash,
    "foot_hash": foot_hash,
}
