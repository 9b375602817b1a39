"""What the checks of a month look at beside its sheet: the enterprise, its certificates, its year so far."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.periods import Month
from portal.models.evaluations import Calculation
from portal.models.meters import Calibration, Meter
from portal.models.organisations import EnterpriseProfile, Facility, Outlet, Permit, Site
from portal.models.patterns import LabReport
from portal.models.plans import PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion

#: What is told of a thing, by the words of ``checklists.vocabulary``.
Told = Mapping[str, Any]
_OFFICIAL = sa.func.coalesce(MonthlyRecord.official_version_id, MonthlyRecord.current_version_id)


# The statements are put together once, as those of a sheet: every saved value asks them.
_ENTERPRISE: sa.BindParameter[int] = sa.bindparam("enterprise_id", type_=sa.Integer)
_DAY: sa.BindParameter[date] = sa.bindparam("day", type_=sa.Date)


def _in_use(thing: type[Facility] | type[Outlet]) -> tuple[sa.ColumnElement[bool], ...]:
    return thing.valid_from <= _DAY, sa.or_(thing.valid_to.is_(None), thing.valid_to >= _DAY)


_BOUNDARY = sa.select(PlanVersion.boundary).where(PlanVersion.id == sa.bindparam("plan_id"))
_PERMITS = (
    sa.select(Permit.number, Permit.category, Permit.valid_from, Permit.valid_to)
    .where(Permit.enterprise_id == _ENTERPRISE)
    .order_by(Permit.valid_to)
)
_FACILITIES = (
    sa.select(
        Facility.code,
        Facility.name,
        Facility.purpose,
        Facility.model,
        Facility.sources,
        sa.func.coalesce(Outlet.code, "").label("outlet"),
    )
    .join(Site, Site.id == Facility.site_id)
    .outerjoin(Outlet, Outlet.id == Facility.outlet_id)
    .where(Site.enterprise_id == _ENTERPRISE, *_in_use(Facility))
    .order_by(Facility.code)
)
_OUTLETS = (
    sa.select(Outlet.code, Outlet.name, Outlet.medium)
    .join(Site, Site.id == Outlet.site_id)
    .where(Site.enterprise_id == _ENTERPRISE, *_in_use(Outlet))
    .order_by(Outlet.code)
)
_METERS = (
    sa.select(
        Meter.code,
        Meter.model,
        Meter.location,
        Calibration.calibrated_on,
        Calibration.body,
        Calibration.certificate_number,
    )
    .outerjoin(Calibration, Calibration.meter_id == Meter.id)
    .where(Meter.enterprise_id == _ENTERPRISE)
)
_REPORTS = (
    sa.select(LabReport)
    .where(
        LabReport.enterprise_id == _ENTERPRISE,
        LabReport.month_from <= sa.bindparam("month"),
        LabReport.month_to >= sa.bindparam("month"),
    )
    .order_by(LabReport.id)
)
_CALCULATED = (
    sa.select(Calculation.version_id, sa.func.max(Calculation.id).label("id"))
    .join(MonthlyRecord, Calculation.version_id == _OFFICIAL)
    .where(MonthlyRecord.enterprise_id == _ENTERPRISE)
    .group_by(Calculation.version_id)
    .subquery()
)
_MONTHS = (
    sa.select(
        MonthlyRecord.month,
        MonthlyRecord.official_version_id.is_not(None).label("filed"),
        Calculation.total,
        Calculation.output,
        Calculation.intensity,
    )
    .outerjoin(_CALCULATED, _CALCULATED.c.version_id == _OFFICIAL)
    .outerjoin(Calculation, Calculation.id == _CALCULATED.c.id)
    .where(
        MonthlyRecord.enterprise_id == _ENTERPRISE,
        MonthlyRecord.month >= sa.bindparam("first"),
        MonthlyRecord.month <= sa.bindparam("last"),
    )
    .order_by(MonthlyRecord.month)
)


@dataclass(frozen=True)
class Background:
    """Facts that come from other tables than the month's own.

    ``meters`` and ``calibrations`` add to the sheet's, by meter code (and day of calibration);
    ``reports`` are test reports by cell; ``year`` are the months of the year before this one.
    """

    enterprise: Told = field(default_factory=dict)
    plan: Told = field(default_factory=dict)
    meters: Mapping[str, Told] = field(default_factory=dict)
    calibrations: Mapping[tuple[str, date], Told] = field(default_factory=dict)
    reports: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    year: tuple[Told, ...] = ()


def background(session: Session, enterprise_id: int, month: Month, plan_id: int) -> Background:
    """Read what the checks of ``month`` need beside its sheet. The caller has authorised the reader."""
    meters, calibrations = _meters(session, enterprise_id)
    boundary = session.scalar(_BOUNDARY, {"plan_id": plan_id})
    return Background(
        enterprise=enterprise_told(session, enterprise_id, month.last),
        plan={"boundary": boundary},
        meters=meters,
        calibrations=calibrations,
        reports=_reports(session, enterprise_id, month),
        year=months_told(session, enterprise_id, f"{month.year:04d}-01", str(month.previous())),
    )


def enterprise_told(session: Session, enterprise_id: int, day: date) -> dict[str, Any]:
    """The enterprise's profile, its permits, and its facilities and outlets in use on ``day``."""
    profile = session.get(EnterpriseProfile, enterprise_id)
    permits = session.execute(_PERMITS, {"enterprise_id": enterprise_id})
    return {
        "industry_name": profile.industry_name if profile else "",
        "legal_representative": profile.legal_representative if profile else "",
        "address": profile.address if profile else "",
        "contact_name": profile.contact_name if profile else "",
        "contact_phone": profile.contact_phone if profile else "",
        "lists": list(profile.key_unit_lists) if profile else [],
        "permits": [dict(permit._mapping) for permit in permits],
        "facilities": _facilities(session, enterprise_id, day),
        "outlets": _outlets(session, enterprise_id, day),
    }


