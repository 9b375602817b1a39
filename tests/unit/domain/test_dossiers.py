"""The life of a dossier in tables and dates: no database."""

from datetime import date, timedelta

import pytest

from portal.domain.access import Permission
from portal.domain.dossiers import (
    DOSSIER_TRANSITIONS,
    EXPIRING_DAYS,
    LONGEST_PERIOD,
    DossierAction,
    DossierState,
    Standing,
    document_number,
    next_dossier_step,
    period_of,
    standing_of,
    surveillance_days,
    valid_until,
)
from portal.domain.errors import Invalid, Refused
from portal.domain.periods import Month

TODAY = date(2026, 11, 22)
STATES = tuple(DossierState)


def standing(
    *, withdrawn: bool = False, superseded: bool = False, stale: bool = False, until: date | None = None
) -> Standing:
    return standing_of(TODAY, withdrawn=withdrawn, superseded=superseded, stale=stale, valid_until=until)


def test_every_state_can_be_reached_and_an_issued_dossier_moves_no_more() -> None:
    reached = {step.to for step in DOSSIER_TRANSITIONS.values()} | {DossierState.DRAFT}
    assert reached == set(STATES)
    assert [action for state, action in DOSSIER_TRANSITIONS if state is DossierState.ISSUED] == []


def test_only_who_may_sign_leads_out_of_complete_towards_issue() -> None:
    signing = {DossierAction.SIGN, DossierAction.SUBMIT, DossierAction.ISSUE}
    needed = {step.permission for (_, action), step in DOSSIER_TRANSITIONS.items() if action in signing}
    assert needed == {Permission.DOSSIER_SIGN}


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (state, action)
        for state in STATES
        for action in DossierAction
        if (state, action) not in DOSSIER_TRANSITIONS
    ],
)
def test_what_the_table_does_not_hold_is_refused(state: DossierState, action: DossierAction) -> None:
    with pytest.raises(Refused, match=state.value):
        next_dossier_step(state, action)


def test_a_withdrawal_counts_before_all_else_and_dates_count_last() -> None:
    gone = TODAY - timedelta(days=1)
    assert standing(withdrawn=True, superseded=True, stale=True, until=gone) is Standing.WITHDRAWN
    assert standing(superseded=True, stale=True, until=gone) is Standing.SUPERSEDED
    assert standing(stale=True, until=gone) is Standing.STALE
    assert standing(until=gone) is Standing.EXPIRED
    assert standing(until=TODAY) is Standing.EXPIRING
    assert standing(until=TODAY + timedelta(days=EXPIRING_DAYS)) is Standing.EXPIRING
    assert standing(until=TODAY + timedelta(days=EXPIRING_DAYS + 1)) is Standing.VALID
    assert standing() is Standing.VALID


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", "2026-01", "2026-12"),
        ("2026-Q3", "2026-07", "2026-09"),
        ("2026-10", "2026-10", "2026-10"),
        ("2025-11/2026-10", "2025-11", "2026-10"),
    ],
)
def test_a_period_is_read_from_its_words(text: str, first: str, last: str) -> None:
    assert period_of(text) == (Month.parse(first), Month.parse(last))


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-Q5", "2026-13", "2026-10/2026-09", "2026-10/", "0026", "２０２６", "2024-01/2026-01"],
)
def test_a_wrong_period_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        period_of(text)
    assert refused.value.path == "subject"
    assert LONGEST_PERIOD == 24


def test_a_number_holds_digits_and_plain_letters_only() -> None:
    assert document_number("ED", "2025", 137, 1) == "HZ-ED-2025-0137-E1"
    assert document_number("DQ", "2026-Q3", 137, 2) == "HZ-DQ-2026Q3-0137-E2"
    assert document_number("X", "处罚 2026-01/2026-06", 12345, 10) == "HZ-X-202601202606-12345-E10"
    assert len(document_number("CFP", "9" * 300, 10**6, 999)) <= 60


def test_a_validity_ends_on_the_day_before_the_same_day() -> None:
    assert valid_until(date(2026, 11, 22), 24) == date(2028, 11, 21)
    assert valid_until(date(2024, 2, 29), 12) == date(2025, 2, 27)
    assert valid_until(date(2026, 8, 31), 1) == date(2026, 9, 29)
    assert valid_until(TODAY, None) is None


def test_surveillance_comes_within_the_validity_only() -> None:
    last = valid_until(TODAY, 24)
    assert surveillance_days(TODAY, 12, last) == (date(2027, 11, 21),)
    assert surveillance_days(TODAY, 6, last) == (date(2027, 5, 21), date(2027, 11, 21), date(2028, 5, 21))
    assert surveillance_days(TODAY, None, last) == ()
    assert surveillance_days(TODAY, 12, None) == ()
