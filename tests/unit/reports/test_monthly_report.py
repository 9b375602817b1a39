"""The monthly report: every figure on paper, in every variant of a month."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import PackError
from reports.document import load_report
from reports.filters import number
from reports.monthly_report.view import view
from reports.pdf import render_html, render_pdf
from tests.unit.reports.conftest import page_texts
from tests.unit.reports.months import dyeing_month, long_month, preview_month, steel_month

# the known answers of the steel month, line by line
KNOWN = {
    "f1": "5845.97", "f2": "273849.07", "f3": "738331.47", "f4": "204049.48", "f5": "7100.11",
    "p1": "108.58", "p2": "5.03", "p3": "357.86", "p4": "568.74", "p5": "12.59", "p6": "0.37",
    "p7": "0.00", "p8": "2052.08", "p9": "1697.25", "p10": "1359.78", "p11": "25400.11", "p12": "832.21",
    "o1": "-22025.32", "o2": "-6352.14", "o3": "-19135.75",
}  # fmt: skip


def _print(month: dict[str, Any], font_cache: Path, watermark: str | None = None) -> list[str]:
    return page_texts(render_pdf("monthly_report", month, font_cache=font_cache, watermark=watermark))


def test_the_sample_is_the_known_steel_month() -> None:
    lines = [line for group in steel_month()["groups"] for line in group["lines"]]
    assert {line["id"]: line["emission"] for line in lines} == KNOWN
    assert sum(map(Decimal, KNOWN.values())) == Decimal("1214057.49")


def test_the_sample_has_five_pages_with_their_chapters(steel_pdf: bytes) -> None:
    pages = page_texts(steel_pdf)
    assert len(pages) == 5
    for page, title in zip(
        pages, ("月度碳数据质量报告", "本月概要", "排放量核算", "数据质量", "支撑材料与签发"), strict=True
    ):
        assert title in page
    for position, page in enumerate(pages[1:], start=2):
        assert f"第 {position} 页 / 共 5 页" in page
        assert "b1c9 ebc0 … 0a98 f4b2" in page
        assert "carbon.example.org/v/7K2M-4QXD" in page
        assert "HZ-MR-202610-0137-V2" in page


def test_all_twenty_lines_stand_on_the_calculation_page(steel_pdf: bytes) -> None:
    page = page_texts(steel_pdf)[2]
    for group in steel_month()["groups"]:
        assert number(group["subtotal"], 2) in page
        for line in group["lines"]:
            row = page[page.index(f" {line['item']} ") :].split(" 附表 ")
            assert row[0].split()[1] == number(line["amount"], 2)
            assert row[1].split()[2] == number(line["emission"], 2)
    assert page.count("1,214,057.49") == 3
    assert "300,810.90 × 26.344 × 0.02541 × 44 ÷ 12 = 738,331.47" in page
    assert "1,214,057.49 ÷ 595,279 = 2.0395" in page


def test_the_overview_says_what_the_figures_say(steel_pdf: bytes) -> None:
    page = page_texts(steel_pdf)[1]
    for words in (
        "121.41 万吨，较上月增加 3.65 %，较上年同月下降 2.05 %",
        "产量回升推高本月排放，强度连续四个月下降",
        "洗精煤占排放量的六成",
        "1,214,057.49",
        "2.0395",
        "595,279.00",
        "上月 2.0441，同比 −1.89 %",
        "61 / 64 项",
    ):
        assert words in page


def test_findings_evidence_and_signers_are_listed(steel_pdf: bytes) -> None:
    quality, evidence = page_texts(steel_pdf)[3:]
    assert "F-03 为一般差距，不影响企业层级排放量，不阻止签发" in quality
    assert "1 / 2 缺失" in quality
    assert "13 份已存证，1 份未提供" in evidence
    assert "未提供，见 F-03" in evidence
    assert "ea8506f0 … afd3e48f" in evidence
    assert "提前 22 天" in page_texts(steel_pdf)[0]
    assert "管家不具签发权" in evidence
    assert "（盖章处）" in evidence


def test_a_month_of_another_industry_has_its_own_columns(font_cache: Path) -> None:
    pages = _print(dyeing_month(), font_cache)
    assert len(pages) == 5
    for words in ("GJ/104Nm3", "0.01532", "tCO2/MWh", "外购蒸汽", "厌氧池", "A + B + C + D", "tCO2e"):
        assert words in pages[2]
    assert "企业自行编制" in pages[0]
    assert "逾期 2 天" in pages[0]
    assert "粗钢产量" not in pages[1]
    assert "强度，" not in pages[1]
    assert "没有未关闭的差距" in pages[1]
    assert "本月评价未产生差距" in pages[3]


def test_a_first_month_has_one_bar_and_no_comparison(font_cache: Path) -> None:
    page = _print(preview_month(), font_cache)[1]
    assert "本月为首个有记录的月份" in page
    for words in ("较上月", "较上年", "同比", "上月 2"):
        assert words not in page
    assert page.count("121.4 ") == 1


def test_a_preview_is_marked_on_every_page_and_claims_no_receipt(font_cache: Path) -> None:
    pages = _print(preview_month(), font_cache, watermark="预览件")
    assert all("预览件" in page for page in pages)
    assert "尚未提交" in pages[0]
    assert "正式件" not in pages[0]


def test_an_issued_report_bears_no_watermark() -> None:
    assert "watermark" not in render_html(load_report("monthly_report"), steel_month())


def test_sixty_lines_flow_over_pages_under_repeated_heads(font_cache: Path) -> None:
    pages = _print(long_month(60), font_cache)
    assert len(pages) == 6
    assert "六十条核算线" in pages[2]
    assert "活动数据" in pages[3]
    assert "含碳原料第 40 种" in pages[3]


def test_late_and_early_filings_are_said_on_the_cover() -> None:
    month = steel_month()
    month["record"]["accepted_at"] = "2026-12-10T23:30:00+08:00"
    assert view(month)["in_time"] == "截止当日"
    month["record"]["accepted_at"] = "2026-12-10T16:30:00+00:00"
    assert view(month)["in_time"] == "逾期 1 天"


def test_blank_data_stay_blank_and_a_filed_zero_is_explained() -> None:
    month = steel_month()
    month["groups"][1]["lines"][0]["amount"] = ""
    html = render_html(load_report("monthly_report"), month)
    assert '高碳铬铁</th><td class="figure"></td>' in html
    assert "镍铁本月数据为 0（已填报）" in html


def test_a_sum_that_does_not_come_out_is_not_printed() -> None:
    month = steel_month()
    for group in month["groups"]:
        for line in group["lines"]:
            line["emission"] = "1.11"
    assert view(month)["example"] is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("document.number", None),
        ("result.total", None),
        ("signing.attachments", None),
        ("enterprise.uscc", None),
        ("result.total", "viel"),
        ("record.due_on", "morgen"),
        ("record.guideline", None),
    ],
)
def test_wrong_data_are_named(path: str, value: str | None) -> None:
    month = steel_month()
    room, key = path.split(".")
    if value is None:
        del month[room][key]
    else:
        month[room][key] = value
    with pytest.raises(PackError):
        render_html(load_report("monthly_report"), month)


@pytest.mark.parametrize(
    ("rows", "key"),
    [("findings", "state"), ("quality.parameters", "acquisition"), ("evaluation.rows", "state")],
)
def test_a_word_that_the_report_does_not_know_is_named(rows: str, key: str) -> None:
    month = steel_month()
    room: Any = month
    for part in rows.split("."):
        room = room[part]
    room[0][key] = "sonstwie"
    with pytest.raises(PackError, match="sonstwie"):
        view(month)
