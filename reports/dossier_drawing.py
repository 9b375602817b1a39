"""Drawings of dossiers, in points: life-cycle stages, a system boundary, swings of a sensitivity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from reports.charts import DEEP, GREY, HAIR, INK, INK_2, LIGHT
from reports.filters import NO_BREAK, number, rounded
from reports.svg import element, fitted, line, picture, plain, rectangle, text

_WIDTH = 482.0  # the 170 mm of a page's text
_TINT = "#EFF4F3"
_QUARTER = Decimal(25)
_BOX_LEFT, _BOX_WIDE, _BOX_TALL, _GAP = 142.0, 150.0, 40.0, 12.0
_EDGE_LEFT, _EDGE_RIGHT = 122.0, 390.0


@dataclass(frozen=True)
class Stage:
    """A life-cycle stage: its name, its result and its share of the whole in per cent."""

    name: str
    value: Decimal
    share: Decimal


def stage_bars(stages: Sequence[Stage], total: Decimal, decimals: int, *, title: str) -> Markup:
    """A bar a stage with value and share, and the sum under them; above a quarter a bar is dark."""
    row, left, room = 21.0, 66.0, 300.0
    largest = max((abs(stage.value) for stage in stages), default=Decimal(1)) or Decimal(1)
    base = row * len(stages) + 4
    parts: list[str] = []
    for place, stage in enumerate(stages):
        y = row * place + 4
        dark = stage.share > _QUARTER
        wide = float(abs(stage.value) / largest) * room
        parts.append(fitted(left - 6, y + 11, stage.name, 8, left - 6, fill=INK, text_anchor="end"))
        parts.append(rectangle(left, y + 2, wide, 13, fill=DEEP if dark else LIGHT))
        parts += _amounts(y + 11, number(stage.value, decimals), rounded(stage.share, 1), bold=False)
    parts.append(line(left, 2, left, base, INK, 0.7))
    parts.append(line(0, base + 2, _WIDTH, base + 2, INK, 0.7))
    parts.append(text(left - 6, base + 14, "合计", 8, fill=INK, text_anchor="end", font_weight=700))
    parts += _amounts(base + 14, number(total, decimals), "100.0", bold=True)
    return picture(_WIDTH, base + 19, title, parts)


def _amounts(y: float, value: str, share: str, *, bold: bool) -> list[str]:
    look = {"text_anchor": "end", "font_weight": 700 if bold else None}
    return [
        text(_WIDTH - 54, y, value, 8, fill=INK, **look),
        text(_WIDTH, y, f"{share}{NO_BREAK}%", 8, fill=INK if bold else INK_2, **look),
    ]


def boundary(
    processes: Sequence[Mapping[str, Any]], excluded: Sequence[str], *, title: str, caption: str
) -> Markup:
    """Unit processes one under the other inside a dashed boundary, inputs left, outputs right."""
    tops: list[float] = []
    y = 34.0
    for process in processes:
        tops.append(y)
        y += max(_BOX_TALL, 22.0 * max(len(process["inputs"]), len(process["outputs"]), 1)) + _GAP
    bottom = y + 2
    parts: list[str] = [
        rectangle(
            _EDGE_LEFT, 12, _EDGE_RIGHT - _EDGE_LEFT, bottom - 12,
            fill=_TINT, stroke=DEEP, stroke_width=1.1, stroke_dasharray="5 3",
        ),
        rectangle(_EDGE_LEFT + 10, 4, 14 + 9.0 * len(caption), 16, fill="#FFFFFF"),
        text(_EDGE_LEFT + 17, 15.5, caption, 8.6, fill=DEEP, font_weight=700),
    ]  # fmt: skip
    ends = [*tops[1:], bottom]
    for process, top, end in zip(processes, tops, ends, strict=True):
        parts += _process(process, top, end - top - _GAP)
    for top in tops[1:]:
        parts += _arrow_down(_BOX_LEFT + _BOX_WIDE / 2, top - _GAP, top)
    parts += _excluded(excluded, bottom + 12)
    return picture(_WIDTH, bottom + (34 if excluded else 4), title, parts)


def _process(process: Mapping[str, Any], top: float, tall: float) -> list[str]:
    hot = bool(process.get("hot"))
    fill, ink, quiet = (DEEP, "#FFFFFF", "#D6E5E1") if hot else ("#FFFFFF", INK, INK_2)
    middle = top + tall / 2
    parts: list[str] = [
        rectangle(_BOX_LEFT, top, _BOX_WIDE, tall, fill=fill, stroke=DEEP, stroke_width=0.9),
        fitted(_BOX_LEFT + 10, middle - 2, process["name"], 9, _BOX_WIDE - 14, fill=ink, font_weight=700),
        fitted(_BOX_LEFT + 10, middle + 11, process.get("words", ""), 7.4, _BOX_WIDE - 14, fill=quiet),
    ]
    parts += _flows(process["inputs"], top, tall, inward=True)
    parts += _flows(process["outputs"], top, tall, inward=False)
    return parts


def _flows(flows: Sequence[Sequence[str]], top: float, tall: float, *, inward: bool) -> list[str]:
    parts: list[str] = []
    for place, (name, amount) in enumerate(flows):
        y = top + tall * (place + 0.5) / len(flows)
        if inward:
            x, start, end, room = 0.0, 92.0, _BOX_LEFT, 90.0
        else:
            x, start, end = _EDGE_RIGHT + 16, _BOX_LEFT + _BOX_WIDE, _EDGE_RIGHT + 12
            room = _WIDTH - x
        parts.append(fitted(x, y - 1, name, 7.8, room, fill=INK, font_weight=700))
        parts.append(fitted(x, y + 8.6, amount, 7, room, fill=INK_2))
        parts.append(line(start, y, end - 4, y, INK_2, 0.7))
        parts.append(element("path", d=f"M{plain(end - 5)} {plain(y - 2.2)}l5 2.2-5 2.2z", fill=INK_2))
    return parts


def _arrow_down(x: float, start: float, end: float) -> list[str]:
    return [
        line(x, start, x, end - 4, INK_2, 0.9),
        element("path", d=f"M{plain(x - 2.4)} {plain(end - 5)}h4.8l-2.4 5z", fill=INK_2),
    ]


def _excluded(names: Sequence[str], y: float) -> list[str]:
    if not names:
        return []
    parts: list[str] = [text(0, y + 11, "边界之外", 8, fill=INK, font_weight=700)]
    x = 44.0
    for name in names:
        wide = 8.0 * len(name) + 14
        parts.append(
            rectangle(
                x, y, wide, 16, fill="none", stroke=GREY, stroke_width=0.6, stroke_dasharray="2.4 2",
            )
        )  # fmt: skip
        parts.append(text(x + wide / 2, y + 11, name, 7.6, fill=INK_2, text_anchor="middle"))
        x += wide + 8
    return parts


def swings(rows: Sequence[tuple[str, Decimal, Decimal]], *, title: str) -> Markup:
    """How far each changed input moves the result, in per cent: lower to the left, higher to the right."""
    wide, row, axis = 231.0, 19.0, 162.0
    largest = max((max(abs(low), abs(high)) for _, low, high in rows), default=Decimal(1)) or Decimal(1)
    bound = _round_bound(largest)
    unit = 50.0 / float(bound)
    bottom = row * len(rows) + 16
    parts: list[str] = [line(x, 14, x, bottom, HAIR, 0.5) for x in (axis - 50, axis + 50)]
    for x, mark in ((axis - 50, -bound), (axis, Decimal(0)), (axis + 50, bound)):
        words = f"{'+' if mark > 0 else ''}{number(mark)}{NO_BREAK}%"
        parts.append(text(x, 8, words, 7, fill=GREY, text_anchor="middle"))
    for place, (name, low, high) in enumerate(rows):
        y = row * place + 18
        left, right = float(abs(low)) * unit, float(abs(high)) * unit
        parts.append(fitted(0, y + 9.5, name, 7.6, axis - 54, fill=INK))
        parts.append(rectangle(axis - left, y + 2, left, 10, fill=LIGHT))
        parts.append(rectangle(axis, y + 2, right, 10, fill=DEEP))
        parts.append(text(axis + right + 3, y + 9.5, rounded(abs(high), 1), 7, fill=INK_2))
    parts.append(line(axis, 12, axis, bottom, INK, 0.7))
    return picture(wide, bottom + 2, title, parts)


def _round_bound(largest: Decimal) -> Decimal:
    """The next 1, 2 or 5 times a power of ten: a bound that an axis can name."""
    power = Decimal(1).scaleb(largest.adjusted())
    return next(power * step for step in (1, 2, 5, 10) if power * step >= largest)
