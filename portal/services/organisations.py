"""Organisations that an administrator sets up: steward firms and authorities."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission, authorize
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.models.organisations import Organisation
from portal.models.users import User
from portal.services.events import record_event
from portal.services.sessions import end_sessions

#: Enterprises come in by registration; the platform's own organisation is made when it is installed.
CREATED_HERE = (OrganisationKind.STEWARD_FIRM, OrganisationKind.AUTHORITY)


def create_organisation(
    session: Session, actor: Actor, kind: OrganisationKind, name: str, uscc: str, district: str = ""
) -> int:
    """Set up a steward firm or an authority and return its id.

    ``district`` is the code of a district authority, empty for a city's and for firms.
    Raises Refused, or Invalid for a kind that is not set up here or a code that is taken.
    """
    authorize(actor, Permission.ORGANISATION_MANAGE)
    if kind not in CREATED_HERE:
        raise Invalid(N_("企业要通过登记进入平台，不能在这里设立"), path="kind")
    taken = session.scalar(sa.select(Organisation.name).where(Organisation.uscc == uscc))
    if taken is not None:
        raise Invalid(N_("这个统一社会信用代码已有机构：%(name)s"), params={"name": taken}, path="uscc")
    organisation = Organisation(
        kind=kind, name=name, uscc=uscc, district=district if kind is OrganisationKind.AUTHORITY else ""
    )
    session.add(organisation)
    try:
        session.flush()
    except sa.exc.IntegrityError as clash:  # somebody else was faster
        raise Invalid(N_("这个统一社会信用代码已有机构"), path="uscc") from clash
    record_event(
        session,
        actor,
        "organisation.created",
        "organisation",
        organisation.id,
        after={"kind": kind, "name": name, "uscc": uscc, "district": organisation.district},
    )
    return organisation.id


def set_active(session: Session, actor: Actor, organisation_id: int, active: bool) -> str:
    """Shut an organisation out, or let it in again; returns its name.

    Shut out, its people are signed out at once and cannot sign in; nothing is deleted.
    Raises Refused for one's own organisation, NotFound for an unknown one.
    """
    authorize(actor, Permission.ORGANISATION_MANAGE)
    organisation = session.get(Organisation, organisation_id, with_for_update=True)
    if organisation is None:
        raise NotFound
    if organisation.kind is OrganisationKind.PLATFORM:
        raise Refused(N_("平台自己的机构不能停用"))
    if organisation.active == active:
        return organisation.name
    organisation.active = active
    if not active:
        for user_id in session.scalars(sa.select(User.id).where(User.organisation_id == organisation.id)):
            end_sessions(session, user_id)
    is_enterprise = organisation.kind is OrganisationKind.ENTERPRISE
    record_event(
        session,
        actor,
        "organisation.activated" if active else "organisation.deactivated",
        "organisation",
        organisation.id,
        enterprise_id=organisation.id if is_enterprise else None,
        before={"active": not active},
        after={"active": active},
    )
    return organisation.name
