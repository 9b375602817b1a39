"""Version n+1 of a month: a clone with a reason, in which only what must change may change."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.periods import Month
from portal.domain.workflow import Decision, Section, VersionKind
from portal.models.evidence import EvidenceLink
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordSection, RecordValue, RecordVersion
from portal.queries.plans import plan_in_force
from portal.services.months import add_sections

_VALUE_COLUMNS = (
    "stream_code",
    "parameter_key",
    "value",
    "text",
    "unit",
    "acquisition",
    "meter_id",
    "correction",
    "updated_at",
    "updated_by_id",
    "updated_for_firm_id",
)


def clone_version(
    session: Session,
    record: MonthlyRecord,
    source: RecordVersion,
    kind: VersionKind,
    reason: str,
    *,
    open_sections: Collection[Section] | None = None,
) -> RecordVersion:
    """Make the next version of a month from ``source`` and put it to work.

    With ``open_sections`` only those may be changed and the decisions on the others stay; without it
    all may be. A plan approved since then is followed: sections in which it differs are opened and
    their decisions fall away, and a section that it no longer has is not carried over at all.
    """
    month = Month.parse(record.month)
    plan = plan_in_force(session, record.enterprise_id, month) or session.get_one(
        PlanVersion, source.plan_version_id
    )
    number = (
        1
        + session.scalars(
            sa.select(sa.func.max(RecordVersion.number)).where(RecordVersion.record_id == record.id)
        ).one()
    )
    version = RecordVersion(
        record_id=record.id,
        number=number,
        kind=kind,
        reason=reason,
        plan_version_id=plan.id,
        based_on_id=source.id,
    )
    session.add(version)
    session.flush()
    add_sections(session, version, plan)
    _carry_sections(session, version, source, open_sections)
    _carry_values(session, version, source)
    _carry_links(session, version, source)
    record.current_version_id = version.id
    return version


def _carry_sections(
    session: Session,
    version: RecordVersion,
    source: RecordVersion,
    open_sections: Collection[Section] | None,
) -> None:
    before = {row.section: row for row in _sections(session, source)}
    changed = _changed_sections(session, version.plan_version_id, source.plan_version_id)
    for row in _sections(session, version):
        old = before.get(row.section)
        if old is None or open_sections is None or row.section in changed:
            continue
        if row.section in open_sections:
            row.return_comment = old.comment
            continue
        row.editable = False
        row.decision, row.comment = old.decision, old.comment
        row.decided_by_id, row.decided_at = old.decided_by_id, old.decided_at


def _changed_sections(session: Session, plan_id: int, other_plan_id: int) -> set[Section]:
    if plan_id == other_plan_id:
        return set()
    rows: dict[int, set[tuple[Section, str, str, str]]] = {plan_id: set(), other_plan_id: set()}
    for plan, section, stream, key, unit in session.execute(
        sa.select(
            SourceStream.plan_version_id,
            SourceStream.section,
            SourceStream.code,
            Parameter.key,
            Parameter.unit,
        )
        .join(Parameter, Parameter.stream_id == SourceStream.id)
        .where(SourceStream.plan_version_id.in_((plan_id, other_plan_id)))
    ):
        rows[plan].add((section, stream, key, unit))
    return {section for section, *_ in rows[plan_id] ^ rows[other_plan_id]}


def _carry_values(session: Session, version: RecordVersion, source: RecordVersion) -> None:
    kept = {
        (stream, key)
        for stream, key in session.execute(
            sa.select(SourceStream.code, Parameter.key)
            .join(Parameter, Parameter.stream_id == SourceStream.id)
            .where(SourceStream.plan_version_id == version.plan_version_id)
        )
    }
    for value in session.scalars(sa.select(RecordValue).where(RecordValue.version_id == source.id)):
        if (value.stream_code, value.parameter_key) in kept:
            session.add(
                RecordValue(version_id=version.id, **{name: getattr(value, name) for name in _VALUE_COLUMNS})
            )
    session.flush()


def _carry_links(session: Session, version: RecordVersion, source: RecordVersion) -> None:
    for link in session.scalars(sa.select(EvidenceLink).where(EvidenceLink.version_id == source.id)):
        session.add(
            EvidenceLink(
                version_id=version.id, slot=link.slot, evidence_id=link.evidence_id, linked_at=link.linked_at
            )
        )
    session.flush()


def _sections(session: Session, version: RecordVersion) -> list[RecordSection]:
    return list(session.scalars(sa.select(RecordSection).where(RecordSection.version_id == version.id)))


def returned_sections(session: Session, version: RecordVersion) -> set[Section]:
    """Sections that the reviewer sent back."""
    return {row.section for row in _sections(session, version) if row.decision is Decision.RETURN}
