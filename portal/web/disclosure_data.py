"""Published documents as tables: their chapters for the page, the same tables as open data.

Everything comes out of the frozen content that was signed; nothing is reckoned here. What only the
signature needs (typed answers, sources' rows, persons) stays out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from portal.domain.messages import N_
from portal.web import formats

_FIGURE = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?")
#: Words above the columns of blocks whose cells stand in a fixed order.
_FIXED: Mapping[str, tuple[str, ...]] = {
    "facts": (N_("项目"), N_("内容")),
    "strip": (N_("项目"), N_("内容")),
    "years": (N_("年份"), N_("数值")),
    "steps": (N_("日期"), N_("事项"), N_("数量"), N_("状态")),
    "stages": (N_("阶段"), N_("数值")),
    "swings": (N_("项目"), N_("调低后变化（百分比）"), N_("调高后变化（百分比）")),
}
#: Words for the keys of rows that are mappings.
_KEYS: Mapping[str, str] = {
    "outlet": N_("排放口"),
    "name": N_("名称"),
    "pollutant": N_("污染物"),
    "limit": N_("限值"),
    "mean": N_("平均"),
    "most": N_("最大"),
    "permitted": N_("许可排放量"),
    "actual": N_("实际排放量"),
    "exceeded": N_("超标次数"),
    "words": N_("内容"),
    "value": N_("数值"),
    "unit": N_("单位"),
    "year": N_("年份"),
    "average": N_("平均"),
    "amount": N_("数量"),
    "factor": N_("因子"),
    "source": N_("来源"),
}


@dataclass(frozen=True)
class OpenTable:
    """One table of a document; ``key`` names its file."""

    key: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: Places of the columns that hold figures.
    figures: frozenset[int] = frozenset()


@dataclass(frozen=True)
class OpenPart:
    """A section as the page shows it: its words, then its tables."""

    title: str
    paragraphs: tuple[str, ...]
    tables: tuple[OpenTable, ...]


@dataclass(frozen=True)
class OpenChapter:
    """A chapter with its sections; ``notes`` stand at its end."""

    title: str
    lead: str
    parts: tuple[OpenPart, ...]
    notes: tuple[str, ...]


def open_chapters(data: Mapping[str, Any]) -> tuple[OpenChapter, ...]:
    """The chapters of a document that has them; of any other its lists as one chapter of tables."""
    chapters = data.get("chapters")
    if not isinstance(chapters, list):
        tables = tuple(_loose_tables(data))
        return (OpenChapter("", "", (OpenPart("", (), tables),), ()),) if tables else ()
    return tuple(
        OpenChapter(
            str(chapter.get("title", "")),
            str(chapter.get("lead", "")),
            tuple(
                _part(f"{place}-{number}", section)
                for number, section in enumerate(chapter.get("sections", ()), start=1)
            ),
            tuple(str(note) for note in chapter.get("notes", ())),
        )
        for place, chapter in enumerate(chapters, start=1)
    )


def open_tables(data: Mapping[str, Any]) -> tuple[OpenTable, ...]:
    """All tables of a document, in its order."""
    return tuple(table for chapter in open_chapters(data) for part in chapter.parts for table in part.tables)


def _part(key: str, section: Mapping[str, Any]) -> OpenPart:
    paragraphs: list[str] = []
    tables: list[OpenTable] = []
    for number, block in enumerate(section.get("blocks", ()), start=1):
        paragraphs += [str(line) for line in block.get("paragraphs", ())]
        table = _table(f"{key}-{number}", block, str(section.get("title", "")))
        if table is not None:
            tables.append(table)
    return OpenPart(str(section.get("title", "")), tuple(paragraphs), tuple(tables))


def _table(key: str, block: Mapping[str, Any], around: str) -> OpenTable | None:
    rows = block.get("rows") or block.get("processes") or ()
    if not rows:
        return None
    title = " · ".join(str(word) for word in (block.get("caption") or around, block.get("unit")) if word)
    if isinstance(rows[0], Mapping):
        return _of_mappings(key, title, [*rows, *block.get("sums", ())])
    states = _state_columns(block)
    cells = tuple(
        tuple(
            _cell(cell).partition(":")[2] if place in states else _cell(cell)
            for place, cell in enumerate(row)
        )
        for row in rows
    )
    head, figures = _head(block, len(cells[0]))
    return OpenTable(key, title, head, cells, figures)


def _state_columns(block: Mapping[str, Any]) -> frozenset[int]:
    """Places of the columns whose cells are written ``state:words``."""
    columns = block.get("columns")
    if not isinstance(columns, list):
        return frozenset()
    return frozenset(
        place
        for place, column in enumerate(columns)
        if isinstance(column, Mapping) and column.get("kind") == "state"
    )


def is_figure(text: str) -> bool:
    """Whether a cell holds a plain decimal number."""
    return bool(_FIGURE.fullmatch(text))


def grouped(text: str) -> str:
    """A figure with thousands commas and every digit kept; any other text as it is."""
    return formats.number(Decimal(text)) if is_figure(text) else text


def _head(block: Mapping[str, Any], width: int) -> tuple[tuple[str, ...], frozenset[int]]:
    columns = block.get("columns")
    if isinstance(columns, list):
        labels = [str(column["label"]) if isinstance(column, Mapping) else str(column) for column in columns]
        figures = {
            place
            for place, column in enumerate(columns)
            if isinstance(column, Mapping) and column.get("align") == "right"
        }
        blank = [""] * (width - len(labels))
        return (*labels, *blank), frozenset(figures)
    words = [str(gettext(word)) for word in _FIXED.get(str(block.get("kind")), ())]
    return tuple((words + [""] * width)[:width]), frozenset()


def _of_mappings(key: str, title: str, rows: Sequence[Mapping[str, Any]]) -> OpenTable:
    # Canonical JSON sorts keys; people read them in the order of the printed table.
    order = list(_KEYS)
    held = dict.fromkeys(name for row in rows for name in row)
    names = sorted(
        (name for name in held if _is_flat(rows, name)),
        key=lambda name: order.index(name) if name in order else len(order),
    )
    head = tuple(str(gettext(_KEYS[name])) if name in _KEYS else name for name in names)
    cells = tuple(tuple(_cell(row.get(name, "")) for name in names) for row in rows)
    figures = {place for place in range(len(names)) if all(is_figure(row[place] or "0") for row in cells)}
    return OpenTable(key, title, head, cells, frozenset(figures))


def _is_flat(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return not any(isinstance(row.get(name), (list, Mapping)) for row in rows)


def _loose_tables(data: Mapping[str, Any]) -> Iterator[OpenTable]:
    """Lists of mappings anywhere in a document without chapters; persons stay out."""
    for key, value in data.items():
        if key in {"signatures", "statement", "document", "signers"}:
            continue
        if isinstance(value, Mapping):
            plain = {name: cell for name, cell in value.items() if not isinstance(cell, (list, Mapping))}
            if plain:
                words = tuple(str(gettext(word)) for word in _FIXED["facts"])
                rows = tuple(
                    (str(gettext(_KEYS.get(name, name))), _cell(cell)) for name, cell in plain.items()
                )
                yield OpenTable(key, key, words, rows)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield _of_mappings(key, key, value)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    return "" if value is None else str(value)


def public_json(content: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """The open data of a document: what it is, its headline figures, its tables, what it rests on."""
    data = content.get("data", {})
    return {
        "document": dict(document),
        "figures": list(content.get("figures", ())),
        "tables": [
            {
                "key": table.key,
                "title": table.title,
                "columns": list(table.head),
                "rows": [list(row) for row in table.rows],
            }
            for table in open_tables(data)
        ],
        "sources": [
            {key: source[key] for key in ("month", "version", "sha256")}
            for source in content.get("sources", ())
        ],
    }
