"""Sentences follow their figures."""

from datetime import date
from decimal import Decimal

import pytest

from reports import messages
from reports.messages import MonthPoint

NB = "\N{NO-BREAK SPACE}"


def _months(*rows: tuple[str, str, str | None, str | None]) -> list[MonthPoint]:
    return [
        MonthPoint(
            month,
            Decimal(total),
            Decimal(intensity) if intensity else None,
            Decimal(output) if output else None,
        )
        for month, total, intensity, output in rows
    ]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "零"),
        (4, "四"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (60, "六十"),
        (99, "九十九"),
        (100, f"{NB}100{NB}"),
    ],
)
def test_counts_are_written_in_chinese(count: int, words: str) -> None:
    assert messages.chinese(count) == words


def test_two_before_a_measure_word_is_liang() -> None:
    assert messages.counted(2) == "两"
    assert messages.counted(12) == "十二"


def test_a_change_needs_a_base() -> None:
    assert messages.change(Decimal(1), None) is None
    assert messages.change(None, Decimal(1)) is None
    assert messages.change(Decimal(1), Decimal(0)) is None
    assert messages.change_words("较上月", None) == ""
    assert messages.change_words("较上月", Decimal("0.001")) == "较上月持平"
    assert messages.change_words("较上月", Decimal("-2.055")) == f"较上月下降 2.06{NB}%"


def test_tonnes_are_told_in_ten_thousands_when_large() -> None:
    assert messages.tonnes(Decimal("1214057.49")) == f"121.41{NB}万吨"
    assert messages.tonnes(Decimal("9999.99")) == f"9,999.99{NB}吨"


@pytest.mark.parametrize(
    ("before", "now", "title"),
    [
        (("100000", "2.0", "50000"), ("110000", "1.9", "57000"), "产量增加推高本月排放，强度较上月下降"),
        (
            ("100000", "2.0", "50000"),
            ("110000", "2.1", "52000"),
            "产量与强度同升，本月排放增加，强度较上月上升",
        ),
        (("100000", "2.0", "50000"), ("90000", "2.1", "42000"), "产量回落带动本月排放减少，强度较上月上升"),
        (
            ("100000", "2.0", "50000"),
            ("90000", "1.9", "47000"),
            "产量与强度同降，本月排放减少，强度较上月下降",
        ),
        (("100000", "2.0", "50000"), ("90000", "1.5", "60000"), "产量增加而排放下降，强度较上月下降"),
        (("100000", "2.0", "50000"), ("110000", "3.0", "40000"), "产量下降而排放上升，强度较上月上升"),
        (("100000", "2.0", "50000"), ("100001", "2.0", "50000"), "本月排放与上月持平"),
        (("100000", None, None), ("110000", None, None), f"本月排放较上月上升 10.0{NB}%"),
    ],
)
def test_the_trend_is_told_from_emissions_output_and_intensity(
    before: tuple[str, str | None, str | None], now: tuple[str, str | None, str | None], title: str
) -> None:
    history, (current,) = _months(("2026-09", *before)), _months(("2026-10", *now))
    assert messages.trend_title(current, history) == title


def test_a_rise_after_a_fall_is_a_recovery_and_a_run_is_counted() -> None:
    history = _months(
        ("2026-07", "100", "2.3", "50"), ("2026-08", "100", "2.2", "52"), ("2026-09", "98", "2.1", "48")
    )
    (now,) = _months(("2026-10", "101", "2.0", "51"))
    assert messages.trend_title(now, history) == "产量回升推高本月排放，强度连续三个月下降"


def test_a_gap_before_the_month_is_not_compared_over() -> None:
    (now,) = _months(("2026-10", "101", None, None))
    assert (
        messages.trend_title(now, _months(("2026-07", "100", None, None)))
        == "上月没有可比数据，列出已受理的月份"
    )


