"""What the content check of a dossier is told, and what keeps a dossier from being complete."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from checklists.vocabulary import ROOTS, SHAPES, Word
from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.dossiers.source import AcceptedMonth, EnterpriseFacts, FindingFacts, Source
from portal.queries.dossier_checks import check_contents, due_on, facts_of, open_questions
from portal.reference.dossiers import kinds, load_kind

ENTERPRISE = EnterpriseFacts(
    name="示例企业",
    uscc="91330500MA00000000",
    district="330502",
    legal_representative="顾示例",
    address="示例路 1 号",
    industry_code="1713",
    industry_name="棉印染精加工",
    contact_name="沈示例",
    contact_phone="0572-0000000",
    ets_member=False,
    guideline="industry-other-2015",
    key_unit_lists=("示例名录",),
    permits=(
        {"number": "P1", "category": "key", "valid_from": date(2025, 1, 1), "valid_to": date(2029, 12, 31)},
    ),
    facilities=(
        {
            "code": "TA001",
            "name": "除尘",
            "purpose": "treatment",
            "model": "",
            "outlet": "DA001",
            "sources": [],
        },
    ),
    outlets=({"code": "DA001", "name": "废气", "medium": "air"},),
)


def row(value: str | None) -> dict[str, str | None]:
    return {"key": "amount", "value": value, "origin": "typed", "acquisition": "measured"}


CONTENT: Mapping[str, Any] = {
    "calculation": {
        "total": "3301.5",
        "output": {"amount": "310"},
        "intensity": "10.65",
        "unverified": ["S-01", "S-02"],
        "lines": [],
    },
    "streams": [
        {"category": "pollutant", "item": "二氧化硫", "rows": [row("0.8")]},
        {"category": "pollutant", "item": "颗粒物", "rows": [row(None)]},
        {"category": "fuel", "item": "天然气", "rows": [row("9")]},
    ],
    "evaluation": {"passed": 1, "undecidable": 0},
}


def month(year: int, number: int) -> AcceptedMonth:
    return AcceptedMonth(Month(year, number), number, number, 1, "0", "R", CONTENT)


@pytest.fixture
def source() -> Source:
    finding = FindingFacts("GAP-1", "差距", "explain", "open", "第 1 条", "2026-07", None)
    return Source(
        kind=load_kind("quality_report"),
        enterprise=ENTERPRISE,
        subject="2026-Q3",
        edition=1,
        first=Month(2026, 7),
        last=Month(2026, 9),
        months=(month(2026, 7), month(2026, 9)),
        earlier_months=(month(2025, 7),),
        findings=(finding, replace(finding, number="GAP-2", state="closed")),
        answers={},
        prepared_on=date(2026, 11, 22),
    )


def unknown(told: Mapping[str, Any], words: Mapping[str, Word], path: str = "") -> list[str]:
    """Paths of told facts for which the vocabulary has no word."""
    found = []
    for key, value in told.items():
        word = words.get(key)
        if word is None:
            found.append(f"{path}{key}")
            continue
        _, _, shape = word.kind.partition(":")
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            if isinstance(row, Mapping):
                found += unknown(row, SHAPES[shape], f"{path}{key}.")
    return found


def test_every_fact_is_a_word_that_checks_know(source: Source) -> None:
    assert unknown(facts_of(source, open_questions(source), None), ROOTS) == []


def test_months_are_told_accepted_or_not_with_their_figures(source: Source) -> None:
    facts = facts_of(source, (), None)
    july, august, _ = facts["year"]["months"]
    assert (july["filed"], july["total"], july["output"]) == (True, Decimal("3301.5"), Decimal(310))
    assert (august["filed"], august["total"]) == (False, None)
    assert [entry["filed"] for entry in facts["year"]["previous_months"]] == [True, False, False]
    assert [row["value"] for row in facts["year"]["pollutants"][:2]] == [Decimal("0.8"), None]
    told = facts["dossier"]
    assert (told["expected_months"], told["accepted_months"], told["unverified"]) == (3, 2, 4)
    assert told["open_findings"] == 1
    assert "year" not in facts_of(replace(source, first=None, last=None, months=()), (), None)


def test_everything_that_is_missing_is_told_at_once(source: Source) -> None:
    check = check_contents(source)
    assert not check.passed
    assert {failure.code for failure in check.failures} == {"unanswered", "check", "invalid"}
    assert check.problem is not None
    assert "2026-08" in str(check.problem)
    assert check.done < check.total


def test_a_refusal_of_the_extras_is_told_and_the_page_still_stands(source: Source) -> None:
    refused = Invalid("产品系统没有解", path="system")
    check = check_contents(replace(source, refusal=refused))
    assert check.contents is None
    assert str(check.problem) == "产品系统没有解"


def test_a_due_day_lies_in_the_year_after_the_period() -> None:
    assert due_on((3, 15), Month(2026, 12)) == date(2027, 3, 15)
    assert due_on((3, 15), None) is None
    assert due_on(None, Month(2026, 12)) is None


def test_every_kind_has_a_title_a_pack_and_questions_with_a_source() -> None:
    assert len({kind.prefix for kind in kinds()}) == len(kinds())
    for kind in kinds():
        assert kind.title != kind.title_en
        assert all(question.source.title for question in kind.questions)
        assert set(kind.bases) <= {other.id for other in kinds()}
