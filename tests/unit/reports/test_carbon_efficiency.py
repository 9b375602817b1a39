"""The efficiency sheet: grade, scale, years and the energy table, on one page."""

from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import PackError
from reports.carbon_efficiency.drawing import Year, place_in_grade, year_bars
from reports.carbon_efficiency.view import against_average, view, years_title
from reports.document import load_sample
from reports.pdf import render_pdf
from tests.unit.reports.conftest import page_texts

BOUNDS = [Decimal(bound) for bound in ("0.6", "0.8", "1.2", "2.0")]


@pytest.fixture
def sheet() -> dict[str, Any]:
    return deepcopy(load_sample("carbon_efficiency"))


def test_the_sheet_is_one_page_with_every_figure(sheet: dict[str, Any], font_cache: Path) -> None:
    pages = page_texts(render_pdf("carbon_efficiency", sheet, font_cache=font_cache))
    assert len(pages) == 1
    for words in (
        "1.142", "1.562", "0.731", "优于行业均值 26.9 %", "中碳水平（0.6 < L ≤ 2.0）", "11,665.21",
        "10,214.60", "碳效值连续五年低于行业均值", "0.6 < K ≤ 0.8", "K > 2.0", "6,396.56", "12,860.000",
        "≤ 0.6 低碳；≤ 2.0 中碳；> 2.0 高碳", "（盖章处）", "第 1 页 / 共 1 页",
    ):  # fmt: skip
        assert words in pages[0]


def test_the_sample_adds_up(sheet: dict[str, Any]) -> None:
    result = sheet["result"]
    assert sum(Decimal(line["emission"]) for line in sheet["lines"]) == Decimal(result["emission"])
    value = Decimal(result["emission"]) / Decimal(result["value_added"])
    assert round(value, 3) == Decimal(result["value"])
    assert round(value / Decimal(result["sector_average"]), 3) == Decimal(result["coefficient"])


@pytest.mark.parametrize(
    ("coefficient", "place"),
    [("0.6", 1.0), ("0.7", 1.5), ("1.0", 2.5), ("2.0", 4.0), ("9", 4.5), ("0", 0.0)],
)
def test_the_pointer_stands_inside_its_grade(coefficient: str, place: float) -> None:
    assert place_in_grade(Decimal(coefficient), BOUNDS) == pytest.approx(place)


def test_the_comparison_with_the_average_is_said_in_words() -> None:
    assert against_average(Decimal("1.25")) == "高于行业均值 25.0\N{NO-BREAK SPACE}%"
    assert against_average(Decimal(1)) == "与行业均值持平"


def _year(year: int, value: str, average: str | None) -> Year:
    return Year(year, Decimal(value), Decimal(average) if average else None)


def test_the_title_counts_only_the_years_in_a_row() -> None:
    good, bad = _year(2024, "1.2", "1.5"), _year(2023, "1.6", "1.5")
    assert years_title([bad, good]) == "2024\N{NO-BREAK SPACE}年碳效值低于行业均值"
    assert years_title([good, bad, good, good]) == "碳效值连续二年低于行业均值"
    assert years_title([good, bad]) == "2023\N{NO-BREAK SPACE}年碳效值未低于行业均值"
    assert years_title([_year(2025, "1", None)]) == "碳效值逐年变化"


def test_a_year_without_an_average_draws_no_line() -> None:
    assert "行业" not in year_bars([_year(2025, "1.142", None)], title="碳效值逐年变化")


def test_a_missing_key_or_an_unknown_mark_is_named(sheet: dict[str, Any]) -> None:
    sheet["lines"][0]["confidence"] = "guessed"
    with pytest.raises(PackError) as raised:
        view(sheet)
    assert raised.value.params["key"] == "guessed"
    del sheet["result"]["coefficient"]
    with pytest.raises(PackError) as raised:
        view(sheet)
    assert raised.value.path == "result.coefficient"
