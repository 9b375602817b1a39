"""Icons drawn into the page: each file of the vendored Tabler set is read once and kept."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

ICON_FOLDER = Path(__file__).resolve().parents[1] / "static" / "vendor" / "icons"
SIZES = frozenset({16, 18, 20, 24})  #: px; the four sizes that the pages use
STROKE_WIDTH = "1.75"

_INNER = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_CANVAS = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


class IconError(LookupError):
    """A template asks for an icon or a size that is not there."""


@cache
def _shapes(name: str, filled: bool) -> str:
    """The shapes inside the icon's file, without the empty canvas that each file begins with."""
    path = ICON_FOLDER / ("filled" if filled else "outline") / f"{name}.svg"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as missing:
        raise IconError(f"no icon {name!r} in {path.parent}") from missing
    match = _INNER.search(text)
    if match is None:
        raise IconError(f"{path} holds no <svg>")
    return re.sub(r"\s*\n\s*", "", _CANVAS.sub("", match[1])).strip()


def icon(name: str, size: int = 18, filled: bool = False, label: str | None = None, css: str = "") -> Markup:
    """Inline SVG of a Tabler icon.

    ``size`` is 16, 18, 20 or 24 px. Without ``label`` the icon is an ornament that a reader's
    software passes over; with it the icon is an image of that name. ``css`` adds class names.
    Raises IconError for an unknown name or size.
    """
    if size not in SIZES:
        raise IconError(f"icon size {size}: one of {sorted(SIZES)}")
    paint = (
        'fill="currentColor"'
        if filled
        else f'fill="none" stroke="currentColor" stroke-width="{STROKE_WIDTH}"'
        ' stroke-linecap="round" stroke-linejoin="round"'
    )
    voice = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    classes = escape(f"icon {css}".strip())
    return Markup(  # noqa: S704 - own vendored files; label and css are escaped above
        f'<svg class="{classes}" width="{size}" height="{size}" viewBox="0 0 24 24" {paint} {voice}'
        f' focusable="false">{_shapes(name, filled)}</svg>'
    )
