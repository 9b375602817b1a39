"""The people of an organisation, and which organisations somebody may look after."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import ROLE_KINDS, Actor, OrganisationKind, Permission, Role, authorize
from portal.domain.errors import NotFound
from portal.domain.periods import now
from portal.models.organisations import Organisation
from portal.models.users import Invitation, User


@dataclass(frozen=True)
class Member:
    """One person of the organisation."""

    id: int
    name: str
    title: str
    email: str
    roles: tuple[Role, ...]
    active: bool
    second_factor: bool
    is_me: bool


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that can still be accepted."""

    id: int
    email: str
    name: str
    roles: tuple[Role, ...]
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class MembersPage:
    """The people, the open invitations, and the roles that the actor may give here."""

    organisation_id: int
    organisation: str
    kind: OrganisationKind
    own: bool
    active: bool
    members: list[Member]
    invitations: list[OpenInvitation]
    roles: tuple[Role, ...]
    #: Authorities that a city regulator looks after as well: (id, name).
    others: list[tuple[int, str]]


@dataclass(frozen=True)
class InvitationPage:
    """What an invited person sees before accepting."""

    organisation: str
    email: str
    name: str
    roles: tuple[Role, ...]
    #: The address has an account already; it can be joined only by its owner, signed in.
    account_id: int | None
    #: That account belongs to an organisation, so that it cannot join another.
    account_is_taken: bool


def managed_organisation(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    """An organisation whose people the actor manages.

    Administrators and leads manage their own, a city regulator every authority, the platform's
    administrator any. Raises Refused without the permission, NotFound for everything else.
    """
    authorize(actor, Permission.MEMBER_MANAGE)
    organisation = session.get(Organisation, organisation_id)
    if organisation is None or not _manages(actor, organisation):
        raise NotFound
    return organisation


def roles_to_give(organisation: Organisation) -> tuple[Role, ...]:
    """The roles that people of this organisation can hold.

    A district authority has district regulators only, a city authority city regulators only: each role
    reaches as far as its organisation does.
    """
    if organisation.kind is OrganisationKind.AUTHORITY:
        return (Role.DISTRICT_REGULATOR,) if organisation.district else (Role.CITY_REGULATOR,)
    return tuple(role for role in Role if ROLE_KINDS[role] is organisation.kind)


def members_page(session: Session, actor: Actor, organisation_id: int) -> MembersPage:
    """The organisation's people; raises Refused or NotFound."""
    organisation = managed_organisation(session, actor, organisation_id)
    people = session.scalars(
        sa.select(User)
        .where(User.organisation_id == organisation.id)
        .order_by(User.active.desc(), User.name, User.id)
    )
    invitations = session.scalars(
        sa.select(Invitation).where(open_invitations(organisation.id)).order_by(Invitation.id.desc())
    )
    return MembersPage(
        organisation_id=organisation.id,
        organisation=organisation.name,
        kind=organisation.kind,
        own=organisation.id == actor.organisation_id,
        active=organisation.active,
        members=[_member(user, actor) for user in people],
        invitations=[_open(row) for row in invitations],
        roles=roles_to_give(organisation),
        others=_other_authorities(session, actor, organisation.id),
    )


def invitation_page(session: Session, token_hash: str) -> InvitationPage:
    """The invitation behind a link; raises NotFound when it is unknown, used, revoked or too old."""
    invitation = session.scalar(
        sa.select(Invitation).where(open_invitations(), Invitation.token_hash == token_hash)
    )
    if invitation is None or not invitation.organisation.active:
        raise NotFound
    user = session.scalar(sa.select(User).where(User.email == invitation.email))
    return InvitationPage(
        organisation=invitation.organisation.name,
        email=invitation.email,
        name=invitation.name,
        roles=_roles(invitation),
        account_id=user.id if user else None,
        account_is_taken=user is not None and (user.organisation_id is not None or not user.active),
    )


def open_invitations(organisation_id: int | None = None) -> sa.ColumnElement[bool]:
    """Condition on Invitation: it can still be accepted."""
    still_open = sa.and_(
        Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now()
    )
    if organisation_id is None:
        return still_open
    return sa.and_(still_open, Invitation.organisation_id == organisation_id)


def _manages(actor: Actor, organisation: Organisation) -> bool:
    if Role.PLATFORM_ADMINISTRATOR in actor.roles:
        return True
    if organisation.id == actor.organisation_id:
        return True
    return Role.CITY_REGULATOR in actor.roles and organisation.kind is OrganisationKind.AUTHORITY


def _member(user: User, actor: Actor) -> Member:
    return Member(
        id=user.id,
        name=user.name,
        title=user.title,
        email=user.email,
        roles=tuple(sorted(held.role for held in user.roles)),
        active=user.active,
        second_factor=user.totp_confirmed_at is not None,
        is_me=user.id == actor.user_id,
    )


def _open(row: Invitation) -> OpenInvitation:
    return OpenInvitation(row.id, row.email, row.name, _roles(row), row.created_at, row.expires_at)


def _roles(row: Invitation) -> tuple[Role, ...]:
    return tuple(Role(value) for value in row.roles)


def _other_authorities(session: Session, actor: Actor, organisation_id: int) -> list[tuple[int, str]]:
    if Role.CITY_REGULATOR not in actor.roles:
        return []
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name)
        .where(
            Organisation.kind == OrganisationKind.AUTHORITY,
            Organisation.active,
            Organisation.id != organisation_id,
        )
        .order_by(Organisation.district, Organisation.name)
    )
    return [(identity, name) for identity, name in rows]
