"""Working days of 2026 by the State Council's notice."""

from datetime import date

from portal.reference.working_days import is_working_day, working_day_after, working_days_between


def test_holidays_rest_and_their_weekends_work() -> None:
    assert not is_working_day(date(2026, 10, 1))
    assert is_working_day(date(2026, 10, 10))  # a Saturday worked for National Day
    assert not is_working_day(date(2026, 11, 22))


def test_seven_working_days_pass_over_weekends() -> None:
    assert working_day_after(date(2026, 11, 20), 7) == date(2026, 12, 1)
    assert working_day_after(date(2026, 11, 21), 0) == date(2026, 11, 21)


def test_the_days_between_leave_the_first_out_and_count_back_below_zero() -> None:
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 23)) == 1
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 23)) == 0
    assert working_days_between(date(2026, 12, 1), date(2026, 11, 20)) == -7