def test_january_looks_back_to_december() -> None:
    history = _months(("2025-12", "10", None, None), ("2025-01", "9", None, None))
    before, year_ago = messages.previous(history, "2026-01"), messages.last_year(history, "2026-01")
    assert before is not None
    assert before.month == "2025-12"
    assert year_ago is not None
    assert year_ago.month == "2025-01"


def test_the_intensity_stands_lowest_only_when_it_is() -> None:
    history = _months(("2026-08", "1", "2.1", None), ("2026-09", "1", "2.2", None))
    standing = [
        messages.intensity_standing(MonthPoint("2026-10", Decimal(1), Decimal(value)), history, "吨钢强度")
        for value in ("2.0", "2.1", "2.3")
    ]
    assert standing == ["吨钢强度为近三个月最低", "", "吨钢强度为近三个月最高"]


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([], "数据质量评价通过，没有未关闭的差距。"),
        ([("closed", "blocking")], "数据质量评价通过，没有未关闭的差距。"),
        ([("open", "note")], "数据质量评价通过，1 项一般差距整改中。"),
        (
            [("open", "blocking"), ("responded", "note")],
            "数据质量评价未通过，1 项阻断性、1 项一般差距整改中。",
        ),
    ],
)
def test_the_verdict_follows_open_findings(findings: list[tuple[str, str]], words: str) -> None:
    rows = [{"state": state, "severity": severity} for state, severity in findings]
    assert messages.quality_words(rows) == words


@pytest.mark.parametrize(
    ("emission", "title"),
    [
        ("608", "洗精煤占排放量的六成"),
        ("643", f"洗精煤占排放量的 64.3{NB}%"),
        ("1020", f"洗精煤占排放量的 102.0{NB}%"),
    ],
)
def test_tenths_are_named_only_when_they_are_near(emission: str, title: str) -> None:
    groups = [
        {
            "deducted": False,
            "short_name": "A",
            "subtotal": emission,
            "lines": [{"item": "洗精煤", "emission": emission}],
        }
    ]
    assert messages.sources_title(messages.sources(groups, Decimal(1000))) == title


def test_a_month_without_emissions_says_so() -> None:
    assert messages.sources_title(messages.sources([], Decimal(0))) == "本月没有排放"


def test_sources_keep_the_sum_of_all_lines() -> None:
    lines = [{"item": f"煤{position}", "emission": str(position)} for position in range(1, 10)]
    groups = [
        {"deducted": False, "short_name": "燃烧", "subtotal": "45", "lines": lines},
        {"deducted": True, "short_name": "固碳", "subtotal": "-5", "lines": []},
    ]
    rows = messages.sources(groups, Decimal(40))
    assert [row.name for row in rows] == [
        "煤9",
        "煤8",
        "煤7",
        "煤6",
        "煤5",
        f"其余{NB}4{NB}项",
        "固碳（扣除）",
    ]
    assert sum(row.emission for row in rows) == 40
    assert rows[-1].deducted


def test_a_worked_example_is_printed_only_when_it_comes_out() -> None:
    good = messages.worked_example(
        Decimal("300810.9"),
        [Decimal("26.344"), Decimal("0.02541")],
        (Decimal(44), Decimal(12)),
        Decimal("738331.47"),
    )
    assert good == "300,810.90 × 26.344 × 0.02541 × 44 ÷ 12 = 738,331.47"
    assert messages.worked_example(Decimal(2), [Decimal(3)], None, Decimal(7)) == ""


def test_filing_is_told_against_its_deadline() -> None:
    due = date(2026, 12, 10)
    days = [messages.against_deadline(date(2026, *day), due) for day in ((11, 18), (12, 10), (12, 13))]
    assert days == ["提前 22 天", "截止当日", "逾期 3 天"]


def test_attachments_with_one_stem_are_named_by_their_endings() -> None:
    assert "X-1.json 与 .xlsx" in messages.evidence_lead(["X-1.json", "X-1.xlsx"])
    assert messages.evidence_lead([]) == "原件保存在证据库，本表列文件摘要。"
