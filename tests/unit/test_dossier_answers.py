"""Answers to a dossier's questions: read by kind, refused with their place."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from portal.domain.errors import Invalid
from portal.dossiers.source import Answer
from portal.reference.dossiers import Choice, Column, DossierKind, Question, QuestionSection, load_kind
from portal.reference.loader import Source
from portal.services.dossier_answers import MOST_ROWS, read_answers
from portal.services.dossier_signing import with_signers

SOURCE = Source("示例", "第 1 条", "unverified")
RED = Choice("red", "红", "Red")
COLUMNS = (
    Column("name", "名称", "Name", "text", (), required=True),
    Column("amount", "数量", "Amount", "amount", (), required=False),
)


def question(key: str, kind: str) -> Question:
    columns = COLUMNS if kind == "rows" else ()
    return Question(key, key, key, "", "", kind, "", False, (RED,), columns, SOURCE)


@pytest.fixture
def kind() -> DossierKind:
    """A kind with one question of each sort, named after its sort."""
    sorts = ("text", "lines", "amount", "date", "choice", "yes_no", "rows")
    section = QuestionSection("all", "全部", "All", tuple(question(sort, sort) for sort in sorts))
    return replace(load_kind("quality_report"), sections=(section,))


@pytest.mark.parametrize(
    ("key", "given", "kept"),
    [
        ("text", "  甲\n乙 ", "甲 乙"),
        ("text", "a\0b", "ab"),
        ("lines", " 甲\n乙 ", "甲\n乙"),
        ("amount", "1,234.50", "1234.50"),
        ("amount", "−5", "-5"),
        ("amount", "１２，３４５．６", "12345.6"),
        ("amount", "", ""),
        ("amount", "0", "0"),
        ("date", "2026-02-28", "2026-02-28"),
        ("choice", "red", "red"),
        ("yes_no", "no", "no"),
    ],
)
def test_an_answer_is_kept_as_its_kind_wants_it(kind: DossierKind, key: str, given: str, kept: str) -> None:
    assert read_answers(kind, {key: given}) == {key: kept}


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ({"amount": "1e5"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1,5"}, "amount"),
        ({"amount": "12 5"}, "amount"),
        ({"amount": "12 吨"}, "amount"),
        ({"amount": "9" * 40}, "amount"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "20260228"}, "date"),
        ({"choice": "blue"}, "choice"),
        ({"yes_no": "是"}, "yes_no"),
        ({"text": "长" * 501}, "text"),
        ({"lines": "长" * 8001}, "lines"),
        ({"unknown": "x"}, "unknown"),
        ({"text": [{"name": "x"}]}, "text"),
        ({"rows": "x"}, "rows"),
        ({"rows": [{"name": "甲"}, {"name": "乙", "amount": "多"}]}, "rows.1.amount"),
        ({"rows": [{"colour": "red"}]}, "rows.0"),
        ({"rows": [{"name": "x"}] * (MOST_ROWS + 1)}, "rows"),
    ],
)
def test_a_wrong_answer_is_refused_at_its_place(
    kind: DossierKind, answers: Mapping[str, Answer], path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_answers(kind, answers)
    assert refused.value.path == path


def test_rows_that_are_blank_all_through_are_dropped_and_short_ones_filled(kind: DossierKind) -> None:
    rows = [{"name": " ", "amount": ""}, {"name": "甲"}, {}]
    assert read_answers(kind, {"rows": rows}) == {"rows": [{"name": "甲", "amount": ""}]}


def test_the_signatory_stands_at_the_seal_and_nobody_else_is_named() -> None:
    def blank(role: str, **more: object) -> dict[str, object]:
        return {"role": role, "basis": "", "name": "", "signed_at": "", **more}

    data = {
        "signatures": [blank("编制"), blank("鉴定性评审"), blank("委托方批准", seal=True)],
        "statement": {"signers": [blank("企业负责人"), blank("环境保护负责人")]},
    }
    filled = with_signers(data, {"编制": ("沈", "2026-01-01T08:00:00+08:00"), "": ("顾", "2026-01-02")})
    assert [entry["name"] for entry in filled["signatures"]] == ["沈", "", "顾"]
    assert [entry["name"] for entry in filled["statement"]["signers"]] == ["顾", ""]
    assert data["signatures"][0]["name"] == ""  # type: ignore[index]  # the data that came in stay
