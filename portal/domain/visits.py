"""A visit (上门服务) or inspection (现场检查): its moves, and which of several answers counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from portal.domain.access import Permission
from portal.domain.errors import Refused
from portal.domain.messages import N_

#: Photos that one question takes; more belong into the enterprise's evidence.
MOST_PHOTOS: Final = 12


class InspectionKind(StrEnum):
    """Who comes: a steward to serve, or the authority to inspect."""

    SERVICE = "service"
    INSPECTION = "inspection"


class InspectionState(StrEnum):
    """Where a visit stands."""

    OPEN = "open"
    VISITOR_SIGNED = "visitor_signed"
    SIGNED = "signed"


class InspectionAction(StrEnum):
    """What can be done with a visit."""

    ANSWER = "answer"
    FINISH = "finish"
    REOPEN = "reopen"
    CONFIRM = "confirm"
    DECLINE = "decline"


class Side(StrEnum):
    """The two who sign."""

    VISITOR = "visitor"
    ENTERPRISE = "enterprise"


_S, _A = InspectionState, InspectionAction
#: The only table of a visit's moves: (state, action) → (next state, permission).
TRANSITIONS: Final[Mapping[tuple[InspectionState, InspectionAction], tuple[InspectionState, Permission]]] = {
    (_S.OPEN, _A.ANSWER): (_S.OPEN, Permission.VISIT_CONDUCT),
    (_S.OPEN, _A.FINISH): (_S.VISITOR_SIGNED, Permission.VISIT_CONDUCT),
    (_S.VISITOR_SIGNED, _A.REOPEN): (_S.OPEN, Permission.VISIT_CONDUCT),
    (_S.VISITOR_SIGNED, _A.CONFIRM): (_S.SIGNED, Permission.VISIT_SIGN),
    (_S.VISITOR_SIGNED, _A.DECLINE): (_S.SIGNED, Permission.VISIT_CONDUCT),
}


def next_state(state: InspectionState, action: InspectionAction) -> InspectionState:
    """Where ``action`` leads from ``state``; raises Refused when the table has no such move."""
    move = TRANSITIONS.get((state, action))
    if move is None:
        if state is InspectionState.SIGNED:
            raise Refused(N_("这次检查双方已签字，不能再改"), path="state")
        if action is InspectionAction.ANSWER:
            raise Refused(N_("检查人已签字；要改答案请先撤回签字"), path="state")
        raise Refused(N_("这次检查现在不能这样做"), path="state")
    return move[0]


@dataclass(frozen=True)
class Given:
    """An answer as somebody gave it; ``id`` is the order in which the portal received it."""

    id: int
    question: str
    value: str
    note: str
    at: datetime
    by: str
    device: str = ""


def moment_given(received: datetime, age_ms: int) -> datetime:
    """When an answer was given: ``age_ms`` milliseconds before ``received``, by one clock.

    The browser sends how long ago it was, not what its clock says, so that a wrong clock on one of two
    phones does not decide which answer counts. A negative age counts as none.
    """
    return received - timedelta(milliseconds=max(age_ms, 0))


def answers_in_force(given: Iterable[Given]) -> dict[str, Given]:
    """The answer that counts for each question: the one given last, not the one received last."""
    newest: dict[str, Given] = {}
    for answer in given:
        other = newest.get(answer.question)
        if other is None or (answer.at, answer.id) > (other.at, other.id):
            newest[answer.question] = answer
    return newest
