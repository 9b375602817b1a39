"""The year of an enterprise as a chart: its message, its bars, and a small drawing for phones."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from flask_babel import gettext
from markupsafe import Markup

from portal.queries.home import MonthLine, StripMonth
from portal.services.cells import MonthView
from portal.web.formats import month_name, number, unit
from portal.web.marks import mark_of
from reports.charts import MonthBar, Scale, monthly_bars, unit_scale
from reports.svg import FONT, element, line, picture, rectangle, text

#: Pixels: the drawing is laid out for the narrower desktop, so that no text shrinks below its size.
WIDTH = 1176.0
PHONE_WIDTH, PHONE_HEIGHT, PHONE_BASE = 326.0, 104.0, 84.0
BAR, DRAFT, INK, GREY = "#3f8f85", "#0b7568", "#18232d", "#5f6c78"
#: States of a month as the chart's small marks know them.
_DRAWN = {
    "submitted": "submitted",
    "under_review": "in_review",
    "pending_countersign": "in_review",
    "restatement_requested": "accepted",
    "accepted": "accepted",
    "returned": "returned",
    "overdue": "rejected",
    "not_required": "",
}


def with_live_figures(
    strip: Sequence[StripMonth], current: MonthLine | None, view: MonthView | None
) -> tuple[StripMonth, ...]:
    """The strip with the figures of this moment for the month being filled in.

    A month with blank cells is drawn as far as it goes, and left out of sums.
    """
    result = view.figures.result if view else None
    if current is None or view is None or result is None or current.official_version_id is not None:
        return tuple(strip)
    whole = not view.figures.blank
    return tuple(
        replace(
            month,
            total=result.total,
            unit=result.unit,
            counted=whole if month.state in ("draft", "not_started") else month.counted,
        )
        if month.month == current.month
        else month
        for month in strip
    )


def mark_state(month: StripMonth) -> str:
    """The state that a month wears in the strip."""
    return "overdue" if month.overdue else month.state


def _share(strip: Sequence[StripMonth]) -> tuple[int, Decimal] | None:
    """How many months can be compared with last year, and the change of their sum."""
    pairs = [month for month in strip if month.counted and month.last_year is not None]
    before = sum((month.last_year or Decimal(0) for month in pairs), Decimal(0))
    if before <= 0:
        return None
    now = sum((month.total or Decimal(0) for month in pairs), Decimal(0))
    return len(pairs), (now - before) / before


def scale_of(strip: Sequence[StripMonth]) -> Scale:
    """By what the chart divides."""
    return unit_scale(
        value for month in strip for value in (month.total, month.last_year) if value is not None
    )


def chart_unit(strip: Sequence[StripMonth]) -> Markup:
    """The unit of the figures on the bars: 万 tCO2 or tCO2."""
    plain = unit(next((month.unit for month in strip if month.unit), ""))
    if scale_of(strip).divisor == 1:
        return plain
    return Markup(gettext("万 %(unit)s")) % {"unit": plain}  # noqa: S704 - our own words; unit is escaped


def message(strip: Sequence[StripMonth]) -> Markup:
    """What the chart says: the total of the year and its change, and what is not in it."""
    known = [month for month in strip if month.counted]
    if not known:
        return Markup(gettext("近 12 个月的排放"))  # noqa: S704 - our own words
    total = sum((month.total or Decimal(0) for month in known), Decimal(0))
    figures = {
        "total": number(total / scale_of(strip).divisor, 2),
        "unit": chart_unit(strip),
        "count": len(known),
    }
    if len(known) == len(strip):
        words = gettext("近 12 个月排放 %(total)s %(unit)s")
    else:
        words = gettext("近 12 个月中 %(count)s 个月有数据，排放 %(total)s %(unit)s")
    said = Markup(words) % figures  # noqa: S704 - our own words; figures are escaped
    return said + _change_words(strip, len(known)) + _draft_words(strip)


def _change_words(strip: Sequence[StripMonth], known: int) -> str:
    found = _share(strip)
    if found is None:
        return ""
    count, share = found
    words = {
        (True, True): gettext("，比上一同期少 %(share)s"),
        (True, False): gettext("，比上一同期多 %(share)s"),
        (False, True): gettext("，其中 %(count)s 个可比月份比上年同期少 %(share)s"),
        (False, False): gettext("，其中 %(count)s 个可比月份比上年同期多 %(share)s"),
    }[count == known, share < 0]
    return str(words % {"share": f"{number(abs(share) * 100, 1)} %", "count": count})


def _draft_words(strip: Sequence[StripMonth]) -> str:
    left_out = [month for month in strip if month.draft and month.total is not None and not month.counted]
    drafts = [month for month in strip if month.draft and month.counted]
    words = ""
    if drafts:
        names = gettext("、").join(month_name(month.month) for month in drafts)
        words += gettext("（含 %(months)s草稿）", months=names)
    if left_out:
        names = gettext("、").join(month_name(month.month) for month in left_out)
        words += gettext("（%(months)s未填完，未计入）", months=names)
    return words


def _short_name(month: StripMonth) -> str:
    """10 月, or Oct: an English name would not fit under its bar."""
    name = month_name(month.month)
    return name if name[0].isdecimal() else name[:3]


def short_message(strip: Sequence[StripMonth]) -> str:
    """The same for a phone: the change alone."""
    found = _share(strip)
    if found is None:
        return str(gettext("近 12 个月的排放"))
    share = f"{number(abs(found[1]) * 100, 1)} %"
    if found[1] < 0:
        return str(gettext("近 12 个月排放少 %(share)s", share=share))
    return str(gettext("近 12 个月排放多 %(share)s", share=share))


def _label(strip: Sequence[StripMonth], index: int) -> str:
    """2025-11 where a year begins or the strip does, 12 elsewhere."""
    written = str(strip[index].month)
    return written if index == 0 or strip[index].month.number == 1 else written[5:]


def bars(strip: Sequence[StripMonth]) -> list[MonthBar]:
    """The months as the chart takes them."""
    return [
        MonthBar(
            label=_label(strip, index),
            total=month.total,
            last_year=month.last_year,
            draft=month.draft,
            state=_DRAWN.get(mark_state(month), mark_state(month)),
            state_label=mark_of(mark_state(month)).word,
        )
        for index, month in enumerate(strip)
    ]


def wide_chart(strip: Sequence[StripMonth]) -> Markup:
    """The chart of a desktop page, with the states under its bars."""
    return _in_page(monthly_bars(bars(strip), title=str(message(strip).striptags()), width=WIDTH))


def _in_page(drawing: Markup) -> Markup:
    """The drawing in the page's own font: on paper the family has another name than on the web."""
    return Markup(str(drawing).replace(f'font-family="{FONT}"', 'font-family="inherit"'))  # noqa: S704 - own SVG


