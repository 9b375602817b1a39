"""A footprint as a workbook whose results are worked out in it: amounts and factors go in, formulas add up.

What the workbook cannot work out is how often each process runs for one unit, which the engine solved; it
stands there as a figure, and so does the engine's own total beside the workbook's.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.accounting.footprint_system import Origin
from portal.domain.quantities import convert, unit
from portal.dossiers import footprint_tables as tables
from portal.reference.factors import load_gwp

SETTINGS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
#: Sheets of the workbook.
RESULT, WORK, MONTHS, QUALITY, NOTES = "结果", "计算", "月度数据", "数据质量", "说明"
_WORK_HEAD = (
    *("阶段", "过程", "投入或排放", "每单位运行次数", "每次运行数量", "单位", "换算", "因子计量数量"),
    *("因子", "因子单位", "可信等级", "来源", "结果 kgCO2e"),
)
#: Letters of the columns that formulas name.
_RUNS, _AMOUNT, _RATIO, _COUNTED, _FACTOR, _OUT = "D", "E", "G", "H", "I", "M"
#: The workbook reckons in binary: its total may differ from the engine's by this share.
CLOSE = "1E-9"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the work: amount per run × runs × ratio × factor = result."""

    stage: str
    process: str
    name: str
    runs: Decimal
    amount: Decimal
    unit: str
    ratio: Decimal
    factor: Decimal
    factor_unit: str
    confidence: str
    source: str
    monthly: tuple[tuple[str, str], ...]

    @property
    def result(self) -> Decimal:
        """kgCO2e of one unit."""
        return self.runs * self.amount * self.ratio * self.factor


def work_rows(footprint: Mapping[str, Any]) -> list[Row]:
    """Every input with a factor and every emission of a process, as they are multiplied."""
    names, scaling = tables.process_names(footprint), footprint["result"]["scaling"]
    potentials = load_gwp(footprint["result"]["gwp"]).values
    rows = []
    for flow in tables.flows(footprint, *tables.BY_FACTOR, *tables.DIRECT):
        if flow.get("origin") == Origin.BIOGENIC_UPTAKE:
            continue
        if flow["kind"] in tables.DIRECT:
            per, source = "kg", flow["source"] or "月度记录"
            factor, said = potentials[flow["name"]].amount, f"kgCO2e/kg（{footprint['result']['gwp']}）"
        else:
            per, source = flow["factor_unit"].partition("/")[2], flow["source"]
            factor, said = Decimal(flow["factor"]), flow["factor_unit"]
        rows.append(
            Row(
                stage=flow["stage"],
                process=names[flow["process"]],
                name=flow["name"],
                runs=Decimal(scaling[flow["process"]]),
                amount=Decimal(flow["amount"]),
                unit=unit(flow["unit"]).symbol,
                ratio=convert(Decimal(1), flow["unit"], per),
                factor=factor,
                factor_unit=said,
                confidence=flow["confidence"],
                source=source,
                monthly=tuple((month, amount) for month, amount in flow.get("monthly", ())),
            )
        )
    return rows


def footprint_xlsx(footprint: Mapping[str, Any]) -> bytes:
    """The workbook: results by stage, the work line by line, months, quality, notes."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, SETTINGS)
    rows = work_rows(footprint)
    result, work = book.add_worksheet(RESULT), book.add_worksheet(WORK)
    months = book.add_worksheet(MONTHS)
    sums = _write_months(book, months, rows)
    _write_work(book, work, rows, sums)
    _write_result(book, result, footprint, len(rows))
    _write_table(book, book.add_worksheet(QUALITY), _QUALITY_HEAD, tables.quality_rows(footprint))
    _write_table(book, book.add_worksheet(NOTES), ("项目", "内容"), _notes(footprint))
    book.close()
    return buffer.getvalue()


_QUALITY_HEAD = ("过程", "时间", "地理", "技术", "完整", "精度", "平均", "贡献 %")


def _write_months(book: Any, sheet: Any, rows: Sequence[Row]) -> dict[int, str]:
    """A column for each line fed by months; returns the address of its sum by the line's place."""
    bold, sums = book.add_format({"bold": True}), {}
    fed = [(place, row) for place, row in enumerate(rows) if row.monthly]
    sheet.write_string(0, 0, "月度记录", bold)
    for column, (place, row) in enumerate(fed, 1):
        sheet.write_string(0, column, f"{row.process} {row.name} {row.unit}", bold)
        for number, (month, amount) in enumerate(row.monthly, 1):
            sheet.write_string(number, 0, month)
            sheet.write_number(number, column, Decimal(amount))
        last = len(row.monthly)
        letter = _letter(column)
        sheet.write_string(last + 1, 0, "合计", bold)
        sheet.write_formula(last + 1, column, f"=SUM({letter}2:{letter}{last + 1})", bold, float(row.amount))
        sums[place] = f"'{MONTHS}'!{letter}{last + 2}"
    sheet.set_column(0, max(len(fed), 1), 26)
    return sums


