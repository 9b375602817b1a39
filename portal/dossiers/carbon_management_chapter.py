"""The inventory's chapter: boundary, categories, sources, gases, base year, uncertainty, months."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.accounting.inventory import Substance
from portal.accounting.lines import Line, plain
from portal.domain.quantities import rounded
from portal.dossiers import answers, blocks_of, year_sums
from portal.dossiers.answers import NOTHING, Row
from portal.dossiers.blocks_of import column, grouped
from portal.dossiers.carbon_management_inventory import CATEGORIES, DIRECT, ENERGY, Account, category_of
from portal.dossiers.source import Source

_KG_PER_TONNE = Decimal(1000)
_GASES = (Substance.CO2, Substance.CH4, Substance.N2O, Substance.F_GASES)
_NOTES = (
    "条目依 ISO 14064-1:2018 的内容提要整理，标准正文未核对（未核实）。",
    "类别 1、2 为十二个已受理月份报告行之和，可逐月复核；类别 3–6 为企业填报，来源见表。",
)


def inventory_chapter(source: Source, account: Account) -> dict[str, Any]:
    """The chapter; its figures add up from top to bottom."""
    return blocks_of.chapter(
        "温室气体清单",
        [
            blocks_of.section("边界", *_boundary(source)),
            blocks_of.section("各类别", _categories(account), remark="tCO2e"),
            blocks_of.section("类别 1 与 2 的排放源", _sources(account), remark="tCO2e"),
            blocks_of.section(
                "类别 3–6 的显著性", blocks_of.text(_criteria(source)), _indirect(account), remark="tCO2e"
            ),
            blocks_of.section("按气体", _gases(account)),
            blocks_of.section("基准年与重算", *_base(source, account)),
            blocks_of.section("不确定性", _uncertainty(source), _sureness(account)),
            blocks_of.section("逐月来源", _months(source, account), remark="tCO2e"),
        ],
        lead=_lead(account),
        clause="附录 A；ISO 14064-1",
        notes=[*_NOTES, *_unit_note(account)],
    )


def _lead(account: Account) -> str:
    parts = [f"{CATEGORIES[key]} {grouped(amount)}" for key, amount in account.amounts.items()]
    return f"合计 {grouped(account.total)} tCO2e：{'，'.join(parts)}。"


def _unit_note(account: Account) -> list[str]:
    if account.year.unit == "tCO2e":
        return []
    return [f"核算依据 {account.year.guideline} 只计二氧化碳（{account.year.unit}），1 tCO2 计为 1 tCO2e。"]


def _boundary(source: Source) -> list[blocks_of.Block]:
    rows = [
        ("合并方法", answers.choice(source, "approach")),
        ("报告边界", "类别 1、2 全部量化，类别 3–6 按显著性判定"),
        ("期间", f"{source.subject}-01-01 至 {source.subject}-12-31"),
    ]
    return [blocks_of.facts(rows), blocks_of.text(answers.paragraphs(source, "boundary") or [NOTHING])]


def _criteria(source: Source) -> list[str]:
    return answers.paragraphs(source, "criteria") or [NOTHING]


def _categories(account: Account) -> blocks_of.Block:
    rows = [
        [name, blocks_of.plain(account.amounts.get(key)), *_standing(key, account)]
        for key, name in CATEGORIES.items()
    ]
    rows.append(["合计", plain(account.total), "", f"met:{len(account.amounts)} 类已量化"])
    columns = [
        column("类别", 5),
        column("排放量", 4, decimals=2),
        column("显著性", 3),
        column("是否量化", 3, kind="state"),
    ]
    return blocks_of.table("类别与显著性", columns, rows, totals=1, remark="单位 tCO2e")


def _standing(key: str, account: Account) -> tuple[str, str]:
    """Whether a category is significant, and whether it was quantified."""
    if key in {DIRECT, ENERGY}:
        return "全部量化", "met:已量化" if key in account.amounts else "none:没有排放源"
    rows = [row for row in account.indirect if row.text("category") == key]
    significant = [row for row in rows if row.text("significance") == "yes"]
    word = "显著" if significant else "不显著" if rows else NOTHING
    if any(row.amount("amount") is None for row in significant):
        return word, "notice:待量化"
    return word, "met:已量化" if key in account.amounts else "none:未量化"


def _sources(account: Account) -> blocks_of.Block:
    by_line = _by_line(account)
    rows = []
    for key in (DIRECT, ENERGY):
        for line in account.lines_of(key):
            held = by_line[line.id]
            used, unit = year_sums.amount_of(held)
            words = [
                key,
                f"{line.id} {line.item}",
                plain(used),
                unit,
                year_sums.factor_words(held) or NOTHING,
            ]
            rows.append([*words, "；".join(dict.fromkeys(one.clause for one in held)), plain(line.summed)])
    rows.append(["", "合计", "", "", "", "", plain(account.from_months)])
    columns = [
        column("类别", 1),
        column("排放源", 3),
        column("活动数据", 3, decimals=2),
        column("单位", 2),
        column("因子", 4),
        column("条款", 3),
        column("排放量", 3, decimals=2),
    ]
    return blocks_of.table("排放源、活动数据与因子", columns, rows, totals=1, remark="排放量单位 tCO2e")


def _by_line(account: Account) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for result in account.year.months.values():
        for line in result.lines:
            found.setdefault(line.id, []).append(line)
    return found


def _indirect(account: Account) -> blocks_of.Block:
    rows = [
        [
            row.choice("category"),
            row.text("item"),
            row.choice("significance"),
            _given(row),
            row.text("origin") or NOTHING,
        ]
        for row in account.indirect
    ]
    columns = [
        column("类别", 3),
        column("排放源", 4),
        column("显著性", 2),
        column("排放量", 3, decimals=2),
        column("数据来源或不量化的理由", 5),
    ]
    return blocks_of.table("类别 3–6", columns, rows, remark="单位 tCO2e，企业填报")


def _given(row: Row) -> str:
    return blocks_of.plain(row.amount("amount"))


def _gases(account: Account) -> blocks_of.Block:
    gases = account.gases
    rows = [
        [substance.value, _tonnes(gases.direct.get(substance)), _tonnes(gases.indirect.get(substance))]
        for substance in _GASES
        if substance in gases.direct or substance in gases.indirect
    ]
    columns = [column("气体", 3), column("类别 1", 4, decimals=2), column("类别 2", 4, decimals=2)]
    return blocks_of.table(
        "各气体的量",
        columns,
        rows,
        remark="单位 t；F-gases 为 tCO2e",
        notes=[
            f"各气体由未修约的月度行相加后修约到 0.01 t，与按行修约的合计可能差在末位；增温潜势 {gases.gwp}。"
        ],
    )


def _tonnes(kilograms: Decimal | None) -> str:
    return NOTHING if kilograms is None else plain(rounded(kilograms / _KG_PER_TONNE, 2))


def _base(source: Source, account: Account) -> list[blocks_of.Block]:
    base = account.base
    change = account.from_months - base.emissions
    rows = [
        ("基准年", base.year),
        ("基准年类别 1 与 2", f"{grouped(base.emissions)} tCO2e（{base.origin}）"),
        ("本年类别 1 与 2", f"{grouped(account.from_months)} tCO2e"),
        ("较基准年", f"{grouped(change)} tCO2e{_percent(change, base.emissions)}"),
        ("是否重算", _recalculated(source)),
    ]
    words = [
        f"选择理由：{'；'.join(answers.paragraphs(source, 'base_reason')) or NOTHING}",
        f"重算政策：{'；'.join(answers.paragraphs(source, 'recalculation')) or NOTHING}",
    ]
    if note := answers.paragraphs(source, "recalculation_note"):
        words.append(f"重算说明：{'；'.join(note)}")
    return [blocks_of.facts(rows), blocks_of.text(words)]


def _recalculated(source: Source) -> str:
    words = {answers.YES: "已重算", answers.NO: "未重算"}
    return words.get(source.text("recalculated"), NOTHING)


def _percent(change: Decimal, base: Decimal) -> str:
    return f"，{grouped(rounded(change / base * 100, 2))} %" if base else ""


def _uncertainty(source: Source) -> blocks_of.Block:
    return blocks_of.answered(
        "不确定性评价",
        [
            ("subject", column("类别或排放源", 4)),
            ("level", column("不确定性", 2)),
            ("reason", column("依据", 6)),
        ],
        answers.rows(source, "uncertainty"),
    )


def _sureness(account: Account) -> blocks_of.Block:
    """How much of categories 1 and 2 rests on factors of which sureness."""
    by_line = _by_line(account)
    levels: dict[str, Decimal] = {}
    for line in account.year.lines:
        level = year_sums.weakest(by_line[line.id])
        levels[level] = levels.get(level, Decimal(0)) + line.summed
    rows = [[level, plain(amount)] for level, amount in levels.items()]
    return blocks_of.table(
        "类别 1 与 2 按因子的可信等级",
        [column("可信", 2, kind="confidence"), column("排放量", 4, decimals=2)],
        rows,
        remark="单位 tCO2e",
        notes=["可信：A 官方文本，B 转录，C 未核实，E 企业实测或填报；取该行公式与因子中最弱的一级。"],
    )


def _months(source: Source, account: Account) -> blocks_of.Block:
    rows = [
        [
            str(entry.month),
            f"V{entry.version}",
            entry.receipt_number,
            *(_of_month(account.year.months[str(entry.month)].lines, key) for key in (DIRECT, ENERGY)),
            plain(account.year.months[str(entry.month)].total),
        ]
        for entry in source.months
    ]
    sums = [blocks_of.plain(account.amounts.get(key)) for key in (DIRECT, ENERGY)]
    rows.append(["合计", "", "", *sums, plain(account.from_months)])
    columns = [
        column("月份", 2),
        column("版本", 1),
        column("回执号", 4),
        column("类别 1", 3, decimals=2),
        column("类别 2", 3, decimals=2),
        column("合计", 3, decimals=2),
    ]
    return blocks_of.table("采用的月度记录", columns, rows, totals=1, remark="单位 tCO2e")


def _of_month(lines: Sequence[Line], key: str) -> str:
    found = [line.emission for line in lines if category_of(line.category) == key]
    return plain(sum(found, Decimal(0))) if found else NOTHING
