"""企业环境信息依法披露年度报告: the eight contents of article 12, and the chapters of articles 14 and 15.

Carbon and pollutants come from the year's twelve accepted months; the rest from the enterprise's file and
answers. The chapters on cleaner production and on financing stand only where they apply.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from portal.accounting.year import YearResult
from portal.domain.errors import Invalid
from portal.domain.registration_questions import CHOICES
from portal.dossiers import (
    annual_carbon,
    annual_events,
    annual_gaps,
    annual_management,
    annual_pollution,
    answers,
    blocks_of,
    year_sums,
)
from portal.dossiers.annual_carbon import Before
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column, grouped
from portal.dossiers.releases import Release, releases, sums
from portal.dossiers.source import Contents, Figure, Source
from portal.reference.catalogue import load_catalogue

_CONDITIONAL = (
    ("cleaner", "强制性清洁生产审核信息", "第十四条"),
    ("financing", "相关投融资的生态环保信息", "第十五条"),
)
_TERMS = (
    ("许可排放量", "排污许可证载明的、允许排污单位在一年内排放的污染物最大量。"),
    ("年度排放总量", "核算边界内各月报告值之和，按所用核算指南修约。"),
    ("清缴", "重点排放单位在规定时限内提交与应清缴量相当的配额。"),
)


def assemble(source: Source) -> Contents:
    """The disclosure's data; raises Invalid for missing months, wrong answers, amounts that do not add up."""
    answers.check_answers(source)
    year, found = year_sums.year_of(source), releases(source)
    before = annual_carbon.year_before(source)
    chapters = [
        _summary(source, year, found, before),
        _basic(source),
        annual_management.chapter(source),
        annual_pollution.chapter(source, found),
        annual_carbon.chapter(source, year, before),
        *([annual_events.cleaner_production(source)] if answers.is_yes(source, "cleaner") else []),
        annual_events.emergencies(source),
        annual_events.offences(source),
        annual_events.ad_hoc(source),
        *([annual_events.financing(source)] if answers.is_yes(source, "financing") else []),
        annual_events.other(source),
    ]
    return Contents({**_front(source), "chapters": chapters}, _figures(year, found))


def facts(source: Source) -> Mapping[str, Any]:
    """What applies and is blank, and kinds of waste that do not balance; nothing when an answer is wrong."""
    try:
        answers.check_answers(source)
    except Invalid:
        return {}
    return {
        "lacking": annual_gaps.lacking(source),
        "unbalanced": Decimal(len(annual_pollution.unbalanced(source))),
    }


def due_on(source: Source) -> date | None:
    """The last day for the disclosure of the year: the kind's day in the year after."""
    if source.kind.due is None or source.last is None:
        return None
    return date(source.last.year + 1, *source.kind.due)


def _figures(year: YearResult, found: Sequence[Release]) -> tuple[Figure, ...]:
    held = [
        Figure("total", "年度排放量（各月之和）", "Emissions (sum of the months)", year.total, year.unit),
        Figure("reported_total", "年度排放总量", "Reported total", year.reported_total, year.unit),
    ]
    if year.intensity is not None:
        unit = year.intensity_unit or ""
        held.append(Figure("intensity", "排放强度", "Intensity", year.intensity, unit))
    known = load_catalogue(year.guideline)
    for (medium, pollutant), amount in sums(found).items():
        title, item = annual_pollution.MEDIA[medium][0], known.item("pollutant", pollutant)
        name_en = f"{item.name_en if item else pollutant}, to {medium}"
        held.append(Figure(f"{medium}.{pollutant}", f"{title} {pollutant}", name_en, amount, "t"))
    return tuple(held)


