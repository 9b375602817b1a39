"""碳排放信息 of the yearly disclosure: the year's total from its months, the year before, allowances.

An allowance is told as surrendered only when a day of surrender is given and that day has come.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.accounting.lines import plain
from portal.accounting.year import YearResult, sum_year
from portal.domain.quantities import rounded
from portal.dossiers import answers, blocks_of, year_sums, year_tables
from portal.dossiers.answers import NOTHING, Row
from portal.dossiers.blocks_of import column, figures, grouped
from portal.dossiers.source import Source
from portal.reference.guidelines import Guideline, load_guideline

_MONTHS = 12


@dataclass(frozen=True)
class Before:
    """The year before: its reported total, what that is (summed from months, verified …), its result."""

    total: Decimal
    standing: str
    result: YearResult | None

    def compares_with(self, year: YearResult) -> bool:
        """Whether the two years were counted alike, as far as is known."""
        return self.result is None or self.result.guideline == year.guideline


def year_before(source: Source) -> Before | None:
    """The year before, from its twelve accepted months, else from an answer, else None."""
    if len(source.earlier_months) == _MONTHS:
        months = {str(entry.month): year_sums.result_of(entry) for entry in source.earlier_months}
        guidelines = {result.guideline for result in months.values()}
        if len(guidelines) == 1:
            result = sum_year(load_guideline(guidelines.pop()), dict(sorted(months.items())))
            return Before(result.reported_total, "月度记录汇总", result)
    wanted = str(int(source.subject) - 1)
    for row in answers.rows(source, "earlier_totals"):
        total = row.amount("total")
        if row.text("year") == wanted and total is not None:
            return Before(total, row.choice("state") or "企业填写", None)
    return None


def chapter(source: Source, year: YearResult, before: Before | None) -> dict[str, Any]:
    """The whole chapter."""
    sections = [
        blocks_of.section("年度实际排放量与配额清缴", *_totals(source, year, before), *_allowances(source)),
        blocks_of.section("排放设施", year_tables.facilities(source)),
        blocks_of.section("核算方法与变化说明", *_methods(source, load_guideline(year.guideline))),
        blocks_of.section("各排放源的年排放量", year_tables.lines(year), year_tables.factors(year)),
        blocks_of.section("逐月排放量与来源", year_tables.filed_months(source, year)),
    ]
    return blocks_of.chapter(
        "碳排放信息", sections, lead=lead(source, year, before), clause="办法第十二条（四）"
    )


def lead(source: Source, year: YearResult, before: Before | None) -> str:
    """The year's total, what it is, and how it changed."""
    member = "本企业已纳入全国碳排放权交易市场。" if source.enterprise.ets_member else ""
    words = f"{source.subject} 年度排放量 {grouped(year.reported_total)} {year.unit}"
    words += f"（{answers.choice(source, 'total_state')}）"
    if before is not None and before.total and before.compares_with(year):
        words += f"，较上年{change_words(before.total, year.reported_total)}"
    return f"{member}{words}。"


def change(old: Decimal, new: Decimal) -> str:
    """The change in per cent of ``old``, to two digits; a dash where nothing can be divided."""
    if not old:
        return NOTHING
    share = rounded((new - old) / abs(old) * 100, 2)
    return f"{grouped(share or abs(share))} %"


def change_words(old: Decimal, new: Decimal) -> str:
    """The change as words."""
    if new == old:
        return "持平"
    share = rounded(abs(new - old) / abs(old) * 100, 2)
    return f"{'下降' if new < old else '上升'} {share:f} %"


def surrendered(source: Source, row: Row) -> date | None:
    """The day of surrender, if it is given and has come by the day of preparation."""
    text = row.text("surrendered_on")
    day = date.fromisoformat(text) if text else None
    return day if day is not None and day <= source.prepared_on else None


def _totals(source: Source, year: YearResult, before: Before | None) -> list[blocks_of.Block]:
    standing = answers.choice(source, "total_state")
    last = str(int(source.subject) - 1)
    table = blocks_of.table(
        "排放量",
        [
            column("指标", 6),
            column(f"{last} 年度（{before.standing if before else '无数据'}）", 5, align="right"),
            column(f"{source.subject} 年度（{standing}）", 5, align="right"),
            column("单位", 2),
            column("变化", 2, align="right"),
        ],
        _total_rows(year, before),
        notes=_total_notes(year, before),
    )
    return [*_years(source, year, before), *_steps(source), table]