def _write_work(book: Any, sheet: Any, rows: Sequence[Row], sums: Mapping[int, str]) -> None:
    bold = book.add_format({"bold": True})
    for column, text in enumerate(_WORK_HEAD):
        sheet.write_string(0, column, text, bold)
    for place, row in enumerate(rows):
        line = place + 1
        texts = {0: row.stage, 1: row.process, 2: row.name, 5: row.unit, 9: row.factor_unit}
        for column, text in (texts | {10: row.confidence, 11: row.source}).items():
            sheet.write_string(line, column, text)
        sheet.write_number(line, 3, row.runs)
        if place in sums:
            sheet.write_formula(line, 4, f"={sums[place]}", None, float(row.amount))
        else:
            sheet.write_number(line, 4, row.amount)
        sheet.write_number(line, 6, row.ratio)
        at = line + 1
        counted = float(row.runs * row.amount * row.ratio)
        sheet.write_formula(line, 7, f"={_RUNS}{at}*{_AMOUNT}{at}*{_RATIO}{at}", None, counted)
        sheet.write_number(line, 8, row.factor)
        sheet.write_formula(line, 12, f"={_COUNTED}{at}*{_FACTOR}{at}", None, float(row.result))
    total = float(sum((row.result for row in rows), Decimal(0)))
    sheet.write_string(len(rows) + 1, 0, "合计", bold)
    sheet.write_formula(len(rows) + 1, 12, f"=SUM({_OUT}2:{_OUT}{len(rows) + 1})", bold, total)
    sheet.set_column(0, 12, 16)
    sheet.freeze_panes(1, 0)


def _write_result(book: Any, sheet: Any, footprint: Mapping[str, Any], lines: int) -> None:
    bold = book.add_format({"bold": True})
    product, asked = footprint["product"], footprint["result"]["functional_unit"]
    sheet.write_string(0, 0, f"{product['name']} {product['model']}".strip(), bold)
    sheet.write_string(1, 0, f"每 {asked['amount']} {asked['unit']}，kgCO2e")
    sheet.write_string(3, 0, "阶段", bold)
    sheet.write_string(3, 1, "结果", bold)
    sheet.write_string(3, 2, "核算程序的结果", bold)
    stages = tables.stages(footprint)
    where, what = (f"'{WORK}'!${letter}$2:${letter}${lines + 1}" for letter in ("A", _OUT))
    for place, (name, value) in enumerate(stages, 4):
        sheet.write_string(place, 0, name)
        formula = f"=SUMIF({where},A{place + 1},{what})"
        sheet.write_formula(place, 1, formula, None, float(value))
        sheet.write_string(place, 2, footprint["result"]["by_stage"][name])
    end = 4 + len(stages)
    total = tables.total_of(footprint)
    sheet.write_string(end, 0, "合计", bold)
    sheet.write_formula(end, 1, f"=SUM(B5:B{end})", bold, float(total))
    sheet.write_string(end, 2, footprint["result"]["total_kgco2e"], bold)
    sheet.write_string(end + 1, 0, "与核算程序一致")
    check = f'=IF(ABS(B{end + 1}-VALUE(C{end + 1}))<={CLOSE}*ABS(B{end + 1}),"是","否")'
    sheet.write_formula(end + 1, 1, check, None, "是")
    sheet.set_column(0, 2, 30)


def _write_table(book: Any, sheet: Any, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    bold = book.add_format({"bold": True})
    for column, text in enumerate(head):
        sheet.write_string(0, column, text, bold)
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row):
            sheet.write_string(number, column, text)
    sheet.set_column(0, len(head) - 1, 24)


def _notes(footprint: Mapping[str, Any]) -> list[list[str]]:
    result, product = footprint["result"], footprint["product"]
    notes = [
        ["数据期间", f"{footprint['first_month']} 至 {footprint['last_month']}"],
        ["系统边界", result.get("boundary", "")],
        ["产品规则", product["rules"]],
        ["全球增温潜势", result["gwp"]],
        ["计算输入 SHA-256", footprint["input_sha256"]],
        ["每单位运行次数", "由核算程序解产品系统得到，不能在本表里改"],
    ]
    notes += [["忽略项", f"{entry['what']}：{entry['reason']}"] for entry in result.get("cut_offs", ())]
    notes += [
        ["未核实的因子", f"{flow['name']}：{flow['source']}"] for flow in tables.typed_factors(footprint)
    ]
    notes += [["不确定度", words] for words in tables.uncertainty_words(footprint)]
    return notes


def _letter(column: int) -> str:
    """Letters of a column: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
