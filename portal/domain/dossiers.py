"""The life of a disclosure or dossier: draft → complete → signed → (submitted → reviewed) → issued.

What an issued document is afterwards (valid, expiring, expired, stale, superseded, withdrawn) follows from
dates and from what became of its sources; ``standing_of`` tells it, and it is stored nowhere.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.access import Permission
from portal.domain.errors import Invalid, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.workflow import Step

#: Days before the end of validity from which a document is called expiring.
EXPIRING_DAYS = 60
LONGEST_PERIOD = 24  #: months of one document
_YEAR = re.compile(r"([12][0-9]{3})")
_QUARTER = re.compile(r"([12][0-9]{3})-Q([1-4])")


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


def period_of(text: str) -> tuple[Month, Month]:
    """First and last month of ``2026``, ``2026-Q3``, ``2026-10`` or ``2026-01/2026-06``.

    Raises Invalid (path subject) for anything else, for an end before its beginning, and beyond
    LONGEST_PERIOD months.
    """
    wrong = Invalid(N_("期间要写成 2026、2026-Q3、2026-10 或 2026-01/2026-06 的样子"), path="subject")
    if match := _YEAR.fullmatch(text):
        return Month(int(match[1]), 1), Month(int(match[1]), 12)
    if match := _QUARTER.fullmatch(text):
        last = int(match[2]) * 3
        return Month(int(match[1]), last - 2), Month(int(match[1]), last)
    first, slash, last_text = text.partition("/")
    try:
        begin = Month.parse(first)
        end = Month.parse(last_text) if slash else begin
    except Invalid as error:
        raise wrong from error
    if end < begin or end > begin.plus(LONGEST_PERIOD - 1):
        raise wrong
    return begin, end


def document_number(prefix: str, subject: str, enterprise_id: int, edition: int) -> str:
    """Such as HZ-ED-2025-0137-E1; of ``subject`` the signs that are neither digits nor plain letters go."""
    kept = "".join(sign for sign in subject if sign.isascii() and sign.isalnum())[:30]
    return f"HZ-{prefix}-{kept}-{enterprise_id:04d}-E{edition}"


def valid_until(issued_on: date, months: int | None) -> date | None:
    """Last day of a validity of so many months that begins on the day of issue; None for ever."""
    if months is None:
        return None
    end = Month.of(issued_on).plus(months)
    # The day before the same day; a month without that day ends a day early rather than late.
    return date(end.year, end.number, min(issued_on.day, end.last.day)) - timedelta(days=1)


def surveillance_days(issued_on: date, every: int | None, last: date | None) -> tuple[date, ...]:
    """Days of surveillance every so many months after the issue, as long as the document holds."""
    if every is None or last is None:
        return ()
    days: list[date] = []
    while (day := valid_until(issued_on, every * (len(days) + 1))) is not None and day < last:
        days.append(day)
    return tuple(days)
