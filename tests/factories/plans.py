"""Approved plans of the example enterprises, made through the services as people make them."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import Acquisition, RecordState, VersionStanding
from portal.models.meters import Calibration, Meter
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.plan_choices import entry_of
from portal.queries.plans import load_plan
from portal.reference.catalogue import load_catalogue
from portal.services.demo_plans import DYEING_CHOICES, STEEL_CHOICES, MeterSpec
from portal.services.plan_streams import RowChange, change_rows, fill_rows
from portal.services.plan_template import StreamChoice
from portal.services.plans import approve_plan, change_head, clone_plan, create_plan, submit_plan
from tests.factories.world import World

STEEL_POLLUTANTS = tuple(StreamChoice("pollutant", item) for item in ("二氧化硫", "氮氧化物", "颗粒物"))
#: From a stream's category and a parameter's key to the meter that measures it.
MeterChoice = Callable[[str, str], MeterSpec]

GAS = MeterSpec("LL-07", "焦炉煤气流量计", "gas_differential", "2.0")
STEEL_METERS = {
    "purchased": MeterSpec("GD-01", "进厂轨道衡", "dynamic_rail_scale", "0.5"),
    "sold": MeterSpec("GD-01", "进厂轨道衡", "dynamic_rail_scale", "0.5"),
    "closing_stock": MeterSpec("PD-03", "煤场皮带秤", "belt_scale", "0.5"),
    "amount": MeterSpec("QC-02", "物料电子汽车衡", "truck_scale", "0.5"),
    "pollutant": MeterSpec("CEMS-01", "烟气在线监测仪", "online_monitor", "5.0"),
}
DYEING_METERS = {
    "fuel": MeterSpec("RQ-01", "天然气流量计", "gas_turbine", "1.5"),
    "electricity": MeterSpec("DN-01", "总电能表", "electricity_meter", "0.5"),
    "steam": MeterSpec("ZQ-01", "蒸汽流量计", "steam_meter", "1.5"),
}


def make_meter(session: Session, enterprise_id: int, spec: MeterSpec, *, calibrated: bool = True) -> Meter:
    """A meter in use since 2024, or the one with this code; calibrated year by year until next year."""
    found = session.scalar(
        sa.select(Meter).where(Meter.enterprise_id == enterprise_id, Meter.code == spec.code)
    )
    if found is not None:
        return found
    meter = Meter(
        enterprise_id=enterprise_id,
        code=spec.code,
        name=spec.name,
        type=spec.type,
        model="示例型号",
        location="示例位置",
        accuracy_class=Decimal(spec.accuracy_class),
        valid_from=date(2024, 1, 1),
    )
    if calibrated:
        meter.calibrations = _calibrations(spec)
    session.add(meter)
    session.flush()
    return meter


def _calibrations(spec: MeterSpec) -> list[Calibration]:
    made, start = [], date(2024, 6, 1)
    while start <= today():
        until = start.replace(year=start.year + 1) - timedelta(days=1)
        made.append(
            Calibration(
                calibrated_on=start,
                valid_until=until,
                result="pass",
                max_error=Decimal(spec.accuracy_class) / 2,
                body="示例计量检测有限公司",
                certificate_number=f"示检字 {start.year}-{spec.code}",
            )
        )
        start = until + timedelta(days=1)
    return made


def make_steel_plan(
    session: Session, world: World, *, pollutants: bool = False, effective_from: str = "2025-01"
) -> PlanVersion:
    """The steel works' approved plan; its streams give the twenty lines of the example month.

    S-01 … S-05 fuels, S-06 … S-17 process materials, S-18 … S-20 products, S-21 output of crude
    steel, then three pollutants when asked for, and QT-01.
    """
    choices = (*STEEL_CHOICES, *(STEEL_POLLUTANTS if pollutants else ()))
    plan = draft_plan(session, world.officer, world.steel_id, choices, effective_from)
    return finish_plan(session, plan, world.officer, world.regulator, steel_meter)


def make_dyeing_plan(session: Session, world: World, *, effective_from: str = "2025-01") -> PlanVersion:
    """The dyeing mill's approved plan: gas, purchased electricity and steam, output of cloth."""
    plan = draft_plan(session, world.stranger_officer, world.dyeing_id, DYEING_CHOICES, effective_from)
    return finish_plan(session, plan, world.stranger_officer, world.other_regulator, dyeing_meter)


