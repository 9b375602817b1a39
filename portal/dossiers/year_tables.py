"""Tables of a year that several disclosures print: its filed months, its sources, its facilities."""

from portal.accounting.lines import Line, plain
from portal.accounting.year import YearResult
from portal.dossiers import blocks_of, year_sums
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column, figures
from portal.dossiers.source import Source

_HASH_DIGITS = 8  #: of a snapshot, as they are printed
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
    months = _lines_of(year)
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


def factors(year: YearResult) -> blocks_of.Block:
    """What each source was multiplied by, by which clause, and where the factors were taken from."""
    rows: list[list[str]] = []
    origins: dict[str, None] = {}
    for line_id, counted in _lines_of(year).items():
        clauses = dict.fromkeys(line.clause for line in counted)
        origins |= dict.fromkeys(factor.source for line in counted for factor in line.factors)
        rows.append(
            [line_id, counted[0].item, year_sums.factor_words(counted) or NOTHING, "；".join(clauses)]
        )
    return blocks_of.table(
        "因子与条款",
        [column("编号", 2), column("排放源", 3), column("因子", 10), column("条款", 6)],
        rows,
        notes=[f"因子来源：{'；'.join(origins)}。"] if origins else [],
    )


def filed_months(source: Source, year: YearResult) -> blocks_of.Block:
    """The accepted months that the year rests on: totals, versions, evidence, receipts, hashes."""
    rows = []
    for entry in source.months:
        month = year.months[str(entry.month)]
        rows.append(
            [
                str(entry.month),
                plain(month.total),
                blocks_of.plain(month.output_amount),
                f"V{entry.version}",
                str(len(entry.content["evidence"])),
                entry.receipt_number,
                entry.sha256[:_HASH_DIGITS],
            ]
        )
    rows.append(["合计", plain(year.total), blocks_of.plain(year.output), "", "", "", ""])
    return blocks_of.table(
        "已受理的月度记录",
        [
            column("月份", 2),
            figures(f"排放量 {year.unit}", 4),
            figures("产量", 4),
            column("版本", 2),
            figures("材料", 2),
            column("受理回执", 5),
            column("快照摘要", 3),
        ],
        rows,
        totals=1,
        notes=[
            "每个月的活动数据、因子、条款、材料和签署人见该月签署的快照；"
            f"快照摘要为其 SHA-256 的前 {_HASH_DIGITS} 位，全文随内嵌数据给出。"
        ],
    )


def _lines_of(year: YearResult) -> dict[str, list[Line]]:
    """The months' lines by id."""
    months: dict[str, list[Line]] = {}
    for result in year.months.values():
        for line in result.lines:
            months.setdefault(line.id, []).append(line)
    return months
