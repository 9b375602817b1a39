"""The life of a disclosure or dossier: draft → complete → signed → (submitted → reviewed) → issued.

What an issued document is afterwards (valid, expiring, expired, stale, superseded, withdrawn) follows from
dates and from what became of its sources; ``standing_of`` tells it, and it is stored nowhere.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.access import Permission
from portal.domain.errors import Refused
from portal.domain.messages import N_
from portal.domain.workflow import Step

#: Days before the end of validity from which a document is called expiring.
EXPIRING_DAYS = 60


class DossierState(StrEnum):
    """Where a dossier stands before it is issued."""

    DRAFT = "draft"
    COMPLETE = "complete"
    SIGNED = "signed"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    ISSUED = "issued"


class DossierAction(StrEnum):
    """What can be done with a dossier."""

    SAVE = "save"
    COMPLETE = "complete"
    REOPEN = "reopen"
    SIGN = "sign"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    ISSUE = "issue"


class Standing(StrEnum):
    """What an issued document is today."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    STALE = "stale"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


S, A, P = DossierState, DossierAction, Permission

#: The only table of a dossier's moves. ``SIGNED → ISSUED`` is for kinds that nobody reviews.
DOSSIER_TRANSITIONS: Mapping[tuple[DossierState, DossierAction], Step] = {
    (S.DRAFT, A.SAVE): Step(S.DRAFT, P.DOSSIER_EDIT),
    (S.DRAFT, A.COMPLETE): Step(S.COMPLETE, P.DOSSIER_EDIT),
    (S.COMPLETE, A.REOPEN): Step(S.DRAFT, P.DOCUMENT_VIEW),
    (S.COMPLETE, A.SIGN): Step(S.SIGNED, P.DOSSIER_SIGN),
    (S.SIGNED, A.REOPEN): Step(S.DRAFT, P.DOSSIER_SIGN),
    (S.SIGNED, A.SUBMIT): Step(S.SUBMITTED, P.DOSSIER_SIGN),
    (S.SUBMITTED, A.RETURN): Step(S.DRAFT, P.DOSSIER_REVIEW),
    (S.SUBMITTED, A.APPROVE): Step(S.REVIEWED, P.DOSSIER_REVIEW),
    (S.SIGNED, A.ISSUE): Step(S.ISSUED, P.DOSSIER_SIGN),
    (S.REVIEWED, A.ISSUE): Step(S.ISSUED, P.DOSSIER_SIGN),
}


def next_dossier_step(state: DossierState, action: DossierAction) -> Step:
    """The step for ``action`` from ``state``; raises Refused when the table has none."""
    step = DOSSIER_TRANSITIONS.get((state, action))
    if step is None:
        raise Refused(
            N_("这份材料现在不能这样做（状态：%(state)s）"), params={"state": state.value}, path="state"
        )
    return step


def standing_of(
    today: date, *, withdrawn: bool, superseded: bool, stale: bool, valid_until: date | None
) -> Standing:
    """What an issued document is on ``today``: withdrawn before superseded before stale before its dates."""
    if withdrawn:
        return Standing.WITHDRAWN
    if superseded:
        return Standing.SUPERSEDED
    if stale:
        return Standing.STALE
    if valid_until is not None and valid_until < today:
        return Standing.EXPIRED
    if valid_until is not None and valid_until - today <= timedelta(days=EXPIRING_DAYS):
        return Standing.EXPIRING
    return Standing.VALID
