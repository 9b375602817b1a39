"""Plans and meters of the example enterprises."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import today
from portal.domain.workflow import Acquisition
from portal.models.meters import Calibration, Meter
from portal.models.plans import PlanVersion, SourceStream
from portal.queries.plan_choices import entry_of
from portal.queries.plans import load_plan
from portal.reference.catalogue import Catalogue, ParameterEntry, load_catalogue
from portal.services.demo_files import example_pdf
from portal.services.evidence import store_file
from portal.services.plan_streams import fill_rows
from portal.services.plan_template import StreamChoice
from portal.services.plans import approve_plan, create_plan, submit_plan
from portal.storage import Storage

#: Item and code in the order of the plan: S-01 … S-05 fuels, S-06 … S-17 materials, S-18 … S-20 products,
#: S-21 output.
STEEL_CHOICES = (
    *(StreamChoice("fuel", item) for item in ("洗精煤", "烟煤", "焦炉煤气", "焦炭", "无烟煤")),
    *(
        StreamChoice("process", item)
        for item in (
            *("高碳铬铁", "微碳锰铁", "电炉高碳锰铁", "锰硅合金", "硅铁", "钼铁"),
            *("镍铁", "废钢", "生铁", "电极", "白云石", "石灰石"),
        )
    ),
    *(StreamChoice("product", item) for item in ("粗钢", "粗苯", "煤焦油")),
    StreamChoice("output", "粗钢"),
)
DYEING_CHOICES = (
    StreamChoice("fuel", "天然气"),
    StreamChoice("electricity", "电力"),
    StreamChoice("steam", "蒸汽"),
    StreamChoice("output", "印染布"),
)


@dataclass(frozen=True)
class MeterSpec:
    """A meter of an example enterprise."""

    code: str
    name: str
    type: str
    accuracy_class: str


#: From a stream and a parameter's key to the meter that measures it.
MeterChoice = Callable[[SourceStream, str], MeterSpec]

_GAS = MeterSpec("LL-07", "焦炉煤气流量计", "gas_differential", "2.0")
_RAIL = MeterSpec("GD-01", "进厂轨道衡", "dynamic_rail_scale", "0.5")
_BELT = MeterSpec("PD-03", "煤场皮带秤", "belt_scale", "0.5")
_TRUCK = MeterSpec("QC-02", "物料电子汽车衡", "truck_scale", "0.5")
_DYEING = {
    "fuel": MeterSpec("RQ-01", "天然气流量计", "gas_turbine", "1.5"),
    "electricity": MeterSpec("DN-01", "总电能表", "electricity_meter", "0.5"),
    "steam": MeterSpec("ZQ-01", "蒸汽流量计", "steam_meter", "1.5"),
}


def steel_meter(stream: SourceStream, key: str) -> MeterSpec:
    """Which meter of the steel works measures this."""
    if stream.item == "焦炉煤气":
        return _GAS
    return {"purchased": _RAIL, "sold": _RAIL, "closing_stock": _BELT}.get(key, _TRUCK)


def dyeing_meter(stream: SourceStream, key: str) -> MeterSpec:
    """Which meter of the dyeing mill measures this."""
    return _DYEING[stream.category]


def make_plan(
    session: Session,
    storage: Storage,
    enterprise_id: int,
    officer: Actor,
    regulator: Actor,
    choices: Sequence[StreamChoice],
    meter_for: MeterChoice,
    *,
    effective_from: str,
) -> PlanVersion:
    """Draw up a plan from the template, fill it, submit it, approve it."""
    plan = create_plan(
        session,
        officer,
        enterprise_id,
        choices,
        effective_from=effective_from,
        boundary="示例厂区全部生产设施及辅助生产设施",
    )
    fill_rows(
        session,
        officer,
        enterprise_id,
        plan.id,
        row_version=plan.row_version,
        department="能源管理部",
        missing_rule="取最近三个月中较保守的数值",
    )
    plan.drawings = {
        name: store_file(
            session,
            storage,
            officer,
            io.BytesIO(example_pdf(f"EXAMPLE {name}")),
            f"示例图-{name}.pdf",
            enterprise_id=enterprise_id,
        ).id
        for name in ("organisation_chart", "site_plan", "process_chart")
    }
    catalogue = load_catalogue(plan.guideline)
    meters: dict[str, Meter] = {}
    for stream in plan.streams:
        _plan_meters(session, catalogue, enterprise_id, stream, meter_for, meters)
    session.flush()
    submit_plan(session, officer, enterprise_id, plan.id, row_version=plan.row_version)
    approve_plan(session, regulator, enterprise_id, plan.id, row_version=plan.row_version)
    return load_plan(session, enterprise_id, plan.id)


def _plan_meters(
    session: Session,
    catalogue: Catalogue,
    enterprise_id: int,
    stream: SourceStream,
    meter_for: MeterChoice,
    meters: dict[str, Meter],
) -> None:
    """Say how each measured row is measured; set in the draft itself, where it is nobody's change yet."""
    for row in stream.parameters:
        entry = entry_of(catalogue, stream.category, stream.item, row.key)
        if row.derived or row.acquisition is not Acquisition.MEASURED or entry is None:
            continue
        # What the guideline names no meter for is worked out from ledgers.
        meter = _meter(session, enterprise_id, meter_for(stream, row.key), meters) if entry.meters else None
        row.acquisition = _acquisition(row.acquisition, entry, meter)
        row.meter_id = meter.id if meter else None
        row.source_record = f"{stream.name}{row.name}台账"


def _acquisition(planned: Acquisition, entry: ParameterEntry, meter: Meter | None) -> Acquisition:
    worked_out = Acquisition.CALCULATED
    return worked_out if meter is None and worked_out.value in entry.acquisitions else planned


def _meter(session: Session, enterprise_id: int, spec: MeterSpec, meters: dict[str, Meter]) -> Meter:
    if spec.code in meters:
        return meters[spec.code]
    meter = Meter(
        enterprise_id=enterprise_id,
        code=spec.code,
        name=spec.name,
        type=spec.type,
        model="示例型号",
        location="示例位置",
        accuracy_class=Decimal(spec.accuracy_class),
        valid_from=date(2024, 1, 1),
        calibrations=_calibrations(spec),
    )
    session.add(meter)
    session.flush()
    meters[spec.code] = meter
    return meter


def _calibrations(spec: MeterSpec) -> list[Calibration]:
    """Certificates year by year, the last one still good for some months."""
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
