"""The public carbon-market tables: the engine's total, a verified one beside it, what is voluntary."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.calculation import calculate
from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.dossiers.carbon_market_disclosure import assemble, facts
from portal.dossiers.source import Source
from portal.queries.dossier_checks import check_contents
from reports.filters import as_given
from tests.factories.dossiers import (
    dyeing_source,
    steel_payload,
    steel_source,
    with_answers,
    without_months,
)
from tests.unit.dossiers.documents import (
    blocks,
    demo_answers,
    is_rebuilt_from_json,
    printed,
    titles,
    words,
)

KIND = "carbon_market_disclosure"
MONTHS = [Month(2026, number) for number in range(1, 13)]


@pytest.fixture(scope="module")
def steel() -> Source:
    return steel_source(KIND, answers=demo_answers(KIND, "steel"))


@pytest.fixture(scope="module")
def totals() -> list[Decimal]:
    """The months' totals as the engine gives them."""
    return [calculate(steel_payload(month)).total for month in MONTHS]


def test_the_published_total_is_the_engines(steel: Source, totals: list[Decimal]) -> None:
    contents = assemble(steel)
    found = blocks(contents.data)
    assert [row[1] for row in found["已受理的月度记录"]["rows"]] == [
        *map(str, totals),
        str(sum(totals, Decimal(0))),
    ]
    whole = sum(totals, Decimal(0)).to_integral_value(rounding="ROUND_HALF_UP")
    assert found["企业层级排放量"]["rows"] == [["企业层级二氧化碳排放总量", str(whole), "tCO2"]]
    assert {figure.key: figure.value for figure in contents.figures} == {
        "published": whole,
        "total": sum(totals),
    }


def test_a_verified_total_that_differs_stands_beside_the_sum_of_the_months(steel: Source) -> None:
    changes = {"total_state": "corrected", "verified_total": "14444000", "verified_reason": "示例原因"}
    data = assemble(with_answers(steel, **changes)).data
    rows = {row[0]: row[1] for row in blocks(data)["企业层级排放量"]["rows"]}
    filed = rows["月度记录汇总"]
    assert rows["企业层级二氧化碳排放总量"] == "14444000"
    assert Decimal(rows["差（公开值减汇总）"]) == Decimal(14444000) - Decimal(filed)
    assert "示例原因" in words(data)


def test_a_differing_total_that_is_announced_must_be_given(steel: Source) -> None:
    announced = with_answers(steel, total_state="corrected")
    with pytest.raises(Invalid) as raised:
        assemble(announced)
    assert raised.value.path == "verified_total"
    assert [entry["key"] for entry in facts(announced)["lacking"]] == ["verified_total", "verified_reason"]


def test_missing_months_are_named(steel: Source) -> None:
    with pytest.raises(Invalid, match="2026-02、2026-07") as raised:
        assemble(without_months(steel, 2, 7))
    assert raised.value.path == "months"


def test_reductions_are_published_only_when_wanted(steel: Source) -> None:
    assert "减排成效" in titles(assemble(steel).data)
    assert "减排成效" not in titles(assemble(with_answers(steel, voluntary="no")).data)


def test_no_change_is_said_only_when_each_answer_says_so(steel: Source) -> None:
    none = dict.fromkeys(("merged", "boundary", "systems", "scope", "other_changes"), "无")

    def lead(source: Source) -> str:
        chapters = assemble(source).data["chapters"]
        return str(next(chapter["lead"] for chapter in chapters if chapter["clause"] == "表 D.3"))

    assert lead(with_answers(steel, **none)) == "各项均无变化。"
    assert lead(with_answers(steel, **(none | {"scope": ""}))) == "—"
    assert "主要生产系统" in lead(steel)


def test_the_shape_of_another_guideline_is_marked_as_not_seen() -> None:
    dyeing = assemble(dyeing_source(KIND, answers=demo_answers(KIND, "dyeing"))).data
    assert "公开表式未见，未核实" in words(dyeing)
    assert blocks(dyeing)["企业层级排放量"]["rows"][0][2] == "tCO2e"


def test_the_check_lets_only_members_of_the_market_publish(steel: Source) -> None:
    assert check_contents(steel).failures == ()
    dyeing = dyeing_source(KIND, answers=demo_answers(KIND, "dyeing"))
    failures = check_contents(dyeing).failures
    assert [failure.params["check"] for failure in failures] == ["纳入全国碳排放权交易市场"]


@pytest.mark.parametrize(
    ("key", "answer", "path"),
    [
        ("total_state", "maybe", "total_state"),
        ("verified_total", "many", "verified_total"),
        ("reductions", [{"measure": "示例", "investment": "x"}], "reductions[0].investment"),
        ("firms", "示例公司", "firms"),
    ],
)
def test_a_wrong_answer_is_told_at_its_place(steel: Source, key: str, answer: Any, path: str) -> None:
    wrong = with_answers(steel, **{key: answer})
    with pytest.raises(Invalid) as raised:
        assemble(wrong)
    assert raised.value.path == path
    assert facts(wrong) == {}


def test_the_print_holds_every_figure_of_the_engine(steel: Source, font_cache: Path) -> None:
    data = assemble(steel).data
    text = printed(KIND, data, font_cache)
    for month in MONTHS:
        assert as_given(calculate(steel_payload(month)).total) in text
    for row in blocks(data)["按排放源"]["rows"]:
        assert as_given(row[5]) in text
    assert is_rebuilt_from_json(KIND, data)