def _facilities(session: Session, enterprise_id: int, day: date) -> list[Told]:
    rows = session.execute(_FACILITIES, {"enterprise_id": enterprise_id, "day": day})
    return [dict(row._mapping) for row in rows]


def _outlets(session: Session, enterprise_id: int, day: date) -> list[Told]:
    rows = session.execute(_OUTLETS, {"enterprise_id": enterprise_id, "day": day})
    return [dict(row._mapping) for row in rows]


def _meters(session: Session, enterprise_id: int) -> tuple[dict[str, Told], dict[tuple[str, date], Told]]:
    """What the ledger says of meters and their certificates beyond what stands on the sheet."""
    meters: dict[str, Told] = {}
    calibrations: dict[tuple[str, date], Told] = {}
    for row in session.execute(_METERS, {"enterprise_id": enterprise_id}):
        meters[row.code] = {"model": row.model, "location": row.location}
        if row.calibrated_on is not None:
            told = {"body": row.body, "certificate": row.certificate_number}
            calibrations[row.code, row.calibrated_on] = told
    return meters, calibrations


def _reports(session: Session, enterprise_id: int, month: Month) -> dict[str, tuple[Told, ...]]:
    """The test reports that stand for ``month``, by cell."""
    found: dict[str, list[Told]] = defaultdict(list)
    for report in session.scalars(_REPORTS, {"enterprise_id": enterprise_id, "month": str(month)}):
        found[f"{report.stream_code}.{report.parameter_key}"].append(_report(report))
    return {cell: tuple(reports) for cell, reports in found.items()}


def _report(report: LabReport) -> Told:
    return {
        "number": report.report_number,
        "batch": report.batch,
        "month_from": report.month_from,
        "month_to": report.month_to,
        "sampled_on": report.sampled_on,
        "received_on": report.received_on,
        "tested_on": report.tested_on,
        "reported_on": report.reported_on,
        "laboratory": report.laboratory,
        "cma_or_cnas": bool(report.accreditation.strip()),
        "accredited_until": report.accredited_until,
        "in_scope": report.in_scope,
        "value": report.value,
    }


def months_told(session: Session, enterprise_id: int, first: str, last: str) -> tuple[Told, ...]:
    """The months ``first`` … ``last`` that exist: whether each is filed, and its newest calculation."""
    rows = session.execute(_MONTHS, {"enterprise_id": enterprise_id, "first": first, "last": last})
    return tuple({**row._mapping, "filed": bool(row.filed)} for row in rows)


def pollutants_told(session: Session, enterprise_id: int, year: int) -> list[Told]:
    """The pollutants of a year's months, by their official versions; an amount that is blank is None."""
    rows = session.execute(
        sa.select(MonthlyRecord.month, SourceStream.item, RecordValue.value)
        .join(RecordVersion, RecordVersion.id == _OFFICIAL)
        .join(SourceStream, SourceStream.plan_version_id == RecordVersion.plan_version_id)
        .outerjoin(
            RecordValue,
            sa.and_(
                RecordValue.version_id == RecordVersion.id,
                RecordValue.stream_code == SourceStream.code,
                RecordValue.parameter_key == "amount",
            ),
        )
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.month.between(f"{year:04d}-01", f"{year:04d}-12"),
            SourceStream.category == "pollutant",
        )
        .order_by(MonthlyRecord.month, SourceStream.position)
    )
    return [dict(row._mapping) for row in rows]
