"""The rules of the registration: what is missing, what is wrong, which task waits for which."""

from datetime import date
from typing import Any

import pytest

from portal.domain.registration import (
    Filed,
    GapKind,
    TaskState,
    fault_of,
    gaps_of,
    may_edit,
    tasks_of,
    uscc_is_right,
)
from portal.domain.registration_questions import CHOICES, SECTIONS, Kind, Question
from portal.domain.workflow import Decision, RegistrationState

TODAY = date(2026, 11, 22)
DRAFT, RETURNED = RegistrationState.DRAFT, RegistrationState.RETURNED


def filed(**answers: Any) -> dict[str, Filed]:
    """An application with these answers and nothing else."""
    return {key: Filed(answers.get(key, {})) for key in SECTIONS}


def questions_with_gaps(key: str, **answers: Any) -> list[tuple[str, str]]:
    """Question and kind of each gap of a section."""
    return [(gap.question, gap.kind.value) for gap in gaps_of(key, filed(**answers), TODAY)]


def test_a_uscc_with_a_wrong_last_place_is_wrong() -> None:
    assert uscc_is_right("91330502MA2B3C4D58")
    assert not uscc_is_right("91330502MA2B3C4D59")
    assert not uscc_is_right("91330502MA2B3C4D5")


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Kind.INDUSTRY, "3120", "312"),
        (Kind.PERMIT, "91330502MA2B3C4D58001P", "91330502MA2B3C4D58"),
        (Kind.OUTLET, "DA003", "da3"),
        (Kind.CODE, "MF#1_a", "炉 1"),
        (Kind.DATE, "2026-02-28", "2026-02-30"),
        (Kind.TEXT, "名", "名" * 201),
    ],
)
def test_each_kind_of_answer_has_its_shape(kind: Kind, right: str, wrong: str) -> None:
    question = Question("q", "问", kind)
    assert fault_of(question, right) == ""
    assert fault_of(question, wrong)


def test_everything_required_is_missing_at_first() -> None:
    wanted = {q.key for q in SECTIONS["enterprise"].questions if q.required}
    assert {name for name, kind in questions_with_gaps("enterprise") if kind == "missing"} == wanted


def test_a_question_that_is_not_raised_is_not_missing() -> None:
    assert questions_with_gaps("permit", permit={"category": "none"}) == []
    assert questions_with_gaps("service", service={"mode": "self"}) == []
    assert len(questions_with_gaps("permit", permit={"category": "key"})) == 3
    assert len(questions_with_gaps("service", service={"mode": "steward"})) == 4


def test_a_permit_that_has_run_out_is_wrong() -> None:
    permit = {
        "category": "key",
        "number": "91330502MA2B3C4D58001P",
        "valid_from": "2021-11-01",
        "valid_to": "2026-11-21",
    }
    assert questions_with_gaps("permit", permit=permit) == [("valid_to", "wrong")]
    assert questions_with_gaps("permit", permit=permit | {"valid_to": "2026-11-22"}) == []
    assert questions_with_gaps("permit", permit=permit | {"valid_to": "2021-10-01"}) == [
        ("valid_to", "wrong")
    ]


def test_a_list_wants_a_row_or_a_declaration_where_it_may_be_empty() -> None:
    assert questions_with_gaps("outlets") == [("", "missing")]
    assert questions_with_gaps("outlets", outlets={"rows": [], "none": True}) == []
    assert questions_with_gaps("sites", sites={"rows": [], "none": True}) == [("", "missing")]


def test_an_outlet_s_letters_must_fit_its_medium_and_its_site_must_be_there() -> None:
    row = {"id": "1", "code": "DW001", "name": "总排口", "medium": "air", "site": "1"}
    sites = {"rows": [{"id": "1", "name": "厂区", "address": "路"}]}
    assert questions_with_gaps("outlets", outlets={"rows": [row]}, sites=sites) == [("medium", "wrong")]
    right = row | {"medium": "water"}
    assert questions_with_gaps("outlets", outlets={"rows": [right]}, sites=sites) == []
    assert questions_with_gaps("outlets", outlets={"rows": [right]}) == [("site", "wrong")]


