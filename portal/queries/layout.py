"""The counts in the frame of every page."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.workflow import (
    UNSETTLED_FINDINGS,
    EngagementState,
    RecordState,
    RegistrationState,
)
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.models.notifications import Notification
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord
from portal.models.registrations import Registration
from portal.queries.access import visible_enterprises


@dataclass(frozen=True)
class Counts:
    """What waits for this person."""

    notices: int = 0
    findings: int = 0
    signing: int = 0
    queue: int = 0
    registrations: int = 0
    engagements: int = 0


WAITING_FOR_REVIEW = (
    RecordState.SUBMITTED,
    RecordState.UNDER_REVIEW,
    RecordState.PENDING_COUNTERSIGN,
    RecordState.RESTATEMENT_REQUESTED,
)


def layout_counts(session: Session, actor: Actor) -> Counts:
    """Count in one query what waits for the actor."""
    columns = {
        "notices": _count(
            Notification.id, Notification.user_id == actor.user_id, Notification.read_at.is_(None)
        )
    }
    mine = sa.select(Organisation.id).where(visible_enterprises(actor, Permission.FINDING_VIEW))
    columns["findings"] = _count(
        Finding.id, Finding.enterprise_id.in_(mine), Finding.state.in_(UNSETTLED_FINDINGS)
    )
    if actor.may(Permission.RECORD_SIGN):
        columns["signing"] = _count(
            MonthlyRecord.id,
            MonthlyRecord.enterprise_id == actor.organisation_id,
            MonthlyRecord.state == RecordState.READY_FOR_SIGNOFF,
        )
    if actor.may(Permission.QUEUE_VIEW):
        columns["queue"] = _count(
            MonthlyRecord.id,
            MonthlyRecord.enterprise_id.in_(mine),
            MonthlyRecord.state.in_(WAITING_FOR_REVIEW),
        )
        columns["registrations"] = _count(
            Registration.id,
            Registration.state == RegistrationState.SUBMITTED,
            *([Registration.district == actor.district] if actor.district else []),
        )
    if actor.kind is OrganisationKind.STEWARD_FIRM:
        columns["engagements"] = _count(
            Engagement.id,
            Engagement.firm_id == actor.organisation_id,
            Engagement.state == EngagementState.PROPOSED,
        )
    row = session.execute(sa.select(*(query.label(name) for name, query in columns.items()))).one()
    return Counts(**row._mapping)


def _count(
    column: sa.orm.attributes.InstrumentedAttribute[int], *conditions: sa.ColumnElement[bool]
) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count(column)).where(*conditions).scalar_subquery()
