"""The moves of a finding: what the table allows, and that nothing else moves."""

from itertools import pairwise, product

import pytest

from portal.domain.access import GRANTS, Permission, Role
from portal.domain.errors import Refused
from portal.domain.workflow import FINDING_TRANSITIONS, FindingAction, FindingState, next_finding_state

F, D = FindingState, FindingAction
LIVES = [
    [(F.OPEN, D.RESPOND), (F.RESPONDED, D.RETURN), (F.RETURNED, D.RESPOND), (F.RESPONDED, D.CLOSE)],
    [(F.OPEN, D.EXPLAIN), (F.EXPLAINED, D.REOPEN), (F.OPEN, D.CLOSE_BY_CHECK), (F.CLOSED, D.REOPEN)],
    [(F.OPEN, D.ASK_WAIVER), (F.WAIVER_ASKED, D.REFUSE_WAIVER), (F.OPEN, D.WAIVE), (F.WAIVED, D.END_WAIVER)],
    [(F.OPEN, D.DISMISS), (F.CLOSED, D.CONFIRM_LOOK_BACK), (F.CLOSED, D.FAIL_LOOK_BACK), (F.OPEN, D.RESPOND)],
]


@pytest.mark.parametrize("life", LIVES)
def test_each_life_leads_from_one_state_to_the_next(life: list[tuple[FindingState, FindingAction]]) -> None:
    for (state, action), (following, _) in pairwise(life):
        assert next_finding_state(state, action) is following


@pytest.mark.parametrize(
    ("state", "action"), [pair for pair in product(F, D) if pair not in FINDING_TRANSITIONS]
)
def test_what_is_not_in_the_table_does_not_move(state: FindingState, action: FindingAction) -> None:
    with pytest.raises(Refused) as caught:
        next_finding_state(state, action)
    assert caught.value.params == {"state": state.value}


def test_every_act_is_used_and_every_state_is_left_and_reached() -> None:
    assert {action for _, action in FINDING_TRANSITIONS} == set(D)
    assert {state for state, _ in FINDING_TRANSITIONS} == set(F)
    assert {move.to for move in FINDING_TRANSITIONS.values()} == set(F)


def test_nobody_who_responds_can_close_waive_or_look_back() -> None:
    deciding = {D.CLOSE, D.RETURN, D.WAIVE, D.REFUSE_WAIVER, D.DISMISS, D.CONFIRM_LOOK_BACK, D.FAIL_LOOK_BACK}
    needed = {move.permission for (_, action), move in FINDING_TRANSITIONS.items() if action in deciding} - {
        None
    }
    assert needed == {Permission.FINDING_CLOSE, Permission.FINDING_WAIVE}
    responders = [role for role in Role if Permission.FINDING_RESPOND in GRANTS[role]]
    assert all(not needed & GRANTS[role] for role in responders)
