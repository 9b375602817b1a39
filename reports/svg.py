"""A few lines for writing SVG that may be inlined under a strict content security policy.

Only presentation attributes are written, never ``style``, ``<style>`` or scripts; numbers are cut to
hundredths, so the same figures always give the same text.
"""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from reports.columns import points

_SHIFTED = re.compile(r"(?P<gas>(?<=CO|CH|SF|NF)\d|(?<=N)2(?=O))|(?<=[ \d/N]m)[23](?!\w)")
FONT = "Noto Sans SC"
_LEAST = 6.4  # points; nothing is set smaller


def plain(value: object) -> str:
    """An attribute's text: numbers to hundredths without trailing zeros."""
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return str(value)


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """One element; ``stroke_width`` becomes ``stroke-width``; plain text children are escaped."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(plain(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inner = "".join(str(escape(child)) for child in children)
    closing = f">{inner}</{tag}>" if inner else "/>"
    return Markup(f"<{tag}{written}{closing}")  # noqa: S704 - every part is escaped above


def picture(width: float, height: float, title: str, children: Iterable[str], **attributes: object) -> Markup:
    """A whole drawing with a spoken name, scaled by its container through the view box."""
    return element(
        "svg",
        element("title", title),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {plain(float(width))} {plain(float(height))}",
        role="img",
        font_family=FONT,
        **attributes,
    )


def text(x: float, y: float, words: str, size: float, **attributes: object) -> Markup:
    """A line of text at its baseline; digits of gases (CO2) are lowered, of areas and volumes raised."""
    parts: list[str] = []
    position = 0
    pending = 0.0
    for found in _SHIFTED.finditer(words):
        parts += _spans(words[position : found.start()], pending)
        drop = round(size * (0.18 if found["gas"] else -0.34), 2)
        parts.append(element("tspan", found[0], font_size=size * 0.72, dy=pending + drop))
        pending = -drop
        position = found.end()
    parts += _spans(words[position:], pending)
    return element("text", *parts, x=x, y=y, font_size=size, **attributes)


def fitted(x: float, y: float, words: str, size: float, room: float, **attributes: object) -> Markup:
    """A line of text no longer than ``room``: set smaller, and cut where even the least size is too large."""
    size = min(size, max(_LEAST, size * room / max(points(words, size), 1e-9)))
    if points(words, size) > room:
        while words and points(f"{words}…", size) > room:
            words = words[:-1]
        words = f"{words}…"
    return text(x, y, words, round(size, 2), **attributes)


def _spans(words: str, shift: float) -> list[str]:
    if not words:
        return []
    return [element("tspan", words, dy=shift)] if shift else [words]


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float) -> Markup:
    """A straight line."""
    return element(
        "path",
        d=f"M{plain(x1)} {plain(y1)}L{plain(x2)} {plain(y2)}",
        stroke=stroke,
        stroke_width=width,
        fill="none",
    )


def rectangle(x: float, y: float, width: float, height: float, **attributes: object) -> Markup:
    """A rectangle; a negative height is drawn as none."""
    return element("rect", x=x, y=y, width=width, height=max(height, 0.0), **attributes)
