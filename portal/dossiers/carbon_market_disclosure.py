"""重点排放单位碳排放信息公开表: tables D.1–D.4, facilities, methods, and the voluntary reductions.

The total is that of the year's twelve accepted months. A verified figure that differs from it is published in
its place, beside it and the difference between the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.accounting.lines import plain
from portal.accounting.year import YearResult
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.dossiers import answers, blocks_of, year_sums, year_tables
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column, figures, grouped
from portal.dossiers.source import Contents, Figure, Source
from portal.reference.guidelines import load_guideline

#: The guideline whose annex D was read; for others the tables keep its shape and say so.
_ANNEX_D = "CETS-AG-03.01-V01-2024"
_ACT = "《碳排放权交易管理暂行条例》第十一条"
_CHANGES = ("merged", "boundary", "systems", "scope", "other_changes")
_VERIFIED = "corrected"


@dataclass(frozen=True)
class Total:
    """The total that is published: the months', or the verified one where it differs."""

    filed: Decimal
    published: Decimal
    unit: str


def assemble(source: Source) -> Contents:
    """The tables; raises Invalid for missing months, wrong answers, a verified total that is missing."""
    answers.check_answers(source)
    year = year_sums.year_of(source)
    total = _total(source, year)
    chapters = [
        _basic(source),
        _emissions(source, total),
        _changes(source),
        _firms(source),
        *([_reductions(source)] if answers.is_yes(source, "voluntary") else []),
        _methods(source, year),
    ]
    data = {
        "cover": _cover(source, year, total),
        "chapters": chapters,
        "signatures": [
            blocks_of.signer("企业负责人", "对信息真实、准确、完整负责", seal=True),
            blocks_of.signer("编制", source.enterprise.name),
        ],
    }
    return Contents(data, _figures(year, total))


def facts(source: Source) -> Mapping[str, Any]:
    """What applies and is blank; nothing when an answer is wrong."""
    try:
        answers.check_answers(source)
    except Invalid:
        return {}
    corrected = source.text("total_state") == _VERIFIED
    return {
        "lacking": [
            {"section": section, "key": key, "label": answers.question(source, key).label}
            for section, key, applies in (
                ("d2", "verified_total", corrected),
                ("d2", "verified_reason", corrected),
                ("d4", "firms", answers.is_yes(source, "outsourced")),
                ("h", "reductions", answers.is_yes(source, "voluntary")),
            )
            if applies and not source.answers.get(key)
        ]
        + answers.half_filled(source),
    }


def _total(source: Source, year: YearResult) -> Total:
    """Raises Invalid where a differing verified total is announced and not given."""
    if source.text("total_state") != _VERIFIED:
        return Total(year.reported_total, year.reported_total, year.unit)
    verified = answers.amount(source, "verified_total")
    if verified is None:
        raise Invalid(N_("写明经核查的数与月度汇总不同，却没有填经核查的排放总量"), path="verified_total")
    return Total(year.reported_total, verified, year.unit)


def _figures(year: YearResult, total: Total) -> tuple[Figure, ...]:
    return (
        Figure("published", "公开的排放总量", "Published total", total.published, total.unit),
        Figure("total", "各月报告值之和", "Sum of the months", year.total, year.unit),
    )


def _cover(source: Source, year: YearResult, total: Total) -> dict[str, Any]:
    return {
        "owner": source.enterprise.name,
        "period": f"{source.subject} 年度",
        "line": f"{source.subject} 年度　{source.enterprise.industry_name}",
        "facts": [
            ["企业名称", source.enterprise.name],
            ["统一社会信用代码", source.enterprise.uscc],
            ["核算依据", year.guideline],
            ["公开依据", _ACT],
            ["来源", f"{source.subject} 年 1–12 月已受理的月度记录"],
        ],
        "result": {
            "name": f"企业层级排放总量（{answers.choice(source, 'total_state')}）",
            "value": grouped(total.published),
            "unit": total.unit,
            "remark": "逐月来源见“排放设施与统计核算方法”；冻结数据见内嵌附件",
        },
    }


def _basic(source: Source) -> dict[str, Any]:
    enterprise = source.enterprise
    rows = [
        ("企业名称", enterprise.name),
        ("统一社会信用代码", enterprise.uscc),
        ("法定代表人", enterprise.legal_representative or NOTHING),
        ("生产经营场所地址", enterprise.address or NOTHING),
        ("行业分类及代码", f"{enterprise.industry_code} {enterprise.industry_name}".strip()),
        ("行业子类", answers.shown(source, "subclass")),
    ]
    member = "已纳入全国碳排放权交易市场" if enterprise.ets_member else "未纳入全国碳排放权交易市场"
    return blocks_of.chapter(
        "基本信息",
        [blocks_of.section("企业", blocks_of.facts(rows, columns=2))],
        lead=f"{enterprise.name}{member}。",
        clause="表 D.1",
        notes=_annex_notes(source),
    )


