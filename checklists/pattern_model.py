"""What a search for patterns looks at, and what it says: plain values, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Severity = Literal["blocking", "explain", "note"]


@dataclass(frozen=True)
class Reading:
    """A parameter's value in one month; ``month`` is written 2026-10, ``acquisition`` measured or default."""

    month: str
    value: Decimal
    acquisition: str


@dataclass(frozen=True)
class Series:
    """One parameter of one stream through the months, the oldest first; months without a value are absent."""

    enterprise_id: int
    industry: str
    item: str
    name: str
    cell: str
    parameter: str
    unit: str
    digits: int
    readings: tuple[Reading, ...]

    def up_to(self, month: str) -> tuple[Reading, ...]:
        """The readings up to ``month``; empty when that month itself has none."""
        known = tuple(reading for reading in self.readings if reading.month <= month)
        return known if known and known[-1].month == month else ()


@dataclass(frozen=True)
class LabResult:
    """What stands on a laboratory's report, and for which months its value is used."""

    enterprise_id: int
    number: str
    batch: str
    laboratory: str
    accreditation: str
    accredited_until: date | None
    in_scope: bool | None
    sampled_on: date | None
    received_on: date | None
    tested_on: date | None
    reported_on: date | None
    month_from: str
    month_to: str
    cell: str

    def covers(self, month: str) -> bool:
        """Whether the value is used for ``month``."""
        return self.month_from <= month <= self.month_to


@dataclass(frozen=True)
class FileUse:
    """A file, or a picture in it (``page`` from 1), in a slot of a month; the days that the file proves."""

    enterprise_id: int
    sha256: str
    filename: str
    month: str
    slot: str
    period_from: date | None
    period_to: date | None
    page: int = 0

    def proves(self, first: date, last: date) -> bool:
        """Whether the file's own period holds all of these days."""
        if self.period_from is None or self.period_to is None:
            return False
        return self.period_from <= first and self.period_to >= last


@dataclass(frozen=True)
class Material:
    """Everything for a search about ``month``; ``files`` hold every use of the files used in that month."""

    month: str
    series: tuple[Series, ...] = ()
    reports: tuple[LabResult, ...] = ()
    files: tuple[FileUse, ...] = ()
    pictures: tuple[FileUse, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """Why a pattern fired: a message id with its figures, and the figures of a small picture.

    ``others`` are the enterprises that it also concerns; only a regulator is told their names.
    """

    pattern: str
    enterprise_id: int
    month: str
    subject: str
    message: str
    params: Mapping[str, object]
    picture: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[int, ...] = ()
