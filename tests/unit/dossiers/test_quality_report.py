"""The data-quality report counts what the months, their checks, findings and meters say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import Invalid
from portal.dossiers.quality_report import assemble, facts, period_words
from portal.dossiers.source import FindingFacts, Source
from reports.document import load_sample
from reports.pdf import render_pdf
from tests.factories.dossiers import steel_source, with_answers, without_months
from tests.unit.reports.conftest import page_texts

ANSWERS = {"summary": "示例自评"}


def extras_of(source: Source) -> dict[str, Any]:
    """What the query would add for these months."""
    months = [str(entry.month) for entry in source.months]
    return {
        "accepted_on": {month: date.fromisoformat(f"{month}-28") for month in months},
        "failed": {month: {"explain": 2, "note": 1} for month in months},
        "meters": [
            _meter("GD-01", "valid", date(2027, 5, 31)),
            _meter("PD-03", "expiring", date(2027, 1, 20)),
            _meter("LL-07", "expired", date(2026, 5, 31)),
        ],
        "plans": [{"version": 3, "effective_from": "2026-01", "approved_on": "2025-11-20"}],
    }


def _meter(code: str, standing: str, until: date) -> dict[str, Any]:
    name = {"GD-01": "轨道衡", "PD-03": "皮带秤", "LL-07": "流量计"}[code]
    return {
        "code": code, "name": name, "accuracy_class": Decimal("0.5"), "covered_until": until,
        "standing": standing,
    }  # fmt: skip


def source_of(subject: str, **changes: Any) -> Source:
    source = steel_source("quality_report", subject=subject, answers=ANSWERS, **changes)
    return replace(source, extras=extras_of(source))


def table(data: Any, caption: str) -> list[list[str]]:
    """The rows of the table with this caption."""
    for chapter in data["chapters"]:
        for section in chapter["sections"]:
            for block in section["blocks"]:
                if block.get("caption") == caption:
                    return list(block["rows"])
    raise KeyError(caption)


@pytest.mark.parametrize(
    ("subject", "words", "months"),
    [("2026-10", "2026 年 10 月", 1), ("2026-Q3", "2026 年第 3 季度", 3), ("2026", "2026 年度", 12)],
)
def test_a_month_a_quarter_and_a_year_have_their_own_report(subject: str, words: str, months: int) -> None:
    source = source_of(subject)
    assert period_words(source) == words
    data = assemble(source).data
    assert data["cover"]["period"] == words
    assert len(table(data, "各月")) == months


def test_checks_add_up_over_the_months() -> None:
    contents = assemble(source_of("2026-Q3"))
    *months, whole = table(contents.data, "检查通过情况")
    assert months[0] == ["2026-07", "23", "20", "0", "2", "1", "0"]
    assert whole == ["合计", "69", "60", "0", "6", "3", "0"]
    assert {figure.key: figure.value for figure in contents.figures} == {
        "applicable": 69, "passed": 60, "findings": 0, "unsettled": 0, "late": 0,
    }  # fmt: skip


def test_a_finding_that_waits_for_somebody_stands_first_and_is_counted() -> None:
    findings = (
        FindingFacts("GAP-1", "已关闭的差距", "explain", "closed", "9.2", "2026-07", date(2026, 9, 1)),
        FindingFacts("GAP-2", "待整改的差距", "blocking", "open", "9.3", "2026-08", None),
    )
    contents = assemble(source_of("2026-Q3", findings=findings))
    rows = table(contents.data, "差距")
    assert [row[0] for row in rows] == ["GAP-2", "GAP-1"]
    assert rows[0][-1] == "not_met:待整改"
    assert "1 项未了结" in contents.data["cover"]["result"]["remark"]


def test_meters_are_counted_by_how_they_stood_at_the_end() -> None:
    data = assemble(source_of("2026")).data
    chapter = next(entry for entry in data["chapters"] if entry["title"] == "计量器具")
    assert "在用 3 台，期末在检定或校准有效期内 2 台，30 天内到期 1 台" in chapter["lead"]


def test_a_change_of_acquisition_is_named_with_its_month() -> None:
    source = source_of("2026-Q3")
    changed = source.months[1].content
    changed["streams"][0]["rows"][0]["acquisition"] = "default"
    data = assemble(source).data
    words = [
        line
        for chapter in data["chapters"]
        for section in chapter["sections"]
        for block in section["blocks"]
        for line in block.get("paragraphs", ())
    ]
    assert any(line.startswith("2026-08 无烟煤数量由实测改为缺省值") for line in words)
    assert facts(source)["figures"] == sum(
        row["value"] is not None for entry in source.months for stream in entry.content["streams"]
        for row in stream["rows"]
    )  # fmt: skip


def test_a_missing_month_is_named() -> None:
    with pytest.raises(Invalid, match="2026-08") as refused:
        assemble(without_months(source_of("2026-Q3"), 8))
    assert refused.value.path == "months"


def test_every_figure_is_printed(font_cache: Path) -> None:
    source = with_answers(source_of("2026-Q3"), summary="示例自评：可用于年度核算")
    contents = assemble(source)
    data = {**contents.data, "document": load_sample("quality_report")["document"]}
    text = " ".join(page_texts(render_pdf("quality_report", data, font_cache=font_cache)))
    for caption in ("各月", "检查通过情况", "参数值的获取方式"):
        for row in table(contents.data, caption):
            for cell in row:
                assert cell.partition(":")[2] or cell in text
    assert "60 / 69" in text
    assert "示例自评：可用于年度核算" in text
