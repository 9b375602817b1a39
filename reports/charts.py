"""Charts as SVG text, the same for a page and for paper.

They are drawn here and not by altair and vl-convert, for all four charts and for these reasons: Vega-Lite
has no hatching (a draft month), no lowered digits inside a label (CO2) and no small drawn states under an
axis; and vl-convert's converter thread does not survive a fork, so a worker that had drawn one chart would
hang in its next job. Drawing costs about a tenth of a millisecond.

Rules: bars start at zero, at most three grid lines, values stand on the bars, only what is spoken of is dark,
a line whose axis does not start at zero has its own panel and says so. Text stays text. Figures are Decimal,
positions are floats.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10
from zlib import crc32

from markupsafe import Markup

from reports.chart_marks import state_mark
from reports.filters import NO_BREAK, number, rounded
from reports.messages import MonthPoint, Source
from reports.svg import element, fitted, line, picture, plain, rectangle, text

INK, INK_2, GREY = "#1A2326", "#4A5659", "#647174"
RULE, HAIR = "#C3CCCD", "#DDE3E3"
DEEP, MID, LIGHT = "#0C5B50", "#4F9184", "#A9CCC4"
PAGE_BAR = "#3E8E80"
_PAPER_WIDTH = 482.0  # points: the 170 mm of a page's text
_LEFT = 30.0  # points kept for the axis labels


@dataclass(frozen=True)
class Scale:
    """By what a chart's values are divided, the word for it and the decimals of a label."""

    divisor: Decimal
    word: str
    decimals: int

    def label(self, value: Decimal) -> str:
        """A value as it stands on its bar."""
        return rounded(value / self.divisor, self.decimals)


@dataclass(frozen=True)
class MonthBar:
    """One month of a page's chart.

    ``label`` stands under the bar, ``total`` and ``last_year`` are tonnes (None: no data), ``draft`` hatches
    the bar, ``state`` is a workflow state for the small mark and ``state_label`` its word.
    """

    label: str
    total: Decimal | None
    last_year: Decimal | None = None
    draft: bool = False
    state: str = ""
    state_label: str = ""


def unit_scale(values: Iterable[Decimal]) -> Scale:
    """Ten thousands from a hundred thousand on, plain tonnes below."""
    largest = max((abs(value) for value in values), default=Decimal(0))
    if largest >= 100_000:
        return Scale(Decimal(10_000), f"万{NO_BREAK}", 1)
    return Scale(Decimal(1), "", 0 if largest >= 1000 else 1)


def ticks(largest: float, steps: Sequence[int] = (1, 2, 5, 10), most: int = 3) -> list[float]:
    """Round axis values from zero to ``largest``, at most ``most`` above zero."""
    if largest <= 0:
        return [0.0]
    power = 10.0 ** floor(log10(largest / most))
    step = next(size * power for size in steps if largest / (size * power) < most + 1)
    return [index * step for index in range(int(largest / step + 1e-9) + 1)]


def monthly_bars(bars: Sequence[MonthBar], *, title: str, width: float = 1376) -> Markup:
    """The twelve months of a page: bars, a short line for last year, hatched drafts, states (pixels)."""
    values = [value for bar in bars for value in (bar.total, bar.last_year) if value is not None]
    scale = unit_scale(values)
    height, base, left = 226.0, 162.0, 46.0
    largest = float(max(values, default=Decimal(0)) / scale.divisor)
    axis = ticks(largest, steps=(1, 2, 4, 5, 10))
    unit = (base - 30) / max(largest, axis[-1], 1e-9)
    hatch = f"hatch-{crc32(title.encode()):08x}"
    parts: list[str] = [_hatching(hatch)] if any(bar.draft for bar in bars) else []
    for value in axis:
        y = base - value * unit
        parts.append(line(left + 4, y, width, y, RULE if value == 0 else "#EBEFEF", 1))
        parts.append(text(left - 6, y + 4, number(plain(value)), 11, fill=GREY, text_anchor="end"))
    pitch = (width - left - 4) / max(len(bars), 1)
    for index, bar in enumerate(bars):
        centre = left + 4 + pitch * (index + 0.5)
        parts += _page_bar(bar, centre, base, unit, scale, f"url(#{hatch})")
        parts.append(text(centre, base + 24, bar.label, 12, fill=INK_2, text_anchor="middle"))
        parts.append(state_mark(bar.state, bar.state_label, centre, base + 44))
    return picture(width, height, title, parts, class_="chart chart-months")


