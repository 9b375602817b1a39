"""Reading a version for its reviewer: rows against the last version and the plan, with their proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month
from portal.domain.sheet import Sheet, SheetFile, SheetRow
from portal.domain.workflow import Decision, RecordState, Section
from portal.models.meters import Meter
from portal.models.records import RecordValue, RecordVersion, Snapshot
from portal.models.users import User
from portal.queries.access import require
from portal.queries.differences import ComparedTotal, Dated, compare, compare_totals, dated, shown_places
from portal.queries.findings import FindingLine, section_findings
from portal.queries.records import RecordHead, record_head
from portal.queries.reviews import ReviewHead, StoryLine, review_head, story


@dataclass(frozen=True)
class SplitRow:
    """One row of the section: figures, what the plan says, what the checks say, the files."""

    cell: str
    name: str
    unit: str
    acquisition: str
    old: Decimal | None
    new: Decimal | None
    old_text: str
    new_text: str
    compared: bool
    #: agrees, acquisition, meter, uncovered, added, or empty where the plan says nothing.
    plan: str
    plan_detail: Mapping[str, str]
    findings: tuple[FindingLine, ...]
    files: tuple[SheetFile, ...]
    digits: int = 2

    @property
    def places(self) -> int:
        """Digits after the point to show."""
        return shown_places(self.digits, self.old, self.new)

    @property
    def change(self) -> Decimal | None:
        """Against the column beside; None when nothing changed or either is blank."""
        if self.old is None or self.new is None or self.old == self.new:
            return None
        return self.new - self.old

    @property
    def changed(self) -> bool:
        """Whether it differs from the version before (not: from the month before)."""
        return self.compared and (self.old != self.new or self.old_text != self.new_text)


@dataclass(frozen=True)
class SplitGroup:
    """A stream's rows."""

    code: str
    name: str
    unit: str
    rows: tuple[SplitRow, ...]


@dataclass(frozen=True)
class SlotLine:
    """An evidence slot in the section of evidence."""

    code: str
    title: str
    clause: str
    mandatory: bool
    of: str
    files: tuple[SheetFile, ...]


@dataclass(frozen=True)
class SectionTab:
    """A section with the word on it."""

    section: Section
    decision: Decision
    comment: str
    return_comment: str
    response: str
    editable: bool
    changes: int
    open_findings: int


@dataclass(frozen=True)
class Proof:
    """The file shown at the right, and what it proves."""

    file: SheetFile
    cell: str
    slot_title: str


@dataclass(frozen=True)
class SplitPage:
    """A version before its reviewer."""

    head: RecordHead
    version_id: int
    version: int
    kind: str
    reason: str
    #: Number of the version beside; None when the month before stands there.
    compared_with: int | None
    previous_month: Month
    signer: str
    submitted_at: datetime | None
    receipt: str
    late: bool
    review: ReviewHead | None
    tabs: tuple[SectionTab, ...]
    section: Section
    groups: tuple[SplitGroup, ...]
    slots: tuple[SlotLine, ...]
    loose_findings: tuple[FindingLine, ...]
    totals: tuple[ComparedTotal, ...]
    cell: str
    proof: Proof | None
    story: tuple[StoryLine, ...]
    open_blocking: tuple[FindingLine, ...]
    is_regulator: bool
    is_reviewer: bool
    may_countersign: bool

    @property
    def tab(self) -> SectionTab:
        """The section being looked at."""
        return next(tab for tab in self.tabs if tab.section is self.section)

    @property
    def undecided(self) -> tuple[Section, ...]:
        """Sections without a decision."""
        return tuple(tab.section for tab in self.tabs if tab.decision is Decision.UNDECIDED)

    @property
    def returned(self) -> tuple[Section, ...]:
        """Sections that go back."""
        return tuple(tab.section for tab in self.tabs if tab.decision is Decision.RETURN)

    @property
    def decided(self) -> int:
        """How many sections have their decision."""
        return len(self.tabs) - len(self.undecided)

    @property
    def next_section(self) -> Section | None:
        """The next section without a decision, after this one and then from the start."""
        order = [tab.section for tab in self.tabs]
        place = order.index(self.section)
        return next((s for s in (*order[place + 1 :], *order[:place]) if s in self.undecided), None)


