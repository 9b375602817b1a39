"""Keeping the ledger of meters and their calibrations."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.models.events import Event
from portal.models.meters import Calibration, Meter
from portal.models.organisations import Organisation
from portal.queries.access import require
from portal.queries.meters import RESULTS
from portal.services.events import record_event
from portal.services.evidence import store_file
from portal.services.revisions import touch_months_using_meter
from portal.services.rows import check_version
from portal.storage import Storage

#: Longest time from one calibration to the next (CETS-AG-03.01-V01-2024, 6.2.1.4).
MOST_MONTHS = 12


@dataclass(frozen=True)
class MeterData:
    """What a person says about a meter; ``accuracy_class`` in per cent, None when it has none."""

    code: str
    name: str
    type: str
    model: str
    location: str
    accuracy_class: Decimal | None
    valid_from: date


@dataclass(frozen=True)
class CalibrationData:
    """What a certificate says; ``max_error`` in per cent, without its sign."""

    calibrated_on: date
    valid_until: date
    result: str
    max_error: Decimal | None
    body: str
    certificate_number: str
    remark: str = ""


def add_meter(session: Session, actor: Actor, enterprise_id: int, data: MeterData) -> Meter:
    """Enter a meter into the ledger; raises Invalid when its number is taken."""
    require(session, actor, Permission.METER_EDIT, enterprise_id)
    _refuse_taken_code(session, enterprise_id, data.code)
    meter = Meter(enterprise_id=enterprise_id, **vars(data))
    session.add(meter)
    session.flush()
    _trace(session, actor, meter, "meter.added", after=vars(data))
    return meter


def change_meter(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    meter_id: int,
    data: MeterData,
    *,
    row_version: int,
) -> Meter:
    """Correct what the ledger says; months that use the meter must be evaluated again."""
    meter = _locked(session, actor, enterprise_id, meter_id, row_version)
    _refuse_taken_code(session, enterprise_id, data.code, except_id=meter_id)
    if meter.valid_to is not None and data.valid_from > meter.valid_to:
        raise Invalid(N_("启用日期不能晚于停用日期"), path="valid_from")
    before = {name: getattr(meter, name) for name in vars(data)}
    for name, value in vars(data).items():
        setattr(meter, name, value)
    _trace(session, actor, meter, "meter.changed", before=before, after=vars(data))
    touch_months_using_meter(session, meter_id)
    return meter


def retire_meter(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    meter_id: int,
    *,
    row_version: int,
    last_day: date,
) -> Meter:
    """Take a meter out of use after ``last_day``; it stays in the ledger with its history."""
    meter = _locked(session, actor, enterprise_id, meter_id, row_version)
    if meter.valid_to is not None:
        raise Refused(N_("这件计量器具已经停用"))
    if last_day < meter.valid_from:
        raise Invalid(
            N_("停用日期不能早于启用日期（%(start)s）"), params={"start": meter.valid_from}, path="last_day"
        )
    meter.valid_to = last_day
    _trace(session, actor, meter, "meter.retired", before={"valid_to": None}, after={"valid_to": last_day})
    touch_months_using_meter(session, meter_id)
    return meter


def add_calibration(
    session: Session,
    storage: Storage,
    actor: Actor,
    enterprise_id: int,
    meter_id: int,
    data: CalibrationData,
    certificate: BinaryIO,
    filename: str,
    *,
    most_bytes: int = 20 * 1024 * 1024,
) -> Calibration:
    """Enter a calibration with its certificate; open months that use the meter turn stale.

    Raises Invalid for a date after today, a validity over twelve months (6.2.1.4), a certificate that
    was entered before, or a file that is not taken (path ``certificate``).
    """
    require(session, actor, Permission.METER_EDIT, enterprise_id)
    meter = _find(session, enterprise_id, meter_id)
    _check_calibration(session, meter, data)
    try:
        evidence = store_file(
            session,
            storage,
            actor,
            certificate,
            filename,
            enterprise_id=enterprise_id,
            period_from=data.calibrated_on,
            period_to=data.valid_until,
            most_bytes=most_bytes,
        )
    except Invalid as error:
        raise Invalid(error.message, params=error.params, path="certificate") from error
    row = Calibration(meter_id=meter.id, evidence_id=evidence.id, created_by_id=actor.user_id, **vars(data))
    session.add(row)
    session.flush()
    after = vars(data) | {"calibration": row.id, "evidence": evidence.id, "sha256": evidence.sha256}
    _trace(session, actor, meter, "meter.calibration_added", after=after)
    touch_months_using_meter(session, meter.id)
    return row


def months_between(start: date, end: date) -> int:
    """Fewest whole months after ``start`` that reach ``end``."""
    months = max((end.year - start.year) * 12 + end.month - start.month, 0)
    return months if plus_months(start, months) >= end else months + 1


def plus_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the month's last day when it has no such day."""
    month = Month.of(day).plus(months)
    return month.last if day.day > month.last.day else date(month.year, month.number, day.day)


def _check_calibration(session: Session, meter: Meter, data: CalibrationData) -> None:
    if data.result not in RESULTS:
        raise Invalid(N_("请从列出的选项中选择"), path="result")
    if data.calibrated_on > today():
        raise Invalid(N_("不能晚于今天（%(today)s）"), params={"today": today()}, path="calibrated_on")
    if data.valid_until < data.calibrated_on:
        raise Invalid(N_("不能早于校准日期"), path="valid_until")
    given = months_between(data.calibrated_on, data.valid_until)
    if given > MOST_MONTHS:
        raise Invalid(
            N_("最长 %(most)s 个月，现在填了 %(given)s 个月"),
            params={"most": MOST_MONTHS, "given": given},
            path="valid_until",
        )
    known = session.scalar(
        sa.select(Calibration.id).where(
            Calibration.meter_id == meter.id, Calibration.certificate_number == data.certificate_number
        )
    )
    if known is not None:
        raise Invalid(N_("这张证书已经登记过，请核对证书编号"), path="certificate_number")


def _refuse_taken_code(
    session: Session, enterprise_id: int, code: str, *, except_id: int | None = None
) -> None:
    # The enterprise's row is the lock: of two people who enter the same number, the second is told.
    session.execute(sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update())
    taken = session.scalar(
        sa.select(Meter.id).where(Meter.enterprise_id == enterprise_id, Meter.code == code)
    )
    if taken is not None and taken != except_id:
        raise Invalid(N_("编号 %(code)s 已被另一件计量器具使用"), params={"code": code}, path="code")


def _find(session: Session, enterprise_id: int, meter_id: int) -> Meter:
    meter = session.scalars(
        sa.select(Meter)
        .where(Meter.id == meter_id, Meter.enterprise_id == enterprise_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if meter is None:
        raise NotFound
    return meter


def _locked(session: Session, actor: Actor, enterprise_id: int, meter_id: int, row_version: int) -> Meter:
    require(session, actor, Permission.METER_EDIT, enterprise_id)
    meter = _find(session, enterprise_id, meter_id)
    who, when = "", None
    if meter.row_version != row_version:
        last = session.scalars(
            sa.select(Event)
            .where(Event.subject_kind == "meter", Event.subject_id == meter.id)
            .order_by(Event.id.desc())
            .limit(1)
        ).first()
        who, when = (last.actor_name, last.at) if last else ("", None)
    check_version(meter, row_version, who=who, when=when)
    return meter


def _trace(
    session: Session,
    actor: Actor,
    meter: Meter,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record_event(
        session,
        actor,
        action,
        "meter",
        meter.id,
        enterprise_id=meter.enterprise_id,
        before=before,
        after=after,
    )
