"""What differs between two versions of a month, row by row and in its totals."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.month import Figures, figures
from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month
from portal.domain.sheet import Sheet, SheetFile, SheetRow, SheetStream
from portal.domain.workflow import Section
from portal.models.records import RecordVersion
from portal.queries.access import require
from portal.queries.records import RecordHead, VersionLine, record_head, versions
from portal.queries.sheets import load_sheet


@dataclass(frozen=True)
class Compared:
    """One row in two versions; ``old`` and ``new`` are None when blank or not there."""

    cell: str
    name: str
    unit: str
    acquisition: str
    derived: bool
    old: Decimal | None
    new: Decimal | None
    old_text: str
    new_text: str
    in_old: bool
    in_new: bool
    digits: int = 2
    files_added: tuple[SheetFile, ...] = ()
    files_removed: tuple[SheetFile, ...] = ()

    @property
    def places(self) -> int:
        """Digits after the point to show: the plan's, and more where a figure has more."""
        return shown_places(self.digits, self.old, self.new)

    @property
    def change(self) -> Decimal | None:
        """By how much the figure changed; None when either is blank or nothing changed."""
        if self.old is None or self.new is None or self.old == self.new:
            return None
        return self.new - self.old

    @property
    def changed(self) -> bool:
        """Whether anything of the row is not as it was."""
        figures_differ = self.old != self.new or self.old_text != self.new_text
        return bool(figures_differ or self.in_old != self.in_new or self.files_added or self.files_removed)


def shown_places(digits: int, *values: Decimal | None) -> int:
    """As many digits after the point as the plan asks for, or as any of the values has."""
    exponents = [value.as_tuple().exponent for value in values if value is not None]
    return max([digits, *(-exponent for exponent in exponents if isinstance(exponent, int))])


@dataclass(frozen=True)
class ComparedStream:
    """A stream with its rows."""

    code: str
    name: str
    section: Section
    unit: str
    rows: tuple[Compared, ...]

    @property
    def changes(self) -> int:
        """How many of its rows changed."""
        return sum(1 for row in self.rows if row.changed)


@dataclass(frozen=True)
class ComparedTotal:
    """A total in both versions."""

    key: str
    unit: str
    old: Decimal | None
    new: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """By how much it changed."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True)
class DifferencePage:
    """Two versions of a month side by side."""

    head: RecordHead
    old: VersionLine
    new: VersionLine
    versions: tuple[VersionLine, ...]
    streams: tuple[ComparedStream, ...]
    totals: tuple[ComparedTotal, ...]

    @property
    def changes(self) -> int:
        """How many rows changed."""
        return sum(stream.changes for stream in self.streams)


@dataclass(frozen=True)
class Dated:
    """A version's sheet and its figures."""

    sheet: Sheet
    figures: Figures


def dated(session: Session, version_id: int) -> Dated:
    """Read a version and work out its figures. The caller has authorised the reader."""
    sheet = load_sheet(session, version_id)
    return Dated(sheet, figures(sheet))


def difference_page(
    session: Session, actor: Actor, enterprise_id: int, month: Month, old: int, new: int
) -> DifferencePage:
    """Versions number ``old`` and ``new`` of a month; raises NotFound when either is not there.

    A version that the enterprise is still working on is not shown to a regulator.
    """
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    head = record_head(session, actor, enterprise_id, month)
    known = tuple(line for line in versions(session, head.record_id) if _visible(line, actor))
    by_number = {line.number: line for line in known}
    if old not in by_number or new not in by_number:
        raise NotFound
    before = dated(session, by_number[old].id)
    after = dated(session, by_number[new].id)
    return DifferencePage(
        head=head,
        old=by_number[old],
        new=by_number[new],
        versions=known,
        streams=compare(before, after),
        totals=compare_totals(before, after),
    )


def _visible(line: VersionLine, actor: Actor) -> bool:
    return (
        line.standing != "working" or actor.may(Permission.RECORD_EDIT) or actor.may(Permission.RECORD_SIGN)
    )


def compare(old: Dated, new: Dated) -> tuple[ComparedStream, ...]:
    """Every stream of either version, in the order of the new one, what is gone last."""
    after = {stream.code: stream for stream in new.sheet.streams}
    before = {stream.code: stream for stream in old.sheet.streams}
    return tuple(
        _stream(before.get(code), after.get(code), old, new)
        for code in (*after, *(code for code in before if code not in after))
    )


def _stream(a: SheetStream | None, b: SheetStream | None, old: Dated, new: Dated) -> ComparedStream:
    shown = b or a
    if shown is None:
        raise NotFound
    before = {row.key: row for row in a.rows} if a else {}
    after = {row.key: row for row in b.rows} if b else {}
    keys = (*after, *(key for key in before if key not in after))
    return ComparedStream(
        code=shown.code,
        name=shown.name,
        section=shown.section,
        unit=shown.rows[0].unit if shown.rows else "",
        rows=tuple(_row(before.get(key), after.get(key), old.figures, new.figures) for key in keys),
    )


def _row(a: SheetRow | None, b: SheetRow | None, old: Figures, new: Figures) -> Compared:
    shown = b or a
    if shown is None:
        raise NotFound
    files_a, files_b = _files(a), _files(b)
    return Compared(
        cell=shown.cell,
        name=shown.name,
        unit=shown.unit,
        acquisition=shown.acquisition.value,
        derived=shown.derived,
        old=old.values.get(a.cell) if a else None,
        new=new.values.get(b.cell) if b else None,
        old_text=a.text if a else "",
        new_text=b.text if b else "",
        in_old=a is not None,
        in_new=b is not None,
        digits=shown.digits,
        files_added=tuple(file for key, file in files_b.items() if key not in files_a),
        files_removed=tuple(file for key, file in files_a.items() if key not in files_b),
    )


def _files(row: SheetRow | None) -> Mapping[tuple[str, int], SheetFile]:
    return {(slot.code, file.id): file for slot in row.slots for file in slot.files} if row else {}


def compare_totals(old: Dated, new: Dated) -> tuple[ComparedTotal, ...]:
    """Subtotals, total and intensity of both."""
    before, after = _totals(old.figures), _totals(new.figures)
    result = new.figures.result or old.figures.result
    unit = result.unit if result else ""
    return tuple(
        ComparedTotal(key, "" if key == "intensity" else unit, before.get(key), after.get(key))
        for key in {**after, **before}
    )


def _totals(month: Figures) -> dict[str, Decimal | None]:
    result = month.result
    if result is None:
        return {}
    return {**result.subtotals, "total": result.total, "intensity": result.intensity}


def based_on(session: Session, version_id: int) -> int | None:
    """The version that this one was made from; None for the first."""
    return session.scalar(sa.select(RecordVersion.based_on_id).where(RecordVersion.id == version_id))
