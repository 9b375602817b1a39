"""The first account of a new portal, made from the command line."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import ROLE_KINDS, OrganisationKind, Role
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.models.organisations import Organisation
from portal.models.users import UserRole
from portal.services.accounts import add_user, normal_email
from portal.services.passwords import check_new_password

#: The operator's own organisation has no credit code of its own in the portal.
PLATFORM_CODE = "PLATFORM"


def create_account(
    session: Session, email: str, name: str, password: str, roles: Sequence[str], uscc: str | None
) -> int:
    """Make an account with ``roles`` in the organisation with this credit code; returns its id.

    A platform administrator needs no code: the operator's organisation is made on the way. Raises
    Invalid for an unknown role or organisation, a role of another kind, a taken address, a weak password.
    """
    held = [_role(text) for text in roles]
    organisation = _organisation(session, held, uscc)
    for role in held:
        if organisation is None or ROLE_KINDS[role] is not organisation.kind:
            raise Invalid(N_("这个角色不属于这类机构：%(role)s"), params={"role": role.value}, path="role")
    check_new_password(password, email)
    user = add_user(session, name, normal_email(email), password)
    user.organisation = organisation
    user.roles = [UserRole(role=role) for role in held]
    session.flush()
    return user.id


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise Invalid(N_("没有这个角色；可用：%(known)s"), params={"known": known}, path="role") from None


def _organisation(session: Session, roles: Sequence[Role], uscc: str | None) -> Organisation | None:
    if Role.PLATFORM_ADMINISTRATOR in roles and not uscc:
        kept = session.scalar(sa.select(Organisation).where(Organisation.kind == OrganisationKind.PLATFORM))
        if kept is None:
            kept = Organisation(kind=OrganisationKind.PLATFORM, name="平台运营", uscc=PLATFORM_CODE)
            session.add(kept)
            session.flush()
        return kept
    if not uscc:
        return None
    found = session.scalar(sa.select(Organisation).where(Organisation.uscc == uscc.upper()))
    if found is None:
        raise Invalid(N_("没有这个信用代码的机构"), path="uscc")
    return found
