"""Deadlines as data: what is due by when, for whom, by which document."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.reference.loader import Source, names, open_pack, read_sources, source_of

FAMILY = "deadlines"
_RULE = re.compile(
    r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"|month_end\+\d+d|quarter_end\+\d+d|event\+\d+wd|permit_expiry-\d+d|per_permit"
)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One duty; ``rule`` is a day of the year (03-31) or a rule such as ``month_end+40d``."""

    code: str
    rule: str
    name: str
    name_en: str
    who: str
    who_en: str
    source: Source

    def in_year(self, year: int) -> date | None:
        """The date in ``year`` where the rule is a day of the year; else None."""
        if not re.fullmatch(r"\d\d-\d\d", self.rule):
            return None
        return date(year, int(self.rule[:2]), int(self.rule[3:]))

    def after(self, month: Month) -> date | None:
        """The date that follows from a month's end (or its quarter's end); None for other rules."""
        match = re.fullmatch(r"(month|quarter)_end\+(\d+)d", self.rule)
        if match is None:
            return None
        if match[1] == "quarter":
            month = month.plus(-month.number % 3)
        return month.last + timedelta(days=int(match[2]))


def read_deadlines(name: str, *, data: Path | None = None) -> tuple[Deadline, ...]:
    """Read the deadlines of one pack from ``data``, in its order; raises PackError."""
    top, _ = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    top.text("title")
    top.text("title_en")
    found: list[Deadline] = []
    for table in top.tables("deadline"):
        rule = table.text("rule")
        if not _RULE.fullmatch(rule):
            raise table.fail("rule", N_("不认识这种时限写法"))
        found.append(
            Deadline(
                table.text("code"),
                rule,
                table.text("name"),
                table.text("name_en"),
                table.text("who"),
                table.text("who_en"),
                source_of(table, sources),
            )
        )
        table.close()
    top.close()
    return tuple(found)


@lru_cache(maxsize=8)
def load_deadlines(name: str) -> tuple[Deadline, ...]:
    """The built-in deadlines of one pack, in its order; raises PackError."""
    return read_deadlines(name)


def list_deadlines() -> tuple[str, ...]:
    """Ids of all packs of deadlines."""
    return names(FAMILY)
