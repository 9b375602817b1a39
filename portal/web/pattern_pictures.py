"""The small picture that shows why a pattern fired: a line of dates, a series, digits, a pair, a band."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from reports.svg import FONT, element, line, picture, rectangle, text

WIDTH, HEIGHT = 320.0, 84.0
INK, GREY, LINE, MARK, PALE = "#18232d", "#5f6c78", "#b8c2cb", "#b3201e", "#d9e2e8"


def pattern_picture(figures: Mapping[str, Any], title: str) -> Markup:
    """The drawing for a doubt's figures; nothing where they are of no known kind."""
    draw = _KINDS.get(str(figures.get("kind", "")))
    if draw is None:
        return Markup()
    drawing = picture(WIDTH, HEIGHT, title, draw(figures))
    return Markup(str(drawing).replace(f'font-family="{FONT}"', 'font-family="inherit"'))  # noqa: S704 - own SVG


def _dates(figures: Mapping[str, Any]) -> list[str]:
    """The dates in the order in which they should come; a step back is red."""
    points = figures["points"]
    pitch = WIDTH / max(len(points), 1)
    parts: list[str] = [line(pitch / 2, 42, WIDTH - pitch / 2, 42, LINE, 2)] if len(points) > 1 else []
    for index, (name, day) in enumerate(points):
        back = index > 0 and day < points[index - 1][1]
        parts += _station(pitch * index + pitch / 2, str(gettext(name)), day, MARK if back else INK)
    return parts


def _station(x: float, above: str, below: str, colour: str) -> list[str]:
    return [
        element("circle", cx=x, cy=42.0, r=5.0, fill=colour),
        text(x, 28, above, 12, fill=GREY, text_anchor="middle"),
        text(x, 64, below, 12, fill=colour, text_anchor="middle"),
    ]


def _series(figures: Mapping[str, Any]) -> list[str]:
    """One dot a month; those that the doubt is about are red."""
    points = [(month, Decimal(value), marked) for month, value, marked in figures["points"]]
    if not points:
        return []
    values = [value for _, value, _ in points]
    low, high = min(values), max(values)
    span = (high - low) or Decimal(1)
    pitch = (WIDTH - 20) / max(len(points) - 1, 1)
    places = [
        (10 + pitch * index, 60 - 44 * float((value - low) / span))
        for index, (_, value, _) in enumerate(points)
    ]
    parts: list[str] = [line(*a, *b, LINE, 1.5) for a, b in pairwise(places)]
    for (x, y), (_, _, marked) in zip(places, points, strict=True):
        parts.append(element("circle", cx=x, cy=y, r=4.0 if marked else 2.5, fill=MARK if marked else INK))
    return [
        *parts,
        text(2, 80, points[0][0], 11, fill=GREY),
        text(WIDTH - 2, 80, points[-1][0], 11, fill=GREY, text_anchor="end"),
    ]


def _digits(figures: Mapping[str, Any]) -> list[str]:
    """How often each last digit comes; the most frequent is red."""
    counts: Sequence[int] = figures["counts"]
    most, pitch = max(counts) or 1, WIDTH / 10
    parts: list[str] = []
    for digit, count in enumerate(counts):
        tall = 56.0 * count / most
        colour = MARK if count == most else PALE
        parts.append(rectangle(pitch * digit + 6, 64 - tall, pitch - 12, tall, fill=colour))
        parts.append(text(pitch * digit + pitch / 2, 80, str(digit), 12, fill=GREY, text_anchor="middle"))
    return parts


def _pair(figures: Mapping[str, Any]) -> list[str]:
    """This month's paper, and where else it lies."""
    others = [str(month) for month in figures["there"]]
    if figures["foreign"]:
        others.append(gettext("%(count)s 家其他企业", count=figures["foreign"]))
    parts = _paper(20, str(figures["here"]), INK)
    for index, words in enumerate(others[:3]):
        left = 130.0 + 62 * index
        parts += [line(72, 34, left, 34, LINE, 1.5), *_paper(left, words, MARK)]
    return parts


def _paper(left: float, words: str, colour: str) -> list[str]:
    return [
        rectangle(left, 8, 40, 50, fill="#ffffff", stroke=colour, stroke_width=1.5, rx=2),
        *(line(left + 8, y, left + 32, y, LINE, 2) for y in (20.0, 29.0, 38.0)),
        text(left + 20, 76, words, 11, fill=colour, text_anchor="middle"),
    ]


def _months(figures: Mapping[str, Any]) -> list[str]:
    """The months that one batch stands for."""
    months = list(figures["months"])[:6]
    pitch = WIDTH / max(len(months), 1)
    parts: list[str] = [rectangle(4, 20, WIDTH - 8, 30, fill=PALE, rx=4)]
    for index, month in enumerate(months):
        colour = MARK if month == figures["here"] else INK
        parts.append(text(pitch * index + pitch / 2, 40, month, 12, fill=colour, text_anchor="middle"))
    return parts


def _band(figures: Mapping[str, Any]) -> list[str]:
    """Where the value lies beside the lowest, the middle and the highest of the others."""
    low, usual, high, value = (Decimal(figures[name]) for name in ("low", "usual", "high", "value"))
    least, most = min(low, value), max(high, value)
    span = (most - least) or Decimal(1)

    def place(number: Decimal) -> float:
        return 20 + 280 * float((number - least) / span)

    return [
        rectangle(place(low), 34, max(place(high) - place(low), 2.0), 14, fill=PALE),
        line(place(usual), 30, place(usual), 52, INK, 2),
        element("circle", cx=place(value), cy=41.0, r=5.0, fill=MARK),
        text(place(value), 24, str(value), 12, fill=MARK, text_anchor="middle"),
        text(place(usual), 68, str(usual), 12, fill=GREY, text_anchor="middle"),
    ]


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "dates": _dates,
    "series": _series,
    "digits": _digits,
    "pair": _pair,
    "months": _months,
    "band": _band,
}
