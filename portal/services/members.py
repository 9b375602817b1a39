"""The people of an organisation: inviting, joining, roles, shutting out."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import GRANTS, Actor, OrganisationKind, Permission, Role
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.organisations import Organisation
from portal.models.users import Invitation, User, UserRole
from portal.queries.access import actor_of, find_actor
from portal.queries.members import managed_organisation, open_invitations, roles_to_give
from portal.services import totp
from portal.services.accounts import add_user, new_token, normal_email, token_hash
from portal.services.events import record_event
from portal.services.mail import queue_mail
from portal.services.notifications import notify
from portal.services.passwords import check_new_password
from portal.services.sessions import end_sessions

INVITATION_LIFE = timedelta(days=7)

Compose = Callable[[str, str, str], tuple[str, str]]
"""Gives subject and body of a mail from the link's secret, the person's name and the organisation's."""


def invite(
    session: Session,
    actor: Actor,
    organisation_id: int,
    email: str,
    name: str,
    roles: Collection[Role],
    compose: Compose,
) -> int:
    """Mail somebody a one-time link into the organisation and return the invitation's id.

    An older open invitation of the same address is revoked. Raises Refused or NotFound when the
    organisation is not the actor's to manage, Invalid for roles that cannot be held there.
    """
    organisation = managed_organisation(session, actor, organisation_id)
    if not organisation.active:
        raise Refused(N_("这个机构已停用，不能再邀请人"))
    given = _checked_roles(organisation, roles)
    email = normal_email(email)
    # The organisation's row is the lock: of two invitations at once the later one counts.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    present = sa.select(User.id).where(User.email == email, User.organisation_id == organisation.id)
    if session.scalar(present) is not None:
        raise Invalid(N_("这个邮箱的人已在本机构，请直接改角色"), path="email")
    session.execute(
        sa.update(Invitation)
        .where(open_invitations(organisation.id), Invitation.email == email)
        .values(revoked_at=now())
    )
    token, kept = new_token()
    invitation = Invitation(
        token_hash=kept,
        organisation_id=organisation.id,
        email=email,
        name=name,
        roles=given,
        invited_by_id=actor.user_id,
        expires_at=now() + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    queue_mail(session, email, *compose(token, name, organisation.name))
    after = {"email": email, "roles": given}
    _trace(session, actor, organisation, "member.invited", "invitation", invitation.id, after=after)
    return invitation.id


def revoke_invitation(session: Session, actor: Actor, organisation_id: int, invitation_id: int) -> str:
    """Take an open invitation back and return its address; raises NotFound for a foreign or used one."""
    organisation = managed_organisation(session, actor, organisation_id)
    invitation = session.scalar(
        sa.select(Invitation)
        .where(open_invitations(organisation.id), Invitation.id == invitation_id)
        .with_for_update()
    )
    if invitation is None:
        raise NotFound
    invitation.revoked_at = now()
    _trace(session, actor, organisation, "member.invitation_revoked", "invitation", invitation.id)
    return invitation.email


def join_with_new_account(session: Session, token: str, name: str, password: str) -> int:
    """Accept an invitation by opening an account; returns the account's id.

    Raises NotFound for a dead link, Invalid when the address has an account or for a bad password.
    """
    invitation = _invitation(session, token)
    if session.scalar(sa.select(User.id).where(User.email == invitation.email)) is not None:
        raise Invalid(N_("这个邮箱已有账户，请先登录再接受邀请"), path="password")
    check_new_password(password, invitation.email)
    user = add_user(session, name, invitation.email, password)
    _join(session, invitation, user)
    return user.id


def join_with_own_account(session: Session, actor: Actor, token: str) -> None:
    """Accept an invitation with the account that is signed in.

    Raises NotFound for a dead link, Refused for another's invitation or when the account belongs to an
    organisation already.
    """
    invitation = _invitation(session, token)
    user = session.get_one(User, actor.user_id, with_for_update=True)
    if user.email != invitation.email:
        raise Refused(N_("这份邀请是发给另一个邮箱的，请用那个账户登录"))
    if user.organisation_id is not None:
        raise Refused(N_("您的账户已属于一个机构，不能再加入另一个"))
    _join(session, invitation, user)


def change_roles(
    session: Session, actor: Actor, organisation_id: int, user_id: int, roles: Collection[Role]
) -> None:
    """Give a member these roles instead of those held; they count from the next request.

    Raises Refused or NotFound, Invalid for roles that cannot be held there, and Refused when the actor
    would lose the last right of their own to manage people.
    """
    organisation = _held_organisation(session, actor, organisation_id)
    user = _member(session, organisation, user_id)
    given = _checked_roles(organisation, roles)
    before = sorted(held.role for held in user.roles)
    if before == given:
        return
    if user.id == actor.user_id and not any(Permission.MEMBER_MANAGE in GRANTS[role] for role in given):
        raise Refused(N_("不能拿走自己的最后一个管理角色；请让另一位管理员来改"))
    user.roles = [held for held in user.roles if held.role in given]
    kept = {held.role for held in user.roles}
    user.roles += [UserRole(role=role) for role in given if role not in kept]
    changes = {"before": {"roles": before}, "after": {"roles": given}}
    _trace(session, actor, organisation, "member.roles_changed", "user", user.id, **changes)
    if user.id != actor.user_id:
        notify(
            session, [user.id], N_("您在%(organisation)s的角色有变动"), {"organisation": organisation.name}
        )


def set_active(session: Session, actor: Actor, organisation_id: int, user_id: int, active: bool) -> str:
    """Shut a member out (their sessions end at once) or let them in again; returns the name.

    Raises Refused for oneself, Refused or NotFound for what is not the actor's to manage.
    """
    organisation = _held_organisation(session, actor, organisation_id)
    user = _member(session, organisation, user_id)
    if user.id == actor.user_id:
        raise Refused(N_("不能停用自己的账户；请让另一位管理员来做"))
    if user.active == active:
        return user.name
    user.active = active
    if not active:
        end_sessions(session, user.id)
    action = "member.activated" if active else "member.deactivated"
    changes = {"before": {"active": not active}, "after": {"active": active}}
    _trace(session, actor, organisation, action, "user", user.id, **changes)
    return user.name


def reset_totp(session: Session, actor: Actor, organisation_id: int, user_id: int) -> str:
    """Turn off the second factor of a member who lost their phone; returns the name.

    Their sessions end and they are told. Raises Refused for oneself (the account page asks for the
    password), Refused or NotFound for what is not the actor's to manage.
    """
    organisation = managed_organisation(session, actor, organisation_id)
    user = _member(session, organisation, user_id)
    if user.id == actor.user_id:
        raise Refused(N_("自己的动态验证码请在“我的账户”里关闭"))
    totp.clear(session, actor, user)
    end_sessions(session, user.id)
    notify(session, [user.id], N_("管理员 %(who)s 关闭了您的动态验证码，请重新设置"), {"who": actor.name})
    return user.name


def _checked_roles(organisation: Organisation, roles: Collection[Role]) -> list[Role]:
    """The roles in order, each once; raises Invalid when there is none or one does not fit here."""
    given = sorted(set(roles))
    if not given:
        raise Invalid(N_("请至少选一个角色；不再来的人请停用账户"), path="roles")
    if set(given) - set(roles_to_give(organisation)):
        raise Invalid(N_("这个机构的人不能有这样的角色"), path="roles")
    return given


def _invitation(session: Session, token: str) -> Invitation:
    invitation = session.scalar(
        sa.select(Invitation)
        .where(open_invitations(), Invitation.token_hash == token_hash(token))
        .with_for_update()
    )
    if invitation is None or not invitation.organisation.active:
        raise NotFound(N_("这份邀请已经用过、被收回或已过期，请联系邀请您的人"))
    return invitation


def _join(session: Session, invitation: Invitation, user: User) -> None:
    organisation = invitation.organisation
    given = _checked_roles(organisation, [Role(value) for value in invitation.roles])
    user.organisation = organisation
    user.roles = [UserRole(role=role) for role in given]
    invitation.accepted_at = now()
    session.flush()
    _trace(
        session, actor_of(user), organisation, "member.joined", "user", user.id, after={"roles": list(given)}
    )
    notify(
        session,
        [invitation.invited_by_id],
        N_("%(name)s 接受了邀请，加入%(organisation)s"),
        {"name": user.name, "organisation": organisation.name},
        link=f"/organisations/{organisation.id}/members",
    )


def _held_organisation(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    """The organisation, its people held still, for somebody who manages them at this moment.

    Of two managers who shut each other out at once the second is refused: somebody is left.
    """
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
    present = find_actor(session, actor.user_id)
    if present is None:
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    return managed_organisation(session, present, organisation_id)


def _member(session: Session, organisation: Organisation, user_id: int) -> User:
    user = session.scalar(
        sa.select(User).where(User.id == user_id, User.organisation_id == organisation.id).with_for_update()
    )
    if user is None:
        raise NotFound
    return user


def _trace(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    action: str,
    subject_kind: str,
    subject_id: int,
    **changes: Mapping[str, object],
) -> None:
    is_enterprise = organisation.kind is OrganisationKind.ENTERPRISE
    record_event(
        session,
        actor,
        action,
        subject_kind,
        subject_id,
        enterprise_id=organisation.id if is_enterprise else None,
        before=changes.get("before"),
        after=changes.get("after"),
    )
