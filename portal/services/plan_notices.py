"""Telling people that a plan waits for them."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import OrganisationKind, Role
from portal.domain.messages import N_
from portal.models.organisations import Organisation
from portal.models.plans import PlanVersion
from portal.models.users import User, UserRole
from portal.services.notifications import notify, notify_roles


def tell_authority(session: Session, plan: PlanVersion) -> None:
    """Tell the regulators of the enterprise's district that a version was submitted."""
    enterprise = session.get_one(Organisation, plan.enterprise_id)
    authorities = session.scalars(
        sa.select(Organisation.id).where(
            Organisation.kind == OrganisationKind.AUTHORITY, Organisation.district == enterprise.district
        )
    )
    for authority_id in authorities.all() if enterprise.district else ():
        notify_roles(
            session,
            authority_id,
            [Role.DISTRICT_REGULATOR],
            N_("%(enterprise)s提交了质量控制方案第 %(number)s 版，等待审核"),
            {"enterprise": enterprise.name, "number": plan.number},
            _path(plan),
            enterprise.id,
        )


def tell_preparers(session: Session, plan: PlanVersion, text: str) -> None:
    """Tell the enterprise's officers, and the steward who drew the version up, what became of it."""
    words = {"number": plan.number, "month": plan.effective_from}
    notify_roles(
        session, plan.enterprise_id, [Role.ENTERPRISE_OFFICER], text, words, _path(plan), plan.enterprise_id
    )
    if plan.created_by_id is not None and not _is_officer(session, plan):
        notify(session, [plan.created_by_id], text, words, _path(plan), plan.enterprise_id)


def _is_officer(session: Session, plan: PlanVersion) -> bool:
    found = session.scalar(
        sa.select(User.id)
        .join(UserRole)
        .where(
            User.id == plan.created_by_id,
            User.organisation_id == plan.enterprise_id,
            UserRole.role == Role.ENTERPRISE_OFFICER,
        )
    )
    return found is not None


def _path(plan: PlanVersion) -> str:
    return f"/enterprises/{plan.enterprise_id}/plans/{plan.id}"
