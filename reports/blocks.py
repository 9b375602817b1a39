"""Chapters made of blocks: what disclosures and dossiers share between their data and their templates.

A chapter holds sections, a section holds blocks; a block is a table of primitives with a ``kind``:

- ``text``: ``paragraphs``;
- ``facts``: ``rows`` of name and value, in one or two ``columns``;
- ``table``: ``columns`` (``label``, and where they help ``align`` left, right or middle, ``decimals``,
  ``width`` as a share, ``kind`` state, confidence or figure, whose digits are printed as given), ``rows`` of
  cells, the last ``totals`` of them sums; of more than ``MOST_ROWS`` only the sums are printed;
- ``permits``: pollutants of outlets against limits and permitted amounts, ``unit`` of the concentrations;
- ``years``: a bar a year, ``rows`` of year and decimal text, in ``unit``, called ``subject`` in its title;
- ``steps``: dated steps, ``rows`` of day, words, amount and standing (done, now, due);
- ``stages``: a bar a life-cycle stage, ``rows`` of name and decimal text, and their ``total``;
- ``boundary``: ``processes`` (name, words, hot, inputs and outputs as pairs), what is ``excluded``;
- ``matrix``: marks of data quality from 1 to 5, ``columns`` and ``rows`` of name, marks, mean, share;
- ``swings``: a sensitivity, ``rows`` of name, per cent down, per cent up;
- ``strip``: a few figures side by side, ``rows`` of name and value.

Tables and figures are numbered by the chapter and their order in it. Any block may carry ``notes``.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from portal.domain.errors import PackError
from portal.domain.messages import N_
from reports import block_drawing, dossier_drawing, filters
from reports.columns import TEXT_WIDTH, head_parts, longest_word, shares
from reports.dossier_drawing import Stage
from reports.messages import chinese

_WATCHED = Decimal(90)  #: per cent of the permitted amount; the share above it is printed bold in ochre
_MARKS = {"official": "A", "transcribed": "B", "unverified": "C", "given": "E"}
_TOGETHER = 14  #: rows with their sums, as of a year's months; a table up to here stays on one page
#: Rows of one table that are printed; a longer one stands in the attached data, its sums in print.
MOST_ROWS = 2000
_CAPTIONED = {
    "table": "表",
    "permits": "表",
    "matrix": "表",
    "years": "图",
    "steps": "图",
    "stages": "图",
    "boundary": "图",
    "swings": "图",
}


def chapters(data: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The chapters as the macros of ``parts/blocks.html`` print them, numbered in Chinese.

    Raises PackError naming the chapter when a block lacks a key, is of an unknown kind or holds a figure
    that is none.
    """
    return [_chapter(place, chapter) for place, chapter in enumerate(data, start=1)]


def _chapter(place: int, chapter: Mapping[str, Any]) -> dict[str, Any]:
    counts = {"表": 0, "图": 0}
    notes: list[str] = []
    try:
        sections = [
            {
                "number": f"{place}.{number}",
                "title": section["title"],
                "remark": _said_once(section),
                "anchor": f"section-{place}-{number}",
                "blocks": [_block(place, counts, notes, block) for block in section["blocks"]],
            }
            for number, section in enumerate(chapter["sections"], start=1)
        ]
    except KeyError as missing:
        key = f"{chapter['title']}: {missing.args[0]}"
        raise PackError(N_("报告数据缺少或不认识 %(key)s"), params={"key": key}, path=key) from missing
    except (InvalidOperation, ValueError) as wrong:
        what = f"{chapter['title']}: {wrong}"
        raise PackError(N_("报告数据有写错的值：%(what)s"), params={"what": what}) from wrong
    return {
        "number": chinese(place),
        "title": chapter["title"],
        "anchor": f"chapter-{place}",
        "lead": chapter.get("lead", ""),
        "clause": chapter.get("clause", ""),
        "sections": sections,
        "notes": list(dict.fromkeys([*notes, *chapter.get("notes", ())])),
    }


