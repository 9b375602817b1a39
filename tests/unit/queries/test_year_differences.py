"""The differences of a year by line: the engine's own, and their parts add up."""

from dataclasses import replace
from decimal import Decimal

from portal.queries.year_differences import YearDifferences, with_figures
from tests.factories.dossiers import dyeing_months, steel_months

BLANK = YearDifferences(1, "示例企业有限公司", 2026, 0)


def test_each_line_shows_its_difference_and_where_it_comes_from() -> None:
    page = with_figures(replace(BLANK, months=len(steel_months(2026))), steel_months(2026))
    assert (page.months, page.guidelines) == (12, ())
    assert page.summed == sum(line.summed for line in page.lines)
    assert page.summed - page.anew == sum(line.difference or 0 for line in page.lines)
    moved = [line for line in page.lines if line.difference]
    assert moved, "twelve rounded months do not come to the year to the last digit"
    for line in page.lines:
        parts = sum((value for _, value in line.reasons), Decimal(0))
        assert line.difference is not None
        assert abs(parts - line.difference) < Decimal("0.000002")
        assert {words for words, _ in line.reasons} <= {"月度修约", "加权平均", "年度修约"}


def test_a_line_whose_formula_changed_has_no_difference() -> None:
    first, second = dyeing_months(2026, 2)
    calculation = first.content["calculation"]
    changed = [
        {**line, "item": "另一种"} if place == 0 else line for place, line in enumerate(calculation["lines"])
    ]
    other = replace(first, content={**first.content, "calculation": {**calculation, "lines": changed}})
    line = with_figures(replace(BLANK, months=len((other, second))), (other, second)).lines[0]
    assert (line.anew, line.difference, line.reasons) == (None, None, ())


def test_months_of_different_guidelines_are_not_compared() -> None:
    months = (steel_months(2026, 1)[0], dyeing_months(2026, 2)[1])
    page = with_figures(replace(BLANK, months=len(months)), months)
    assert len(page.guidelines) == 2
    assert page.lines == ()


def test_a_year_without_months_has_nothing_to_say() -> None:
    page = with_figures(replace(BLANK, months=len(())), ())
    assert (page.months, page.guidelines, page.lines) == (0, (), ())
