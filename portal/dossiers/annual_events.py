"""What happened in the year, for the yearly disclosure: audits, emergencies, offences, ad-hoc, financing."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.dossiers import answers, blocks_of
from portal.dossiers.answers import NOTHING, Row
from portal.dossiers.blocks_of import column, figures
from portal.dossiers.source import Source

_MENDED = {"done": "met", "doing": "notice", "planned": "not_met"}


def cleaner_production(source: Source) -> dict[str, Any]:
    """强制性清洁生产审核信息 (办法第十四条)."""
    rows = [
        ("实施原因", _one(source, "cleaner_reason")),
        ("实施情况", _one(source, "cleaner_progress")),
        ("评估与验收", _one(source, "cleaner_acceptance")),
    ]
    return blocks_of.chapter(
        "强制性清洁生产审核信息",
        [blocks_of.section("审核情况", blocks_of.facts(rows))],
        lead=_one(source, "cleaner_acceptance"),
        clause="办法第十四条",
    )


def emergencies(source: Source) -> dict[str, Any]:
    """生态环境应急信息 (办法第十二条（五）)."""
    happened = answers.is_yes(source, "incident")
    rows = answers.rows(source, "incidents")
    none = answers.told(source, "incident", yes="本年度发生突发环境事件。", no="本年度未发生突发环境事件。")
    block = blocks_of.text([none])
    if happened and rows:
        columns = [
            ("date", column("日期", 2)),
            ("event", column("事件", 4)),
            ("handling", column("处置", 5)),
        ]
        block = blocks_of.answered("突发环境事件", columns, rows)
    plan = answers.shown(source, "plan_number")
    filed = answers.day(source, "plan_filed_on")
    sections = [
        blocks_of.section(
            "应急预案",
            blocks_of.facts([("备案编号", plan), ("备案日期", filed.isoformat() if filed else NOTHING)]),
        ),
        blocks_of.section("突发环境事件", block),
        blocks_of.section(
            "重污染天气应急响应", blocks_of.text(answers.lines_or_dash(source, "heavy_pollution"))
        ),
    ]
    words = f"本年度发生突发环境事件 {len(rows)} 起。" if happened else none
    return blocks_of.chapter("生态环境应急信息", sections, lead=words, clause="办法第十二条（五）")


def offences(source: Source) -> dict[str, Any]:
    """生态环境违法信息 (办法第十二条（六）)."""
    found = answers.is_yes(source, "offence")
    rows = answers.rows(source, "penalties") if found else ()
    some, no = "本年度有生态环境违法信息。", "本年度没有生态环境违法信息。"
    none = answers.told(source, "offence", yes=some, no=no)
    sections = [blocks_of.section("行政处罚", _penalties(rows) if rows else blocks_of.text([none]))]
    if found:
        sections.append(
            blocks_of.section(
                "行政强制、司法判决及其他", blocks_of.text(answers.lines_or_dash(source, "other_offences"))
            )
        )
    mended = sum(row.text("state") == "done" for row in rows)
    words = f"本年度受到行政处罚 {len(rows)} 起，已整改 {mended} 起。" if rows else none
    return blocks_of.chapter("生态环境违法信息", sections, lead=words, clause="办法第十二条（六）")


def ad_hoc(source: Source) -> dict[str, Any]:
    """本年度临时环境信息依法披露情况 (办法第十二条（七）).

    ``source.extras["disclosures"]`` are those issued here: number, event, subject, issued_on.
    """
    issued = [
        [str(entry["issued_on"]), str(entry["subject"]), str(entry["number"])]
        for entry in source.extras.get("disclosures", ())
    ]
    elsewhere = [
        [row.text("date"), row.text("matter"), row.text("link") or NOTHING]
        for row in answers.rows(source, "disclosed_elsewhere")
    ]
    rows = sorted([*issued, *elsewhere])
    words = "本平台没有签发本年度的临时披露，企业也没有填写在别处做的。"
    block = blocks_of.text([words])
    if rows:
        words = f"本年度临时披露 {len(rows)} 次，其中在本平台签发 {len(issued)} 次。"
        columns = [column("披露时间", 3), column("事项", 6), column("编号或链接", 5)]
        block = blocks_of.table("临时披露清单", columns, rows)
    return blocks_of.chapter(
        "本年度临时环境信息依法披露情况",
        [blocks_of.section("临时披露", block)],
        lead=f"本年度临时披露 {len(rows)} 次，其中在本平台签发 {len(issued)} 次。"
        if rows
        else "本年度没有临时披露。",
        clause="办法第十二条（七）",
    )


def financing(source: Source) -> dict[str, Any]:
    """相关投融资的生态环保信息 (办法第十五条)."""
    rows = answers.rows(source, "financings")
    columns = [
        ("form", column("形式", 3)),
        ("amount", figures("金额（万元）", 3)),
        ("use", column("投向", 6)),
    ]
    total = sum((row.amount("amount") or Decimal(0) for row in rows), Decimal(0))
    sections = [
        blocks_of.section(
            "年度融资", blocks_of.answered("年度融资", columns, rows) if rows else blocks_of.text([NOTHING])
        ),
        blocks_of.section(
            "所投项目的应对气候变化、生态环境保护信息",
            blocks_of.text(answers.lines_or_dash(source, "financed_projects")),
        ),
    ]
    return blocks_of.chapter(
        "相关投融资的生态环保信息",
        sections,
        lead=f"本年度融资 {len(rows)} 项，共 {blocks_of.grouped(total)} 万元。" if rows else NOTHING,
        clause="办法第十五条",
    )


def other(source: Source) -> dict[str, Any]:
    """法律法规规定的其他环境信息 (办法第十二条（八）)."""
    words = answers.lines_or_dash(source, "other")
    return blocks_of.chapter(
        "法律法规规定的其他环境信息",
        [blocks_of.section("其他", blocks_of.text(words))],
        lead=words[0],
        clause="办法第十二条（八）",
    )


def _penalties(rows: Sequence[Row]) -> blocks_of.Block:
    return blocks_of.table(
        "处罚与整改",
        [
            column("文书号", 4),
            column("日期", 3),
            column("机关", 4),
            column("事由", 5),
            figures("金额（元）", 3),
            column("整改", 3, kind="state"),
        ],
        [
            [
                row.text("number"),
                row.text("date"),
                row.text("authority"),
                row.text("reason"),
                row.text("amount") or NOTHING,
                f"{_MENDED.get(row.text('state'), 'none')}:{row.choice('state') or NOTHING}",
            ]
            for row in rows
        ],
    )


def _one(source: Source, key: str) -> str:
    """An answer of several lines on one line."""
    return "；".join(answers.lines_or_dash(source, key))
