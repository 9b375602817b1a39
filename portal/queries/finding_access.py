"""Which findings are somebody's business: those of their enterprises, and those of their own firm's visits.

A firm that is engaged for the environment alone sees nothing of the carbon side; what its own visits found it
may follow, since it was the one to write it down.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import NotFound
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.visits import Inspection, VisitFinding
from portal.queries.access import require, visible_enterprises


def visible_findings(actor: Actor) -> sa.ColumnElement[bool]:
    """Condition on Finding and Organisation: the findings that this actor may read."""
    mine = visible_enterprises(actor, Permission.FINDING_VIEW)
    if actor.kind is not OrganisationKind.STEWARD_FIRM:
        return mine
    return sa.or_(
        mine,
        sa.and_(visible_enterprises(actor, Permission.VISIT_CONDUCT), Finding.id.in_(_of_own_visits(actor))),
    )


def enterprises_in_full(session: Session, actor: Actor, enterprise_ids: Collection[int]) -> set[int]:
    """Those of the enterprises whose findings are all this actor's business."""
    if actor.kind is not OrganisationKind.STEWARD_FIRM:
        return set(enterprise_ids)
    whole = sa.select(Organisation.id).where(
        visible_enterprises(actor, Permission.FINDING_VIEW), Organisation.id.in_(enterprise_ids)
    )
    return set(session.scalars(whole))


def require_finding(session: Session, actor: Actor, finding: Finding) -> bool:
    """Let who may read the finding go on; returns whether they may also do what their role may do with it.

    That is not so for the visitor whose contract leaves out the carbon side: they read and comment. Raises
    NotFound or Refused.
    """
    try:
        require(session, actor, Permission.FINDING_VIEW, finding.enterprise_id)
    except NotFound:
        if actor.kind is not OrganisationKind.STEWARD_FIRM:
            raise
        require(session, actor, Permission.VISIT_CONDUCT, finding.enterprise_id)
        own = _of_own_visits(actor).where(VisitFinding.finding_id == finding.id)
        if session.scalar(own) is None:
            raise
        return False
    return True


def _of_own_visits(actor: Actor) -> sa.Select[int]:
    return (
        sa.select(VisitFinding.finding_id)
        .join(Inspection, Inspection.id == VisitFinding.inspection_id)
        .where(Inspection.visitor_id == actor.organisation_id)
    )