def _page_bar(bar: MonthBar, centre: float, base: float, unit: float, scale: Scale, hatch: str) -> list[str]:
    parts: list[str] = []
    tops: list[float] = []
    if bar.total is not None:
        tall = float(bar.total / scale.divisor) * unit
        tops.append(base - tall)
        stroke = {"stroke": "#0C6B5B", "stroke_width": 1} if bar.draft else {}
        parts.append(
            rectangle(
                centre - 15, base - tall, 30, tall, rx=2, fill=hatch if bar.draft else PAGE_BAR, **stroke
            )
        )
    if bar.last_year is not None:
        y = base - float(bar.last_year / scale.divisor) * unit
        tops.append(y)
        parts.append(line(centre - 20, y, centre + 20, y, INK, 1.6))
    if bar.total is not None:
        parts.append(
            text(centre, min(tops) - 8, scale.label(bar.total), 11.5, fill=INK, text_anchor="middle")
        )
    return parts


def _hatching(name: str) -> Markup:
    stripes = (
        rectangle(0, 0, 5, 5, fill="#FFFFFF"),
        rectangle(0, 0, 2.6, 5, fill="#0C6B5B"),
    )
    pattern = element(
        "pattern",
        *stripes,
        id=name,
        width=5,
        height=5,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return element("defs", pattern)


def report_bars(points: Sequence[MonthPoint], *, title: str, gas: str) -> Markup:
    """Monthly totals for paper, the last one dark (points; the width is the page's text width)."""
    scale = unit_scale(point.total for point in points)
    base, height = 164.0, 188.0
    largest = max((float(point.total / scale.divisor) for point in points), default=0.0)
    axis = ticks(largest)
    unit = 136.0 / max(largest, 1e-9)
    parts: list[str] = [text(0, 8, f"排放量，{scale.word}t{gas}", 7.2, fill=INK_2)]
    for value in axis[1:]:
        y = base - value * unit
        parts.append(line(_LEFT, y, _PAPER_WIDTH - 4, y, HAIR, 0.5))
        parts.append(text(_LEFT - 5, y + 2.6, number(plain(value)), 7.2, fill=GREY, text_anchor="end"))
    parts.append(text(_LEFT - 5, base + 2.6, "0", 7.2, fill=GREY, text_anchor="end"))
    centres = _centres(len(points))
    for index, (centre, point) in enumerate(zip(centres, points, strict=True)):
        last = index == len(points) - 1
        tall = float(point.total / scale.divisor) * unit
        parts.append(rectangle(centre - 11.2, base - tall, 22.4, tall, fill=DEEP if last else LIGHT))
        parts.append(
            text(
                centre, base - tall - 4, scale.label(point.total), 7.6 if last else 7.2,
                fill=INK if last else INK_2, text_anchor="middle", font_weight=700 if last else None,
            )
        )  # fmt: skip
        parts.append(
            text(
                centre, base + 10.5, f"{int(point.month[5:])}{NO_BREAK}月", 7.2,
                fill=INK if last else INK_2, text_anchor="middle", font_weight=700 if last else None,
            )
        )  # fmt: skip
    parts.append(line(_LEFT, base, _PAPER_WIDTH - 4, base, INK, 0.7))
    parts += _years(points, centres, base)
    return picture(_PAPER_WIDTH, height, title, parts)


def _years(points: Sequence[MonthPoint], centres: Sequence[float], base: float) -> list[str]:
    parts: list[str] = []
    for index, point in enumerate(points):
        if index and points[index - 1].month[:4] == point.month[:4]:
            continue
        year = f"{point.month[:4]}{NO_BREAK}年"
        parts.append(text(centres[index], base + 20, year, 7.2, fill=GREY, text_anchor="middle"))
        if index:
            middle = (centres[index - 1] + centres[index]) / 2
            parts.append(line(middle, base, middle, base + 22, RULE, 0.7))
    return parts


def _centres(count: int) -> list[float]:
    """Centres of the columns; few columns keep a month's usual width instead of growing."""
    pitch = (_PAPER_WIDTH - 4 - _LEFT) / max(count, 6)
    return [_LEFT + pitch * (index + 0.5) for index in range(count)]


def intensity_line(points: Sequence[MonthPoint], *, title: str, unit: str) -> Markup:
    """The intensity's own small panel under ``report_bars``; empty with fewer than two known months."""
    known = [
        (centre, point.intensity)
        for centre, point in zip(_centres(len(points)), points, strict=True)
        if point.intensity is not None
    ]
    if len(known) < 2:
        return Markup()
    low, high = float(min(value for _, value in known)), float(max(value for _, value in known))
    grid = _band(low, high)
    top, bottom = 14.0, 52.0
    span = max(high, grid[-1]) - min(low, grid[0]) or 1.0

    def y(value: float) -> float:
        return bottom - (value - min(low, grid[0])) / span * (bottom - top)

    parts: list[str] = [text(0, 6, f"强度，{unit}", 7.2, fill=INK_2)]
    for value in grid:
        parts.append(line(_LEFT, y(value), _PAPER_WIDTH - 4, y(value), HAIR, 0.5))
        label = f"{value:.{_decimals(grid)}f}"
        parts.append(text(_LEFT - 5, y(value) + 2.6, label, 7.2, fill=GREY, text_anchor="end"))
    placed = [(centre, y(float(value)), value) for centre, value in known]
    for index in sorted(_told(placed)):  # figures stand on white, not on a grid line
        x, height, _ = placed[index]
        parts.append(rectangle(x - 13.5, height - 12, 27, 8, fill="#FFFFFF"))
    path = "M" + "L".join(f"{plain(x)} {plain(height)}" for x, height, _ in placed)
    parts.append(element("path", d=path, fill="none", stroke=DEEP, stroke_width=1))
    parts += _markers(placed)
    return picture(_PAPER_WIDTH, 60, title, parts)


def _markers(placed: Sequence[tuple[float, float, Decimal]]) -> list[str]:
    """A small diamond for each month, a disc and a bold figure for the last, figures at first and highest."""
    parts: list[str] = []
    told = _told(placed)
    for index, (x, height, value) in enumerate(placed):
        last = index == len(placed) - 1
        if last:
            parts.append(element("circle", cx=x, cy=height, r=2.7, fill=DEEP))
        else:
            diamond = f"M{plain(x)} {plain(height - 1.9)}l1.9 1.9-1.9 1.9-1.9-1.9z"
            parts.append(element("path", d=diamond, fill="#FFFFFF", stroke=DEEP, stroke_width=0.8))
        if index in told:
            parts.append(
                text(
                    x, height - 5.5, rounded(value, 4), 7.6 if last else 7.2, fill=INK if last else INK_2,
                    text_anchor="middle", font_weight=700 if last else None,
                )
            )  # fmt: skip
    return parts


def _told(placed: Sequence[tuple[float, float, Decimal]]) -> set[int]:
    """The points that bear a figure: the first, the highest, the last."""
    highest = max(range(len(placed)), key=lambda index: placed[index][2])
    return {0, highest, len(placed) - 1}


def _band(low: float, high: float) -> list[float]:
    """Two or three round values that lie in or just outside the band from ``low`` to ``high``."""
    spread = max(high - low, abs(high) * 1e-3, 1e-9)
    power = 10.0 ** floor(log10(spread / 2))
    step = next(size * power for size in (1, 2, 5, 10) if spread / (size * power) <= 3)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    if first > last:
        first, last = floor(low / step), ceil(high / step)
    return [index * step for index in range(first, last + 1)]


def _decimals(grid: Sequence[float]) -> int:
    step = grid[1] - grid[0] if len(grid) > 1 else max(abs(grid[0]) / 10, 1e-4)
    return max(0, -floor(log10(step) + 1e-9))


def source_bars(rows: Sequence[Source], total: Decimal, *, title: str) -> Markup:
    """Sources as horizontal bars with figure and share; what is deducted is hollow (points, 96 mm wide)."""
    width, pitch, left, room = 272.0, 15.0, 72.0, 108.0
    largest = max((abs(row.emission) for row in rows), default=Decimal(0)) or Decimal(1)
    parts: list[str] = []
    for index, row in enumerate(rows):
        middle = 9.0 + index * pitch
        long = float(abs(row.emission) / largest) * room
        fill, stroke = ("#FFFFFF", DEEP) if row.deducted else (DEEP if index < 3 else MID, None)
        parts.append(fitted(left - 5, middle + 2.7, row.name, 7.4, left - 5, fill=INK, text_anchor="end"))
        parts.append(
            rectangle(
                left,
                middle - 4.6,
                max(long, 0.4),
                9.2,
                fill=fill,
                stroke=stroke,
                stroke_width=0.8 if stroke else None,
            )
        )
        parts.append(text(238, middle + 2.7, number(row.emission, 2), 7.4, fill=INK, text_anchor="end"))
        parts.append(text(width, middle + 2.7, _share_words(row.share), 7.4, fill=GREY, text_anchor="end"))
    foot = 9.0 + len(rows) * pitch
    parts.append(line(left, 0, left, foot - pitch / 2 + 2, INK, 0.7))
    parts.append(line(0, foot - 2, width, foot - 2, INK, 0.7))
    bold = {"fill": INK, "text_anchor": "end", "font_weight": 700}
    parts.append(text(left - 5, foot + 8, "合计", 7.6, **bold))
    parts.append(text(238, foot + 8, number(total, 2), 7.6, **bold))
    parts.append(text(width, foot + 8, _share_words(Decimal(100) if total > 0 else None), 7.6, **bold))
    return picture(width, foot + 13, title, parts)


def _share_words(share: Decimal | None) -> str:
    return "" if share is None else f"{rounded(share, 1)}{NO_BREAK}%"
