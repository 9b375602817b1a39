"""Reading a month whole, in a fixed number of queries whatever the number of rows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.domain.errors import NotFound
from portal.domain.periods import Month
from portal.domain.sheet import (
    Sheet,
    SheetCalibration,
    SheetFile,
    SheetMeter,
    SheetRow,
    SheetSection,
    SheetSlot,
    SheetStream,
    Totals,
)
from portal.domain.workflow import Section
from portal.models.evaluations import Calculation
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.meters import Calibration, Meter
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordSection, RecordValue, RecordVersion
from portal.models.users import User

Cell = tuple[str, str]


def load_sheet(session: Session, version_id: int) -> Sheet:
    """Read a version whole; raises NotFound. The caller has authorised the reader."""
    version = session.scalar(
        sa.select(RecordVersion)
        .where(RecordVersion.id == version_id)
        .options(
            joinedload(RecordVersion.record)
            .joinedload(MonthlyRecord.enterprise)
            .joinedload(Organisation.profile)
        )
    )
    if version is None:
        raise NotFound
    record = version.record
    month = Month.parse(record.month)
    plan = session.scalars(
        sa.select(PlanVersion)
        .where(PlanVersion.id == version.plan_version_id)
        .options(
            selectinload(PlanVersion.streams)
            .selectinload(SourceStream.parameters)
            .options(
                selectinload(Parameter.slots),
                joinedload(Parameter.meter).selectinload(Meter.calibrations),
            )
        )
    ).one()
    earlier = _Earlier.load(session, record.enterprise_id, month)
    parts = _Parts(
        values=_values(session, version.id),
        files=_files(session, version.id),
        earlier=earlier,
        acquisitions=_year_acquisitions(session, record.enterprise_id, month),
    )
    profile: EnterpriseProfile | None = record.enterprise.profile
    return Sheet(
        enterprise_id=record.enterprise_id,
        enterprise_name=record.enterprise.name,
        uscc=record.enterprise.uscc,
        district=record.enterprise.district,
        industry_code=profile.industry_code if profile else "",
        ets_member=bool(profile and profile.ets_member),
        drawings=frozenset(plan.drawings or {}),
        record_id=record.id,
        month=month,
        state=record.state,
        record_row_version=record.row_version,
        due_on=record.due_on,
        amend_due_on=record.amend_due_on,
        version_id=version.id,
        version_number=version.number,
        kind=version.kind,
        standing=version.standing,
        reason=version.reason,
        revision=version.revision,
        plan_id=plan.id,
        plan_number=plan.number,
        plan_state=plan.state.value,
        plan_effective_from=plan.effective_from,
        plan_reason=plan.reason,
        plan_submitted_on=plan.submitted_at.date() if plan.submitted_at else None,
        guideline=plan.guideline,
        sections=_sections(session, version.id),
        streams=tuple(_stream(stream, parts) for stream in plan.streams),
        previous=earlier.previous_totals,
        last_year=earlier.last_year_totals,
        prepared_by_firms=frozenset(
            value.updated_for_firm_id for value, _ in parts.values.values() if value.updated_for_firm_id
        ),
    )


@dataclass(frozen=True)
class _Earlier:
    """Values and emissions of the month before and of the same month last year."""

    previous: Mapping[Cell, Decimal | None]
    last_year: Mapping[Cell, Decimal | None]
    previous_totals: Totals | None
    last_year_totals: Totals | None
    previous_emissions: Mapping[str, Decimal]
    last_year_emissions: Mapping[str, Decimal]

    @classmethod
    def load(cls, session: Session, enterprise_id: int, month: Month) -> "_Earlier":
        """Read both in three queries."""
        wanted = {str(month.previous()): 0, str(month.same_last_year()): 1}
        records = session.execute(
            sa.select(
                MonthlyRecord.month,
                sa.func.coalesce(MonthlyRecord.official_version_id, MonthlyRecord.current_version_id),
            ).where(MonthlyRecord.enterprise_id == enterprise_id, MonthlyRecord.month.in_(wanted))
        ).all()
        place = {version_id: wanted[name] for name, version_id in records if version_id is not None}
        months = {version_id: name for name, version_id in records if version_id is not None}
        values: tuple[dict[Cell, Decimal | None], dict[Cell, Decimal | None]] = ({}, {})
        for value in session.scalars(sa.select(RecordValue).where(RecordValue.version_id.in_(place))):
            values[place[value.version_id]][value.stream_code, value.parameter_key] = value.value
        totals: list[Totals | None] = [None, None]
        emissions: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
        for calculation in newest_calculations(session, place):
            where = place[calculation.version_id]
            totals[where] = totals_of(calculation, months[calculation.version_id])
            emissions[where].update({line.stream_code: line.emission for line in calculation.lines})
        return cls(values[0], values[1], totals[0], totals[1], emissions[0], emissions[1])


def newest_calculations(session: Session, version_ids: Mapping[int, object]) -> list[Calculation]:
    """The newest calculation of each version, with its lines."""
    newest = (
        sa.select(sa.func.max(Calculation.id))
        .where(Calculation.version_id.in_(version_ids))
        .group_by(Calculation.version_id)
    )
    return list(
        session.scalars(
            sa.select(Calculation).where(Calculation.id.in_(newest)).options(selectinload(Calculation.lines))
        )
    )


def totals_of(calculation: Calculation, month: str) -> Totals:
    """A calculation's figures, for comparison."""
    return Totals(
        month=month,
        total=calculation.total,
        reported_total=calculation.reported_total,
        intensity=calculation.intensity,
        output=calculation.output,
        subtotals={key: Decimal(text) for key, text in calculation.subtotals.items()},
        unit=calculation.unit,
    )


