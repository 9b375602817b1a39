"""What a cell shows after a save: derived values, totals, messages, progress. Changes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from checklists.model import Outcome
from portal.accounting.month import Figures, figures
from portal.domain.sheet import Sheet
from portal.domain.workflow import Section
from portal.queries.sheets import load_sheet
from portal.services.gaps import gaps_now
from portal.services.readiness import Readiness, blank_rows, readiness


@dataclass(frozen=True)
class Progress:
    """How far a section is: rows to fill, rows filled, and the mark that it wears."""

    section: Section
    state: str
    done: int
    total: int
    problems: int

    @property
    def complete(self) -> bool:
        """Nothing is left to do here."""
        return self.state == "complete"


@dataclass(frozen=True)
class MonthView:
    """A month as its pages show it."""

    sheet: Sheet
    figures: Figures
    gaps: Mapping[str, Sequence[Outcome]]
    progress: tuple[Progress, ...]
    readiness: Readiness

    def said(self, cell: str) -> list[Outcome]:
        """The gaps worth a line under the cell.

        A blank cell shows that it is blank, an empty slot that it is empty; notes stand with the evaluation.
        """
        return said_of(self.gaps, self.figures, cell)

    @property
    def done(self) -> int:
        """How many sections are complete."""
        return sum(1 for entry in self.progress if entry.complete)


def said_of(gaps: Mapping[str, Sequence[Outcome]], month: Figures, cell: str) -> list[Outcome]:
    """See MonthView.said."""
    if month.values.get(cell) is None:
        return []
    return [outcome for outcome in gaps.get(cell, ()) if outcome.severity != "note" and not outcome.slot]


def month_view(session: Session, version_id: int) -> MonthView:
    """Read a month, work out its figures and ask the checks, all from the data of this moment."""
    sheet = load_sheet(session, version_id)
    month = figures(sheet)
    found: tuple[Outcome, ...] = ()
    digest = ""
    if sheet.working:
        found, digest = gaps_now(session, sheet, month)
    gaps: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in found:
        gaps[outcome.cell or outcome.slot].append(outcome)
    return MonthView(
        sheet=sheet,
        figures=month,
        gaps=gaps,
        progress=tuple(_progress(sheet, month, entry.section, gaps) for entry in sheet.sections),
        readiness=readiness(session, sheet, month, digest=digest),
    )


def _progress(
    sheet: Sheet, month: Figures, section: Section, gaps: Mapping[str, Sequence[Outcome]]
) -> Progress:
    if section is Section.EVIDENCE:
        slots = [slot for slot in sheet.slots() if slot.mandatory]
        filled = sum(1 for slot in slots if slot.files)
        return Progress(section, _state(filled, len(slots), 0), filled, len(slots), 0)
    rows = [
        row
        for stream in sheet.streams
        if stream.section is section
        for row in stream.rows
        if row.required and not row.derived
    ]
    left = len(blank_rows(sheet, month, section))
    problems = sum(len(said_of(gaps, month, cell)) for cell in _cells(sheet, section))
    total = len(rows)
    return Progress(section, _state(total - left, total, problems), total - left, total, problems)


def _cells(sheet: Sheet, section: Section) -> list[str]:
    return [row.cell for stream in sheet.streams if stream.section is section for row in stream.rows]


def _state(done: int, total: int, problems: int) -> str:
    if problems:
        return "needs_attention"
    if done == total:
        return "complete"
    return "in_progress" if done else "not_started"