def phone_chart(strip: Sequence[StripMonth]) -> Markup:
    """Bars for a phone: one figure, three month names, the line of last year; no axis."""
    scale = scale_of(strip)
    values = [value for month in strip for value in (month.total, month.last_year) if value is not None]
    unit_height = (PHONE_BASE - 24) / float(max(values, default=Decimal(1)) or 1)
    pitch = PHONE_WIDTH / max(len(strip), 1)
    parts: list[str] = [_hatching()]
    for index, month in enumerate(strip):
        left = pitch * index + 3
        parts += _phone_bar(month, left, pitch - 6, unit_height)
        if index in (0, len(strip) - 1) or month.month.number == 1:
            centre = min(max(left + (pitch - 6) / 2, 14), PHONE_WIDTH - 14)
            parts.append(
                text(
                    centre, PHONE_BASE + 16, _short_name(month), 12, fill=GREY, text_anchor="middle"
                )
            )  # fmt: skip
    known = [month for month in strip if month.total is not None]
    if known:
        words = scale.label(known[-1].total or Decimal(0))
        if known[-1].draft:
            words = gettext("%(figure)s（草稿）", figure=words)
        parts.append(text(PHONE_WIDTH - 2, 12, words, 12, fill=INK, text_anchor="end"))
    return _in_page(picture(PHONE_WIDTH, PHONE_HEIGHT, str(message(strip).striptags()), parts))


def _phone_bar(month: StripMonth, left: float, width: float, unit_height: float) -> list[str]:
    parts: list[str] = []
    if month.total is not None:
        tall = float(month.total) * unit_height
        fill = {"fill": "url(#hatch-phone)", "stroke": DRAFT} if month.draft else {"fill": BAR}
        parts.append(rectangle(left, PHONE_BASE - tall, width, tall, rx=2, **fill))
    if month.last_year is not None:
        y = PHONE_BASE - float(month.last_year) * unit_height
        parts.append(line(left - 2, y, left + width + 2, y, INK, 1.5))
    return parts


def _hatching() -> Markup:
    stripes = (rectangle(0, 0, 5, 5, fill="#ffffff"), rectangle(0, 0, 2.6, 5, fill=DRAFT))
    pattern = element(
        "pattern",
        *stripes,
        id="hatch-phone",
        width=5,
        height=5,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return element("defs", pattern)
