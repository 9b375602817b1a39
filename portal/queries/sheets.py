"""Reading a month whole, in a fixed number of queries whatever the number of rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.domain.errors import NotFound
from portal.domain.periods import Month, shanghai_date
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
from portal.models.evaluations import Calculation, CalculationLine
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.meters import Calibration, Meter
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordSection, RecordValue, RecordVersion
from portal.models.users import User
from portal.queries.plan_content import PlannedRow, PlannedStream, planned_streams

Cell = tuple[str, str]
Row = sa.Row[*tuple[Any, ...]]

# The statements are put together once: doing so for each request took as long as asking the database.
_HEAD = (
    sa.select(RecordVersion, MonthlyRecord, Organisation, EnterpriseProfile, PlanVersion)
    .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
    .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
    .join(PlanVersion, PlanVersion.id == RecordVersion.plan_version_id)
    .outerjoin(EnterpriseProfile, EnterpriseProfile.organisation_id == Organisation.id)
    .where(RecordVersion.id == sa.bindparam("version_id"))
)
_VERSION = sa.func.coalesce(MonthlyRecord.official_version_id, MonthlyRecord.current_version_id)
_COMPARED_VALUES = (
    sa.select(
        MonthlyRecord.month,
        _VERSION,
        RecordValue.stream_code,
        RecordValue.parameter_key,
        RecordValue.value,
    )
    .outerjoin(RecordValue, RecordValue.version_id == _VERSION)
    .where(
        MonthlyRecord.enterprise_id == sa.bindparam("enterprise_id"),
        MonthlyRecord.month.in_(sa.bindparam("months", expanding=True)),
    )
)
_NEWEST_CALCULATIONS = sa.select(Calculation).where(
    Calculation.id.in_(
        sa.select(sa.func.max(Calculation.id))
        .where(Calculation.version_id.in_(sa.bindparam("version_ids", expanding=True)))
        .group_by(Calculation.version_id)
    )
)
_EMISSIONS = _NEWEST_CALCULATIONS.add_columns(
    CalculationLine.stream_code, CalculationLine.emission
).outerjoin(CalculationLine, CalculationLine.calculation_id == Calculation.id)
_VALUES = (
    sa.select(
        RecordValue.stream_code,
        RecordValue.parameter_key,
        RecordValue.value,
        RecordValue.text,
        RecordValue.acquisition,
        RecordValue.correction,
        RecordValue.row_version,
        RecordValue.updated_at,
        RecordValue.updated_for_firm_id,
        User.name,
    )
    .outerjoin(User, User.id == RecordValue.updated_by_id)
    .where(RecordValue.version_id == sa.bindparam("version_id"))
)
_FILES = (
    sa.select(
        EvidenceLink.slot,
        Evidence.id,
        Evidence.filename,
        Evidence.media_type,
        Evidence.size,
        Evidence.sha256,
        Evidence.period_from,
        Evidence.period_to,
        Evidence.uploaded_at,
        User.name,
    )
    .join(Evidence, Evidence.id == EvidenceLink.evidence_id)
    .join(User, User.id == Evidence.uploaded_by_id)
    .where(EvidenceLink.version_id == sa.bindparam("version_id"))
    .order_by(EvidenceLink.id)
)
_YEAR_ACQUISITIONS = (
    sa.select(
        RecordValue.stream_code,
        RecordValue.parameter_key,
        # Its word is all that is asked for: several hundred rows of it.
        sa.type_coerce(RecordValue.acquisition, sa.String),
    )
    .join(
        MonthlyRecord,
        RecordValue.version_id == _VERSION,
    )
    .where(
        MonthlyRecord.enterprise_id == sa.bindparam("enterprise_id"),
        MonthlyRecord.month >= sa.bindparam("january"),
        MonthlyRecord.month < sa.bindparam("month"),
    )
    .order_by(MonthlyRecord.month)
)
_SECTIONS = sa.select(RecordSection).where(RecordSection.version_id == sa.bindparam("version_id"))
_METERS = (
    sa.select(
        Meter.id,
        Meter.code,
        Meter.name,
        Meter.type,
        Meter.accuracy_class,
        Calibration.calibrated_on,
        Calibration.valid_until,
        Calibration.result,
        Calibration.max_error,
    )
    .outerjoin(Calibration, Calibration.meter_id == Meter.id)
    .where(Meter.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Meter.id, Calibration.calibrated_on)
)


def load_sheet(session: Session, version_id: int) -> Sheet:
    """Read a version whole; raises NotFound. The caller has authorised the reader."""
    found = session.execute(_HEAD, {"version_id": version_id}).one_or_none()
    if found is None:
        raise NotFound
    version, record, enterprise, profile, plan = found
    month = Month.parse(record.month)
    streams = planned_streams(session, plan)
    earlier = _Earlier.load(session, record.enterprise_id, month)
    parts = _Parts(
        values=_values(session, version.id),
        files=_files(session, version.id),
        earlier=earlier,
        acquisitions=_year_acquisitions(session, record.enterprise_id, month),
        meters=_meters(session, {row.meter_id for stream in streams for row in stream.rows}),
    )
    return Sheet(
        enterprise_id=record.enterprise_id,
        enterprise_name=enterprise.name,
        uscc=enterprise.uscc,
        district=enterprise.district,
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
        plan_submitted_on=shanghai_date(plan.submitted_at) if plan.submitted_at else None,
        guideline=plan.guideline,
        sections=_sections(session, version.id),
        streams=tuple(_stream(stream, parts) for stream in streams),
        previous=earlier.previous_totals,
        last_year=earlier.last_year_totals,
        prepared_by_firms=frozenset(
            value.updated_for_firm_id for value in parts.values.values() if value.updated_for_firm_id
        ),
        allow_unverified=session.info.get("allow_unverified", True),
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
        """Read both in two queries."""
        wanted = {str(month.previous()): 0, str(month.same_last_year()): 1}
        months: dict[int, str] = {}
        values: tuple[dict[Cell, Decimal | None], dict[Cell, Decimal | None]] = ({}, {})
        for name, version_id, stream, key, value in session.execute(
            _COMPARED_VALUES, {"enterprise_id": enterprise_id, "months": list(wanted)}
        ):
            if version_id is not None:
                months[version_id] = name
            if stream is not None:
                values[wanted[name]][stream, key] = value
        totals: list[Totals | None] = [None, None]
        emissions: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
        for calculation, stream, emission in session.execute(_EMISSIONS, {"version_ids": list(months)}):
            name = months[calculation.version_id]
            if totals[wanted[name]] is None:
                totals[wanted[name]] = totals_of(calculation, name)
            if stream is not None:
                emissions[wanted[name]][stream] = emission
        return cls(values[0], values[1], totals[0], totals[1], emissions[0], emissions[1])


def newest_calculations(
    session: Session, version_ids: Mapping[int, object], *, lines: bool = True
) -> list[Calculation]:
    """The newest calculation of each version; with its ``lines`` and all that explains them, if asked."""
    query = _NEWEST_CALCULATIONS.options(selectinload(Calculation.lines)) if lines else _NEWEST_CALCULATIONS
    return list(session.scalars(query, {"version_ids": list(version_ids)}))


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

    values: Mapping[Cell, Row]
    files: Mapping[str, list[SheetFile]]
    earlier: _Earlier
    acquisitions: Mapping[Cell, list[str]]
    meters: Mapping[int | None, SheetMeter]


def _values(session: Session, version_id: int) -> dict[Cell, Row]:
    rows = session.execute(_VALUES, {"version_id": version_id})
    return {(row.stream_code, row.parameter_key): row for row in rows}


def _files(session: Session, version_id: int) -> dict[str, list[SheetFile]]:
    found: dict[str, list[SheetFile]] = defaultdict(list)
    for slot, *file in session.execute(_FILES, {"version_id": version_id}):
        found[slot].append(SheetFile(*file))
    return found


def _year_acquisitions(session: Session, enterprise_id: int, month: Month) -> dict[Cell, list[str]]:
    """How each parameter was obtained in the earlier months of the year, by their official versions."""
    january = f"{month.year:04d}-01"
    rows = session.execute(
        _YEAR_ACQUISITIONS, {"enterprise_id": enterprise_id, "january": january, "month": str(month)}
    )
    found: dict[Cell, list[str]] = defaultdict(list)
    for stream, key, acquisition in rows:
        found[stream, key].append(acquisition)
    return found


def _sections(session: Session, version_id: int) -> tuple[SheetSection, ...]:
    order = list(Section)
    rows = session.scalars(_SECTIONS, {"version_id": version_id})
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


def _stream(stream: PlannedStream, parts: _Parts) -> SheetStream:
    return SheetStream(
        code=stream.code,
        name=stream.name,
        category=stream.category,
        item=stream.item,
        section=stream.section,
        rows=tuple(_row(stream, row, parts) for row in stream.rows),
        previous_emission=parts.earlier.previous_emissions.get(stream.code),
        last_year_emission=parts.earlier.last_year_emissions.get(stream.code),
    )


def _row(stream: PlannedStream, planned: PlannedRow, parts: _Parts) -> SheetRow:
    cell = (stream.code, planned.key)
    name = f"{stream.code}.{planned.key}"
    value = parts.values.get(cell)
    return SheetRow(
        stream_code=stream.code,
        key=planned.key,
        name=planned.name,
        unit=planned.unit,
        digits=planned.digits,
        derived=planned.derived,
        required=planned.required,
        acquisition=value.acquisition if value else planned.acquisition,
        planned_acquisition=planned.acquisition,
        meter=parts.meters.get(planned.meter_id),
        frequency=planned.frequency,
        department=planned.department,
        source_record=planned.source_record,
        missing_rule=planned.missing_rule,
        clause=planned.clause,
        stored=value.value if value else None,
        text=value.text if value else "",
        correction=value.correction if value else None,
        row_version=value.row_version if value else 0,
        updated_at=value.updated_at if value else None,
        updated_by=(value.name or "") if value else "",
        previous=parts.earlier.previous.get(cell),
        last_year=parts.earlier.last_year.get(cell),
        year_acquisitions=tuple(parts.acquisitions.get(cell, ())),
        slots=tuple(
            SheetSlot(
                code=f"{name}.{slot.code}",
                title=slot.title,
                clause=slot.clause,
                mandatory=slot.mandatory,
                section=stream.section,
                cell=name,
                files=tuple(parts.files.get(f"{name}.{slot.code}", ())),
            )
            for slot in planned.slots
        ),
    )


def _meters(session: Session, ids: Collection[int | None]) -> dict[int | None, SheetMeter]:
    """The meters by their ids; their certificates grow with time, so they are read anew."""
    meters: dict[int, Row] = {}
    calibrations: dict[int, list[SheetCalibration]] = defaultdict(list)
    for row in session.execute(_METERS, {"ids": list(ids)}):
        meters[row.id] = row
        if row.calibrated_on is not None:
            calibrations[row.id].append(
                SheetCalibration(row.calibrated_on, row.valid_until, row.result, row.max_error)
            )
    return {
        meter_id: SheetMeter(
            id=meter_id,
            code=row.code,
            name=row.name,
            type=row.type,
            accuracy_class=row.accuracy_class,
            calibrations=tuple(calibrations[meter_id]),
        )
        for meter_id, row in meters.items()
    }
