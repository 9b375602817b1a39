"""How long a gap may take by its severity, and when people are told: data, with the source of each figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from portal.domain.periods import Month
from portal.domain.workflow import Severity
from portal.reference.loader import Source, open_pack, read_sources, source_of
from portal.reference.working_days import working_day_after

FAMILY = "rectification"
CURRENT = "2026"
SCORED = ("returned", "repeated", "overdue")
RISKS = ("blocking", "explain", "suspicion", "late", "repeated", "moved")


@dataclass(frozen=True, slots=True)
class Rectification:
    """The rules in force; all days are working days by the holiday calendar."""

    days: Mapping[Severity, int]
    remind_before: int
    escalate_after: int
    look_back_months: int
    longest_extension: int
    #: Points taken from a steward firm's 100, by what it is taken for.
    score: Mapping[str, int]
    #: Points by which a filing rises in the queue, by reason.
    risk: Mapping[str, int]
    source: Source

    def due_on(self, severity: Severity, opened: date) -> date:
        """The day by which a gap of this severity, opened on ``opened``, is to be mended."""
        return working_day_after(opened, self.days[severity])

    def look_back_on(self, closed: date) -> date:
        """The day from which somebody looks whether the mending of a gap closed on ``closed`` has held."""
        month = Month.of(closed).plus(self.look_back_months)
        return min(month.last, month.first + timedelta(days=closed.day - 1))


@lru_cache(maxsize=4)
def load_rectification(name: str = CURRENT) -> Rectification:
    """The rules of one pack; raises PackError."""
    top, _ = open_pack(FAMILY, name)
    sources = read_sources(top)
    top.text("title")
    top.text("title_en")
    days, reminders = top.table("days"), top.table("reminders")
    score, risk = top.table("score"), top.table("risk")
    rules = Rectification(
        days={severity: days.integer(severity.value) for severity in Severity},
        remind_before=reminders.integer("before"),
        escalate_after=reminders.integer("escalate_after"),
        look_back_months=reminders.integer("look_back_months"),
        longest_extension=reminders.integer("longest_extension"),
        score={name: score.integer(name) for name in SCORED},
        risk={name: risk.integer(name) for name in RISKS},
        source=source_of(days, sources),
    )
    for table in (reminders, score, risk):
        source_of(table, sources)
    for table in (days, reminders, score, risk, top):
        table.close()
    return rules
