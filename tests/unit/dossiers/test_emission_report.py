"""The yearly report says what the engine says, and where a difference comes from."""

import copy
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.year import YearResult, calculate_year
from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.dossiers.emission_report import assemble, facts
from portal.dossiers.source import Source
from reports.document import load_sample
from reports.filters import number
from reports.pdf import render_pdf
from tests.factories.dossiers import (
    STEEL_GUIDELINE,
    dyeing_source,
    steel_payload,
    steel_source,
    with_answers,
    without_months,
)
from tests.unit.dossiers.documents import tables
from tests.unit.reports.conftest import page_texts

ANSWERS = {"boundary": "示例厂区", "boundary_changes": "无"}


@pytest.fixture(scope="module")
def steel() -> Source:
    return steel_source("emission_report", answers=ANSWERS)


@pytest.fixture(scope="module")
def engine() -> YearResult:
    """The same months, counted by the engine from the filed amounts."""
    months = [{"month": f"2026-{number:02}", **steel_payload(Month(2026, number))} for number in range(1, 13)]
    for month in months:
        del month["guideline"]
    return calculate_year({"guideline": STEEL_GUIDELINE, "months": months})


def test_every_figure_is_the_engines(steel: Source, engine: YearResult) -> None:
    contents = assemble(steel)
    found = tables(contents.data)
    assert [row[3] for row in found["逐月报告值"]] == [
        *(str(month.total) for month in engine.months.values()),
        str(engine.total),
    ]
    *lines, whole = found["分源合计"]
    assert [row[3] for row in lines] == [str(line.summed) for line in engine.lines]
    assert whole[3] == str(engine.total)
    assert {row[0]: Decimal(row[1]) for row in found["分类合计"]}["化石燃料燃烧"] == engine.subtotals["fuel"]
    halves = zip(found["1–6 月报告值"], found["7–12 月报告值"], strict=True)
    printed = [[Decimal(text) for text in (*first[1:], *second[1:])] for first, second in halves]
    assert printed[:-1] == [list(line.reported.values()) for line in engine.lines]
    assert {figure.key: figure.value for figure in contents.figures} == {
        "total": engine.total,
        "recomputed": engine.total - sum(line.difference or 0 for line in engine.lines),
        "output": engine.output,
        "intensity": engine.intensity,
    }


def test_every_difference_is_taken_apart(steel: Source, engine: YearResult) -> None:
    *rows, whole = tables(assemble(steel).data)["差异及其来历"]
    for row, line in zip(rows, engine.lines, strict=True):
        summed, anew, difference = (Decimal(text) for text in row[1:4])
        assert (summed, anew, difference) == (line.summed, line.recomputed, line.difference)
        parts = sum((Decimal(text.replace("\N{MINUS SIGN}", "-")) for text in row[4:]), Decimal(0))
        assert abs(parts - difference) < Decimal("0.000002")
    assert Decimal(whole[1]) - Decimal(whole[2]) == Decimal(whole[3])


def test_a_line_whose_formula_changed_within_the_year_says_so(steel: Source) -> None:
    months = list(steel.months)
    content = copy.deepcopy(dict(months[4].content))
    payload = steel_payload(months[4].month)
    del payload["activities"][0]["item"]
    payload["activities"][0] |= {"item": "烟煤"}
    content["calculation"] = json.loads(json.dumps(calculate(payload).as_json()))
    months[4] = replace(months[4], content=content)
    row = tables(assemble(replace(steel, months=tuple(months))).data)["差异及其来历"][0]
    assert row[2:4] == ["—", "年内公式或品种改变，不重算"]


def test_a_restated_month_is_named_with_its_version_and_reason(steel: Source) -> None:
    months = list(steel.months)
    content = copy.deepcopy(dict(months[2].content))
    content["record"] |= {"version": 2, "kind": "restatement", "reason": "烟煤入库单重复"}
    months[2] = replace(months[2], content=content, version=2)
    found = tables(assemble(replace(steel, months=tuple(months))).data)
    assert found["第 1 版之后的版本"] == [["2026-03", "V2", "受理后更正", "烟煤入库单重复"]]
    assert found["逐月报告值"][2][1] == "V2"


def test_a_corrected_amount_stands_with_its_clause(steel: Source) -> None:
    months = list(steel.months)
    content = copy.deepcopy(dict(months[0].content))
    given = content["calculation"]["lines"][0]["inputs"][0]
    part = {
        "state": "over_class", "days": 31, "measured": given["converted"], "factor": "1.005",
        "corrected": "2300.00", "clause": "附表F",
    }  # fmt: skip
    given["correction"] = {"corrected": "2300.00", "parts": [part]}
    months[0] = replace(months[0], content=content)
    rows = tables(assemble(replace(steel, months=tuple(months))).data)["保守修正"]
    assert rows == [["2026-01", "S-01 无烟煤", "活动数据", given["converted"], "2300.00", "附表F"]]


def test_missing_months_are_named(steel: Source) -> None:
    with pytest.raises(Invalid) as refused:
        assemble(without_months(steel, 2, 11))
    assert refused.value.path == "months"
    assert "2026-02、2026-11" in str(refused.value)


def test_months_of_two_guidelines_do_not_make_a_year(steel: Source) -> None:
    dyeing = dyeing_source("emission_report", answers=ANSWERS).months
    with pytest.raises(Invalid, match="核算依据不同"):
        assemble(replace(steel, months=(*steel.months[:6], *dyeing[6:])))


def test_a_month_that_cannot_be_read_is_named(steel: Source) -> None:
    content = {**steel.months[3].content, "calculation": {"guideline": STEEL_GUIDELINE, "lines": "none"}}
    months = (*steel.months[:3], replace(steel.months[3], content=content), *steel.months[4:])
    with pytest.raises(Invalid, match="2026-04"):
        assemble(replace(steel, months=months))
    assert facts(replace(steel, months=months)) == {}


def test_facts_count_lines_and_unverified_ones(steel: Source) -> None:
    assert facts(steel) == {"figures": 12 * 20, "unverified": 0}


@pytest.mark.parametrize("make", [steel_source, dyeing_source])
def test_the_print_holds_every_figure_of_the_tables(make: Any, font_cache: Path) -> None:
    source = with_answers(make("emission_report", answers=ANSWERS), difference_note="示例补充")
    data = assemble(source).data
    again = json.loads(json.dumps(data))
    assert tables(again) == tables(data)
    stamped = {**again, "document": load_sample("emission_report")["document"]}
    text = " ".join(page_texts(render_pdf("emission_report", stamped, font_cache=font_cache)))
    for caption in ("逐月报告值", "分源合计", "1–6 月报告值", "7–12 月报告值", "差异及其来历"):
        for row in tables(data)[caption]:
            assert all(_is_printed(cell, text) for cell in row), row
    assert "示例补充" in text


def _is_printed(cell: str, text: str) -> bool:
    """Whether a cell stands in the text, a figure with commas and at least two decimals."""
    words = cell.replace("^", "")
    return words in text or number(cell, 2) in text
