"""Tables of a year that several disclosures print: its filed months, its sources, its facilities."""

from portal.accounting.lines import Line, plain
from portal.accounting.year import YearResult
from portal.dossiers import blocks_of, year_sums
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column, figures
from portal.dossiers.source import Source

_PURPOSES = {"production": "生产", "treatment": "治理"}


def facilities(source: Source) -> blocks_of.Block:
    """The facilities that let out: those of the enterprise's file that are not for treatment."""
    held = [entry for entry in source.enterprise.facilities if entry["purpose"] != "treatment"]
    if not held:
        return blocks_of.text([NOTHING])
    return blocks_of.table(
        "主要排放设施",
        [column("编号", 2), column("设施", 4), column("型号", 3), column("用途", 2)],
        [
            [
                str(entry["code"]),
                str(entry["name"]),
                str(entry["model"] or NOTHING),
                _PURPOSES.get(str(entry["purpose"]), str(entry["purpose"])),
            ]
            for entry in held
        ],
        notes=["取自企业信息中年末在用的设施。"],
    )


def lines(year: YearResult) -> blocks_of.Block:
    """Each source over the year: what it used, what it let out, how sure its weakest factor is."""
    months: dict[str, list[Line]] = {}
    for result in year.months.values():
        for counted in result.lines:
            months.setdefault(counted.id, []).append(counted)
    rows = []
    for line in year.lines:
        amount, unit = year_sums.amount_of(months[line.id])
        rows.append(
            [
                line.id,
                line.item,
                year_sums.category_title(line.category).partition("（")[0],
                plain(amount),
                unit,
                plain(line.summed),
                year_sums.weakest(months[line.id]),
            ]
        )
    return blocks_of.table(
        "按排放源",
        [
            column("编号", 2),
            column("排放源", 3),
            column("类别", 4),
            figures("年用量", 4),
            column("单位", 2),
            figures(f"年排放量 {year.unit}", 4),
            column("可靠性", 2, kind="confidence"),
        ],
        [*rows, ["合计", "", "", "", "", plain(year.total), ""]],
        totals=1,
        notes=["可靠性取公式和因子中最弱的一项：A 官方原文，B 转录，C 未核实，E 企业实测或给定。"],
    )


def filed_months(source: Source, year: YearResult) -> blocks_of.Block:
    """The accepted months that the year rests on, with their totals, versions and receipts."""
    rows = []
    for entry in source.months:
        month = year.months[str(entry.month)]
        output = blocks_of.plain(month.output_amount)
        rows.append([str(entry.month), plain(month.total), output, f"V{entry.version}", entry.receipt_number])
    rows.append(["合计", plain(year.total), blocks_of.plain(year.output), "", ""])
    return blocks_of.table(
        "已受理的月度记录",
        [
            column("月份", 2),
            figures(f"排放量 {year.unit}", 4),
            figures("产量", 4),
            column("版本", 2),
            column("受理回执", 5),
        ],
        rows,
        totals=1,
        notes=["每个月的活动数据、因子、条款和材料见该月签署的快照，摘要随本文件内嵌数据给出。"],
    )
