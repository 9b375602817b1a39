"""Getting hold of a month that may be worked on now, by this actor, in this section."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.workflow import RecordState, Section
from portal.models.plans import EvidenceSlot, Parameter, SourceStream
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion
from portal.queries.access import require


@dataclass
class Work:
    """A version being worked on, with its record locked for this transaction."""

    record: MonthlyRecord
    version: RecordVersion

    @property
    def enterprise_id(self) -> int:
        """Whose month it is."""
        return self.record.enterprise_id

    @property
    def month(self) -> Month:
        """Which month it is."""
        return Month.parse(self.record.month)


def locked_record(session: Session, actor: Actor, permission: Permission, record_id: int) -> MonthlyRecord:
    """The month's row, locked; raises NotFound for what is foreign, Refused without the permission."""
    record = session.scalar(
        sa.select(MonthlyRecord)
        .where(MonthlyRecord.id == record_id)
        .with_for_update()
        # Whoever waited for the lock must see what the one before has left, not what was read earlier.
        .execution_options(populate_existing=True)
    )
    if record is None:
        raise NotFound
    require(session, actor, permission, record.enterprise_id)
    return record


def current_version(session: Session, record: MonthlyRecord) -> RecordVersion:
    """The version being worked on or last handed in; raises NotFound before the month was started."""
    version = (
        session.get(RecordVersion, record.current_version_id)
        if record.current_version_id is not None
        else None
    )
    if version is None:
        raise NotFound
    return version


def editable_version(
    session: Session,
    actor: Actor,
    version_id: int,
    permission: Permission,
    *,
    section: Section | None = None,
    slot: str | None = None,
) -> Work:
    """The version with its record locked, when its data (of ``section`` or ``slot``) may be changed now.

    Raises NotFound for what is foreign or unknown, Refused when the month is in somebody else's hands
    or the section was not returned.
    """
    record_id = session.scalar(sa.select(RecordVersion.record_id).where(RecordVersion.id == version_id))
    if record_id is None:
        raise NotFound
    record = locked_record(session, actor, permission, record_id)
    # Read after the lock: its revision is counted up, and two writers at once must count twice.
    version = session.get_one(RecordVersion, version_id, populate_existing=True)
    if record.state is not RecordState.DRAFT or record.current_version_id != version.id:
        raise Refused(N_("这个月现在不能改：它已锁定、已提交或已有更新的版本"), path="state")
    touched = section or (None if slot is None else _section_of_slot(session, version, slot))
    if touched is not None:
        _check_section(session, version, touched, slot=slot is not None)
    return Work(record, version)


def _section_of_slot(session: Session, version: RecordVersion, slot: str) -> Section:
    stream, _, rest = slot.partition(".")
    parameter, _, code = rest.partition(".")
    section = session.scalar(
        sa.select(SourceStream.section)
        .join(Parameter)
        .join(EvidenceSlot)
        .where(
            SourceStream.plan_version_id == version.plan_version_id,
            SourceStream.code == stream,
            Parameter.key == parameter,
            EvidenceSlot.code == code,
        )
    )
    if section is None:
        raise NotFound
    return section


def _check_section(session: Session, version: RecordVersion, section: Section, *, slot: bool) -> None:
    sections = {
        row.section: row.editable
        for row in session.scalars(sa.select(RecordSection).where(RecordSection.version_id == version.id))
    }
    open_here = sections.get(section, False) or (slot and sections.get(Section.EVIDENCE, False))
    if not open_here:
        raise Refused(N_("这一节没有被退回，不能改；如确需更正，请联系审核人员"), path=section.value)
