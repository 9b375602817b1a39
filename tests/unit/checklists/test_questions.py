"""Questions: which are asked, what an answer means, how the score adds up, what the loader refuses."""

from datetime import date
from decimal import Decimal

import pytest

from checklists.loader import load_pack, pack_of
from checklists.model import CheckPack
from checklists.questions import asked, finding_of, is_valid, score, scores_by_area
from portal.domain.errors import PackError

DAY = date(2026, 11, 22)
TEXT = """\
id = "example"
version = "1"
title = "示例"
title_en = "Example"
body = "示例"
legal_status = "示例"
legal_status_en = "example"
source = "示例"
confidence = "unverified"
valid_from = 2026-01-01
occasion = "visit"

[[areas]]
code = "one"
title = "甲"
title_en = "One"

[[areas]]
code = "two"
title = "乙"
title_en = "Two"

[[questions]]
id = "Q-1"
area = "one"
clause = "1"
source = "示例"
confidence = "unverified"
text = "有没有？"
text_en = "Is there any?"
answer_type = "yes_no"
evidence = "文件"
evidence_en = "A file"
weight = 3
findings = [{ severity = "blocking", answers = ["no"] }]

[[questions]]
id = "Q-2"
area = "one"
clause = "1"
source = "示例"
confidence = "unverified"
text = "几次？"
text_en = "How often?"
answer_type = "number"
unit = "次"
evidence = "文件"
evidence_en = "A file"
weight = 2
findings = [
  { severity = "note", below = 2 },
  { severity = "explain", below = 1 },
  { severity = "note", above = 9 },
]
depends_on = { question = "Q-1", answers = ["yes"] }

[[questions]]
id = "Q-3"
area = "two"
clause = "1"
source = "示例"
confidence = "unverified"
text = "哪一天到期？"
text_en = "Which day does it end?"
answer_type = "date"
evidence = "文件"
evidence_en = "A file"
weight = 1
findings = [{ severity = "explain", expired = true }]

[[questions]]
id = "Q-4"
area = "two"
clause = "1"
source = "示例"
confidence = "unverified"
text = "怎样处理？"
text_en = "How is it treated?"
answer_type = "choice"
options = [{ code = "own", text = "自己", text_en = "Own" }, { code = "out", text = "委外", text_en = "Out" }]
evidence = "文件"
evidence_en = "A file"
weight = 1
findings = []
"""


@pytest.fixture(scope="module")
def pack() -> CheckPack:
    return pack_of(TEXT, "example/1.toml")


def test_a_question_is_asked_only_when_what_it_hangs_on_was_answered_so(pack: CheckPack) -> None:
    assert [one.id for one in asked(pack.questions, {})] == ["Q-1", "Q-3", "Q-4"]
    assert [one.id for one in asked(pack.questions, {"Q-1": "yes"})] == ["Q-1", "Q-2", "Q-3", "Q-4"]
    assert "Q-2" not in [one.id for one in asked(pack.questions, {"Q-1": "na"})]


@pytest.mark.parametrize(
    ("name", "answer", "severity"),
    [
        ("Q-1", "no", "blocking"), ("Q-1", "yes", None), ("Q-1", "na", None), ("Q-1", "maybe", None),
        ("Q-2", "2", None), ("Q-2", "1", "note"), ("Q-2", "0.5", "explain"), ("Q-2", "9", None),
        ("Q-2", "10", "note"), ("Q-2", "NaN", None), ("Q-2", "na", None),
        ("Q-3", "2026-11-22", None), ("Q-3", "2026-11-21", "explain"), ("Q-3", "soon", None),
        ("Q-4", "out", None),
    ],
)  # fmt: skip
def test_an_answer_makes_the_heaviest_finding_that_it_meets(
    pack: CheckPack, name: str, answer: str, severity: str | None
) -> None:
    assert finding_of(pack.question(name), answer, DAY) == severity


@pytest.mark.parametrize(
    ("name", "answer", "valid"),
    [
        ("Q-1", "yes", True), ("Q-1", "", False), ("Q-2", "3.5", True), ("Q-2", "three", False),
        ("Q-2", "Infinity", False), ("Q-3", "2026-02-30", False), ("Q-4", "own", True), ("Q-4", "x", False),
        ("Q-4", "na", True),
    ],
)  # fmt: skip
def test_an_answer_suits_its_question_or_not(pack: CheckPack, name: str, answer: str, valid: bool) -> None:
    assert is_valid(pack.question(name), answer) is valid


def test_the_score_adds_up_what_was_answered_and_leaves_out_na(pack: CheckPack) -> None:
    answers = {"Q-1": "yes", "Q-2": "0", "Q-3": "na"}
    found = score(pack.questions, answers, DAY)
    assert (found.met, found.asked, found.open) == (3, 5, 1)
    assert found.share == Decimal("0.6")
    assert score(pack.questions, {"Q-1": "na"}, DAY).share is None
    areas = scores_by_area(pack.questions, answers, DAY)
    assert (areas["one"].met, areas["one"].asked) == (3, 5)
    assert (areas["two"].asked, areas["two"].open) == (0, 1)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('area = "two"', 'area = "three"', "Q-3.area"),
        ("weight = 3", "weight = 9", "Q-1.weight"),
        ('answers = ["no"]', 'answers = ["own"]', "Q-1.findings[0]"),
        ("below = 2", "expired = true", "Q-2.findings[0]"),
        (", expired = true", "", "Q-3.findings[0]"),
        ('question = "Q-1"', 'question = "Q-4"', "Q-2.depends_on"),
        ('answers = ["yes"] }', 'answers = ["own"] }', "Q-2.depends_on"),
        ('answer_type = "choice"', 'answer_type = "yes_no"', "Q-4.options"),
        ('id = "Q-2"', 'id = "Q-1"', "Q-1.id"),
        (', text_en = "Own"', "", "Q-4.options[0].text_en"),
        ('text = "几次？"', "", "Q-2.text"),
        ('unit = "次"', 'units = "次"', "Q-2.units"),
        ('occasion = "visit"', 'occasion = "party"', "occasion"),
        ('title_en = "Two"', "", "areas[1].title_en"),
    ],
)
def test_a_wrong_question_is_told_with_its_key(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(PackError) as wrong:
        pack_of(TEXT.replace(old, new, 1), "example/1.toml")
    assert wrong.value.path == key
    assert "example/1.toml" in str(wrong.value)


@pytest.mark.parametrize("name", ["carbon-steward-visit", "environment-steward-visit", "annual-disclosure"])
def test_every_shipped_question_is_cited_bilingual_and_weighed(name: str) -> None:
    pack = load_pack(name)
    assert {question.area for question in pack.questions} == {area.code for area in pack.areas}
    for question in pack.questions:
        assert question.clause
        assert len(question.source) > len("CETS-AG") or question.source.endswith("法")
        assert question.text.endswith("？")
        assert question.text_en.endswith("?")
        english = question.text_en + question.evidence_en + "".join(o.text_en for o in question.options)
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in english)


def test_the_library_holds_no_question_twice() -> None:
    names = [
        q.id
        for name in ("carbon-steward-visit", "environment-steward-visit")
        for q in load_pack(name).questions
    ]
    assert len(names) == len(set(names)) == 159