def split_page(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    month: Month,
    *,
    section: str = "",
    cell: str = "",
    file_id: int | None = None,
) -> SplitPage:
    """The version last handed in, seen by its reviewer; raises NotFound without one or for a foreign one."""
    require(session, actor, Permission.RECORD_REVIEW, enterprise_id)
    head = record_head(session, actor, enterprise_id, month)
    version, snapshot, signer = _handed_in(session, head)
    after = dated(session, version.id)
    before = dated(session, version.based_on_id) if version.based_on_id else None
    findings = section_findings(session, head.record_id)
    chosen = _section(after.sheet, section)
    review = review_head(session, version.id)
    by_cell = {row.cell: row for stream in compare(before, after) for row in stream.rows} if before else {}
    meters = _meters(session, version.id)
    rows = {
        stream.code: tuple(
            _row(row, after, before, findings, meters.get(row.cell, "")) for row in stream.rows
        )
        for stream in after.sheet.streams
    }
    changes = _changes(after.sheet, by_cell)
    regulator = actor.kind is OrganisationKind.AUTHORITY and actor.may(Permission.RECORD_REVIEW)
    return SplitPage(
        head=head,
        version_id=version.id,
        version=version.number,
        kind=version.kind.value,
        reason=version.reason,
        compared_with=before.sheet.version_number if before else None,
        previous_month=month.previous(),
        signer=signer,
        submitted_at=snapshot.submitted_at if snapshot else None,
        receipt=snapshot.receipt_number if snapshot else "",
        late=bool(snapshot and snapshot.late),
        review=review,
        tabs=_tabs(after.sheet, changes, findings),
        section=chosen,
        groups=tuple(
            SplitGroup(
                stream.code, stream.name, stream.rows[0].unit if stream.rows else "", rows[stream.code]
            )
            for stream in after.sheet.streams
            if stream.section is chosen
        ),
        slots=_slots(after.sheet) if chosen is Section.EVIDENCE else (),
        loose_findings=_loose(after.sheet, findings, chosen),
        totals=compare_totals(before, after) if before else compare_totals(after, after),
        cell=cell,
        proof=_proof(after.sheet, chosen, cell, file_id),
        story=story(session, head.record_id),
        open_blocking=tuple(line for lines in findings.values() for line in lines if line.blocks),
        is_regulator=regulator,
        is_reviewer=bool(regulator and review and review.reviewer_id == actor.user_id),
        may_countersign=bool(
            regulator
            and review
            and head.state is RecordState.PENDING_COUNTERSIGN
            and actor.user_id not in {review.reviewer_id, review.proposed_by_id}
        ),
    )


