"""Deadlines as data agree with the calendar that the portal counts by."""

from datetime import date

from portal.domain.periods import Month, due_on
from portal.reference.deadlines import load_deadlines

DEADLINES = {deadline.code: deadline for deadline in load_deadlines("2026")}


def test_the_monthly_deadline_is_the_one_that_months_are_due_by() -> None:
    month = Month(2026, 10)
    assert DEADLINES["monthly-evidence"].after(month) == due_on(month) == date(2026, 12, 10)


def test_a_day_of_the_year_falls_in_each_year() -> None:
    assert DEADLINES["annual-report"].in_year(2027) == date(2027, 3, 31)
    assert DEADLINES["monthly-evidence"].in_year(2027) is None
    assert DEADLINES["annual-report"].after(Month(2026, 1)) is None


def test_the_tax_return_follows_the_quarter() -> None:
    tax = DEADLINES["environmental-tax"]
    assert {tax.after(Month(2026, number)) for number in (7, 8, 9)} == {date(2026, 10, 15)}


def test_every_date_is_the_one_of_its_document() -> None:
    # notice on the national carbon market for 2026; update list of the power guideline; tax law article 19
    assert {code: deadline.rule for code, deadline in DEADLINES.items()} == {
        "monthly-evidence": "month_end+40d",
        "annual-report": "03-31",
        "verification-power": "06-30",
        "verification-industry": "07-31",
        "quota-verification": "09-20",
        "quota-allocation": "09-30",
        "key-emitter-list": "10-31",
        "factor-database-cut-off": "10-31",
        "quota-surrender": "12-31",
        "quality-control-plan": "12-31",
        "annual-disclosure": "03-15",
        "ad-hoc-disclosure": "event+5wd",
        "environmental-tax": "quarter_end+15d",
        "permit-report": "per_permit",
        "permit-renewal": "permit_expiry-60d",
    }