def _annex_notes(source: Source) -> list[str]:
    """That the tables' shape was read in the steel guideline alone."""
    if source.enterprise.guideline == _ANNEX_D:
        return []
    return [f"表式取自 {_ANNEX_D} 附录 D；{source.enterprise.guideline} 的公开表式未见，未核实。"]


def _emissions(source: Source, total: Total) -> dict[str, Any]:
    gas = "二氧化碳" if total.unit == "tCO2" else "温室气体"
    rows = [[f"企业层级{gas}排放总量", plain(total.published), total.unit]]
    if total.published != total.filed:
        rows.append(["月度记录汇总", plain(total.filed), total.unit])
        rows.append(["差（公开值减汇总）", plain(total.published - total.filed), total.unit])
    table = blocks_of.table(
        "企业层级排放量", [column("指标", 5), figures("数值", 3), column("单位", 2)], rows
    )
    sections = [blocks_of.section("年度排放量", table)]
    if reasons := answers.paragraphs(source, "verified_reason"):
        sections.append(blocks_of.section("与月度汇总不同的原因", blocks_of.text(reasons)))
    return blocks_of.chapter(
        "排放量信息",
        sections,
        lead=f"{source.subject} 年度企业层级排放总量 {grouped(total.published)} {total.unit}"
        f"（{answers.choice(source, 'total_state')}）。",
        clause="表 D.2",
    )


def _changes(source: Source) -> dict[str, Any]:
    rows = [(answers.question(source, key).label, answers.shown(source, key)) for key in _CHANGES]
    some = [name for name, words in rows if words not in {"无", NOTHING}]
    open_ = any(words == NOTHING for _, words in rows)
    lead = f"有变化：{'、'.join(some)}。" if some else NOTHING if open_ else "各项均无变化。"
    return blocks_of.chapter(
        "生产经营变化情况", [blocks_of.section("变化", blocks_of.facts(rows))], lead=lead, clause="表 D.3"
    )


def _firms(source: Source) -> dict[str, Any]:
    rows = answers.rows(source, "firms") if answers.is_yes(source, "outsourced") else ()
    columns = [
        ("service", column("服务", 5)),
        ("name", column("机构", 5)),
        ("uscc", column("统一社会信用代码", 4)),
    ]
    none = answers.told(source, "outsourced", yes=NOTHING, no="没有委托技术服务机构。")
    block = blocks_of.answered("服务机构", columns, rows) if rows else blocks_of.text([none])
    return blocks_of.chapter(
        "技术服务机构",
        [blocks_of.section("机构", block)],
        lead=f"由 {len(rows)} 家机构提供服务。" if rows else none,
        clause="表 D.4",
    )


def _methods(source: Source, year: YearResult) -> dict[str, Any]:
    guideline = load_guideline(year.guideline)
    return blocks_of.chapter(
        "排放设施与统计核算方法",
        [
            blocks_of.section("排放设施", year_tables.facilities(source)),
            blocks_of.section("统计核算方法", blocks_of.text([f"核算依据：{guideline.title}。"])),
            blocks_of.section("各排放源的年排放量", year_tables.lines(year), year_tables.factors(year)),
            blocks_of.section("逐月来源", year_tables.filed_months(source, year)),
        ],
        lead=f"{len(year.lines)} 个排放源或产品，按 {guideline.id} 逐月核算。",
        clause="国令第775号第十一条",
    )


def _reductions(source: Source) -> dict[str, Any]:
    rows = answers.rows(source, "reductions")
    columns = [
        ("measure", column("措施", 4)),
        ("investment", figures("一次性投资（万元）", 3)),
        ("running", figures("运维（万元/年）", 3)),
        ("object", column("实施对象", 3)),
        ("energy", figures("增加能耗（tce/年）", 3)),
        ("reduction", figures("减排量（万 tCO2）", 3)),
    ]
    block = blocks_of.answered("节能降碳技术措施", columns, rows) if rows else blocks_of.text([NOTHING])
    return blocks_of.chapter(
        "减排成效",
        [blocks_of.section("技术措施", block)],
        lead=f"本企业自愿公开 {len(rows)} 项节能降碳技术措施。",
        clause="自愿公开",
        notes=["表式取自发电设施核算指南 2026 年技术要求更新内容的表 h；减排量由企业填写，未经本平台核算。"],
    )
