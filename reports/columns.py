"""How wide the columns of a table must be so that no number, date or code breaks or runs into the next one.

Widths are points of the print language's table text (8 points, Noto Sans SC).
"""

import re
from collections.abc import Iterable, Sequence
from math import ceil

TEXT_WIDTH = 482.0  #: the 170 mm of a page's text
_SIZE = 8.0
_ASCII, _WIDE = 0.58, 1.0  #: of the size: a Latin letter or figure, a Chinese sign
_PADDING = 6.0  #: what stands at the right of each column
_MARK = 11.0  #: the sign before the word of a state
_MOST = 150.0  #: no column may claim more of the page than this for one word
_COVER_WIDTH, _COVER_SIZE = 210.0, 8.8  # points: the column of a cover's facts and its type
_COVER_LINES = 7
_WHOLE = re.compile(r"[!-.0-~\N{MINUS SIGN}]+")  # what a line breaks nowhere: ASCII without blank and slash


def points(text: str, size: float = _SIZE) -> float:
    """About how long ``text`` is in one line, in points of type of ``size`` points."""
    return size * sum(_ASCII if ord(sign) < 0x2000 or sign == "\N{MINUS SIGN}" else _WIDE for sign in text)


def lines(text: str, width: float, size: float) -> int:
    """About how many lines ``text`` takes in ``width`` points."""
    return max(1, ceil(points(text, size) / width))


def cover_is_crammed(facts: Iterable[str]) -> bool:
    """Whether a cover's facts take more lines than stand between its title and what follows them."""
    return sum(lines(fact, _COVER_WIDTH, _COVER_SIZE) for fact in facts) > _COVER_LINES


def longest_word(text: str) -> float:
    """The length of the longest part of ``text`` that a line does not break, in points."""
    return max((points(word) for word in _WHOLE.findall(text)), default=points(text[:1]))


def shares(
    widths: Sequence[int], kinds: Sequence[str], texts: Sequence[Iterable[str]], whole: float = TEXT_WIDTH
) -> list[float]:
    """The columns' widths in per cent: as asked for, but none narrower than its longest word.

    ``widths`` are the asked-for shares, ``kinds`` those of ``reports.blocks`` (a state has a drawn mark),
    ``texts`` everything that is printed in each column. What a column lacks is taken from those that have
    room, in proportion to their room; where no column has any, the widths stay as asked for.
    """
    asked = [whole * width / sum(widths) for width in widths]
    needs = [
        min(_MOST, max(map(longest_word, column), default=0.0) + _PADDING + (_MARK if kind == "state" else 0))
        for kind, column in zip(kinds, texts, strict=True)
    ]
    lacking = sum(max(0.0, need - width) for need, width in zip(needs, asked, strict=True))
    room = [max(0.0, width - need) for need, width in zip(needs, asked, strict=True)]
    if lacking and sum(room) >= lacking:
        taken = lacking / sum(room)
        columns = zip(needs, asked, room, strict=True)
        asked = [max(need, width - free * taken) for need, width, free in columns]
    return [100 * width / whole for width in asked]
