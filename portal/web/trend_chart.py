"""How many gaps were opened and closed in each month, drawn for a desktop page."""

from collections.abc import Sequence

from flask_babel import gettext
from markupsafe import Markup

from portal.queries.gap_board import TrendMonth
from reports.svg import FONT, picture, rectangle, text

WIDTH, HEIGHT, BASE = 1120.0, 150.0, 118.0
OPENED, CLOSED, GREY = "#a35400", "#0b7568", "#5f6c78"


def trend_chart(trend: Sequence[TrendMonth]) -> Markup:
    """Two bars a month, with their figures; the table beside it says the same."""
    most = max((max(one.opened, one.closed) for one in trend), default=0) or 1
    pitch = WIDTH / max(len(trend), 1)
    parts: list[str] = [
        rectangle(0, 4, 10, 10, fill=OPENED),
        text(14, 13, gettext("新开"), 12, fill=GREY),
        rectangle(60, 4, 10, 10, fill=CLOSED),
        text(74, 13, gettext("关闭"), 12, fill=GREY),
    ]
    for index, one in enumerate(trend):
        left = pitch * index
        for place, (count, colour) in enumerate(((one.opened, OPENED), (one.closed, CLOSED))):
            tall = 84.0 * count / most
            x = left + pitch / 2 - 14 + 15 * place
            if count:
                parts.append(rectangle(x, BASE - tall, 13, tall, fill=colour, rx=2))
                parts.append(text(x + 6.5, BASE - tall - 3, str(count), 11, fill=GREY, text_anchor="middle"))
        label = str(one.month) if index == 0 or one.month.number == 1 else f"{one.month.number:02d}"
        parts.append(text(left + pitch / 2, BASE + 16, label, 11, fill=GREY, text_anchor="middle"))
    title = gettext("近 12 个月新开和关闭的差距")
    drawing = picture(WIDTH, HEIGHT, title, parts)
    return Markup(str(drawing).replace(f'font-family="{FONT}"', 'font-family="inherit"'))  # noqa: S704 - own SVG
