"""What an enterprise holds that runs out soon: calibrations, the permit, contracts, the plan's year."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.periods import today
from portal.domain.workflow import EngagementState, PlanState
from portal.models.engagements import Engagement
from portal.models.meters import Calibration, Meter
from portal.models.organisations import Organisation, Permit
from portal.models.plans import PlanVersion
from portal.queries.meter_validity import PASS
from portal.reference.deadlines import Deadline, list_deadlines, load_deadlines

#: Days ahead that the home page looks.
HORIZON = 90
_PERMIT_RULE = "permit_expiry-"


@dataclass(frozen=True)
class Expiry:
    """Something that runs out on a day; ``kind`` is calibration, permit, engagement or plan."""

    kind: str
    on: date
    name: str
    target_id: int | None = None
    note: Mapping[str, str] = field(default_factory=dict)

    @property
    def days_left(self) -> int:
        """Days until then; negative when past."""
        return (self.on - today()).days


def expiries(session: Session, enterprise_id: int, *, ets_member: bool) -> tuple[Expiry, ...]:
    """What ran out or will within ``HORIZON`` days, the nearest first. The caller authorised the reader."""
    found = [
        *_calibrations(session, enterprise_id),
        *_permit(session, enterprise_id),
        *_engagements(session, enterprise_id),
        *(_next_plan(session, enterprise_id) if ets_member else ()),
    ]
    return tuple(sorted((entry for entry in found if entry.days_left <= HORIZON), key=lambda entry: entry.on))


def _calibrations(session: Session, enterprise_id: int) -> list[Expiry]:
    """The last day that a passed calibration covers, of each meter in service."""
    until = sa.func.max(Calibration.valid_until)
    rows = session.execute(
        sa.select(Meter, until)
        .join(Calibration, sa.and_(Calibration.meter_id == Meter.id, Calibration.result == PASS))
        .where(
            Meter.enterprise_id == enterprise_id,
            sa.or_(Meter.valid_to.is_(None), Meter.valid_to >= today()),
        )
        .group_by(Meter.id)
        .having(until <= today() + timedelta(days=HORIZON))
    )
    return [
        Expiry(
            "calibration",
            day,
            f"{meter.name} {meter.code}",
            meter.id,
            {
                "accuracy_class": "" if meter.accuracy_class is None else format(meter.accuracy_class, "f"),
                "location": meter.location,
            },
        )
        for meter, day in rows
    ]


def _permit(session: Session, enterprise_id: int) -> list[Expiry]:
    """The permit that holds longest; the day to apply for the next comes before its end."""
    permit = session.scalars(
        sa.select(Permit)
        .where(Permit.enterprise_id == enterprise_id)
        .order_by(Permit.valid_to.desc())
        .limit(1)
    ).first()
    if permit is None:
        return []
    rule = next((entry.rule for entry in _deadlines() if entry.rule.startswith(_PERMIT_RULE)), "")
    days = rule.removeprefix(_PERMIT_RULE).removesuffix("d")
    note = {"until": permit.valid_to.isoformat(), "days": days}
    if days and permit.valid_to - timedelta(days=int(days)) >= today():
        return [
            Expiry(
                "permit_renewal",
                permit.valid_to - timedelta(days=int(days)),
                permit.number,
                enterprise_id,
                note,
            )
        ]
    return [Expiry("permit", permit.valid_to, permit.number, enterprise_id, note)]


def _engagements(session: Session, enterprise_id: int) -> list[Expiry]:
    rows = session.execute(
        sa.select(Engagement, Organisation.name)
        .join(Organisation, Organisation.id == Engagement.firm_id)
        .where(
            Engagement.enterprise_id == enterprise_id,
            Engagement.state == EngagementState.ACTIVE,
            Engagement.ends_on >= today(),
            Engagement.ends_on <= today() + timedelta(days=HORIZON),
        )
    )
    return [Expiry("engagement", row.ends_on, firm, row.id, {"scope": row.scope.value}) for row, firm in rows]


def _next_plan(session: Session, enterprise_id: int) -> list[Expiry]:
    """The duty to draw up next year's plan, while no version for it was handed in."""
    day = today()
    duty = next((entry for entry in _deadlines() if entry.code == "quality-control-plan"), None)
    on = duty.in_year(day.year) if duty else None
    if on is None:
        return []
    following = str(day.year + 1)
    there = session.scalar(
        sa.select(sa.func.count(PlanVersion.id)).where(
            PlanVersion.enterprise_id == enterprise_id,
            PlanVersion.effective_from >= f"{following}-01",
            PlanVersion.state != PlanState.DRAFT,
        )
    )
    return [] if there else [Expiry("plan", on, following, None)]


def _deadlines() -> tuple[Deadline, ...]:
    packs = list_deadlines()
    return load_deadlines(packs[-1]) if packs else ()
