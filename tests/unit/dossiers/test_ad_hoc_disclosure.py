"""The ad-hoc disclosure: five working days from the receipt, wrong answers told at their place."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import Invalid
from portal.dossiers.ad_hoc_disclosure import assemble, due_on, facts
from portal.dossiers.source import Source
from portal.queries.dossier_checks import check_contents
from tests.factories.dossiers import dyeing_source, steel_source, with_answers
from tests.unit.dossiers.documents import (
    blocks,
    demo_answers,
    is_rebuilt_from_json,
    printed,
    titles,
    words,
)

KIND = "ad_hoc_disclosure"


@pytest.fixture
def penalty() -> Source:
    answers = demo_answers(KIND, "steel")
    return steel_source(KIND, subject="示例行政处罚", answers=answers, prepared_on=date(2026, 11, 20))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 16), date(2026, 11, 23)),  # a weekend lies between
        (date(2026, 9, 29), date(2026, 10, 12)),  # the National Day week, and a Saturday that is worked
        (date(2026, 11, 14), date(2026, 11, 20)),  # received on a Saturday
    ],
)
def test_the_last_day_is_the_fifth_working_day_after_the_receipt(received: date, due: date) -> None:
    assert due_on(received) == due


def test_the_document_tells_how_the_deadline_was_counted(penalty: Source) -> None:
    said = words(assemble(penalty).data)
    assert "2026-11-16 收到，次日起算第 5 个工作日为 2026-11-23" in said
    assert "编制日 2026-11-20 为第 4 个工作日，在时限之内" in said
    late = words(assemble(replace(penalty, prepared_on=date(2026, 11, 24))).data)
    assert "编制日 2026-11-24 为第 6 个工作日，已过时限" in late


def test_it_rests_on_no_month_and_has_no_figure_to_compare(penalty: Source) -> None:
    assert penalty.months == ()
    assert assemble(penalty).figures == ()


@pytest.mark.parametrize("place", ["steel", "dyeing"])
def test_the_answers_of_the_demo_make_a_complete_document(place: str) -> None:
    make = {"steel": steel_source, "dyeing": dyeing_source}[place]
    source = make(KIND, subject="示例", answers=demo_answers(KIND, place), prepared_on=date(2026, 11, 20))
    assert check_contents(source).failures == ()


def test_measures_are_told_with_their_state_and_may_be_missing(penalty: Source) -> None:
    states = [row[2] for row in blocks(assemble(penalty).data)["措施"]["rows"]]
    assert states == ["met:已完成", "notice:进行中"]
    without = assemble(with_answers(penalty, measures=[])).data
    assert "没有需要整改的内容" in words(without)


def test_an_event_that_was_not_seen_in_the_text_is_marked(penalty: Source) -> None:
    assert "未核实办法原文" not in words(assemble(penalty).data)
    assert "未核实办法原文" in words(assemble(with_answers(penalty, event="emergency")).data)


@pytest.mark.parametrize(
    ("key", "answer", "path"),
    [
        ("received_on", "", "received_on"),
        ("received_on", "11月16日", "received_on"),
        ("penalty_amount", "一万", "penalty_amount"),
        ("penalty_amount", "NaN", "penalty_amount"),
        ("event", "party", "event"),
        ("measures", "换标识", "measures"),
        ("reason", [{"a": "b"}], "reason"),
        ("measures", [{"measure": "换", "done_on": "昨天", "state": "done"}], "measures[0].done_on"),
        ("measures", [{"measure": 3, "state": "done"}], "measures[0]"),
    ],
)
def test_a_wrong_answer_is_told_at_its_place(penalty: Source, key: str, answer: Any, path: str) -> None:
    with pytest.raises(Invalid) as raised:
        assemble(with_answers(penalty, **{key: answer}))
    assert raised.value.path == path


def test_the_facts_for_its_check_never_raise(penalty: Source) -> None:
    assert facts(penalty)["due_on"] == date(2026, 11, 23)
    assert facts(with_answers(penalty, received_on=""))["due_on"] is None
    assert facts(with_answers(penalty, received_on="gestern")) == {}


def test_a_measure_without_its_state_keeps_it_from_being_complete(penalty: Source) -> None:
    half = with_answers(penalty, measures=[{"measure": "示例", "done_on": "", "state": ""}])
    assert [entry["key"] for entry in facts(half)["lacking"]] == ["measures"]
    assert [failure.params["check"] for failure in check_contents(half).failures] == ["措施逐项写全"]


def test_what_is_printed_is_what_was_answered(penalty: Source, font_cache: Path) -> None:
    data = assemble(penalty).data
    text = printed(KIND, data, font_cache)
    for word in (
        "示例行政处罚决定书",
        "10,000.00 元",
        "2026-11-23",
        "示环罚〔示例〕12号",
        "更换贮存场所标识",
    ):
        assert word in text
    assert titles(data) == ["披露事项", "事项说明", "整改情况"]
    assert is_rebuilt_from_json(KIND, data)
