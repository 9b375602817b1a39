"""Expressions read out, and values said, for people who write no code."""

from datetime import date
from decimal import Decimal

import pytest

from checklists.expression import Scope, compile_expression
from checklists.reading import path_words, read_out, say

SCOPE = Scope.of("row", {"limit": Decimal("0.3")})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("row.value >= 0", "本月数值不小于0"),
        ("row.acquisition == 'measured' and given(row.meter)", "获取方式等于“实测”，且已填写计量器具"),
        ("not row.derived or row.value == row.previous", "并非（由系统算出），或者本月数值等于上月数值"),
        ("row.meter.required_class > 1", "计量器具的规定的准确度等级大于1"),
        ("abs(row.value - row.previous) <= limit", "（本月数值减上月数值）的绝对值不大于参数 limit（0.3）"),
        ("0 < row.value <= 1", "0小于本月数值，且本月数值不大于1"),
        (
            "all(c.result == 'pass' for c in row.meter.calibrations)",
            "计量器具的检定或校准记录（每一项记作 c）每一项都满足：c 的检定或校准结论等于“合格”",
        ),
        (
            "any(r.value > 0 for r in rows if r.required) and row.required",
            "（全部参数行（每一项记作 r）中满足“r 的必填”的至少有一项满足：r 的本月数值大于0），且必填",
        ),
        ("count(row.test_reports) > 0", "检测报告的个数大于0"),
        ("(row.value if row.required else 0) == 0", "（如果必填则本月数值，否则0）等于0"),
    ],
)  # fmt: skip
def test_an_expression_is_read_out_in_chinese(source: str, words: str) -> None:
    assert read_out(compile_expression(source, SCOPE)) == words


def test_a_datum_has_a_name_in_both_languages() -> None:
    assert path_words("row.meter.calibrations[].valid_until") == "计量器具的检定或校准记录的有效期至"
    assert path_words("totals.previous_total", english=True) == "total of the month before"
    assert path_words("row.value#closing_stock") == "期末库存的本月数值"
    assert path_words("no.such.path") == "no.such.path"


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (None, "空白", "blank"),
        (True, "是", "yes"),
        (Decimal("-1234567.50"), "\N{MINUS SIGN}1,234,567.50", "\N{MINUS SIGN}1,234,567.50"),
        (Decimal("1E+3"), "1,000", "1,000"),
        (date(2026, 10, 31), "2026-10-31", "2026-10-31"),
        ("measured", "实测", "measured"),
        (["measured", "default"], "实测、缺省值", "measured, default"),
    ],
)
def test_a_value_is_said_for_people(value: object, chinese: str, english: str) -> None:
    assert say(value) == chinese
    assert say(value, english=True) == english


def test_an_absurd_figure_is_said_in_a_few_characters() -> None:
    assert len(say(Decimal("1E+900000"))) < 20
