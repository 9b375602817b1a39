"""Small drawn marks for workflow states under a chart's axis: a shape beside every word."""

from markupsafe import Markup

from reports.svg import element, text

_GREEN, _OCHRE, _RED, _INK = "#0C6B5B", "#A35400", "#B3201E", "#1A2326"
_GREY = "#647174"
_DASHED_RING = "2.2 2"

_COLOURS = {
    "accepted": _GREEN,
    "submitted": _GREEN,
    "in_review": _GREEN,
    "returned": _OCHRE,
    "amending": _OCHRE,
    "rejected": _RED,
    "withdrawn": _GREY,
    "": _GREY,
}


def state_mark(state: str, label: str, centre: float, middle: float) -> Markup:
    """Mark and word of a workflow state, centred on ``centre``; nothing when there is no word."""
    if not label:
        return Markup()
    colour = _COLOURS.get(state, _INK)
    room = 17 + 12 * sum(0.55 if sign.isascii() else 1 for sign in label)
    left = centre - room / 2
    mark = element("g", *_shape(state, colour), transform=f"translate({left + 6:.2f} {middle - 4:.2f})")
    return element("g", mark, text(left + 16, middle, label, 12, fill=_INK if colour == _GREEN else colour))


def _shape(state: str, colour: str) -> list[str]:
    """The mark in a box of twelve around the origin."""
    pen = {
        "stroke": colour,
        "stroke_width": 1.3,
        "fill": "none",
        "stroke_linecap": "round",
        "stroke_linejoin": "round",
    }
    if state == "accepted":
        tick = {**pen, "stroke": "#FFFFFF"}
        return [element("circle", r=5.4, fill=colour), element("path", d="M-2.4 .2l1.7 1.7 3.2-3.6", **tick)]
    if state in ("returned", "amending"):
        return [element("path", d="M-2-4.4l-3 3 3 3M-5-1.4h6.4a2.9 2.9 0 0 1 0 5.8H-.4", **pen)]
    if state in ("submitted", "in_review"):
        eye = "M-6 0c2.6-4.6 9.4-4.6 12 0-2.6 4.6-9.4 4.6-12 0z"
        return [element("path", d=eye, **pen), element("circle", r=1.7, fill=colour)]
    if state in ("rejected", "withdrawn"):
        return [element("path", d="M-4.6-4.6h9.2v9.2h-9.2zM-2-2l4 4M2-2l-4 4", **pen)]
    return [element("circle", r=4.8, **{**pen, "stroke_dasharray": _DASHED_RING})]