def _said_once(section: Mapping[str, Any]) -> str:
    """The section's remark, unless its first block says the same again one line below."""
    remark: str = section.get("remark", "")
    first: str = section["blocks"][0].get("remark", "") if section["blocks"] else ""
    return "" if remark and remark in first else remark


def _block(place: int, counts: dict[str, int], notes: list[str], block: Mapping[str, Any]) -> dict[str, Any]:
    kind = block["kind"]
    if kind == "table" and len(block["rows"]) > MOST_ROWS:
        block = _shortened(block)
    prepared = _KINDS[kind](block)
    word = _CAPTIONED.get(kind)
    if word:
        counts[word] += 1
        prepared["number"] = f"{word} {place}-{counts[word]}"
    notes += block.get("notes", ())
    return {
        "kind": kind,
        "remark": block.get("remark", ""),
        "caption": block.get("caption", ""),
        "wide": False,
        **prepared,
    }


def _text(block: Mapping[str, Any]) -> dict[str, Any]:
    return {"paragraphs": block["paragraphs"]}


def _facts(block: Mapping[str, Any]) -> dict[str, Any]:
    rows, columns = block["rows"], block.get("columns", 1)
    size = -(-len(rows) // columns)
    return {"halves": [rows[start : start + size] for start in range(0, len(rows), size)] if rows else []}


def _shortened(block: Mapping[str, Any]) -> dict[str, Any]:
    """A table too long for paper: its sums alone, and where its rows are to be found."""
    rows, totals = block["rows"], block.get("totals", 0)
    about = f"“{block.get('caption', '')}”共 {len(rows) - totals} 行"
    note = f"{about}，不在此逐行打印；全部行见本文件所附的数据（JSON）。"
    return {**block, "rows": rows[len(rows) - totals :], "notes": [*block.get("notes", ()), note]}


def _table(block: Mapping[str, Any]) -> dict[str, Any]:
    columns = [
        {
            "label": column["label"],
            "head": head_parts(column["label"]),
            "align": column.get("align", "left"),
            "width": column.get("width", 1),
            "kind": column.get("kind", "words"),
            "decimals": column.get("decimals"),
        }
        for column in block["columns"]
    ]
    first_sum = len(block["rows"]) - block.get("totals", 0)
    rows = [
        {
            "sum": place >= first_sum,
            "cells": [_cell(column, text) for column, text in zip(columns, row, strict=True)],
        }
        for place, row in enumerate(block["rows"])
    ]
    widths = shares(
        columns, [[row["cells"][place]["words"] for row in rows] for place in range(len(columns))]
    )
    for row in rows:
        for cell, width in zip(row["cells"], widths, strict=True):
            cell["breaks"] = longest_word(cell["words"]) > TEXT_WIDTH * width / 100
    return {
        "columns": [
            {**column, "share": f"{width:.2f}%"} for column, width in zip(columns, widths, strict=True)
        ],
        "rows": rows,
        "together": len(rows) <= _TOGETHER,
    }


def _cell(column: Mapping[str, Any], text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"align": column["align"], "kind": column["kind"], "words": text}
    if column["kind"] == "confidence":
        cell["words"] = _MARKS[text] if text else ""
    elif column["kind"] == "state":
        cell["state"], _, cell["words"] = text.partition(":")
    elif column["kind"] == "figure" and _is_figure(text):
        cell["words"] = filters.as_given(text)
    elif column["decimals"] is not None and _is_figure(text):
        cell["words"] = filters.number(text, column["decimals"])
    return cell


def _is_figure(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _permits(block: Mapping[str, Any]) -> dict[str, Any]:
    groups: list[dict[str, Any]] = []
    for row in block["rows"]:
        if not groups or groups[-1]["outlet"] != row["outlet"]:
            groups.append({"outlet": row["outlet"], "name": row.get("name", ""), "rows": []})
        groups[-1]["rows"].append(_permit(row))
    return {
        "unit": block["unit"],
        "groups": groups,
        "sums": [_permit(row) for row in block.get("sums", ())],
    }


def _permit(row: Mapping[str, Any]) -> dict[str, Any]:
    actual, permitted = Decimal(row["actual"]), row.get("permitted", "")
    share = actual / Decimal(permitted) * 100 if permitted and Decimal(permitted) else None
    return {
        **row,
        "watched": share is not None and share > _WATCHED,
        "share": "" if share is None else filters.rounded(share, 1),
        "bar": Markup() if share is None else block_drawing.permit_bar(share, watched=share > _WATCHED),
    }


def _years(block: Mapping[str, Any]) -> dict[str, Any]:
    rows = [(int(year), Decimal(total)) for year, total in block["rows"]]
    title = years_title(block["subject"], rows)
    return {"caption": title, "drawing": block_drawing.year_bars(rows, block["unit"], title=title)}


def years_title(subject: str, rows: Sequence[tuple[int, Decimal]]) -> str:
    """What the bars say: for how many years in a row the figure fell or rose."""
    turns = [later[1] - earlier[1] for earlier, later in pairwise(rows)]
    if not turns or not turns[-1]:
        return f"{subject}逐年变化"
    falling = turns[-1] < 0
    run = 0
    for turn in reversed(turns):
        if not turn or (turn < 0) is not falling:
            break
        run += 1
    word = "下降" if falling else "上升"
    return f"{subject}连续{chinese(run)}年{word}" if run > 1 else f"{subject}较上年{word}"


def _steps(block: Mapping[str, Any]) -> dict[str, Any]:
    rows = [{"on": row[0], "words": row[1], "amount": row[2], "standing": row[3]} for row in block["rows"]]
    return {"steps": rows, "drawing": block_drawing.steps(rows, title=block["caption"])}


def _stages(block: Mapping[str, Any]) -> dict[str, Any]:
    total = Decimal(block["total"])
    stages = [
        Stage(name, Decimal(value), Decimal(value) / total * 100 if total else Decimal(0))
        for name, value in block["rows"]
    ]
    largest = max(stages, key=lambda stage: stage.value)
    title = f"{largest.name}是最大的排放阶段"
    drawing = dossier_drawing.stage_bars(stages, total, block.get("decimals", 4), title=title)
    return {"caption": title, "drawing": drawing, "wide": True}


def _boundary(block: Mapping[str, Any]) -> dict[str, Any]:
    drawing = dossier_drawing.boundary(
        block["processes"], block.get("excluded", ()), title=block["caption"], caption=block["words"]
    )
    return {"drawing": drawing, "wide": True}


def _matrix(block: Mapping[str, Any]) -> dict[str, Any]:
    for row in block["rows"]:
        if any(int(mark) not in range(1, 6) for mark in row[1:-2] if mark):
            raise ValueError(row[0])
    rows = [{"name": row[0], "marks": row[1:-2], "mean": row[-2], "share": row[-1]} for row in block["rows"]]
    return {"columns": block["columns"], "rows": rows}


def _swings(block: Mapping[str, Any]) -> dict[str, Any]:
    rows = [(name, Decimal(low), Decimal(high)) for name, low, high in block["rows"]]
    rows.sort(key=lambda row: -abs(row[2]))
    title = f"{rows[0][0]} 的变动对结果影响最大"
    return {"caption": title, "drawing": dossier_drawing.swings(rows, title=title)}


def _strip(block: Mapping[str, Any]) -> dict[str, Any]:
    return {"figures": block["rows"]}


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "facts": _facts,
    "table": _table,
    "permits": _permits,
    "years": _years,
    "steps": _steps,
    "stages": _stages,
    "boundary": _boundary,
    "matrix": _matrix,
    "swings": _swings,
    "strip": _strip,
}
