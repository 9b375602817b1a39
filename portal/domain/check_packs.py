"""The life of a check pack's version that a regulator writes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.errors import Failure, GuardFailed
from portal.domain.messages import N_


class PackState(StrEnum):
    """Where a version of a pack stands. What is published keeps its text for ever."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


class PackAction(StrEnum):
    """What can be done with a version."""

    EDIT = "edit"
    PROPOSE = "propose"
    TAKE_BACK = "take_back"
    SEND_BACK = "send_back"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    DISCARD = "discard"


#: The one table of moves.
TRANSITIONS: Final[Mapping[tuple[PackState, PackAction], PackState]] = {
    (PackState.DRAFT, PackAction.EDIT): PackState.DRAFT,
    (PackState.DRAFT, PackAction.PROPOSE): PackState.PROPOSED,
    (PackState.DRAFT, PackAction.DISCARD): PackState.DISCARDED,
    (PackState.PROPOSED, PackAction.TAKE_BACK): PackState.DRAFT,
    (PackState.PROPOSED, PackAction.SEND_BACK): PackState.DRAFT,
    (PackState.PROPOSED, PackAction.PUBLISH): PackState.PUBLISHED,
    (PackState.PUBLISHED, PackAction.WITHDRAW): PackState.WITHDRAWN,
}

#: States in which somebody works on a version or decides about it; one at a time for each pack.
UNDER_WAY: Final = (PackState.DRAFT, PackState.PROPOSED)
#: States in which the text is frozen, by a trigger too.
FROZEN: Final = (PackState.PUBLISHED, PackState.WITHDRAWN)


def next_state(state: PackState, action: PackAction) -> PackState:
    """The state after ``action``; raises GuardFailed when the table has no such move."""
    moved = TRANSITIONS.get((state, action))
    if moved is None:
        raise GuardFailed([Failure("wrong_state", N_("这个版本现在的状态不能这样做；请刷新页面看它的现状"))])
    return moved
