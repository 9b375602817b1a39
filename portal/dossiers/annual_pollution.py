"""污染物产生、治理与排放信息 of the yearly disclosure: outlets against their permits, waste, monitoring.

Where an amount of the permit's execution report differs from the filed months, a note tells by how much.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.dossiers import answers, blocks_of
from portal.dossiers.answers import NOTHING, Row
from portal.dossiers.blocks_of import column, figures
from portal.dossiers.releases import Release, Stream, streams, sums
from portal.dossiers.source import Source

MEDIA = {"air": ("大气污染物", "有组织排放", "mg/m3"), "water": ("水污染物", "废水排放", "mg/L")}
_STREAMS_A_TABLE = 5
_PERMIT_CELLS = ("limit", "mean", "most", "permitted", "exceeded")
_BALANCE = "年初贮存与产生之和，减去自行利用、委外利用和处置，等于年末贮存。"
_WASTE_CELLS = ("opening", "generated", "used", "entrusted", "disposed", "stored")


def unbalanced(source: Source) -> tuple[Row, ...]:
    """Rows of waste whose stock at the end does not follow from the rest of the row."""
    rows = (*answers.rows(source, "wastes"), *answers.rows(source, "hazardous"))
    return tuple(row for row in rows if not _balances(row))


def chapter(source: Source, found: Sequence[Release]) -> dict[str, Any]:
    """The whole chapter."""
    sections = [blocks_of.section("污染防治设施", _treatments(source))]
    for medium in MEDIA:
        held = [release for release in found if release.medium == medium]
        if held:
            sections.append(_outlets(source, medium, held))
    sections.append(
        blocks_of.section("执行标准与其他排放", blocks_of.text(answers.lines_or_dash(source, "standards")))
    )
    if monthly := _monthly(source):
        sections.append(blocks_of.section("逐月排放量", *monthly, remark="取自已受理的月度记录，单位 t"))
    sections += [_toxics(source), _wastes(source), _monitoring(source)]
    return blocks_of.chapter(
        "污染物产生、治理与排放信息", sections, lead=lead(found), clause="办法第十二条（三）"
    )


def lead(found: Sequence[Release]) -> str:
    """What the outlets' figures say; nothing while there are none."""
    if not found:
        return NOTHING
    outlets = len({release.row.text("outlet") for release in found})
    kinds = len({release.pollutant for release in found})
    over = [f"{release.row.text('outlet')} {release.pollutant}" for release in found if release.is_over]
    times = sum((release.row.amount("exceeded") or Decimal(0) for release in found), Decimal(0))
    words = f"{outlets} 个排放口，{kinds} 种污染物"
    words += f"；超过许可排放量：{'、'.join(over)}" if over else "；有许可排放量的，实际排放量均未超过"
    return f"{words}；超标 {times:f} 次。"


def _treatments(source: Source) -> blocks_of.Block:
    return blocks_of.answered(
        "主要设施运行",
        [
            ("name", column("设施", 4)),
            ("process", column("工艺", 4)),
            ("capacity", column("处理能力", 4)),
            ("since", column("投运", 2)),
            ("hours", column("运行 h", 2, decimals=0)),
            ("abnormal", column("非正常 h", 2, decimals=0)),
        ],
        answers.rows(source, "treatments"),
    )


def _outlets(source: Source, medium: str, held: Sequence[Release]) -> dict[str, Any]:
    title, caption, unit = MEDIA[medium]
    block: blocks_of.Block = {
        "kind": "permits",
        "caption": caption,
        "unit": unit,
        "rows": [_permit(release) for release in held],
        "notes": _notes(source, held),
    }
    if len({release.row.text("outlet") for release in held}) > 1:
        block["sums"] = _permit_sums(held)
    count = len({release.row.text("outlet") for release in held})
    return blocks_of.section(title, block, remark=f"排放口 {count} 个")


def _permit(release: Release) -> dict[str, str]:
    row = release.row
    return {
        "outlet": row.text("outlet"),
        "name": row.text("name"),
        "pollutant": release.pollutant,
        "actual": format(release.actual, "f"),
        **{key: row.text(key) for key in _PERMIT_CELLS},
    }


def _permit_sums(held: Sequence[Release]) -> list[dict[str, str]]:
    rows = []
    for (_, pollutant), actual in sums(held).items():
        of = [release for release in held if release.pollutant == pollutant]
        permitted = [release.permitted for release in of]
        known = [value for value in permitted if value is not None]
        times = sum((release.row.amount("exceeded") or Decimal(0) for release in of), Decimal(0))
        rows.append(
            {
                **dict.fromkeys(("limit", "mean", "most"), ""),
                "pollutant": pollutant,
                "permitted": format(sum(known, Decimal(0)), "f") if len(known) == len(of) else "",
                "actual": format(actual, "f"),
                "exceeded": format(times, "f"),
            }
        )
    return rows


