"""The time line of a filing, to scale on the days that the rule allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from reports.charts import DEEP, GREY, INK, INK_2, RULE
from reports.svg import element, line, picture, rectangle, text

_WIDTH, _EDGE = 482.0, 6.0  # points
_OCHRE, _TINT = "#A35400", "#D6E5E1"
_LINE = 9.5  # points from one line of a label to the next


@dataclass(frozen=True)
class TimelineEvent:
    """Something that happened: its day, what it was, who did it."""

    on: date
    label: str
    actor: str = ""


@dataclass(frozen=True)
class _Label:
    x: float
    anchor: str
    head: str
    lines: tuple[str, ...]
    colour: str = INK

    def reach(self) -> tuple[float, float]:
        wide = max(_wide(words) for words in (self.head, *self.lines)) + 6
        if self.anchor == "start":
            return self.x, self.x + wide
        if self.anchor == "end":
            return self.x - wide, self.x
        return self.x - wide / 2, self.x + wide / 2


def timeline(month_end: date, due_on: date, events: Sequence[TimelineEvent], *, title: str) -> Markup:
    """The days from the month's end to the deadline (longer when something came late), with the events."""
    ordered = sorted(events, key=lambda event: event.on)
    allowed = (due_on - month_end).days
    span = max([allowed, *((event.on - month_end).days for event in ordered)])

    def place(on: date) -> float:
        return _EDGE + (on - month_end).days / max(span, 1) * (_WIDTH - 2 * _EDGE)

    labels = [_Label(_EDGE, "start", f"{month_end:%m-%d}", ("月度结束",))]
    last = span == allowed
    labels.append(_Label(place(due_on), "end" if last else "middle", f"{due_on:%m-%d}", ("存证时限",), _OCHRE))
    for event in ordered:
        lines = (event.label, event.actor) if event.actor else (event.label,)
        labels.append(_Label(place(event.on), "middle", f"{event.on:%m-%d}", lines))
    rows = _rows(labels)
    above, below = 1 + max(rows), -min(rows)
    axis = 6 + above * 3.4 * _LINE
    drawn = place(ordered[-1].on) if ordered else _EDGE
    parts: list[str] = [
        rectangle(_EDGE, axis - 2, _WIDTH - 2 * _EDGE, 4, fill=_TINT),
        rectangle(_EDGE, axis - 2, drawn - _EDGE, 4, fill=DEEP),
    ]
    parts += _days(axis, span)
    for label, row in zip(labels, rows, strict=True):
        parts += _draw(label, row, axis)
    return picture(_WIDTH, axis + 20 + below * 3.4 * _LINE, title, parts)


def _wide(words: str) -> float:
    return sum(4.1 if sign.isascii() else 7.4 for sign in words)


def _rows(labels: Sequence[_Label]) -> list[int]:
    """A row for each label, so that none runs over another: 0, 1, … above the line, -1, -2, … below."""
    taken: dict[int, list[tuple[float, float]]] = {}
    rows: list[int] = []
    for index, label in enumerate(labels):
        start, end = label.reach()
        order = [0] if index < 2 else ([-1, 0, -2, 1, -3, 2] if index % 2 == 0 else [0, -1, 1, -2, 2, -3])
        free = [row for row in order if all(end <= a or start >= b for a, b in taken.get(row, []))]
        row = free[0] if free else order[-1]
        taken.setdefault(row, []).append((start, end))
        rows.append(row)
    return rows


def _days(axis: float, span: int) -> list[str]:
    step = 5 if span <= 60 else 10 * (span // 100 + 1)
    parts: list[str] = []
    for number in range(0, span + 1, step):
        x = _EDGE + number / max(span, 1) * (_WIDTH - 2 * _EDGE)
        parts.append(line(x, axis + 2, x, axis + 6, RULE, 0.6))
        label = "0 天" if number == 0 else str(number)
        parts.append(text(x, axis + 13, label, 6.8, fill=GREY, text_anchor="middle"))
    return parts


def _draw(label: _Label, row: int, axis: float) -> list[str]:
    parts: list[str] = []
    size = 7.4
    count = 1 + len(label.lines)
    if row >= 0:
        foot = axis - 12 - row * 3.4 * _LINE
        first = foot - (count - 1) * _LINE
        parts.append(line(label.x, foot + 3, label.x, axis - 5, RULE, 0.6))
    else:
        first = axis + 26 + (-row - 1) * 3.4 * _LINE
        parts.append(line(label.x, axis + 15.5, label.x, first - 7, RULE, 0.6))
    parts.append(element("circle", cx=label.x, cy=axis, r=3.4, fill="#FFFFFF", stroke=_OCHRE if label.colour == _OCHRE else DEEP, stroke_width=1.4))
    for index, words in enumerate((label.head, *label.lines)):
        fill = label.colour if index == 0 else (INK_2 if index == 1 else GREY)
        parts.append(
            text(
                label.x, first + index * _LINE, words, size, fill=fill, text_anchor=label.anchor,
                font_weight=700 if index == 0 else None,
            )
        )  # fmt: skip
    return parts
