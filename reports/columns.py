"""How wide the columns of a table must be so that no number, date or code breaks or runs into the next one.

Widths are points of the print language's table text (8 points, Noto Sans SC).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

TEXT_WIDTH = 482.0  #: the 170 mm of a page's text
_SIZE = 8.0
_THIN_SIGNS = frozenset(" .,:;'|!()il\N{NO-BREAK SPACE}")
_THIN, _ASCII, _WIDE = 0.32, 0.6, 1.0  #: of the size: a thin sign, a Latin letter or figure, a Chinese sign
_PADDING = 7.0  #: what stands at the right of each column
_AFTER_FIGURES = 8.5  #: what stands before words that follow figures
_MARK = 11.0  #: the sign before the word of a state
_MOST = 150.0  #: no column may claim more of the page than this for one word
_COVER_WIDTH, _COVER_SIZE = 210.0, 8.8  # points: the column of a cover's facts and its type
_COVER_LINES = 7
_WHOLE = re.compile(r"[!-.0-~\N{MINUS SIGN}]+")  # what a line breaks nowhere: ASCII without blank and slash
_HEAD = re.compile(r"（[^（）]*）|[^（）]+")  # a head and the unit in brackets after it


def points(text: str, size: float = _SIZE) -> float:
    """About how long ``text`` is in one line, in points of type of ``size`` points."""
    return size * sum(map(_sign, text))


def _sign(sign: str) -> float:
    if sign in _THIN_SIGNS:
        return _THIN
    return _ASCII if ord(sign) < 0x2000 or sign == "\N{MINUS SIGN}" else _WIDE


def lines(text: str, width: float, size: float) -> int:
    """About how many lines ``text`` takes in ``width`` points."""
    return max(1, ceil(points(text, size) / width))


def cover_is_crammed(facts: Iterable[str]) -> bool:
    """Whether a cover's facts take more lines than stand between its title and what follows them."""
    return sum(lines(fact, _COVER_WIDTH, _COVER_SIZE) for fact in facts) > _COVER_LINES


def head_parts(label: str) -> list[str]:
    """A column's head and the bracket after it, each of which stays on one line."""
    return _HEAD.findall(label)


def longest_word(text: str) -> float:
    """The length of the longest part of ``text`` that a line does not break, in points."""
    return max((points(word) for word in _WHOLE.findall(text)), default=points(text[:1]))


def shares(columns: Sequence[Mapping[str, Any]], cells: Sequence[Sequence[str]]) -> list[float]:
    """The columns' widths in per cent: as asked for, but none narrower than its longest word.

    ``columns`` as ``reports.blocks`` prepares them (asked-for ``width``, ``label``, ``align``, ``kind``),
    ``cells`` what is printed in each. What a column lacks for its longest word is taken from those that have
    room; after that, columns whose cells would wrap get what others leave empty.
    """
    whole = sum(column["width"] for column in columns)
    asked = [TEXT_WIDTH * column["width"] / whole for column in columns]
    parts = list(zip((column["label"] for column in columns), cells, _paddings(columns), strict=True))
    words = [min(_MOST, _longest(head, map(longest_word, texts)) + free) for head, texts, free in parts]
    texts = [_longest(head, map(points, texts)) + free for head, texts, free in parts]
    return [100 * width / TEXT_WIDTH for width in _filled(_filled(asked, words, words), texts, texts)]


def _paddings(columns: Sequence[Mapping[str, Any]]) -> list[float]:
    """What each column needs beside its words: white, and the drawn mark of a state."""
    before = ["", *(column["align"] for column in columns)]
    return [
        _PADDING
        + (_MARK if column["kind"] == "state" else 0.0)
        + (_AFTER_FIGURES if (left, column["align"]) == ("right", "left") else 0.0)
        for left, column in zip(before, columns, strict=False)
    ]


def _longest(head: str, lengths: Iterable[float]) -> float:
    return max([*lengths, *map(points, head_parts(head))], default=0.0)


def _filled(widths: Sequence[float], wanted: Sequence[float], kept: Sequence[float]) -> list[float]:
    """``widths`` with what is wanting taken from those that have more than is ``kept``, as far as it goes."""
    wanting = [max(0.0, want - width) for want, width in zip(wanted, widths, strict=True)]
    room = [max(0.0, width - keep) for keep, width in zip(kept, widths, strict=True)]
    moved = min(sum(wanting), sum(room))
    if not moved:
        return list(widths)
    given, taken = moved / sum(wanting), moved / sum(room)
    return [
        width + want * given - free * taken for width, want, free in zip(widths, wanting, room, strict=True)
    ]
