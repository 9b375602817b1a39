"""What is typed into the authoring form: read as TOML has it, and refused when it is hostile."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from checklists.drafts import faults, library_draft
from portal.web.check_pack_entries import check_data, check_raw, question_data, question_raw, shown, value_of
from tests.factories.packs import NEW_CHECK

PARENT = library_draft("carbon-data-quality")


def typed(**changes: Any) -> dict[str, Any]:
    """The mapping of the form of an honest check with some fields typed over."""
    return check_raw({**check_data(NEW_CHECK), **changes})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("0.10", Decimal("0.10")),
        ("true", True),
        ("2026-10-01", date(2026, 10, 1)),
        ('["a", 1.5]', ["a", Decimal("1.5")]),
        ("{ a = 1 }", {"a": 1}),
        ("吨", "吨"),
        ("1\nx = 2", "1\nx = 2"),
        ("1e999999999", "1e999999999"),
        ("[1e-999999999]", "[1e-999999999]"),
        ("nan", "nan"),
        ("9" * 5000, "9" * 5000),
        ("[" * 400 + "]" * 400, "[" * 400 + "]" * 400),
        ("{a=" * 300, "{a=" * 300),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_value_is_read_as_typed_and_a_monstrous_one_stays_a_text(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)
    assert value_of(shown(value)) == value


@pytest.mark.parametrize("pack", ["carbon-steward-visit", "environment-steward-visit"])
def test_every_shipped_question_comes_back_from_its_form_as_it_was(pack: str) -> None:
    for question in library_draft(pack)["questions"]:
        assert question_raw(question_data(question)) == question


def test_a_question_keeps_each_of_its_rules_in_the_form() -> None:
    question = next(
        one for one in library_draft("carbon-steward-visit")["questions"] if one["answer_type"] == "yes_no"
    )
    rules = [{"severity": "blocking", "answers": ["no"]}, {"severity": "note", "answers": ["partly", "na"]}]
    question = {**question, "findings": rules}
    assert question_raw(question_data(question)) == question
    shorter = question_data(question)
    shorter["rules"][0]["severity"] = ""
    assert question_raw(shorter)["findings"] == rules[1:]


DEEP = "(" * 400 + "1" + ")" * 400 + " > 0"
HOSTILE = (
    *("9 ** 9 ** 9 ** 9 > 1", "1 << 99999 > 0", "'a' * 100000000 == ''", f"{'9' * 900} > 1"),
    *(DEEP, "not " * 240 + "true", "1 + " * 240 + "1 > 0", "row.required and " * 60 + "row.required"),
    *("a" * 5_000, "a" * 200_000, "'" + "x" * 900 + "' == ''", "((((((((((" * 10_000),
    *("row.__class__ == 1", "__import__('os').system('true')", "open('x') == 1", "row.value.real > 0"),
    *("rows[0].value > 1", "[r for r in rows] == 1", "(lambda: 1)() == 1", "f'{row.name}' == ''"),
    "all(all(all(all(a.value > 1 for a in nothing) for b in rows) for c in rows) for d in rows)",
)


@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: source[:24])
@pytest.mark.parametrize("place", ["expression", "applies", "message", "let"])
def test_a_hostile_expression_is_refused_in_every_field_of_the_form(place: str, source: str) -> None:
    written = {"expression": source, "applies": source, "message": f"{{{source}}}", "let": f"x = {source}"}
    found = faults(PARENT, "checks", typed(**{place: written[place]}))
    assert found
    assert found[0].key.partition(".")[0] == place


@pytest.mark.parametrize("value", ["1e999999999", "-1e999999999", "nan", "9" * 5000, "[" * 900])
def test_a_monstrous_setting_is_refused(value: str) -> None:
    setting = {**check_data(NEW_CHECK)["settings"][0], "value": value}
    assert faults(PARENT, "checks", typed(settings=[setting]))


@pytest.mark.parametrize(
    "path", ["rows[99999999999]", "rows[[[[[[", "__class__.__init__", "=", "rows[+][+][+]"]
)
def test_a_monstrous_path_of_a_case_breaks_nothing(path: str) -> None:
    case = {"name": "怪", "outcome": "failed", "at": "", "says": "", "changes": f"{path} = 1\n- {path}"}
    cases = [*check_data(NEW_CHECK)["cases"], case]
    assert isinstance(faults(PARENT, "checks", typed(cases=cases)), tuple)
