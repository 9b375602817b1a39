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
_ROW = 3.4 * _LINE


@dataclass(frozen=True)
class TimelineEvent:
    """Something that happened: its day, what it was, who did it."""

    on: date
    label: str
    actor: str = ""


@dataclass(frozen=True)
class _Label:
    point: float
    head: str
    lines: tuple[str, ...]
    colour: str = INK

    @property
    def anchor(self) -> str:
        """Labels near an end grow inwards."""
        half = self._wide() / 2
        if self.point - half < 0:
            return "start"
        return "end" if self.point + half > _WIDTH else "middle"

    @property
    def x(self) -> float:
        return {"start": min(self.point, _EDGE), "end": max(self.point, _WIDTH - _EDGE)}.get(
            self.anchor, self.point
        )

    def reach(self) -> tuple[float, float]:
        wide = self._wide()
        start = {"start": self.x - 3, "end": self.x - wide + 3}.get(self.anchor, self.x - wide / 2)
        return start, start + wide

    def _wide(self) -> float:
        return max(_wide(words) for words in (self.head, *self.lines)) + 6


def timeline(month_end: date, due_on: date, events: Sequence[TimelineEvent], *, title: str) -> Markup:
    """The days from the month's end to the deadline (longer when something came late), with the events."""
    ordered = sorted(events, key=lambda event: event.on)
    allowed = (due_on - month_end).days
    span = max([allowed, *((event.on - month_end).days for event in ordered)])

    def place(on: date) -> float:
        return _EDGE + (on - month_end).days / max(span, 1) * (_WIDTH - 2 * _EDGE)

    labels = [_Label(_EDGE, f"{month_end:%m-%d}", ("月度结束",))]
    labels.append(_Label(place(due_on), f"{due_on:%m-%d}", ("存证时限",), _OCHRE))
    for event in ordered:
        lines = (event.label, event.actor) if event.actor else (event.label,)
        labels.append(_Label(place(event.on), f"{event.on:%m-%d}", lines))
    rows = _rows(labels)
    above, below = 1 + max(rows), -min(rows)
    axis = 6 + above * _ROW
    drawn = place(ordered[-1].on) if ordered else _EDGE
    parts: list[str] = [
        rectangle(_EDGE, axis - 2, _WIDTH - 2 * _EDGE, 4, fill=_TINT),
        rectangle(_EDGE, axis - 2, drawn - _EDGE, 4, fill=DEEP),
    ]
    parts += _days(axis, span)
    placed = list(zip(labels, rows, strict=True))
    parts += [_leader(label, row, axis) for label, row in placed]
    for label, row in placed:
        parts += _words(label, row, axis)
    return picture(_WIDTH, axis + 20 + below * _ROW, title, parts)


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
        anchor = "start" if number == 0 else "middle"
        parts.append(text(x if number else 0.0, axis + 13, label, 6.8, fill=GREY, text_anchor=anchor))
    return parts


def _first_baseline(label: _Label, row: int, axis: float) -> float:
    if row >= 0:
        return axis - 12 - row * _ROW - len(label.lines) * _LINE
    return axis + 26 + (-row - 1) * _ROW


def _leader(label: _Label, row: int, axis: float) -> Markup:
    """The hairline from the axis to a label; drawn before all labels, which cover it where they must."""
    first = _first_baseline(label, row, axis)
    if row >= 0:
        return line(label.point, first + len(label.lines) * _LINE + 3, label.point, axis - 5, RULE, 0.6)
    return line(label.point, axis + 15.5, label.point, first - 7, RULE, 0.6)


def _words(label: _Label, row: int, axis: float) -> list[str]:
    ring = _OCHRE if label.colour == _OCHRE else DEEP
    first = _first_baseline(label, row, axis)
    start, end = label.reach()
    parts: list[str] = [
        element("circle", cx=label.point, cy=axis, r=3.4, fill="#FFFFFF", stroke=ring, stroke_width=1.4),
        rectangle(start + 2, first - 7, end - start - 4, len(label.lines) * _LINE + 9, fill="#FFFFFF"),
    ]
    for index, words in enumerate((label.head, *label.lines)):
        fill = label.colour if index == 0 else (INK_2 if index == 1 else GREY)
        bold = 700 if index == 0 else None
        y = first + index * _LINE
        parts.append(text(label.x, y, words, 7.4, fill=fill, text_anchor=label.anchor, font_weight=bold))
    return parts
