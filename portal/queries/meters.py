"""Reading meters: which are valid until when, their history, and the months that they leave uncovered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month, today
from portal.domain.workflow import PlanState, RecordState
from portal.models.evidence import Evidence
from portal.models.meters import Calibration, Meter
from portal.models.organisations import Organisation
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion
from portal.models.users import User
from portal.queries.access import require
from portal.queries.meter_validity import PASS, covered_until, first_gap, gap_end, standing_of
from portal.queries.plans import RULING
from portal.reference.catalogue import MeterType, list_catalogues, load_catalogue

#: How far back the page looks for months that a meter leaves uncovered.
MONTHS_BACK = 12
RESULTS = (PASS, "over_class", "fail")
STANDINGS = ("expired", "expiring", "uncalibrated", "valid", "retired")


@cache
def meter_kinds() -> Mapping[str, MeterType]:
    """Kinds of meters that any guideline names, by key."""
    found: dict[str, MeterType] = {}
    for guideline in list_catalogues():
        for key, kind in load_catalogue(guideline).meters.items():
            found.setdefault(key, kind)
    return found


@dataclass(frozen=True)
class MeterLine:
    """One meter in the list."""

    id: int
    code: str
    name: str
    type: str
    model: str
    location: str
    accuracy_class: Decimal | None
    calibrated_on: date | None
    valid_until: date | None
    days_left: int | None
    standing: str
    uses: int


@dataclass(frozen=True)
class MeterList:
    """The meters of an enterprise that fit search and filter; ``counts`` is of all of them."""

    enterprise_id: int
    enterprise_name: str
    lines: tuple[MeterLine, ...]
    counts: Mapping[str, int]
    can_edit: bool

    @property
    def total(self) -> int:
        """How many meters there are before search and filter."""
        return sum(self.counts.values())


def meter_list(
    session: Session, actor: Actor, enterprise_id: int, *, search: str = "", standing: str = ""
) -> MeterList:
    """Meters by urgency, then code; ``search`` looks in code, name, model and location."""
    require(session, actor, Permission.METER_VIEW, enterprise_id)
    name = session.scalars(sa.select(Organisation.name).where(Organisation.id == enterprise_id)).one()
    meters = session.scalars(
        sa.select(Meter).where(Meter.enterprise_id == enterprise_id).options(selectinload(Meter.calibrations))
    ).all()
    uses = _uses(session, enterprise_id)
    lines = [_line(meter, today(), uses.get(meter.id, 0)) for meter in meters]
    counts = {key: sum(line.standing == key for line in lines) for key in STANDINGS}
    wanted = [line for line in lines if _fits(line, search.strip().lower(), standing)]
    wanted.sort(key=lambda line: (STANDINGS.index(line.standing), line.code))
    return MeterList(
        enterprise_id=enterprise_id,
        enterprise_name=name,
        lines=tuple(wanted),
        counts=counts,
        can_edit=actor.may(Permission.METER_EDIT),
    )


def _fits(line: MeterLine, search: str, standing: str) -> bool:
    if standing and line.standing != standing:
        return False
    kind = meter_kinds().get(line.type)
    texts = (line.code, line.name, line.model, line.location, kind.name if kind else line.type)
    return not search or any(search in text.lower() for text in texts)


def _line(meter: Meter, day: date, uses: int) -> MeterLine:
    until = covered_until(meter.calibrations)
    last = meter.calibrations[-1].calibrated_on if meter.calibrations else None
    return MeterLine(
        id=meter.id,
        code=meter.code,
        name=meter.name,
        type=meter.type,
        model=meter.model,
        location=meter.location,
        accuracy_class=meter.accuracy_class,
        calibrated_on=last,
        valid_until=until,
        days_left=(until - day).days if until else None,
        standing=standing_of(meter, day),
        uses=uses,
    )


def _uses(session: Session, enterprise_id: int) -> dict[int, int]:
    rows = session.execute(
        sa.select(Parameter.meter_id, sa.func.count())
        .join(SourceStream)
        .join(PlanVersion)
        .where(
            PlanVersion.enterprise_id == enterprise_id,
            PlanVersion.state == PlanState.APPROVED,
            Parameter.meter_id.is_not(None),
        )
        .group_by(Parameter.meter_id)
    ).all()
    return {meter_id: count for meter_id, count in rows if meter_id is not None}


@dataclass(frozen=True)
class CalibrationLine:
    """One calibration in a meter's history; ``ruling`` is the one that reaches furthest."""

    id: int
    calibrated_on: date
    valid_until: date
    result: str
    max_error: Decimal | None
    body: str
    certificate_number: str
    remark: str
    evidence_id: int | None
    filename: str
    by: str
    ruling: bool
    past: bool


