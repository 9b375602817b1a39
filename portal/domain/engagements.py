"""The moves of an engagement (托管服务合同): who may make them, from where to where."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.access import EngagementScope, OrganisationKind, Permission
from portal.domain.errors import Refused
from portal.domain.messages import N_
from portal.domain.workflow import EngagementState


class EngagementAction(StrEnum):
    """What can be done with an engagement."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


@dataclass(frozen=True)
class Move:
    """Where an action leads, what it takes, and whether a reason must be given."""

    to: EngagementState
    permission: Permission
    needs_reason: bool = False


S, A, P = EngagementState, EngagementAction, Permission

#: The only table of an engagement's moves.
MOVES: Mapping[tuple[EngagementState, EngagementAction], Move] = {
    (S.PROPOSED, A.ACCEPT): Move(S.ACTIVE, P.ENGAGEMENT_ACCEPT),
    (S.PROPOSED, A.DECLINE): Move(S.DECLINED, P.ENGAGEMENT_ACCEPT, needs_reason=True),
    (S.PROPOSED, A.END): Move(S.ENDED, P.ENGAGEMENT_END, needs_reason=True),
    (S.ACTIVE, A.SUSPEND): Move(S.SUSPENDED, P.ENGAGEMENT_END, needs_reason=True),
    (S.SUSPENDED, A.RESUME): Move(S.ACTIVE, P.ENGAGEMENT_END),
    (S.ACTIVE, A.END): Move(S.ENDED, P.ENGAGEMENT_END, needs_reason=True),
    (S.SUSPENDED, A.END): Move(S.ENDED, P.ENGAGEMENT_END, needs_reason=True),
}

#: States that stand in the way of a second contract for the same work.
STANDING = frozenset({S.PROPOSED, S.ACTIVE, S.SUSPENDED})
#: Only the two sides of a contract move it; an authority looks on.
SIDES = frozenset({OrganisationKind.ENTERPRISE, OrganisationKind.STEWARD_FIRM})


def next_move(state: EngagementState, action: EngagementAction) -> Move:
    """The move for ``action`` from ``state``; raises Refused when the table has none."""
    move = MOVES.get((state, action))
    if move is None:
        raise Refused(N_("这份合同现在不能这样做；它可能刚被对方改过，请刷新后再看"))
    return move


def scopes_meet(one: EngagementScope, other: EngagementScope) -> bool:
    """Whether two contracts cover some of the same work."""
    return one is other or EngagementScope.BOTH in (one, other)
