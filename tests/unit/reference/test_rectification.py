"""Days for mending: by severity and the holiday calendar, marked as the portal's own."""

from datetime import date

from portal.domain.workflow import Severity
from portal.reference.rectification import load_rectification


def test_days_are_working_days_and_holidays_do_not_count() -> None:
    rules = load_rectification()
    # The National Day holiday of 2026 and the weekends beside it lie in between.
    assert rules.due_on(Severity.BLOCKING, date(2026, 9, 29)) > date(2026, 10, 13)
    assert rules.due_on(Severity.BLOCKING, date(2026, 11, 2)) == date(2026, 11, 16)
    opened = date(2026, 11, 2)
    days = [rules.due_on(severity, opened) for severity in Severity]
    assert days == sorted(days)


def test_a_look_back_falls_on_the_same_day_or_the_last_of_a_short_month() -> None:
    rules = load_rectification()
    assert rules.look_back_months == 3
    assert rules.look_back_on(date(2026, 9, 16)) == date(2026, 12, 16)
    assert rules.look_back_on(date(2026, 11, 30)) == date(2027, 2, 28)


def test_the_figures_say_that_they_are_the_portals_own() -> None:
    source = load_rectification().source
    assert source.confidence == "unverified"
    assert "默认值" in source.title
