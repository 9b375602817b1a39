"""Telling those who prepare a month, and those who review it, that it is their turn."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import EngagementScope, OrganisationKind, Role
from portal.models.engagements import Engagement
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord
from portal.queries.access import engagement_in_force
from portal.services.notifications import notify_roles

CARBON_SCOPES = (EngagementScope.CARBON, EngagementScope.BOTH)


def record_path(record: MonthlyRecord, rest: str = "") -> str:
    """Path of the month's page, or of ``rest`` below it."""
    base = f"/enterprises/{record.enterprise_id}/records/{record.month}"
    return f"{base}/{rest}" if rest else base


def tell_preparers(
    session: Session, enterprise_id: int, text: str, params: Mapping[str, object], link: str
) -> None:
    """Tell the enterprise's officers and the stewards of the firms engaged for carbon today."""
    notify_roles(session, enterprise_id, {Role.ENTERPRISE_OFFICER}, text, params, link, enterprise_id)
    firms = session.scalars(
        sa.select(Engagement.firm_id)
        .where(
            Engagement.enterprise_id == enterprise_id,
            engagement_in_force(),
            Engagement.scope.in_(CARBON_SCOPES),
        )
        .distinct()
    ).all()
    for firm_id in firms:
        notify_roles(session, firm_id, {Role.STEWARD}, text, params, link, enterprise_id)


def tell_signatories(
    session: Session, enterprise_id: int, text: str, params: Mapping[str, object], link: str
) -> None:
    """Tell those who signed, or would have to sign again."""
    notify_roles(session, enterprise_id, {Role.ENTERPRISE_SIGNATORY}, text, params, link, enterprise_id)


def tell_regulators(
    session: Session,
    enterprise_id: int,
    text: str,
    params: Mapping[str, object],
    link: str,
    *,
    except_user_id: int | None = None,
) -> None:
    """Tell the regulators of the enterprise's district."""
    district = session.scalar(sa.select(Organisation.district).where(Organisation.id == enterprise_id))
    if not district:
        return
    authorities = session.scalars(
        sa.select(Organisation.id).where(
            Organisation.kind == OrganisationKind.AUTHORITY, Organisation.district == district
        )
    ).all()
    for authority_id in authorities:
        notify_roles(
            session,
            authority_id,
            {Role.DISTRICT_REGULATOR},
            text,
            params,
            link,
            enterprise_id,
            except_user_id=except_user_id,
        )
