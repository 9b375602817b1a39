"""Calendar months and the day by which a month must be filed."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from portal.domain.errors import Invalid
from portal.domain.messages import N_

SHANGHAI = ZoneInfo("Asia/Shanghai")
FILING_DAYS = 40  #: calendar days after the month's end, CETS-AG-03.01-V01-2024 10.2.1
#: Years that somebody may mean: deadlines are counted by the day, and a slip of the finger is no deadline.
FIRST_YEAR, LAST_YEAR = 1900, 2100
_MONTH = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """One calendar month; ``str(month)`` is ``2026-10`` and sorts by time."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-10`` in plain digits; raises Invalid for anything else and for absurd years."""
        match = _MONTH.fullmatch(text)
        if match is None:
            raise Invalid(N_("月份要写成 2026-10 的样子"), path="month")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that holds ``day``."""
        return cls(day.year, day.month)

    def plus(self, months: int) -> "Month":
        """The month ``months`` later (earlier when negative)."""
        count = self.year * 12 + self.number - 1 + months
        return Month(count // 12, count % 12 + 1)

    def next(self) -> "Month":
        """The month after."""
        return self.plus(1)

    def previous(self) -> "Month":
        """The month before."""
        return self.plus(-1)

    def same_last_year(self) -> "Month":
        """The same month of the year before."""
        return self.plus(-12)

    @property
    def first(self) -> date:
        """First day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Last day."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


def due_on(month: Month) -> date:
    """Last day on which ``month`` is on time: month end + 40 calendar days (10.2.1)."""
    return month.last + timedelta(days=FILING_DAYS)


def now() -> datetime:
    """This moment in UTC, with its zone."""
    return datetime.now(UTC)


def today() -> date:
    """The date in Shanghai, by which deadlines count."""
    return datetime.now(SHANGHAI).date()


def shanghai_date(moment: datetime) -> date:
    """The Shanghai date of a moment kept in UTC."""
    return moment.astimezone(SHANGHAI).date()