def draft_plan(
    session: Session,
    officer: Actor,
    enterprise_id: int,
    choices: tuple[StreamChoice, ...],
    effective_from: str = "2025-01",
) -> PlanVersion:
    """A draft straight from the template, with a boundary and nothing else filled in."""
    return create_plan(
        session,
        officer,
        enterprise_id,
        choices,
        effective_from=effective_from,
        boundary="示例厂区全部生产设施及辅助生产设施",
    )


def steel_meter(category: str, key: str) -> MeterSpec:
    """Which meter of the steel works measures this."""
    if category == "pollutant":
        return STEEL_METERS["pollutant"]
    return STEEL_METERS[key]


def dyeing_meter(category: str, key: str) -> MeterSpec:
    """Which meter of the dyeing mill measures this."""
    return DYEING_METERS[category]


def fill_plan(session: Session, plan: PlanVersion, officer: Actor, meter_for: MeterChoice) -> PlanVersion:
    """Give every row a department and every measured row its meter, so that the plan can be submitted."""
    enterprise_id = plan.enterprise_id
    fill_rows(
        session,
        officer,
        enterprise_id,
        plan.id,
        row_version=plan.row_version,
        department="能源管理部",
        missing_rule="取最近三个月中较保守的数值",
    )
    catalogue = load_catalogue(plan.guideline)
    for stream in plan.streams:
        changes = {}
        for row in stream.parameters:
            entry = entry_of(catalogue, stream.category, stream.item, row.key)
            if row.acquisition is not Acquisition.MEASURED or entry is None or not entry.meters:
                continue
            is_gas = any(kind.key == GAS.type for kind in entry.meters) and stream.item == "焦炉煤气"
            spec = GAS if is_gas else meter_for(stream.category, row.key)
            meter = make_meter(session, enterprise_id, spec)
            changes[row.id] = RowChange(
                acquisition=row.acquisition,
                meter_id=meter.id,
                frequency=row.frequency,
                department=row.department,
                source_record=f"{stream.name}{row.name}台账",
                missing_rule=row.missing_rule,
            )
        if changes:
            change_rows(
                session,
                officer,
                enterprise_id,
                plan.id,
                stream.id,
                changes,
                row_version=plan.row_version,
            )
    return plan


def finish_plan(
    session: Session, plan: PlanVersion, officer: Actor, regulator: Actor, meter_for: MeterChoice
) -> PlanVersion:
    """Fill, submit and approve a draft."""
    fill_plan(session, plan, officer, meter_for)
    enterprise_id = plan.enterprise_id
    submit_plan(session, officer, enterprise_id, plan.id, row_version=plan.row_version)
    approve_plan(session, regulator, enterprise_id, plan.id, row_version=plan.row_version)
    return load_plan(session, enterprise_id, plan.id)


def second_plan(
    session: Session, world: World, old: PlanVersion, month: str, reason: str = "更换计量器具"
) -> PlanVersion:
    """A draft that follows ``old``, from ``month`` on."""
    plan = clone_plan(session, world.officer, world.steel_id, old.id)
    change_head(
        session,
        world.officer,
        world.steel_id,
        plan.id,
        row_version=plan.row_version,
        effective_from=month,
        boundary=plan.boundary,
        reason=reason,
    )
    return plan


def approve(session: Session, world: World, plan: PlanVersion) -> None:
    """Submit a filled draft and approve it."""
    submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
    approve_plan(session, world.regulator, world.steel_id, plan.id, row_version=plan.row_version)


def accept_month(session: Session, world: World, plan: PlanVersion, month: Month) -> None:
    """A month of this plan that the regulator has accepted."""
    record = MonthlyRecord(
        enterprise_id=world.steel_id, month=str(month), state=RecordState.ACCEPTED, due_on=due_on(month)
    )
    session.add(record)
    session.flush()
    version = RecordVersion(
        record_id=record.id, number=1, standing=VersionStanding.ACCEPTED, plan_version_id=plan.id
    )
    session.add(version)
    session.flush()
    record.current_version_id = record.official_version_id = version.id