def _notes(source: Source, held: Sequence[Release]) -> list[str]:
    """Where the amounts come from, and where the execution report differs from the months."""
    permits = "、".join(str(permit["number"]) for permit in source.enterprise.permits)
    notes = [f"许可浓度和许可排放量取自排污许可证{f' {permits}' if permits else ''}，由企业填写。"]
    summed = [release for release in held if release.row.amount("reported") is None]
    if summed:
        notes.append("年排放量为已受理的各月记录之和，逐月数值见“逐月排放量”。")
    if len(summed) < len(held):
        notes.append("填有执行报告数据的，以排污许可证执行报告为准（办法第四条：优先使用）。")
    for release in held:
        if release.filed is not None and release.filed != release.actual:
            place = f"{release.row.text('outlet')} {release.pollutant}"
            difference = blocks_of.grouped(release.actual - release.filed)
            actual, filed = blocks_of.grouped(release.actual), blocks_of.grouped(release.filed)
            notes.append(f"{place}：执行报告 {actual} t，月度记录合计 {filed} t，差 {difference} t。")
    return notes


def _monthly(source: Source) -> list[blocks_of.Block]:
    """The filed amounts month by month, a few streams a table, so that each sum can be followed."""
    held = list(streams(source).values())
    groups = [held[start : start + _STREAMS_A_TABLE] for start in range(0, len(held), _STREAMS_A_TABLE)]
    return [_months_of(source, group) for group in groups]


def _months_of(source: Source, group: Sequence[Stream]) -> blocks_of.Block:
    rows = [
        [str(month), *(blocks_of.plain(stream.amounts.get(month)) for stream in group)]
        for month in source.expected
    ]
    rows.append(["合计", *(blocks_of.plain(stream.total(source.expected)) for stream in group)])
    first, last = group[0].code, group[-1].code
    return blocks_of.table(
        f"源流 {first}" if first == last else f"源流 {first} 至 {last}",
        [column("月份", 2), *(figures(f"{stream.code} {stream.name}", 3) for stream in group)],
        rows,
        totals=1,
    )


def _toxics(source: Source) -> dict[str, Any]:
    rows = answers.rows(source, "toxics")
    if not answers.is_yes(source, "toxic") or not rows:
        words = answers.told(source, "toxic", yes=NOTHING, no="本年度没有有毒有害物质的排放。")
        return blocks_of.section("有毒有害物质", blocks_of.text([words]))
    columns = [
        ("name", column("名称", 4)),
        ("medium", column("去向", 3)),
        ("amount", figures("排放量 t", 3)),
        ("limit", column("限值", 3)),
    ]
    return blocks_of.section("有毒有害物质", blocks_of.answered("有毒有害物质排放", columns, rows))


def _wastes(source: Source) -> dict[str, Any]:
    general, hazardous = answers.rows(source, "wastes"), answers.rows(source, "hazardous")
    blocks = [_waste_table("一般工业固体废物", general, ())]
    if hazardous:
        blocks.append(_waste_table("危险废物", hazardous, (("code", column("类别代码", 3)),)))
    return blocks_of.section("工业固体废物与危险废物", *blocks)


def _waste_table(
    caption: str, rows: Sequence[Row], more: Sequence[tuple[str, dict[str, Any]]]
) -> blocks_of.Block:
    titles = ("年初贮存", "产生", "自行利用", "委外利用", "处置", "年末贮存")
    columns = [
        ("name", column("名称", 3)),
        *more,
        *((key, figures(title, 3)) for key, title in zip(_WASTE_CELLS, titles, strict=True)),
        ("receiver", column("去向", 4)),
    ]
    table = blocks_of.answered(caption, columns, rows)
    wrong = [row.text("name") for row in rows if not _balances(row)]
    note = f"数量不平衡，须核对：{'、'.join(wrong)}。" if wrong else _BALANCE
    return table | {"remark": "单位 t", "notes": [note]}


def _balances(row: Row) -> bool:
    opening, generated, used, entrusted, disposed, stored = (
        row.amount(key) or Decimal(0) for key in _WASTE_CELLS
    )
    return opening + generated - used - entrusted - disposed == stored


def _monitoring(source: Source) -> dict[str, Any]:
    columns = [
        ("place", column("点位", 3)),
        ("factor", column("监测因子", 4)),
        ("way", column("方式", 2)),
        ("frequency", column("频次", 3)),
        ("published", column("结果公开", 4)),
    ]
    return blocks_of.section(
        "自行监测", blocks_of.answered("自行监测", columns, answers.rows(source, "monitoring"))
    )