def _total_rows(year: YearResult, before: Before | None) -> list[list[str]]:
    old = before.result if before is not None else None
    rows = [
        _row("年度排放总量", before.total if before else None, year.reported_total, year.unit),
        _row("各月报告值之和", old.total if old else None, year.total, year.unit),
    ]
    for category, value in year.subtotals.items():
        name = f"其中 {year_sums.category_title(category)}"
        rows.append(_row(name, old.subtotals.get(category) if old else None, value, year.unit))
    unit = (year.intensity_unit or "").partition("/")[2]
    if year.output is not None:
        rows.append(_row("产量", old.output if old else None, year.output, unit))
    if year.intensity is not None:
        rows.append(
            _row("排放强度", old.intensity if old else None, year.intensity, year.intensity_unit or "")
        )
    if before is not None and not before.compares_with(year):
        return [[*row[:-1], NOTHING] for row in rows]
    return rows


def _row(name: str, old: Decimal | None, new: Decimal, unit: str) -> list[str]:
    shown = NOTHING if old is None else grouped(old)
    return [name, shown, grouped(new), unit, NOTHING if old is None else change(old, new)]


def _total_notes(year: YearResult, before: Before | None) -> list[str]:
    notes = [f"年度排放总量为各月报告值之和，按 {year.guideline} 修约。"]
    if before is None:
        notes.append("上一年度没有十二个已受理的月份，也没有填写排放量，不能比较。")
    elif before.result is None:
        notes.append("上一年度排放量由企业填写，平台没有该年十二个已受理的月份。")
    elif before.result.guideline != year.guideline:
        notes.append(f"上一年度按 {before.result.guideline} 核算，两年核算依据不同，不作比较。")
    notes.append("碳排放信息条的条号通常引为格式准则第十九条，未核实，以准则原文为准。")
    return notes


def _years(source: Source, year: YearResult, before: Before | None) -> list[blocks_of.Block]:
    """Bars of the years that are known, when there are two or more."""
    this = int(source.subject)
    totals = {
        int(row.text("year")): row.amount("total")
        for row in answers.rows(source, "earlier_totals")
        if row.text("year").isdigit() and int(row.text("year")) < this
    }
    if before is not None and before.compares_with(year):
        totals[this - 1] = before.total
    known = {number: total for number, total in sorted(totals.items()) if total is not None}
    if not known:
        return []
    rows = [[number, plain(total)] for number, total in known.items()]
    return [
        {
            "kind": "years",
            "subject": "排放量",
            "remark": f"{this} 年为{answers.choice(source, 'total_state')}",
            "unit": year.unit,
            "rows": [*rows, [this, plain(year.reported_total)]],
        }
    ]


def _allowances(source: Source) -> list[blocks_of.Block]:
    if not source.enterprise.ets_member:
        return [blocks_of.text(["本企业未纳入全国碳排放权交易市场配额管理，没有配额清缴。"])]
    rows = answers.rows(source, "quotas")
    if not rows:
        return [blocks_of.text([NOTHING])]
    return [
        blocks_of.table(
            "配额清缴",
            [
                column("年度", 2),
                figures("核定配额 t", 3),
                figures("应清缴量 t", 3),
                figures("实际清缴量 t", 3),
                column("清缴日期", 3),
                column("清缴时限", 3),
            ],
            [_allowance(source, row) for row in rows],
            notes=["没有清缴日期，或清缴日期晚于编制日期的，实际清缴量写“未清缴”。"],
        )
    ]


def _allowance(source: Source, row: Row) -> list[str]:
    on = surrendered(source, row)
    return [
        row.text("year"),
        row.text("allocated") or "待核定",
        row.text("due") or "待核定",
        (row.text("surrendered") or NOTHING) if on else "未清缴",
        on.isoformat() if on else NOTHING,
        row.text("deadline") or NOTHING,
    ]


def _steps(source: Source) -> list[blocks_of.Block]:
    """The newest surrender against its deadline, where a member of the market has told both."""
    rows = answers.rows(source, "quotas") if source.enterprise.ets_member else ()
    for row in sorted(rows, key=lambda row: row.text("year"), reverse=True):
        on = surrendered(source, row)
        if on is None or not row.text("deadline"):
            continue
        deadline = date.fromisoformat(row.text("deadline"))
        amount = row.amount("surrendered")
        done = [on.isoformat(), "清缴", f"{grouped(amount)} t" if amount is not None else "", "now"]
        due = [deadline.isoformat(), "清缴时限", "", "due"]
        early = (deadline - on).days
        when = f"提前 {early} 天" if early > 0 else "在时限当天" if not early else f"晚 {-early} 天"
        return [
            {
                "kind": "steps",
                "caption": f"{row.text('year')} 年度配额{when}清缴",
                "rows": sorted([done, due]),
            }
        ]
    return []


def _methods(source: Source, guideline: Guideline) -> list[blocks_of.Block]:
    words = [f"核算依据：{guideline.title}。", *answers.paragraphs(source, "carbon_changes")]
    notes = [f"核算依据的已知缺口：{'；'.join(guideline.gaps)}。"] if guideline.gaps else []
    return [blocks_of.text(words, notes=notes)]
