"""``portal packs``: the packs as tables, for people who check figures. Chinese first, as the packs are."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from portal.domain.errors import DomainError
from portal.reference.entries import Entry, read_entries
from portal.reference.packs import (
    FAMILIES,
    Move,
    PackSummary,
    check_packs,
    families_of,
    moved,
    summaries,
    summary,
)

_CONFIDENCE = {"official": "官方", "transcribed": "转录", "unverified": "未核实"}
_WIDEST = 60
Found = TypeVar("Found")
_DATA = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of packs other than the built-in one.",
)


@click.group()
def packs() -> None:
    """数据包 · The data packs: factors, guidelines, parameters, limits, law."""


@packs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_DATA
def list_packs(as_json: bool, data: Path | None) -> None:
    """列出数据包 · Every pack, with the number of its values by confidence."""
    found = _told(lambda: summaries(data))
    if as_json:
        click.echo(json.dumps([_as_json(about) for about in found], ensure_ascii=False, indent=1))
        return
    head = ("类别", "编号", "名称", "官方", "转录", "未核实", "有效期")
    rows = [
        (
            _family(about.family),
            about.id,
            about.title,
            *(str(about.confidences[word]) for word in _CONFIDENCE),
            _validity(about),
        )
        for about in found
    ]
    click.echo(_table(head, rows))
    total = [sum(about.confidences[word] for about in found) for word in _CONFIDENCE]
    words = "，".join(f"{name} {count}" for name, count in zip(_CONFIDENCE.values(), total, strict=True))
    click.echo(f"\n{len(found)} 个数据包 · packs；{words}")


@packs.command("show")
@click.argument("pack")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_DATA
def show_pack(pack: str, as_json: bool, data: Path | None) -> None:
    """显示数据包 · Every value of PACK (an id, or family/id) with unit, source and confidence."""
    meant = _told(lambda: families_of(pack, data))
    found = {family: _told(partial(read_entries, family, name, data=data)) for family, name in meant.items()}
    if as_json:
        told = {family: [_entry_json(entry) for entry in entries] for family, entries in found.items()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for family, entries in found.items():
        about = summary(family, meant[family], data)
        click.echo(f"{_family(family)} {about.id}：{about.title}\n")
        head = ("位置", "名称", "值", "单位", "可信度", "来源")
        click.echo(_table(head, [_entry_row(entry) for entry in entries]))
        for gap in about.gaps:
            click.echo(f"缺口 · gap：{gap}")
        click.echo("")


@packs.command("check")
@_DATA
def check(data: Path | None) -> None:
    """检查数据包 · Read every pack; exit 1 with file and key where one is wrong."""
    states = check_packs(data)
    wrong = [state for state in states if state.error]
    for state in wrong:
        click.echo(f"有误 · wrong：{state.error}")
    click.echo(f"{len(states)} 个数据包，{len(wrong)} 个有误 · {len(states)} packs, {len(wrong)} wrong")
    if wrong:
        raise SystemExit(1)


@packs.command("diff")
@click.argument("old")
@click.argument("new")
@_DATA
def diff(old: str, new: str, data: Path | None) -> None:
    """比较两个数据包 · What moved from OLD to NEW: value, unit, source."""
    moves = _told(lambda: moved(old, new, data))
    if not moves:
        click.echo("没有差异 · nothing moved")
        return
    head = ("类别", "位置", "名称", "原值 → 新值", "单位", "来源")
    click.echo(_table(head, [_move_row(move) for move in moves]))
    changed = sum(1 for move in moves if move.old and move.new)
    gone = sum(1 for move in moves if move.new is None)
    added = len(moves) - changed - gone
    click.echo(f"\n变动 {changed}，删去 {gone}，新增 {added} · changed {changed}, gone {gone}, added {added}")


def _told(work: Callable[[], Found]) -> Found:
    try:
        return work()
    except DomainError as error:
        raise click.ClickException(str(error)) from error


def _family(family: str) -> str:
    return FAMILIES.get(family, (family, family))[0]


def _validity(about: PackSummary) -> str:
    if about.valid_from is None and about.valid_to is None:
        return ""
    return f"{about.valid_from or '…'} – {about.valid_to or '…'}"


def _as_json(about: PackSummary) -> dict[str, object]:
    return {
        "family": about.family,
        "id": about.id,
        "title": about.title,
        "title_en": about.title_en,
        "valid_from": about.valid_from and str(about.valid_from),
        "valid_to": about.valid_to and str(about.valid_to),
        "entries": dict(about.confidences),
        "gaps": list(about.gaps),
        "sha256": about.sha256,
    }


def _entry_json(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "name": entry.name,
        "value": entry.value,
        "unit": entry.unit,
        "source": entry.source,
        "confidence": entry.confidence,
        "valid_from": entry.valid_from and str(entry.valid_from),
        "valid_to": entry.valid_to and str(entry.valid_to),
    }


def _entry_row(entry: Entry) -> tuple[str, ...]:
    return entry.key, entry.name, entry.value, entry.unit, _CONFIDENCE[entry.confidence], entry.source


def _move_row(move: Move) -> tuple[str, ...]:
    told = move.new or move.old
    name, source = (told.name, told.source) if told else ("", "")
    units = [entry.unit for entry in (move.old, move.new) if entry and entry.unit]
    unit = units[0] if len(set(units)) == 1 else " → ".join(units)
    values = " → ".join(entry.value if entry else "—" for entry in (move.old, move.new))
    return _family(move.family), move.key, name, values, unit, source


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns as wide as their text; a Chinese sign is two places wide."""
    shown = [head, *([_short(cell) for cell in row] for row in rows)]
    widths = [max(_width(row[column]) for row in shown) for column in range(len(head))]
    lines = [_line(head, widths), "  ".join("─" * width for width in widths)]
    return "\n".join([*lines, *(_line(row, widths) for row in shown[1:])])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
