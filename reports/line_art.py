"""The drawn landscape of covers: hills that calm down into level lines towards the reader."""

from math import cos, exp, pi

from markupsafe import Markup

from reports.svg import element, plain

_LINES = 26
_WIDTH, _HEIGHT = 210.0, 100.0  # millimetres
_STEP = 10.0
_PALE, _DEEP = (0xC3, 0xDA, 0xD4), (0x4F, 0x91, 0x84)


def landscape() -> Markup:
    """Twenty-six paths across a page's width; decoration, so hidden from readers' tools."""
    return element(
        "svg",
        *(_path(number) for number in range(_LINES)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {plain(_WIDTH)} {plain(_HEIGHT)}",
        aria_hidden="true",
        fill="none",
    )


def _path(number: int) -> Markup:
    depth = number / (_LINES - 1)
    points = [(x, _height(x, depth, number)) for x in _stations()]
    return element("path", d=_smooth(points), stroke=_colour(depth), stroke_width=0.16 + 0.16 * depth)


def _stations() -> list[float]:
    count = int(_WIDTH / _STEP)
    return [index * _WIDTH / count for index in range(-1, count + 2)]


def _height(x: float, depth: float, number: int) -> float:
    """Where a line runs, in millimetres from the top: each lower line is calmer and further left."""
    calm: float = (1 - depth) ** 1.6
    across = x / _WIDTH + 0.22 * depth
    hill = 15.5 * exp(-(((across - 0.56) / 0.13) ** 2))
    hollow = 8.0 * exp(-(((across - 0.33) / 0.12) ** 2))
    swell = 3.2 * cos(2 * pi * (across * 1.15 - 0.05))
    ripple = 0.55 * depth * cos(2 * pi * (across * 2.1 + 0.3))
    return 16.0 + number * 3.32 - calm * (hill - hollow + swell - 3 * across) + ripple


def _smooth(points: list[tuple[float, float]]) -> str:
    """Cubic curves through the points (Catmull-Rom)."""
    path = [f"M{plain(points[1][0])} {plain(points[1][1])}"]
    for before, start, end, after in zip(points, points[1:], points[2:], points[3:], strict=False):
        one = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        two = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        path.append("C" + " ".join(f"{plain(x)} {plain(y)}" for x, y in (one, two, end)))
    return "".join(path)


def _colour(depth: float) -> str:
    mixed = (round(pale + (deep - pale) * depth) for pale, deep in zip(_PALE, _DEEP, strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)
