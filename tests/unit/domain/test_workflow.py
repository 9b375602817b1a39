"""The moves of a month: what the table allows, with which guards, and that nothing else moves."""

from itertools import pairwise, product

import pytest

from portal.domain.access import GRANTS, Permission, Role
from portal.domain.errors import Refused
from portal.domain.workflow import TRANSITIONS, Guard, RecordAction, RecordState, next_step

S, A, G = RecordState, RecordAction, Guard
READY = {
    *(G.EVALUATED_ON_THIS_DATA, G.NO_BLOCKING_FINDING, G.EXPLANATIONS_GIVEN, G.SECTIONS_COMPLETE),
    *(G.EVIDENCE_PRESENT, G.RETURNED_SECTIONS_ANSWERED),
}
MAIN_WAY = [
    (S.NOT_STARTED, A.START),
    (S.DRAFT, A.MARK_READY),
    (S.READY_FOR_SIGNOFF, A.SIGN),
    (S.SUBMITTED, A.TAKE),
    (S.UNDER_REVIEW, A.RETURN),
    (S.RETURNED, A.AMEND),
    (S.DRAFT, A.MARK_READY),
    (S.READY_FOR_SIGNOFF, A.SIGN),
    (S.SUBMITTED, A.TAKE),
    (S.UNDER_REVIEW, A.PROPOSE_ACCEPTANCE),
    (S.PENDING_COUNTERSIGN, A.AGREE),
    (S.ACCEPTED, A.REQUEST_RESTATEMENT),
    (S.RESTATEMENT_REQUESTED, A.GRANT_RESTATEMENT),
]


def test_the_main_way_leads_from_one_state_to_the_next() -> None:
    for (state, action), (following, _) in pairwise(MAIN_WAY):
        assert next_step(state, action).to is following
    assert next_step(*MAIN_WAY[-1]).to is S.DRAFT


@pytest.mark.parametrize(("state", "action"), [pair for pair in product(S, A) if pair not in TRANSITIONS])
def test_what_is_not_in_the_table_does_not_move(state: RecordState, action: RecordAction) -> None:
    with pytest.raises(Refused) as caught:
        next_step(state, action)
    assert caught.value.params == {"state": state.value}


def test_every_action_every_guard_and_every_state_is_used() -> None:
    assert {action for _, action in TRANSITIONS} == set(A)
    assert {guard for step in TRANSITIONS.values() for guard in step.guards} == set(G)
    assert {state for state, _ in TRANSITIONS} | {step.to for step in TRANSITIONS.values()} == set(S)


def test_every_state_can_be_reached_and_left() -> None:
    reached, seen = {S.NOT_STARTED}, set[RecordState]()
    while reached - seen:
        state = (reached - seen).pop()
        seen.add(state)
        reached |= {RecordState(step.to) for (origin, _), step in TRANSITIONS.items() if origin is state}
    assert seen == set(S)
    assert {state for state, _ in TRANSITIONS} == set(S)


def test_signing_asks_everything_that_handing_over_asked_and_the_statements() -> None:
    assert set(next_step(S.DRAFT, A.MARK_READY).guards) == READY
    assert set(next_step(S.READY_FOR_SIGNOFF, A.SIGN).guards) == READY | {G.STATEMENTS_AGREED}


def test_only_a_signatory_holds_what_leads_to_submitted() -> None:
    leading = {
        step.permission
        for (state, _), step in TRANSITIONS.items()
        if step.to is S.SUBMITTED and state is not S.UNDER_REVIEW
    }
    assert leading == {Permission.RECORD_SIGN}
    assert [role for role in Role if Permission.RECORD_SIGN in GRANTS[role]] == [Role.ENTERPRISE_SIGNATORY]


def test_every_way_to_accepted_is_the_reviewers_and_needs_every_section_or_a_second_person() -> None:
    ways = {pair: step for pair, step in TRANSITIONS.items() if step.to is S.ACCEPTED}
    assert {step.permission for step in ways.values()} == {Permission.RECORD_REVIEW}
    assert G.ALL_SECTIONS_ACCEPTED in ways[S.UNDER_REVIEW, A.ACCEPT].guards
    assert G.IS_NOT_PROPOSER in ways[S.PENDING_COUNTERSIGN, A.AGREE].guards
    before = TRANSITIONS[S.UNDER_REVIEW, A.PROPOSE_ACCEPTANCE].guards
    assert set(before) >= {G.ALL_SECTIONS_ACCEPTED, G.NO_OPEN_QUESTION, G.NO_REVIEW_BLOCKING_FINDING}


def test_a_return_needs_all_sections_decided_and_one_returned() -> None:
    guards = set(next_step(S.UNDER_REVIEW, A.RETURN).guards)
    assert guards == {G.IS_ASSIGNEE, G.ALL_SECTIONS_DECIDED, G.A_SECTION_RETURNED, G.NO_OPEN_QUESTION}


def test_what_undoes_somebody_elses_work_needs_a_reason() -> None:
    for pair in (
        (S.READY_FOR_SIGNOFF, A.REOPEN),
        (S.SUBMITTED, A.RECALL),
        (S.UNDER_REVIEW, A.RELEASE),
        (S.PENDING_COUNTERSIGN, A.DISAGREE),
        (S.ACCEPTED, A.REQUEST_RESTATEMENT),
        (S.RESTATEMENT_REQUESTED, A.REFUSE_RESTATEMENT),
        (S.NOT_STARTED, A.EXEMPT),
    ):
        assert G.REASON_GIVEN in next_step(*pair).guards


def test_a_review_is_released_by_its_reviewer_with_nothing_left_open() -> None:
    step = next_step(S.UNDER_REVIEW, A.RELEASE)
    assert (step.to, step.permission) == (S.SUBMITTED, Permission.RECORD_REVIEW)
    assert set(step.guards) == {G.IS_ASSIGNEE, G.NO_OPEN_QUESTION, G.REASON_GIVEN}
    assert {state for state, action in TRANSITIONS if action is A.RELEASE} == {S.UNDER_REVIEW}


def test_data_are_saved_in_a_draft_only() -> None:
    assert [state for state, action in TRANSITIONS if action is A.SAVE] == [S.DRAFT]
    assert [state for state, action in TRANSITIONS if action is A.EVALUATE] == [S.DRAFT]