@dataclass(frozen=True)
class MonthReading:
    """What was entered in a month from this meter."""

    stream: str
    parameter: str
    value: Decimal | None
    unit: str


@dataclass(frozen=True)
class AffectedMonth:
    """A month under a plan that uses the meter; the gap is its first run of uncovered days."""

    month: Month
    state: RecordState | None
    gap_from: date | None
    gap_to: date | None
    readings: tuple[MonthReading, ...]

    @property
    def gap_is_open(self) -> bool:
        """Whether the gap lasts to the month's end."""
        return self.gap_to == self.month.last


@dataclass(frozen=True)
class MeterPage:
    """A meter with its history and the months that hang on it."""

    id: int
    enterprise_id: int
    enterprise_name: str
    code: str
    name: str
    type: str
    model: str
    location: str
    accuracy_class: Decimal | None
    valid_from: date
    valid_to: date | None
    row_version: int
    valid_until: date | None
    days_left: int | None
    standing: str
    history: tuple[CalibrationLine, ...]
    months: tuple[AffectedMonth, ...]
    used_for: tuple[str, ...]
    can_edit: bool


def meter_page(session: Session, actor: Actor, enterprise_id: int, meter_id: int) -> MeterPage:
    """One meter; raises NotFound for another enterprise's."""
    require(session, actor, Permission.METER_VIEW, enterprise_id)
    meter = find_meter(session, enterprise_id, meter_id)
    name = session.scalars(sa.select(Organisation.name).where(Organisation.id == enterprise_id)).one()
    line = _line(meter, today(), 0)
    return MeterPage(
        id=meter.id,
        enterprise_id=enterprise_id,
        enterprise_name=name,
        code=meter.code,
        name=meter.name,
        type=meter.type,
        model=meter.model,
        location=meter.location,
        accuracy_class=meter.accuracy_class,
        valid_from=meter.valid_from,
        valid_to=meter.valid_to,
        row_version=meter.row_version,
        valid_until=line.valid_until,
        days_left=line.days_left,
        standing=line.standing,
        history=_history(session, meter),
        months=_affected(session, meter),
        used_for=_used_for(session, meter),
        can_edit=actor.may(Permission.METER_EDIT),
    )


def find_meter(session: Session, enterprise_id: int, meter_id: int) -> Meter:
    """The meter with its calibrations; raises NotFound for another enterprise's."""
    meter = session.scalars(
        sa.select(Meter)
        .where(Meter.id == meter_id, Meter.enterprise_id == enterprise_id)
        .options(selectinload(Meter.calibrations))
    ).first()
    if meter is None:
        raise NotFound
    return meter


def _history(session: Session, meter: Meter) -> tuple[CalibrationLine, ...]:
    rows = session.execute(
        sa.select(Calibration, Evidence.filename, User.name)
        .outerjoin(Evidence, Evidence.id == Calibration.evidence_id)
        .outerjoin(User, User.id == Calibration.created_by_id)
        .where(Calibration.meter_id == meter.id)
        .order_by(Calibration.calibrated_on.desc(), Calibration.id.desc())
    ).all()
    until = covered_until(meter.calibrations)
    return tuple(
        CalibrationLine(
            id=row.id,
            calibrated_on=row.calibrated_on,
            valid_until=row.valid_until,
            result=row.result,
            max_error=row.max_error,
            body=row.body,
            certificate_number=row.certificate_number,
            remark=row.remark,
            evidence_id=row.evidence_id,
            filename=filename or "",
            by=by or "",
            ruling=row.result == PASS and row.valid_until == until,
            past=row.valid_until < today(),
        )
        for row, filename, by in rows
    )


