"""Who can be given findings to mend."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import GRANTS, EngagementScope, Permission, Role
from portal.models.engagements import Engagement
from portal.models.users import User, UserRole
from portal.queries.access import engagement_in_force


@dataclass(frozen=True)
class Candidate:
    """A person to whom a finding can be given."""

    user_id: int
    name: str


def candidates(session: Session, enterprise_ids: Collection[int]) -> tuple[Candidate, ...]:
    """Those who respond for these enterprises: their officers, and the stewards engaged for carbon.

    The caller has authorised the reader.
    """
    firms = sa.select(Engagement.firm_id).where(
        Engagement.enterprise_id.in_(enterprise_ids),
        engagement_in_force(),
        Engagement.scope != EngagementScope.ENVIRONMENT,
    )
    responders = [role for role in Role if Permission.FINDING_RESPOND in GRANTS[role]]
    rows = session.execute(
        sa.select(User.id, User.name)
        .join(UserRole, UserRole.user_id == User.id)
        .where(
            User.active,
            UserRole.role.in_(responders),
            sa.or_(User.organisation_id.in_(enterprise_ids), User.organisation_id.in_(firms)),
        )
        .distinct()
        .order_by(User.id)
    )
    return tuple(Candidate(number, name) for number, name in rows)