def test_a_code_is_used_once_at_a_site_by_treatment_and_production_together() -> None:
    sites = {"rows": [{"id": "1", "name": "厂区", "address": "路"}]}
    row = {"id": "1", "code": "A1", "name": "炉", "site": "1", "sources": ["heat"]}
    facilities = {"rows": [row, row | {"id": "2"}]}
    assert questions_with_gaps("facilities", facilities=facilities, sites=sites) == [("code", "wrong")]
    treatment = {"rows": [{"id": "1", "code": "A1", "name": "除尘", "site": "1"}]}
    assert questions_with_gaps(
        "facilities", facilities={"rows": [row]}, sites=sites, treatment=treatment
    ) == [("code", "wrong")]


def test_none_excludes_every_other_list() -> None:
    assert questions_with_gaps("key_units", key_units={"lists": ["none", "air"]}) == [("lists", "wrong")]
    assert questions_with_gaps("key_units", key_units={"lists": ["none"]}) == []


def test_a_second_firm_is_filled_in_whole_and_is_another_one() -> None:
    first = {
        "mode": "steward",
        "firm_1": "3",
        "scope_1": "both",
        "starts_1": "2026-12-01",
        "ends_1": "2027-11-30",
    }
    assert questions_with_gaps("service", service=first) == []
    assert ("ends_2", "missing") in questions_with_gaps("service", service=first | {"firm_2": "4"})
    second = {"firm_2": "3", "scope_2": "carbon", "starts_2": "2026-12-01", "ends_2": "2027-11-30"}
    assert questions_with_gaps("service", service=first | second) == [("firm_2", "wrong")]


def test_a_permit_file_is_wanted_only_where_there_is_a_permit() -> None:
    assert questions_with_gaps("evidence", evidence={"licence": [1]}) == [("permit", "missing")]
    assert questions_with_gaps("evidence", evidence={"licence": [1]}, permit={"category": "none"}) == []


def test_a_task_waits_for_others_and_says_for_which() -> None:
    tasks = {task.spec.key: task for task in tasks_of(DRAFT, filed(), TODAY)}
    assert tasks["sites"].state is TaskState.NOT_STARTED
    assert tasks["outlets"].state is TaskState.LOCKED
    assert tasks["outlets"].waits_for == ("sites",)
    assert not tasks["outlets"].editable
    sites = {"rows": [{"id": "1", "name": "厂区", "address": "路"}]}
    tasks = {task.spec.key: task for task in tasks_of(DRAFT, filed(sites=sites), TODAY)}
    assert tasks["sites"].state is TaskState.COMPLETE
    assert tasks["outlets"].state is TaskState.NOT_STARTED


def test_half_done_and_wrong_have_tags_of_their_own() -> None:
    people = {"signatory_name": "韩示例"}
    task = next(t for t in tasks_of(DRAFT, filed(people=people), TODAY) if t.spec.key == "people")
    assert (task.state, task.filled, task.wanted) == (TaskState.IN_PROGRESS, 1, 2)
    people["signatory_email"] = "x"
    task = next(t for t in tasks_of(DRAFT, filed(people=people), TODAY) if t.spec.key == "people")
    assert task.state is TaskState.NEEDS_ATTENTION
    assert task.gaps[0].kind is GapKind.WRONG


@pytest.mark.parametrize(
    ("state", "decision", "may"),
    [
        (DRAFT, Decision.UNDECIDED, True),
        (RETURNED, Decision.RETURN, True),
        (RETURNED, Decision.UNDECIDED, True),
        (RETURNED, Decision.ACCEPT, False),
        (RegistrationState.SUBMITTED, Decision.UNDECIDED, False),
        (RegistrationState.ACCEPTED, Decision.ACCEPT, False),
        (RegistrationState.REJECTED, Decision.RETURN, False),
    ],
)
def test_what_may_be_edited(state: RegistrationState, decision: Decision, may: bool) -> None:
    assert may_edit(state, decision) is may


def test_every_named_list_exists_or_is_passed_in() -> None:
    passed_in = {"guidelines", "firms", "sites", "outlets"}
    named = {q.choices for spec in SECTIONS.values() for q in spec.questions if q.choices}
    assert named - set(CHOICES) == passed_in


def test_every_section_waits_only_for_earlier_ones() -> None:
    order = list(SECTIONS)
    for key, spec in SECTIONS.items():
        assert all(order.index(other) < order.index(key) for other in spec.waits_for)
