"""Who somebody is, and which enterprises are their business."""

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.domain.access import (
    Actor,
    EngagementScope,
    EnterpriseScope,
    OrganisationKind,
    Permission,
    Role,
    authorize,
    in_scope,
)
from portal.domain.errors import NotFound
from portal.domain.periods import today
from portal.domain.workflow import EngagementState
from portal.models.engagements import Engagement
from portal.models.organisations import Organisation
from portal.models.users import User


def actor_of(user: User) -> Actor:
    """The person as the rules see them."""
    organisation = user.organisation
    return Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=organisation.id if organisation else None,
        organisation_name=organisation.name if organisation else "",
        kind=organisation.kind if organisation else None,
        roles=frozenset(held.role for held in user.roles),
        district=(organisation.district or None) if organisation else None,
    )


def find_actor(session: Session, user_id: int) -> Actor | None:
    """The actor with this id; None when gone, shut out, or in an organisation that was."""
    user = (
        session.scalars(
            sa.select(User)
            .where(User.id == user_id, User.active)
            .options(joinedload(User.organisation), joinedload(User.roles))
        )
        .unique()
        .one_or_none()
    )
    if user is None or (user.organisation is not None and not user.organisation.active):
        return None
    return actor_of(user)


def engagement_in_force() -> sa.ColumnElement[bool]:
    """Condition on Engagement: accepted, not suspended, and today within its dates."""
    day = today()
    return sa.and_(
        Engagement.state == EngagementState.ACTIVE, Engagement.starts_on <= day, Engagement.ends_on >= day
    )


def enterprise_scope(session: Session, actor: Actor, enterprise_id: int) -> EnterpriseScope:
    """What ``authorize`` needs to know of an enterprise; raises NotFound when there is none.

    The contract is read anew each time: one that ended a second ago gives nothing any more.
    """
    district = session.scalar(
        sa.select(Organisation.district).where(
            Organisation.id == enterprise_id, Organisation.kind == OrganisationKind.ENTERPRISE
        )
    )
    if district is None:
        raise NotFound
    return EnterpriseScope(
        enterprise_id=enterprise_id, district=district, engagement=_engagement(session, actor, enterprise_id)
    )


def require(session: Session, actor: Actor, permission: Permission, enterprise_id: int) -> EnterpriseScope:
    """Load the scope and authorize in one step; raises NotFound or Refused."""
    scope = enterprise_scope(session, actor, enterprise_id)
    authorize(actor, permission, scope)
    return scope


def visible_enterprises(actor: Actor, permission: Permission) -> sa.ColumnElement[bool]:
    """Condition on Organisation: the enterprises that are this actor's business for ``permission``.

    Every list, search and export goes through this.
    """
    is_enterprise = Organisation.kind == OrganisationKind.ENTERPRISE
    if not actor.may(permission):
        return sa.false()
    if actor.kind is OrganisationKind.ENTERPRISE:
        return sa.and_(is_enterprise, Organisation.id == actor.organisation_id)
    if actor.kind is OrganisationKind.STEWARD_FIRM:
        return sa.and_(is_enterprise, Organisation.id.in_(_engaged(actor, permission)))
    if actor.kind is OrganisationKind.AUTHORITY and Role.CITY_REGULATOR in actor.roles:
        return is_enterprise
    if actor.kind is OrganisationKind.AUTHORITY and actor.district:
        return sa.and_(is_enterprise, Organisation.district == actor.district)
    return sa.false()


def _engaged(actor: Actor, permission: Permission) -> sa.Select[int]:
    scopes = [
        scope for scope in EngagementScope if in_scope(actor, permission, EnterpriseScope(0, "", scope))
    ]
    return sa.select(Engagement.enterprise_id).where(
        Engagement.firm_id == actor.organisation_id, engagement_in_force(), Engagement.scope.in_(scopes)
    )


def _engagement(session: Session, actor: Actor, enterprise_id: int) -> EngagementScope | None:
    if actor.kind is not OrganisationKind.STEWARD_FIRM:
        return None
    scopes = set(
        session.scalars(
            sa.select(Engagement.scope).where(
                Engagement.firm_id == actor.organisation_id,
                Engagement.enterprise_id == enterprise_id,
                engagement_in_force(),
            )
        )
    )
    if not scopes:
        return None
    if len(scopes) > 1 or EngagementScope.BOTH in scopes:
        return EngagementScope.BOTH
    return scopes.pop()