def _front(source: Source) -> dict[str, Any]:
    """Cover, statement, terms and what is attached."""
    due = due_on(source)
    return {
        "enterprise": {"name": source.enterprise.name, "uscc": source.enterprise.uscc},
        "disclosure": {
            "year": int(source.subject),
            "categories": [row.choice("duty") for row in answers.rows(source, "duties")] or [NOTHING],
            "prepared_on": source.prepared_on.isoformat(),
            "due_on": due.isoformat() if due else "",
            "left_out": [
                f"{title}（办法{clause}）不适用于本企业，未列章。"
                for key, title, clause in _CONDITIONAL
                if source.text(key) == answers.NO
            ],
            "basis": f"本报告依《企业环境信息依法披露管理办法》（部令第24号）第十二条编制，"
            f"覆盖 {source.subject} 年 1 月 1 日至 12 月 31 日。",
        },
        "statement": {
            "commitment": "本企业承诺：本报告所披露的环境信息真实、准确、完整，"
            "不存在虚假记载、误导性陈述或者重大遗漏。",
            "declaration": "本人负责本企业的环境保护工作，声明本报告所用的监测数据和台账数据真实、来源可查。",
            "signers": [
                blocks_of.signer("企业负责人", "保证信息真实、准确、完整", seal=True),
                blocks_of.signer("环境保护负责人", "对数据来源负责"),
            ],
        },
        "terms": [{"word": word, "meaning": meaning} for word, meaning in _TERMS],
        "appendices": [{"name": "附件", "title": "冻结数据（机器可读，随本 PDF 内嵌）"}],
    }


def _summary(
    source: Source, year: YearResult, found: Sequence[Release], before: Before | None
) -> dict[str, Any]:
    permits, changes = len(source.enterprise.permits), len(answers.rows(source, "other_permits"))
    total = f"{grouped(year.reported_total)} {year.unit}（{answers.choice(source, 'total_state')}）"
    rows = [
        ("行政许可", f"排污许可证 {permits} 项；其他许可及变更 {changes} 项"),
        *((f"{annual_pollution.MEDIA[medium][0]}排放", _amounts(found, medium)) for medium in _media(found)),
        ("碳排放", total),
        ("突发环境事件", _count(source, "incident", "incidents", "起")),
        ("生态环境行政处罚", _count(source, "offence", "penalties", "起")),
        ("强制性清洁生产审核", answers.told(source, "cleaner", yes="实施", no="不适用")),
        ("年度融资", _count(source, "financing", "financings", "项", no="不适用")),
    ]
    return blocks_of.chapter(
        "关键环境信息提要",
        [blocks_of.section("年度要点", blocks_of.facts(rows))],
        lead=f"{annual_pollution.lead(found) if found else ''}{annual_carbon.lead(source, year, before)}",
        notes=["各表栏目依公开摘要编排，格式准则原文未见，未核实；数据来源见各章。"],
    )


def _count(source: Source, question: str, table: str, unit: str, *, no: str = "无") -> str:
    """How many rows a table has that a yes calls for."""
    return answers.told(source, question, yes=f"{len(answers.rows(source, table))} {unit}", no=no)


def _media(found: Sequence[Release]) -> list[str]:
    return [medium for medium in annual_pollution.MEDIA if any(release.medium == medium for release in found)]


def _amounts(found: Sequence[Release], medium: str) -> str:
    return "，".join(
        f"{pollutant} {grouped(amount)} t"
        for (held, pollutant), amount in sums(found).items()
        if held == medium
    )


def _basic(source: Source) -> dict[str, Any]:
    enterprise = source.enterprise
    lists = [CHOICES["key_unit_lists"].get(name, name) for name in enterprise.key_unit_lists]
    rows = [
        ("企业名称", enterprise.name),
        ("统一社会信用代码", enterprise.uscc),
        ("法定代表人", enterprise.legal_representative or NOTHING),
        ("生产地址", enterprise.address or NOTHING),
        ("行业类别及代码", f"{enterprise.industry_code} {enterprise.industry_name}".strip()),
        ("环保联系人", enterprise.contact_name or NOTHING),
        ("联系电话", enterprise.contact_phone or NOTHING),
        ("列入的名录", "、".join(lists) or NOTHING),
    ]
    duties = [row.choice("duty") for row in answers.rows(source, "duties")]
    products = blocks_of.answered(
        "主要产品",
        [
            ("product", column("产品", 3)),
            ("capacity", column("设计产能", 4)),
            ("process", column("主要生产工艺", 6)),
        ],
        answers.rows(source, "products"),
    )
    return blocks_of.chapter(
        "企业基本信息",
        [
            blocks_of.section("企业概况", blocks_of.facts(rows, columns=2)),
            blocks_of.section("产品、产能与工艺", products),
        ],
        lead=f"披露类别：{'；'.join(duties) or NOTHING}。",
        clause="办法第十二条（一）",
    )