def _handed_in(session: Session, head: RecordHead) -> tuple[RecordVersion, Snapshot | None, str]:
    """The newest version that was signed: while the enterprise amends, that is the one before."""
    row = session.execute(
        sa.select(RecordVersion, Snapshot, User.name)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .join(User, User.id == Snapshot.signed_by_id)
        .where(RecordVersion.record_id == head.record_id)
        .order_by(RecordVersion.number.desc())
        .limit(1)
        .options(sa.orm.defer(Snapshot.content))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def _section(sheet: Sheet, wanted: str) -> Section:
    order = [entry.section for entry in sheet.sections]
    open_ones = [entry.section for entry in sheet.sections if entry.decision is Decision.UNDECIDED]
    found = next((section for section in order if section.value == wanted), None)
    if found is None and wanted:
        raise NotFound
    return found or (open_ones or order)[0]


def _row(
    row: SheetRow,
    after: Dated,
    before: Dated | None,
    findings: Mapping[str, list[FindingLine]],
    meter_used: str,
) -> SplitRow:
    old_row = _find(before.sheet, row) if before else None
    if before is not None:
        old = before.figures.values.get(row.cell) if old_row else None
    elif row.key == "emission":
        stream = after.sheet.stream(row.stream_code)
        old = stream.previous_emission if stream else None
    else:
        old = row.previous
    plan, detail = _against_plan(row, after.sheet.month, meter_used)
    if before is not None and old_row is None:
        plan, detail = "added", {}
    about = [row.cell, *(slot.code for slot in row.slots)]
    return SplitRow(
        cell=row.cell,
        name=row.name,
        unit=row.unit,
        acquisition=row.acquisition.value,
        old=old,
        new=after.figures.values.get(row.cell),
        old_text=old_row.text if old_row else "",
        new_text=row.text,
        compared=before is not None,
        plan=plan,
        plan_detail=detail,
        findings=tuple(line for place in about for line in findings.get(place, ())),
        files=tuple({file.id: file for slot in row.slots for file in slot.files}.values()),
        digits=row.digits,
    )


def _find(sheet: Sheet, row: SheetRow) -> SheetRow | None:
    stream = sheet.stream(row.stream_code)
    return stream.row(row.key) if stream else None


def _against_plan(row: SheetRow, month: Month, meter_used: str) -> tuple[str, Mapping[str, str]]:
    if row.acquisition is not row.planned_acquisition:
        return "acquisition", {"planned": row.planned_acquisition.value, "used": row.acquisition.value}
    if row.meter is None:
        return "agrees", {}
    if meter_used and meter_used != row.meter.code:
        return "meter", {"planned": row.meter.code, "used": meter_used}
    until = row.meter.valid_until
    if until is None or until < month.last:
        return "uncovered", {"planned": row.meter.code, "until": until.isoformat() if until else "—"}
    return "agrees", {}


def _meters(session: Session, version_id: int) -> dict[str, str]:
    rows = session.execute(
        sa.select(RecordValue.stream_code, RecordValue.parameter_key, Meter.code)
        .join(Meter, Meter.id == RecordValue.meter_id)
        .where(RecordValue.version_id == version_id)
    )
    return {f"{stream}.{key}": code for stream, key, code in rows}


def _changes(sheet: Sheet, compared: Mapping[str, object]) -> dict[Section, int]:
    found: dict[Section, int] = {}
    for stream in sheet.streams:
        for row in stream.rows:
            entry = compared.get(row.cell)
            if entry is not None and getattr(entry, "changed", False):
                found[stream.section] = found.get(stream.section, 0) + 1
    return found


def _tabs(
    sheet: Sheet, changes: Mapping[Section, int], findings: Mapping[str, list[FindingLine]]
) -> tuple[SectionTab, ...]:
    waiting: dict[str, int] = {}
    for lines in findings.values():
        for line in lines:
            if line.standing not in {"closed", "explained", "waived"}:
                waiting[line.section] = waiting.get(line.section, 0) + 1
    return tuple(
        SectionTab(
            section=entry.section,
            decision=entry.decision,
            comment=entry.comment,
            return_comment=entry.return_comment,
            response=entry.response,
            editable=entry.editable,
            changes=changes.get(entry.section, 0),
            open_findings=waiting.get(entry.section.value, 0),
        )
        for entry in sheet.sections
    )


def _slots(sheet: Sheet) -> tuple[SlotLine, ...]:
    return tuple(
        SlotLine(slot.code, slot.title, slot.clause, slot.mandatory, f"{stream.name} {row.name}", slot.files)
        for stream in sheet.streams
        for row in stream.rows
        for slot in row.slots
        if slot.mandatory or slot.files
    )


def _loose(
    sheet: Sheet, findings: Mapping[str, list[FindingLine]], section: Section
) -> tuple[FindingLine, ...]:
    """Findings of the section that stand at no row of it."""
    places = {row.cell for row in sheet.rows()} | {slot.code for slot in sheet.slots()}
    return tuple(
        line
        for place, lines in findings.items()
        if place not in places
        for line in lines
        if line.section == section.value
    )


def _proof(sheet: Sheet, section: Section, cell: str, file_id: int | None) -> Proof | None:
    """The file asked for, else the first of the row in focus, else the first of the section."""
    held = [(slot, file) for slot in sheet.slots() for file in slot.files]
    everywhere = section is Section.EVIDENCE
    choices = (
        [(s, f) for s, f in held if f.id == file_id and (not cell or s.cell == cell)]
        or [(s, f) for s, f in held if f.id == file_id]
        or [(s, f) for s, f in held if s.cell == cell]
        or [(s, f) for s, f in held if everywhere or s.section is section]
    )
    if not choices:
        return None
    slot, file = choices[0]
    return Proof(file, slot.cell, slot.title)
