"""Blocks, sections and chapters of a report's data, as ``reports/blocks.py`` reads them.

Cells are text; an amount is the decimal's own digits, so that the print can be compared with the engine.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.dossiers.answers import NOTHING, Row

Block = dict[str, Any]


def column(
    label: str, width: int = 1, *, decimals: int | None = None, align: str = "", kind: str = ""
) -> dict[str, Any]:
    """A column of a table; figures (``decimals``) stand at the right unless ``align`` says otherwise."""
    made: dict[str, Any] = {"label": label, "width": width}
    if decimals is not None:
        made["decimals"] = decimals
    if align or decimals is not None:
        made["align"] = align or "right"
    if kind:
        made["kind"] = kind
    return made


def figures(label: str, width: int = 1) -> dict[str, Any]:
    """A column of figures, each printed with the digits that it came with."""
    return column(label, width, align="right", kind="figure")


def table(
    caption: str,
    columns: Sequence[dict[str, Any]],
    rows: Sequence[Sequence[str]],
    *,
    totals: int = 0,
    remark: str = "",
    notes: Sequence[str] = (),
) -> Block:
    """A table; the last ``totals`` rows are sums."""
    made: Block = {
        "kind": "table",
        "caption": caption,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
    }
    return _with(made, totals=totals, remark=remark, notes=list(notes))


def facts(rows: Sequence[tuple[str, str]], *, columns: int = 1) -> Block:
    """Pairs of name and value, in one or two columns."""
    return _with(
        {"kind": "facts", "rows": [list(row) for row in rows]}, columns=columns if columns > 1 else 0
    )


def text(paragraphs: Sequence[str], *, notes: Sequence[str] = ()) -> Block:
    """Paragraphs."""
    return _with({"kind": "text", "paragraphs": list(paragraphs)}, notes=list(notes))


def section(title: str, *blocks: Block, remark: str = "") -> dict[str, Any]:
    """A section of a chapter."""
    return _with({"title": title, "blocks": list(blocks)}, remark=remark)


def chapter(
    title: str, sections: Sequence[dict[str, Any]], *, lead: str, clause: str = "", notes: Sequence[str] = ()
) -> dict[str, Any]:
    """A chapter; ``lead`` says what it found."""
    return _with({"title": title, "lead": lead, "sections": list(sections)}, clause=clause, notes=list(notes))


def answered(caption: str, columns: Sequence[tuple[str, dict[str, Any]]], rows: Sequence[Row]) -> Block:
    """A table of answers: for each column the key of the cell and how it is printed."""
    return table(
        caption,
        [printed for _, printed in columns],
        [[row.choice(key) or row.text(key) or NOTHING for key, _ in columns] for row in rows],
    )


def plain(value: Decimal | None) -> str:
    """A figure's own digits without an exponent; a dash for none."""
    return NOTHING if value is None else format(value, "f")


def grouped(value: Decimal) -> str:
    """A figure's own digits with commas at the thousands and a true minus, as it stands in a sentence."""
    return format(value, ",f").replace("-", "\N{MINUS SIGN}")


def signer(role: str, basis: str, *, seal: bool = False) -> dict[str, Any]:
    """A place for a signature: who and why; name and moment are filled in at the signing."""
    return _with({"role": role, "basis": basis, "name": "", "signed_at": ""}, seal=seal)


def _with(made: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """The dictionary with those optional keys that hold something."""
    return made | {key: value for key, value in optional.items() if value}
