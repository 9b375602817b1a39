"""企业环境管理信息 of the yearly disclosure: permits, environmental tax, insurance, credit rating."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.domain.registration_questions import CHOICES
from portal.dossiers import answers, blocks_of
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column, figures, grouped
from portal.dossiers.source import Source


def chapter(source: Source) -> dict[str, Any]:
    """The whole chapter."""
    taxes = answers.rows(source, "taxes")
    paid = sum((row.amount("amount") or Decimal(0) for row in taxes), Decimal(0))
    sections = [
        blocks_of.section("生态环境行政许可", *_permits(source)),
        blocks_of.section("环境保护税", _taxes(taxes, paid)),
        blocks_of.section("环境污染责任保险", _insurance(source)),
        blocks_of.section("环保信用评价", _ratings(source)),
    ]
    tax = f"{grouped(paid)} 元" if taxes else NOTHING
    insured = answers.told(source, "insured", yes="已投保", no="未投保")
    rated = answers.told(source, "rated", yes="已评价", no="未参加评价")
    return blocks_of.chapter(
        "企业环境管理信息",
        sections,
        lead=f"排污许可证 {len(source.enterprise.permits)} 项；缴纳环境保护税 {tax}；"
        f"环境污染责任保险{insured}；环保信用{rated}。",
        clause="办法第十二条（二）",
    )


def _permits(source: Source) -> list[blocks_of.Block]:
    authority = answers.shown(source, "permit_authority")
    rows = [
        [
            "排污许可证",
            str(permit["number"]),
            CHOICES["permit_categories"].get(str(permit["category"]), str(permit["category"])),
            authority,
            f"{permit['valid_from']} 至 {permit['valid_to']}",
        ]
        for permit in source.enterprise.permits
    ]
    columns = [column("名称", 3), column("编号", 5), column("管理类别", 2), column("核发机关", 4)]
    blocks = [blocks_of.table("排污许可证", [*columns, column("有效期", 4)], rows)]
    if others := answers.rows(source, "other_permits"):
        asked = [
            ("name", column("名称", 4)),
            ("number", column("编号", 4)),
            ("authority", column("核发机关", 4)),
            ("obtained_on", column("获取时间", 3)),
            ("valid_to", column("有效期止", 3)),
            ("change", column("变更或延续", 4)),
        ]
        blocks.append(blocks_of.answered("其他许可及变更", asked, others))
    return blocks


def _taxes(rows: Sequence[answers.Row], paid: Decimal) -> blocks_of.Block:
    cells = [[row.text("item"), row.text("pollutants") or NOTHING, row.text("amount")] for row in rows]
    return blocks_of.table(
        "环境保护税",
        [column("税目", 4), column("应税污染物", 6), figures("缴纳额", 3)],
        [*cells, ["合计", "", blocks_of.plain(paid)]],
        totals=1,
        remark="单位 元",
    )


def _insurance(source: Source) -> blocks_of.Block:
    rows = answers.rows(source, "insurances")
    if not answers.is_yes(source, "insured") or not rows:
        words = answers.told(source, "insured", yes=NOTHING, no="未投保环境污染责任保险。")
        return blocks_of.text([words])
    columns = [
        ("insurer", column("承保机构", 5)),
        ("cover", figures("保额（万元）", 3)),
        ("valid_to", column("有效期止", 3)),
        ("claims", column("理赔", 3)),
    ]
    return blocks_of.answered("环境污染责任保险", columns, rows)


def _ratings(source: Source) -> blocks_of.Block:
    rows = answers.rows(source, "ratings")
    if not answers.is_yes(source, "rated") or not rows:
        words = answers.told(source, "rated", yes=NOTHING, no="未参加环保信用评价。")
        return blocks_of.text([words])
    columns = [("year", column("年度", 2)), ("grade", column("等级", 3)), ("body", column("评价机构", 5))]
    return blocks_of.answered("环保信用评价", columns, rows)
