"""Charts: text stays text, nothing that a strict policy forbids, the same each time."""

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from reports import charts
from reports.charts import MonthBar
from reports.line_art import landscape
from reports.messages import MonthPoint, Source
from reports.qr import qr_code

_POINTS = [
    MonthPoint(
        f"2026-{month:02d}", Decimal(1_100_000 + month * 9_000), Decimal("2.05") - Decimal(month) / 1000
    )
    for month in range(1, 11)
]
_BARS = [
    MonthBar("2025-11", Decimal(1199000), Decimal(1222000), state="accepted", state_label="已接受"),
    MonthBar("12", None, Decimal(1222000), state="draft", state_label="未开始"),
    MonthBar("2026-01", Decimal("1214057.49"), None, draft=True, state="returned", state_label="已退回"),
]
_SOURCES = [
    Source("洗精煤", Decimal("738331.47"), Decimal("60.8")),
    Source("固碳", Decimal("-47513.21"), None, True),
]
_DRAWINGS = {
    "months": charts.monthly_bars(_BARS, title="近三个月排放"),
    "no months": charts.monthly_bars([], title="没有数据"),
    "bars": charts.report_bars(_POINTS, title="<逐月> & 排放", gas="CO2"),
    "one bar": charts.report_bars(_POINTS[:1], title="首月", gas="CO2e"),
    "intensity": charts.intensity_line(_POINTS, title="强度", unit="t/t"),
    "sources": charts.source_bars(_SOURCES, Decimal("690818.26"), title="来源"),
    "code": qr_code("https://carbon.example.org/v/7K2M-4QXD", "核验二维码"),
}


@pytest.mark.parametrize("name", _DRAWINGS)
def test_every_drawing_is_named_and_free_of_styles_and_scripts(name: str) -> None:
    drawing = str(_DRAWINGS[name])
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img"
    assert next(iter(root)).tag.endswith("title")
    assert next(iter(root)).text
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=|href=", drawing)


def test_titles_are_escaped() -> None:
    assert "&lt;逐月&gt; &amp; 排放" in _DRAWINGS["bars"]


def test_values_stand_on_the_bars_as_text() -> None:
    assert ">121.4<" in _DRAWINGS["months"]
    assert ">119.0<" in _DRAWINGS["bars"]
    assert "738,331.47" in _DRAWINGS["sources"]
    assert "−47,513.21" in _DRAWINGS["sources"]


def test_a_draft_is_hatched_and_a_blank_month_has_no_bar() -> None:
    drawing = _DRAWINGS["months"]
    assert drawing.count("url(#hatch-") == 1
    assert len(re.findall(r'<rect [^>]*rx="2"', drawing)) == 2
    assert "pattern" not in _DRAWINGS["no months"]


def test_bars_start_at_zero_in_proportion() -> None:
    points = [MonthPoint("2026-01", Decimal(500000)), MonthPoint("2026-02", Decimal(1000000))]
    drawing = str(charts.report_bars(points, title="两月", gas="CO2"))
    low, high = (float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', drawing))
    assert high == pytest.approx(2 * low, abs=0.02)


def test_only_the_last_month_is_dark() -> None:
    assert _DRAWINGS["bars"].count(f'fill="{charts.DEEP}"') == 1


def test_an_intensity_needs_two_months() -> None:
    assert charts.intensity_line(_POINTS[:1], title="强度", unit="t/t") == ""
    level = [MonthPoint("2026-01", Decimal(1), Decimal(2)), MonthPoint("2026-02", Decimal(1), Decimal(2))]
    assert "2.0000" in charts.intensity_line(level, title="强度", unit="t/t")


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (0, [0]),
        (122.1, [0, 50, 100]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (6411, [0, 2000, 4000, 6000]),
        (1, [0, 0.5, 1]),
    ],
)
def test_axes_have_at_most_three_round_lines(largest: float, expected: list[float]) -> None:
    assert charts.ticks(largest) == pytest.approx(expected)


def test_a_month_of_zero_is_drawn_without_a_fall() -> None:
    drawing = charts.report_bars([MonthPoint("2026-01", Decimal(0))], title="零", gas="CO2")
    assert ">0.0<" in drawing


def test_drawings_are_the_same_each_time() -> None:
    assert landscape() == landscape()
    assert charts.report_bars(_POINTS, title="甲", gas="CO2") == charts.report_bars(
        _POINTS, title="甲", gas="CO2"
    )