def _used_for(session: Session, meter: Meter) -> tuple[str, ...]:
    rows = session.execute(
        sa.select(SourceStream.code, SourceStream.name, Parameter.name)
        .join(Parameter, Parameter.stream_id == SourceStream.id)
        .join(PlanVersion)
        .where(Parameter.meter_id == meter.id, PlanVersion.state == PlanState.APPROVED)
        .order_by(SourceStream.position, Parameter.position)
    ).all()
    return tuple(f"{code} {stream} · {parameter}" for code, stream, parameter in rows)


def _affected(session: Session, meter: Meter) -> tuple[AffectedMonth, ...]:
    current = Month.of(today())
    using = _plans_using(session, meter)
    records = {
        row.month: row
        for row in session.scalars(
            sa.select(MonthlyRecord).where(
                MonthlyRecord.enterprise_id == meter.enterprise_id,
                MonthlyRecord.month >= str(current.plus(-MONTHS_BACK)),
            )
        )
    }
    readings = _readings(session, meter, list(records.values()))
    found = []
    for back in range(MONTHS_BACK, -1, -1):
        month = current.plus(-back)
        if not _was_used(meter, using, month):
            continue
        record = records.get(str(month))
        gap = _gap_in(meter, month)
        is_open = month == current or (record is not None and record.state is not RecordState.ACCEPTED)
        if gap is not None or is_open:
            values = readings.get(record.id, ()) if record else ()
            end = gap_end(meter.calibrations, gap, month.last) if gap else None
            found.append(AffectedMonth(month, record.state if record else None, gap, end, values))
    return tuple(found)


def _was_used(meter: Meter, plans: Sequence[tuple[str, bool]], month: Month) -> bool:
    in_service = meter.valid_from <= month.last and (meter.valid_to is None or meter.valid_to >= month.first)
    ruling = [used for start, used in plans if start <= str(month)]
    return in_service and bool(ruling) and ruling[-1]


def _gap_in(meter: Meter, month: Month) -> date | None:
    last = min(month.last, today(), meter.valid_to or month.last)
    return first_gap(meter.calibrations, max(month.first, meter.valid_from), last)


def _plans_using(session: Session, meter: Meter) -> list[tuple[str, bool]]:
    uses = sa.exists(
        sa.select(Parameter.id)
        .join(SourceStream)
        .where(SourceStream.plan_version_id == PlanVersion.id, Parameter.meter_id == meter.id)
    )
    rows = session.execute(
        sa.select(PlanVersion.effective_from, uses)
        .where(PlanVersion.enterprise_id == meter.enterprise_id, PlanVersion.state.in_(RULING))
        .order_by(PlanVersion.effective_from, PlanVersion.number)
    ).all()
    return [(start, bool(used)) for start, used in rows]


def _readings(
    session: Session, meter: Meter, records: Sequence[MonthlyRecord]
) -> dict[int, tuple[MonthReading, ...]]:
    versions = {row.current_version_id: row.id for row in records if row.current_version_id is not None}
    if not versions:
        return {}
    rows = session.execute(
        sa.select(RecordValue, SourceStream.name, Parameter.name)
        .join(RecordVersion, RecordVersion.id == RecordValue.version_id)
        .join(
            SourceStream,
            sa.and_(
                SourceStream.plan_version_id == RecordVersion.plan_version_id,
                SourceStream.code == RecordValue.stream_code,
            ),
        )
        .join(
            Parameter,
            sa.and_(Parameter.stream_id == SourceStream.id, Parameter.key == RecordValue.parameter_key),
        )
        .where(RecordValue.version_id.in_(versions), RecordValue.meter_id == meter.id)
        .order_by(SourceStream.position, Parameter.position)
    ).all()
    found: dict[int, tuple[MonthReading, ...]] = {}
    for value, stream, parameter in rows:
        reading = MonthReading(stream, parameter, value.value, value.unit)
        record_id = versions[value.version_id]
        found[record_id] = (*found.get(record_id, ()), reading)
    return found
