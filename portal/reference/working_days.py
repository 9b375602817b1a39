"""Working days in China: weekends, public holidays and the weekends worked in their place.

The calendar is that of the ``holidays`` package, which follows the State Council's yearly notices.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays

#: Working days from receipt to the result of a check of the annual emission report
#: (Interim Regulations on Carbon Emission Trading, State Council order 775, article 12).
REVIEW_DAYS = 7


@cache
def _calendar() -> Any:
    return holidays.country_holidays("CN")


def is_working_day(day: date) -> bool:
    """Whether offices are open on ``day``."""
    return bool(_calendar().is_working_day(day))


def working_day_after(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``; ``day`` itself for 0."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after ``start`` up to and with ``end``; negative when ``end`` lies before."""
    if end < start:
        return -working_days_between(end, start)
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(1 for day in days if is_working_day(day))
