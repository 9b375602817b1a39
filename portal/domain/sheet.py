"""One version of a month with everything that pages, checks, calculations and snapshots need of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.domain.periods import Month
from portal.domain.workflow import Acquisition, Decision, RecordState, Section, VersionKind, VersionStanding


@dataclass(frozen=True)
class SheetCalibration:
    """How long a meter's certificate holds."""

    calibrated_on: date
    valid_until: date
    result: str
    max_error: Decimal | None


@dataclass(frozen=True)
class SheetMeter:
    """The meter that the plan names for a parameter."""

    id: int
    code: str
    name: str
    type: str
    accuracy_class: Decimal | None
    calibrations: tuple[SheetCalibration, ...]

    @property
    def valid_until(self) -> date | None:
        """Last day that any certificate covers."""
        return max((entry.valid_until for entry in self.calibrations), default=None)


@dataclass(frozen=True)
class SheetFile:
    """An evidence file in a slot."""

    id: int
    filename: str
    media_type: str
    size: int
    sha256: str
    period_from: date | None
    period_to: date | None
    uploaded_at: datetime
    uploaded_by: str


@dataclass(frozen=True)
class SheetSlot:
    """What must be there for a parameter, and what is."""

    code: str
    title: str
    clause: str
    mandatory: bool
    section: Section
    cell: str
    files: tuple[SheetFile, ...]


@dataclass(frozen=True)
class SheetRow:
    """One parameter of one stream in this month."""

    stream_code: str
    key: str
    name: str
    unit: str
    digits: int
    derived: bool
    required: bool
    acquisition: Acquisition
    planned_acquisition: Acquisition
    meter: SheetMeter | None
    frequency: str
    department: str
    source_record: str
    missing_rule: str
    clause: str
    #: What stands in the database; blank is None.
    stored: Decimal | None
    text: str
    correction: Mapping[str, Any] | None
    row_version: int
    updated_at: datetime | None
    updated_by: str
    previous: Decimal | None
    last_year: Decimal | None
    year_acquisitions: tuple[str, ...]
    slots: tuple[SheetSlot, ...]

    @property
    def cell(self) -> str:
        """Name of the cell, such as S-02.purchased."""
        return f"{self.stream_code}.{self.key}"


@dataclass(frozen=True)
class SheetStream:
    """A source stream and its rows."""

    code: str
    name: str
    category: str
    item: str
    section: Section
    rows: tuple[SheetRow, ...]
    previous_emission: Decimal | None
    last_year_emission: Decimal | None

    def row(self, key: str) -> SheetRow | None:
        """The row with this key."""
        return next((row for row in self.rows if row.key == key), None)


@dataclass(frozen=True)
class SheetSection:
    """A section's standing in this version."""

    section: Section
    editable: bool
    decision: Decision
    comment: str
    response: str
    return_comment: str


@dataclass(frozen=True)
class Totals:
    """Figures of another month to compare with."""

    month: str
    total: Decimal
    reported_total: Decimal
    intensity: Decimal | None
    output: Decimal | None
    subtotals: Mapping[str, Decimal]
    unit: str


@dataclass(frozen=True)
class Sheet:
    """A version of a month, whole."""

    enterprise_id: int
    enterprise_name: str
    uscc: str
    district: str
    industry_code: str
    ets_member: bool
    drawings: frozenset[str]
    record_id: int
    month: Month
    state: RecordState
    record_row_version: int
    due_on: date
    amend_due_on: date | None
    version_id: int
    version_number: int
    kind: VersionKind
    standing: VersionStanding
    reason: str
    revision: int
    plan_id: int
    plan_number: int
    plan_state: str
    plan_effective_from: str
    plan_reason: str
    plan_submitted_on: date | None
    guideline: str
    sections: tuple[SheetSection, ...]
    streams: tuple[SheetStream, ...]
    previous: Totals | None
    last_year: Totals | None
    prepared_by_firms: frozenset[int] = field(default_factory=frozenset)
    #: Whether defaults and formulas that nobody could verify may be used while it is worked on.
    allow_unverified: bool = True

    @property
    def working(self) -> bool:
        """Whether derived values are still computed, not read."""
        return self.standing is VersionStanding.WORKING

    def stream(self, code: str) -> SheetStream | None:
        """The stream with this code."""
        return next((stream for stream in self.streams if stream.code == code), None)

    def section(self, section: Section) -> SheetSection | None:
        """A section's standing; None when the plan has nothing in it."""
        return next((entry for entry in self.sections if entry.section is section), None)

    def rows(self) -> tuple[SheetRow, ...]:
        """All rows, stream by stream."""
        return tuple(row for stream in self.streams for row in stream.rows)

    def slots(self) -> tuple[SheetSlot, ...]:
        """All evidence slots."""
        return tuple(slot for row in self.rows() for slot in row.slots)
