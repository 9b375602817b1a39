"""Months, the day by which they are due, and which day it is in Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Invalid
from portal.domain.periods import Month, due_on, now, shanghai_date, today

MONTHS = st.builds(Month, st.integers(1990, 2100), st.integers(1, 12))


@pytest.mark.parametrize(
    ("month", "due"),
    [
        ("2026-01", date(2026, 3, 12)),
        ("2026-02", date(2026, 4, 9)),
        ("2024-02", date(2024, 4, 9)),
        ("2026-10", date(2026, 12, 10)),
        ("2026-11", date(2027, 1, 9)),
        ("2026-12", date(2027, 2, 9)),
    ],
)
def test_a_month_is_due_forty_calendar_days_after_its_end(month: str, due: date) -> None:
    assert due_on(Month.parse(month)) == due


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-1",
        "2026-13",
        "2026-00",
        "26-10",
        "2026/10",
        "2026-10-01",
        " 2026-10",
        "２０２６-10",
        "0000-01",
    ],
)
def test_what_is_no_month_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        Month.parse(text)
    assert caught.value.field == "month"


@given(MONTHS)
def test_a_month_is_written_as_it_is_read(month: Month) -> None:
    assert Month.parse(str(month)) == month


@given(MONTHS, st.integers(-600, 600))
def test_going_forth_and_back_ends_where_it_began(month: Month, count: int) -> None:
    assert month.plus(count).plus(-count) == month
    assert month.next().previous() == month
    assert month.same_last_year() == Month(month.year - 1, month.number)


@given(MONTHS)
def test_a_month_ends_on_the_day_before_the_next_begins(month: Month) -> None:
    assert month.last + timedelta(days=1) == month.next().first
    assert Month.of(month.first) == Month.of(month.last) == month


@given(MONTHS, MONTHS)
def test_months_sort_as_their_texts(one: Month, other: Month) -> None:
    assert (one < other) == (str(one) < str(other))


def test_the_day_is_the_one_in_shanghai() -> None:
    with time_machine.travel("2026-10-31T15:59:59Z", tick=False):
        assert today() == date(2026, 10, 31)
    with time_machine.travel("2026-10-31T16:00:00Z", tick=False):
        assert today() == date(2026, 11, 1)
        assert now() == datetime(2026, 10, 31, 16, tzinfo=UTC)


def test_a_moment_of_any_zone_has_one_day_in_shanghai() -> None:
    moment = datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert shanghai_date(moment) == date(2026, 11, 1)
    assert shanghai_date(moment.astimezone(timezone(timedelta(hours=-8)))) == date(2026, 11, 1)