@dataclass(frozen=True)
class _Parts:
    """What the rows are put together from."""

    values: Mapping[Cell, tuple[RecordValue, str]]
    files: Mapping[str, list[SheetFile]]
    earlier: _Earlier
    acquisitions: Mapping[Cell, list[str]]
    #: Meters met so far, by id: one meter often measures many rows.
    meters: dict[int, SheetMeter] = field(default_factory=dict)


def _values(session: Session, version_id: int) -> dict[Cell, tuple[RecordValue, str]]:
    rows = session.execute(
        sa.select(RecordValue, User.name)
        .outerjoin(User, User.id == RecordValue.updated_by_id)
        .where(RecordValue.version_id == version_id)
    )
    return {(value.stream_code, value.parameter_key): (value, name or "") for value, name in rows}


def _files(session: Session, version_id: int) -> dict[str, list[SheetFile]]:
    rows = session.execute(
        sa.select(EvidenceLink.slot, Evidence, User.name)
        .join(Evidence, Evidence.id == EvidenceLink.evidence_id)
        .join(User, User.id == Evidence.uploaded_by_id)
        .where(EvidenceLink.version_id == version_id)
        .order_by(EvidenceLink.id)
    )
    found: dict[str, list[SheetFile]] = defaultdict(list)
    for slot, file, name in rows:
        found[slot].append(
            SheetFile(
                id=file.id,
                filename=file.filename,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
                period_from=file.period_from,
                period_to=file.period_to,
                uploaded_at=file.uploaded_at,
                uploaded_by=name,
            )
        )
    return found


def _year_acquisitions(session: Session, enterprise_id: int, month: Month) -> dict[Cell, list[str]]:
    """How each parameter was obtained in the earlier months of the year, by their official versions."""
    january = f"{month.year:04d}-01"
    rows = session.execute(
        sa.select(RecordValue.stream_code, RecordValue.parameter_key, RecordValue.acquisition)
        .join(
            MonthlyRecord,
            sa.func.coalesce(MonthlyRecord.official_version_id, MonthlyRecord.current_version_id)
            == RecordValue.version_id,
        )
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.month >= january,
            MonthlyRecord.month < str(month),
        )
        .order_by(MonthlyRecord.month)
    )
    found: dict[Cell, list[str]] = defaultdict(list)
    for stream, key, acquisition in rows:
        found[stream, key].append(acquisition.value)
    return found


def _sections(session: Session, version_id: int) -> tuple[SheetSection, ...]:
    order = list(Section)
    rows = session.scalars(sa.select(RecordSection).where(RecordSection.version_id == version_id))
    return tuple(
        SheetSection(
            section=row.section,
            editable=row.editable,
            decision=row.decision,
            comment=row.comment,
            response=row.response,
            return_comment=row.return_comment,
        )
        for row in sorted(rows, key=lambda row: order.index(row.section))
    )


def _stream(stream: SourceStream, parts: _Parts) -> SheetStream:
    return SheetStream(
        code=stream.code,
        name=stream.name,
        category=stream.category,
        item=stream.item,
        section=stream.section,
        rows=tuple(_row(stream, parameter, parts) for parameter in stream.parameters),
        previous_emission=parts.earlier.previous_emissions.get(stream.code),
        last_year_emission=parts.earlier.last_year_emissions.get(stream.code),
    )


def _row(stream: SourceStream, parameter: Parameter, parts: _Parts) -> SheetRow:
    cell = (stream.code, parameter.key)
    value, who = parts.values.get(cell, (None, ""))
    return SheetRow(
        stream_code=stream.code,
        key=parameter.key,
        name=parameter.name,
        unit=parameter.unit,
        digits=parameter.digits,
        derived=parameter.derived,
        required=parameter.required,
        acquisition=value.acquisition if value else parameter.acquisition,
        planned_acquisition=parameter.acquisition,
        meter=_meter(parameter.meter, parts.meters),
        frequency=parameter.frequency,
        department=parameter.department,
        source_record=parameter.source_record,
        missing_rule=parameter.missing_rule,
        clause=parameter.clause,
        stored=value.value if value else None,
        text=value.text if value else "",
        correction=value.correction if value else None,
        row_version=value.row_version if value else 0,
        updated_at=value.updated_at if value else None,
        updated_by=who,
        previous=parts.earlier.previous.get(cell),
        last_year=parts.earlier.last_year.get(cell),
        year_acquisitions=tuple(parts.acquisitions.get(cell, ())),
        slots=tuple(
            SheetSlot(
                code=f"{stream.code}.{parameter.key}.{slot.code}",
                title=slot.title,
                clause=slot.clause,
                mandatory=slot.mandatory,
                section=stream.section,
                cell=f"{stream.code}.{parameter.key}",
                files=tuple(parts.files.get(f"{stream.code}.{parameter.key}.{slot.code}", ())),
            )
            for slot in parameter.slots
        ),
    )


def _meter(meter: Meter | None, known: dict[int, SheetMeter]) -> SheetMeter | None:
    if meter is None:
        return None
    if meter.id not in known:
        known[meter.id] = SheetMeter(
            id=meter.id,
            code=meter.code,
            name=meter.name,
            type=meter.type,
            accuracy_class=meter.accuracy_class,
            calibrations=tuple(_calibration(entry) for entry in meter.calibrations),
        )
    return known[meter.id]


def _calibration(row: Calibration) -> SheetCalibration:
    return SheetCalibration(row.calibrated_on, row.valid_until, row.result, row.max_error)
