"""The scale of grades and the years, drawn for paper (points)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from reports.charts import DEEP, GREY, INK, INK_2, LIGHT, RULE, ticks
from reports.filters import NO_BREAK, number
from reports.svg import element, line, picture, plain, rectangle, text

GRADES = ("#0C5B50", "#4F9184", "#B9B38A", "#C98A3B", "#A8432F")
OCHRE = "#A35400"
_WIDTH = 482.0  # the 170 mm of a page's text
_GAP = 2.0
_TOP, _TALL, _RISE = 44.0, 34.0, 6.0


@dataclass(frozen=True)
class Year:
    """Carbon efficiency of a year and the sector's average, tCO2 per ten thousand yuan."""

    year: int
    value: Decimal
    average: Decimal | None = None

    @property
    def below_average(self) -> bool:
        """Whether the average is known and the enterprise lies below it."""
        return self.average is not None and self.value < self.average


def place_in_grade(coefficient: Decimal, bounds: Sequence[Decimal]) -> float:
    """Where the coefficient lies on the scale of equally wide grades, from 0 to the number of grades.

    The last grade has no upper bound; a coefficient in it stands in its middle.
    """
    lower = Decimal(0)
    for place, upper in enumerate(bounds):
        if coefficient <= upper:
            return place + float((coefficient - lower) / (upper - lower))
        lower = upper
    return len(bounds) + 0.5


def grade_scale(grade: int, coefficient: Decimal, bounds: Sequence[Decimal]) -> Markup:
    """The grades side by side, the enterprise's own one taller, with its pointer and the average's."""
    count = len(bounds) + 1
    wide = (_WIDTH - _GAP * (count - 1)) / count
    parts: list[str] = []
    for place in range(count):
        own = place + 1 == grade
        x = place * (wide + _GAP)
        rise = _RISE if own else 0.0
        middle = x + wide / 2
        parts.append(rectangle(x, _TOP - rise, wide, _TALL + 2 * rise, fill=GRADES[place % len(GRADES)]))
        parts.append(
            text(
                middle, _TOP + _TALL / 2 + (7 if own else 5), f"{place + 1}{NO_BREAK}级", 19 if own else 13.5,
                fill=INK if place == 2 else "#FFFFFF", text_anchor="middle", font_weight=700,
            )
        )  # fmt: skip
        parts.append(
            text(
                middle, _TOP + _TALL + 20, _bounds_words(place, bounds), 8,
                fill=INK if own else INK_2, text_anchor="middle", font_weight=700 if own else None,
            )
        )  # fmt: skip
    own_x = _across(place_in_grade(coefficient, bounds), wide)
    average_x = _across(place_in_grade(Decimal(1), bounds), wide)
    parts += _pointer(own_x, number(coefficient, 3))
    if abs(own_x - average_x) > 46:
        parts += _average(average_x)
    words = f"碳效系数 {coefficient}，碳效等级 {grade} 级"
    return picture(_WIDTH, _TOP + _TALL + 26, words, parts)


def _across(place: float, wide: float) -> float:
    return place * wide + int(min(place, len(GRADES) - 1)) * _GAP


def _bounds_words(place: int, bounds: Sequence[Decimal]) -> str:
    if place == 0:
        return f"K ≤ {bounds[0]}"
    if place == len(bounds):
        return f"K > {bounds[-1]}"
    return f"{bounds[place - 1]} < K ≤ {bounds[place]}"


def _pointer(x: float, words: str) -> list[str]:
    centre = min(max(x, 18.0), _WIDTH - 18.0)
    arrow = f"M{plain(x - 6)} {plain(_TOP - 18)}h12l-6 9z"
    return [
        text(centre, 8, "本企业 K", 8, fill=INK_2, text_anchor="middle"),
        text(centre, 22, words, 13, fill=INK, text_anchor="middle", font_weight=700),
        element("path", d=arrow, fill=INK),
    ]


def _average(x: float) -> list[str]:
    return [
        text(x, 21, "行业均值", 8, fill=INK_2, text_anchor="middle"),
        text(x, 31, "1.000", 8, fill=INK_2, text_anchor="middle"),
        line(x, 34, x, _TOP - 3, INK_2, 0.7),
    ]


def year_bars(years: Sequence[Year], *, title: str) -> Markup:
    """Bars of the enterprise's value, a line with rings for the sector's average."""
    width, height, base, left = 226.0, 118.0, 103.0, 20.0
    largest = float(max(value for year in years for value in (year.value, year.average or year.value)))
    axis = ticks(largest, most=2)
    unit = (base - 18) / max(largest, axis[-1], 1e-9)
    pitch = (width - left) / len(years)
    parts: list[str] = [
        line(left, base - mark * unit, width, base - mark * unit, RULE, 0.5) for mark in axis[1:]
    ]
    parts += [
        text(left - 6, base - mark * unit + 2.6, number(plain(mark)), 7.2, fill=GREY, text_anchor="end")
        for mark in axis
    ]
    centres = [left + pitch * (place + 0.5) for place in range(len(years))]
    for centre, year in zip(centres, years, strict=True):
        parts += _bar(centre, base, unit, year, last=year is years[-1])
    parts.append(line(left, base, width, base, INK, 0.7))
    parts += _averages(years, centres, base, unit)
    return picture(width, height, title, parts)


def _bar(centre: float, base: float, unit: float, year: Year, *, last: bool) -> list[str]:
    tall = float(year.value) * unit
    inside = tall > 14
    fill = "#FFFFFF" if last and inside else INK
    weight = 700 if last else None
    y = base - tall + 10 if inside else base - tall - 3
    return [
        rectangle(centre - 11, base - tall, 22, tall, fill=DEEP if last else LIGHT),
        text(centre, y, number(year.value, 3), 7.2, fill=fill, text_anchor="middle", font_weight=weight),
        text(centre, base + 11, str(year.year), 7.2, fill=INK, text_anchor="middle", font_weight=weight),
    ]


def _averages(years: Sequence[Year], centres: Sequence[float], base: float, unit: float) -> list[str]:
    points = [
        (centre, base - float(year.average) * unit, year)
        for centre, year in zip(centres, years, strict=True)
        if year.average is not None
    ]
    if not points:
        return []
    path = "M" + "L".join(f"{plain(x)} {plain(y)}" for x, y, _ in points)
    parts: list[str] = [element("path", d=path, fill="none", stroke=OCHRE, stroke_width=1.2)]
    for x, y, _ in points:
        parts.append(element("circle", cx=x, cy=y, r=2.1, fill="#FFFFFF", stroke=OCHRE, stroke_width=1.2))
    x, y, newest = points[-1]
    words = f"行业 {number(newest.average, 3)}"
    parts.append(text(x + 12, y - 6, words, 7.2, fill=OCHRE, text_anchor="end"))
    if len(points) > 2:
        x, y, oldest = points[0]
        parts.append(text(x, y - 6, number(oldest.average, 3), 7.2, fill=OCHRE, text_anchor="middle"))
    return parts
