"""The carbon-management report: categories 1 and 2 are the engine's, 3 to 6 as stated, the base year told."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from checklists.engine import run
from checklists.loader import load_pack
from portal.accounting.year import YearResult, calculate_year
from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.dossiers.carbon_management import assemble, facts
from portal.dossiers.source import Source
from reports.document import load_sample
from reports.filters import number
from tests.factories.dossiers import (
    DYEING_GUIDELINE,
    dyeing_payload,
    dyeing_source,
    steel_source,
    with_answers,
    without_months,
)
from tests.unit.dossiers.documents import demo_answers, is_rebuilt_from_json, printed, tables

ANSWERS: dict[str, Any] = dict(demo_answers("carbon_management", "dyeing"))


@pytest.fixture(scope="module")
def source() -> Source:
    return dyeing_source("carbon_management", answers=ANSWERS)


def engine(year: int) -> YearResult:
    """A year of the mill, counted by the engine from the filed amounts."""
    months = [{"month": str(month), **dyeing_payload(month)} for month in _months(year)]
    for month in months:
        del month["guideline"]
    return calculate_year({"guideline": DYEING_GUIDELINE, "months": months})


def _months(year: int) -> list[Month]:
    return [Month(year, place) for place in range(1, 13)]


def test_categories_one_and_two_are_the_engines_lines(source: Source) -> None:
    year = engine(2026)
    contents = assemble(source)
    figures = {figure.key: figure.value for figure in contents.figures}
    assert figures["category_1"] == year.subtotals["fuel"]
    assert figures["category_2"] == year.subtotals["electricity"] + year.subtotals["steam"]
    assert figures["total"] == year.total + Decimal("186.42")
    found = tables(contents.data)
    assert [row[1] for row in found["类别与显著性"]] == [
        str(figures["category_1"]),
        str(figures["category_2"]),
        *("186.42", "—", "—", "—"),
        str(figures["total"]),
    ]
    assert [row[6] for row in found["排放源、活动数据与因子"]] == [
        *(str(line.summed) for line in year.lines),
        str(year.total),
    ]


def test_each_month_stands_with_its_receipt_and_its_two_categories(source: Source) -> None:
    year = engine(2026)
    *rows, whole = tables(assemble(source).data)["采用的月度记录"]
    for row, entry in zip(rows, source.months, strict=True):
        assert row[:3] == [str(entry.month), "V1", entry.receipt_number]
        assert Decimal(row[3]) + Decimal(row[4]) == Decimal(row[5]) == year.months[str(entry.month)].total
    assert Decimal(whole[5]) == year.total


def test_products_of_a_steel_works_lower_its_direct_emissions_and_there_is_no_second_category() -> None:
    steel = steel_source("carbon_management", answers={**ANSWERS, "indirect": ()})
    contents = assemble(steel)
    figures = {figure.key: figure.value for figure in contents.figures}
    assert figures["category_1"] == figures["total"] == Decimal("14444855.21")
    assert "category_2" not in figures
    assert "others" not in figures
    row = tables(contents.data)["类别与显著性"][1]
    assert row[1:] == ["—", "全部量化", "none:没有排放源"]
    assert any("只计二氧化碳" in note for note in contents.data["chapters"][3]["notes"])


@pytest.mark.parametrize(
    ("base_year", "given", "expected", "origin"),
    [
        ("2026", "", None, "本年度十二个已受理月份"),
        ("2025", "41250.36", None, "2025 年十二个已受理月份"),
        ("2021", "41250.36", "41250.36", "企业填报"),
    ],
)
def test_the_base_year_comes_from_months_where_they_are_there(
    source: Source, base_year: str, given: str, expected: str | None, origin: str
) -> None:
    wanted = engine(int(base_year)).total if expected is None else Decimal(expected)
    contents = assemble(with_answers(source, base_year=base_year, base_emissions=given))
    assert contents.figures[-1].value == wanted
    assert origin in json.dumps(contents.data, ensure_ascii=False)


def test_a_base_year_without_emissions_is_refused(source: Source) -> None:
    for held in (
        with_answers(source, base_year="2021", base_emissions=""),
        replace(with_answers(source, base_emissions=""), earlier_months=source.earlier_months[:11]),
    ):
        with pytest.raises(Invalid) as refused:
            assemble(held)
        assert refused.value.path == "base_emissions"


@pytest.mark.parametrize("words", ["", "去年", "25", "²0²5", "20255"])
def test_a_base_year_that_is_none_is_refused(source: Source, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        assemble(with_answers(source, base_year=words))
    assert refused.value.path == "base_year"


def test_what_is_significant_and_not_quantified_is_waiting_not_zero(source: Source) -> None:
    rows = tables(assemble(source).data)["类别与显著性"]
    assert [row[3] for row in rows[2:6]] == [
        "met:已量化", "notice:待量化", "none:未量化", "none:未量化"
    ]  # fmt: skip
    zero = [{**ANSWERS["indirect"][1], "amount": "0"}]
    rows = tables(assemble(with_answers(source, indirect=zero)).data)["类别与显著性"]
    assert rows[3][1:] == ["0", "显著", "met:已量化"]


def test_missing_months_and_wrong_amounts_are_refused_at_their_place(source: Source) -> None:
    with pytest.raises(Invalid) as refused:
        assemble(without_months(source, 5))
    assert refused.value.path == "months"
    wrong = [{**ANSWERS["indirect"][0], "amount": "约 180"}]
    with pytest.raises(Invalid) as refused:
        assemble(with_answers(source, indirect=wrong))
    assert refused.value.path == "indirect[0].amount"


def asked(source: Source) -> set[str]:
    """Checks that do not pass."""
    told = {
        "enterprise": {"name": source.enterprise.name, "uscc": source.enterprise.uscc},
        "dossier": {
            "expected_months": 12, "accepted_months": len(source.months), "unverified": 0, "open_findings": 0,
            **facts(source),
        },
    }  # fmt: skip
    outcomes = run(load_pack("carbon-management"), told)
    return {outcome.check_id for outcome in outcomes if outcome.outcome != "passed"}


def test_the_content_check_wants_every_category_and_every_clause(source: Source) -> None:
    assert asked(source) == set()
    assert asked(with_answers(source, indirect=ANSWERS["indirect"][:3])) == {"CK-CM-003"}
    assert asked(with_answers(source, clauses=ANSWERS["clauses"][1:])) == {"CK-CM-005"}
    twice = [*ANSWERS["clauses"][1:], ANSWERS["clauses"][1]]
    assert asked(with_answers(source, clauses=twice)) == {"CK-CM-005"}
    assert asked(with_answers(source, base_year=" ")) == {"CK-CM-004"}
    assert asked(without_months(source, 12)) == {"CK-CM-002"}


def test_the_gases_are_told_apart_from_unrounded_lines(source: Source) -> None:
    ((gas, direct, indirect),) = tables(assemble(source).data)["各气体的量"]
    year = engine(2026)
    unrounded = sum(
        line.unrounded for month in year.months.values() for line in month.lines if line.id == "S-01"
    )
    assert gas == "CO2"
    assert Decimal(direct) == round(unrounded, 2)
    assert abs(Decimal(indirect) - year.subtotals["electricity"] - year.subtotals["steam"]) < Decimal("0.2")


def test_the_print_holds_every_figure_and_its_data_make_it_again(source: Source, font_cache: Path) -> None:
    data = assemble(source).data
    assert is_rebuilt_from_json("carbon_management", data)
    text = "".join(printed("carbon_management", data, font_cache).split())
    for caption in ("类别与显著性", "排放源、活动数据与因子", "类别 3–6", "各气体的量", "采用的月度记录"):
        for row in tables(data)[caption]:
            for cell in (words.partition(":")[2] if ":" in words else words for words in row):
                bare = "".join(cell.replace("^", "").split())
                assert bare in text or number(cell, 2) in text, cell
    assert "未核实" in text


def test_the_sample_has_the_shape_of_what_is_assembled(source: Source) -> None:
    sample: Any = load_sample("carbon_management")
    data: Any = assemble(source).data
    assert set(sample) - {"document"} == set(data)
    for key in ("title", "clause"):
        assert [chapter.get(key) for chapter in sample["chapters"]] == [
            chapter.get(key) for chapter in data["chapters"]
        ]
    assert set(tables(sample)) == set(tables(data))
