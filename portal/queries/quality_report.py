"""What the data-quality report reads beside the accepted months: reviews, failed checks, meters, plans."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.domain.periods import Month, shanghai_date
from portal.domain.workflow import PlanState
from portal.models.dossiers import Dossier
from portal.models.evaluations import CheckResult
from portal.models.meters import Meter
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, Snapshot
from portal.models.reviews import Review
from portal.queries.meter_validity import covered_until, standing_of


def quality_extras(session: Session, dossier: Dossier) -> Mapping[str, Any]:
    """The extras of ``portal.dossiers.quality_report``; the caller has authorised the reader."""
    if dossier.first_month is None or dossier.last_month is None:
        return {}
    last = Month.parse(dossier.last_month).last
    return {
        "accepted_on": _accepted_on(session, dossier),
        "failed": _failed(session, dossier),
        "meters": _meters(session, dossier.enterprise_id, last),
        "plans": _plans(session, dossier),
    }


def _within(dossier: Dossier) -> sa.ColumnElement[bool]:
    return sa.and_(
        MonthlyRecord.enterprise_id == dossier.enterprise_id,
        MonthlyRecord.month.between(dossier.first_month, dossier.last_month),
    )


def _accepted_on(session: Session, dossier: Dossier) -> dict[str, date]:
    """The day in Shanghai on which each month's official version was accepted."""
    rows = session.execute(
        sa.select(MonthlyRecord.month, Review.finished_at)
        .join(Review, Review.version_id == MonthlyRecord.official_version_id)
        .where(_within(dossier), Review.finished_at.is_not(None))
        .order_by(MonthlyRecord.month)
    )
    return {month: shanghai_date(finished) for month, finished in rows if finished is not None}


def _failed(session: Session, dossier: Dossier) -> dict[str, dict[str, int]]:
    """Failed checks of the run that was signed, by month and severity."""
    rows = session.execute(
        sa.select(MonthlyRecord.month, CheckResult.severity, sa.func.count())
        .join(Snapshot, Snapshot.version_id == MonthlyRecord.official_version_id)
        .join(CheckResult, CheckResult.evaluation_id == Snapshot.evaluation_id)
        .where(_within(dossier), CheckResult.outcome == "failed")
        .group_by(MonthlyRecord.month, CheckResult.severity)
        .order_by(MonthlyRecord.month)
    )
    found: dict[str, dict[str, int]] = {}
    for month, severity, count in rows:
        found.setdefault(month, {})[severity.value] = count
    return found


def _meters(session: Session, enterprise_id: int, day: date) -> list[dict[str, Any]]:
    """The meters in use by ``day`` and how they stood on it; certificates made later do not count."""
    meters = session.scalars(
        sa.select(Meter)
        .where(Meter.enterprise_id == enterprise_id, Meter.valid_from <= day)
        .order_by(Meter.code)
        .options(selectinload(Meter.calibrations))
    )
    found = []
    for meter in meters:
        known = [entry for entry in meter.calibrations if entry.calibrated_on <= day]
        found.append(
            {
                "code": meter.code,
                "name": meter.name,
                "accuracy_class": meter.accuracy_class,
                "covered_until": covered_until(known),
                "standing": standing_of(meter, day),
            }
        )
    return found


def _plans(session: Session, dossier: Dossier) -> list[dict[str, Any]]:
    """The approved plan versions that ruled within the period, oldest first."""
    approved = session.scalars(
        sa.select(PlanVersion)
        .where(
            PlanVersion.enterprise_id == dossier.enterprise_id,
            PlanVersion.state.in_((PlanState.APPROVED, PlanState.SUPERSEDED)),
            PlanVersion.effective_from <= dossier.last_month,
        )
        .order_by(PlanVersion.effective_from, PlanVersion.number)
    ).all()
    ruling = [plan for plan in approved if plan.effective_from > (dossier.first_month or "")]
    before = [plan for plan in approved if plan.effective_from <= (dossier.first_month or "")][-1:]
    return [
        {
            "version": plan.number,
            "effective_from": plan.effective_from,
            "approved_on": shanghai_date(plan.decided_at).isoformat() if plan.decided_at else "",
        }
        for plan in (*before, *ruling)
    ]
