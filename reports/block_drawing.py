"""Small drawings of blocks, in points: a share against its permit, bars of years, dated steps."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from markupsafe import Markup

from reports.charts import DEEP, GREY, HAIR, INK, INK_2, LIGHT, ticks, unit_scale
from reports.columns import points
from reports.filters import number
from reports.svg import element, fitted, line, picture, plain, rectangle, text

OCHRE, TINT = "#A35400", "#D6E5E1"
_COLUMN = 232.0  # the 82 mm of one of two columns


def permit_bar(share: Decimal, *, watched: bool) -> Markup:
    """The actual amount as a bar against the permitted one, which is the line at its end."""
    filled = min(float(share), 112.0)
    return element(
        "svg",
        rectangle(0, 3, 100, 6, fill=TINT),
        rectangle(0, 3, filled, 6, fill=OCHRE if watched else DEEP),
        line(100, 0, 100, 12, INK, 1),
        xmlns="http://www.w3.org/2000/svg",
        viewBox="0 0 114 12",
        aria_hidden="true",
    )


def year_bars(rows: Sequence[tuple[int, Decimal]], unit: str, *, title: str) -> Markup:
    """One bar a year, the last one dark; figures on the bars, at most three grid lines."""
    height, base, left = 172.0, 154.0, 28.0
    scale = unit_scale(total for _, total in rows)
    largest = max((float(total / scale.divisor) for _, total in rows), default=0.0)
    axis = ticks(largest)
    step = 118.0 / max(largest, 1e-9)
    parts: list[str] = [text(0, 8, f"{scale.word}{unit}", 7.2, fill=INK_2)]
    parts += [line(left, base - mark * step, _COLUMN, base - mark * step, HAIR, 0.5) for mark in axis[1:]]
    parts += [
        text(left - 5, base - mark * step + 2.6, number(plain(mark)), 7.2, fill=GREY, text_anchor="end")
        for mark in axis
    ]
    pitch = (_COLUMN - left) / max(len(rows), 1)
    for place, (year, total) in enumerate(rows):
        last = place == len(rows) - 1
        centre = left + pitch * (place + 0.5)
        tall = float(total / scale.divisor) * step
        look = {"text_anchor": "middle", "font_weight": 700 if last else None, "fill": INK if last else INK_2}
        parts.append(rectangle(centre - 12, base - tall, 24, tall, fill=DEEP if last else LIGHT))
        parts.append(text(centre, base - tall - 4, scale.label(total), 7.4, **look))
        parts.append(text(centre, base + 11, str(year), 7.2, **look))
    parts.append(line(left, base, _COLUMN, base, INK, 0.7))
    return picture(_COLUMN, height, title, parts)


def steps(rows: Sequence[Mapping[str, str]], *, title: str) -> Markup:
    """Dated steps down a line: done in green, the newest filled, what is still due in ochre."""
    pitch, x = 27.0, 4.0
    parts: list[str] = [line(x, 10, x, 10 + pitch * (len(rows) - 1), DEEP, 2.2)]
    for place, row in enumerate(rows):
        y = 10 + pitch * place
        due, now = row["standing"] == "due", row["standing"] == "now"
        look = {"font_weight": 700 if now else None, "fill": OCHRE if due else INK}
        ring = {"fill": DEEP if now else "#FFFFFF", "stroke": OCHRE if due else DEEP, "stroke_width": 1.5}
        parts.append(element("circle", cx=x, cy=y, r=3.2, **ring))
        parts.append(text(15, y + 3, row["on"], 8, fill=OCHRE if due else INK_2))
        parts.append(fitted(72, y + 3, row["words"], 8.2, _COLUMN - 78 - points(row["amount"], 8.2), **look))
        parts.append(text(_COLUMN, y + 3, row["amount"], 8.2, text_anchor="end", **look))
        if place < len(rows) - 1:
            parts.append(line(15, y + pitch / 2, _COLUMN, y + pitch / 2, HAIR, 0.5))
    return picture(_COLUMN, 20 + pitch * (len(rows) - 1), title, parts)
