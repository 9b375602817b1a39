"""A visit's moves, and which of several answers counts."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from portal.domain.access import GRANTS, OrganisationKind, Permission, Role
from portal.domain.access import ROLE_KINDS as KINDS
from portal.domain.errors import Refused
from portal.domain.visits import (
    TRANSITIONS,
    Given,
    InspectionAction,
    InspectionState,
    answers_in_force,
    moment_given,
    next_state,
)

S, A = InspectionState, InspectionAction
NOON = datetime(2026, 11, 12, 4, 0, tzinfo=UTC)


def given(identity: int, minutes: int, value: str = "yes", question: str = "Q") -> Given:
    return Given(identity, question, value, "", NOON + timedelta(minutes=minutes), "李示例")


def test_a_visit_goes_from_answers_over_the_visitors_signature_to_the_enterprises() -> None:
    assert next_state(S.OPEN, A.ANSWER) is S.OPEN
    assert next_state(S.OPEN, A.FINISH) is S.VISITOR_SIGNED
    assert next_state(S.VISITOR_SIGNED, A.CONFIRM) is S.SIGNED


@pytest.mark.parametrize("action", list(A))
def test_nothing_moves_a_signed_visit(action: InspectionAction) -> None:
    with pytest.raises(Refused, match="双方已签字"):
        next_state(S.SIGNED, action)


def test_after_the_visitors_signature_nothing_is_answered_until_it_is_taken_back() -> None:
    with pytest.raises(Refused, match="撤回签字"):
        next_state(S.VISITOR_SIGNED, A.ANSWER)
    assert next_state(S.VISITOR_SIGNED, A.REOPEN) is S.OPEN


def test_the_enterprise_cannot_sign_first() -> None:
    with pytest.raises(Refused):
        next_state(S.OPEN, A.CONFIRM)


def test_only_people_of_the_enterprise_sign_for_it_and_none_of_them_conducts() -> None:
    assert TRANSITIONS[S.VISITOR_SIGNED, A.CONFIRM][1] is Permission.VISIT_SIGN
    for role, held in GRANTS.items():
        enterprise = KINDS[role] is OrganisationKind.ENTERPRISE
        assert (Permission.VISIT_SIGN in held) is enterprise
        assert not (enterprise and Permission.VISIT_CONDUCT in held)
    assert Permission.DRAW_CONDUCT not in GRANTS[Role.STEWARD_LEAD]


def test_the_answer_given_last_counts_in_whatever_order_they_arrive() -> None:
    answers = [given(1, 0, "yes"), given(2, 9, "no"), given(3, 5, "na")]
    for order in permutations(answers):
        assert answers_in_force(order)["Q"].value == "no"


def test_of_two_given_in_the_same_moment_the_one_received_last_counts() -> None:
    assert answers_in_force([given(2, 0, "no"), given(1, 0, "yes")])["Q"].value == "no"


def test_answers_of_other_questions_do_not_matter() -> None:
    found = answers_in_force([given(1, 0, "yes", "A"), given(2, 1, "no", "B")])
    assert {key: one.value for key, one in found.items()} == {"A": "yes", "B": "no"}


def test_how_long_an_answer_waited_decides_and_no_clock_of_a_phone() -> None:
    assert moment_given(NOON, 90_000) == NOON - timedelta(seconds=90)
    assert moment_given(NOON, -5) == NOON
