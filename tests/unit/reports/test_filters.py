"""Figures, units and dates on paper."""

from decimal import Decimal

import pytest

from reports import filters


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("tCO2e/t", "tCO<sub>2</sub>e/t"),
        ("CO₂", "CO<sub>2</sub>"),
        ("N2O、CH4、SF6", "N<sub>2</sub>O、CH<sub>4</sub>、SF<sub>6</sub>"),
        ("GJ/10^4Nm3", "GJ/10<sup>4</sup>Nm<sup>3</sup>"),
        ("m3", "m<sup>3</sup>"),
        ("V2 版 PM10", "V2 版 PM10"),
        ("<b>CO2", "&lt;b&gt;CO<sub>2</sub>"),
        ("6.8 %", "6.8\N{NO-BREAK SPACE}%"),
    ],
)
def test_gases_and_powers_are_set_properly(text: str, html: str) -> None:
    assert str(filters.formula(text)) == html


@pytest.mark.parametrize(
    ("value", "decimals", "words"),
    [
        ("1214057.49", 2, "1,214,057.49"),
        ("920.5", 2, "920.50"),
        ("595279.0", 0, "595,279"),
        ("0", 2, "0.00"),
        ("-47513.21", 2, "−47,513.21"),
        ("1.23456", 2, "1.23456"),
        ("", 2, ""),
        (None, 2, ""),
    ],
)
def test_figures_are_padded_but_never_cut(value: str | None, decimals: int, words: str) -> None:
    assert filters.number(value, decimals) == words


def test_factors_keep_their_own_digits() -> None:
    assert filters.as_given("0.440") == "0.440"


def test_nothing_is_ever_minus_zero() -> None:
    assert filters.rounded(Decimal("-0.001"), 2) == "0.00"


def test_moments_are_told_in_shanghai_time() -> None:
    assert filters.minute("2026-11-18T08:42:07+00:00") == "2026-11-18 16:42"
    assert filters.day("2026-11-18T20:00:00+00:00") == "2026-11-19"
    assert filters.day("2026-11-18") == "2026-11-18"
    assert filters.minute("") == ""


def test_digests_show_both_ends() -> None:
    digest = "0123456789abcdef" * 4
    assert filters.short_hash(digest) == "01234567 … 89abcdef"
    assert filters.foot_hash(digest) == "0123 4567 … 89ab cdef"


def test_document_numbers_stay_on_one_line() -> None:
    assert (
        str(filters.codes("见 HZ-MR-202610-0137-V2.json。"))
        == '见 <span class="nowrap">HZ-MR-202610-0137-V2.json</span>。'
    )


def test_a_figure_and_its_unit_stay_on_one_line_and_a_unit_is_whole() -> None:
    written = str(filters.codes("热值 389.31 GJ/10^4Nm3，用电 1,120 kWh的"))
    assert '>389.31 <span class="nowrap">GJ/10<sup>4</sup>Nm<sup>3</sup></span></span>，' in written
    assert '<span class="measure">1,120 <span class="nowrap">kWh</span></span>的' in written
    assert filters.codes("12 月 31 日") == "12\N{NO-BREAK SPACE}月 31\N{NO-BREAK SPACE}日"


def test_the_number_of_a_table_in_a_standard_stays_on_one_line() -> None:
    assert str(filters.codes("附表A.2；式(E.3)")) == (
        '附表<span class="nowrap">A.2</span>；式(<span class="nowrap">E.3</span>)'
    )


def test_a_number_before_a_code_is_no_measure_and_an_endless_code_may_break() -> None:
    assert str(filters.codes("第 2 HZ-MR-1")) == '第 2 <span class="nowrap">HZ-MR-1</span>'
    assert "nowrap" not in str(filters.codes("HZ-" + "A1B2C3-" * 6 + "X"))
