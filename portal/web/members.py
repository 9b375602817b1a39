"""The people of an organisation: list, invitations, roles, shutting out; and accepting an invitation."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from forms.members import InviteForm, JoinForm, RolesForm
from portal.domain.access import Permission, Role
from portal.domain.errors import DomainError, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.extensions import actor, database, limiter
from portal.queries.members import InvitationPage, MembersPage, invitation_page, members_page
from portal.services import members
from portal.services.accounts import token_hash
from portal.web.access import public, requires, signed_in
from portal.web.entering import enter, too_many
from portal.web.errors import message_of
from portal.web.labels import ROLES, role_label
from portal.web.letters import invitation_letter

blueprint = Blueprint("members", __name__)


@blueprint.get("/members")
@requires(Permission.MEMBER_MANAGE)
def listing() -> ResponseReturnValue:
    """One's own organisation's people."""
    return _page(_own_organisation())


@blueprint.get("/organisations/<int:organisation_id>/members")
@requires(Permission.MEMBER_MANAGE)
def of_organisation(organisation_id: int) -> ResponseReturnValue:
    """The people of an organisation that one looks after."""
    return _page(organisation_id)


@blueprint.post("/organisations/<int:organisation_id>/members/invitations")
@requires(Permission.MEMBER_MANAGE)
@limiter.limit("60 per hour", error_message=too_many)
def invite(organisation_id: int) -> ResponseReturnValue:
    """Mail an invitation."""
    page = _load(organisation_id)
    form = InviteForm(request.form)
    form.roles.choices = _choices(page)
    if form.validate():
        try:
            with database().writing() as session:
                members.invite(
                    session,
                    actor(),
                    organisation_id,
                    form.given("email"),
                    form.given("name"),
                    [Role(value) for value in form.roles.data or ()],
                    partial(invitation_letter, actor().name),
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("邀请已寄出：%(email)s", email=form.given("email")), "success")
            return redirect(_list_url(organisation_id), 303)
    return _page(organisation_id, form)


@blueprint.post("/organisations/<int:organisation_id>/members/invitations/<int:invitation_id>/revoke")
@requires(Permission.MEMBER_MANAGE)
def revoke_invitation(organisation_id: int, invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back; its link opens nothing any more."""
    with database().writing() as session:
        email = members.revoke_invitation(session, actor(), organisation_id, invitation_id)
    flash(gettext("邀请已收回：%(email)s", email=email), "success")
    return redirect(_list_url(organisation_id), 303)


@blueprint.get("/organisations/<int:organisation_id>/members/<int:user_id>")
@requires(Permission.MEMBER_MANAGE)
def member(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """One person: roles and what can be done about their account."""
    return _member_page(organisation_id, user_id)


@blueprint.post("/organisations/<int:organisation_id>/members/<int:user_id>/roles")
@requires(Permission.MEMBER_MANAGE)
def change_roles(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Give other roles."""
    form = RolesForm(request.form)
    form.roles.choices = _choices(_load(organisation_id))
    if form.validate():
        try:
            with database().writing() as session:
                roles = [Role(value) for value in form.roles.data or ()]
                members.change_roles(session, actor(), organisation_id, user_id, roles)
        except (Invalid, Refused) as error:
            form.add_error("roles", message_of(error))
        else:
            flash(gettext("角色已改，从下一次打开页面起生效"), "success")
            return redirect(_list_url(organisation_id), 303)
    return _member_page(organisation_id, user_id, form)


@blueprint.post("/organisations/<int:organisation_id>/members/<int:user_id>/deactivate")
@requires(Permission.MEMBER_MANAGE)
def deactivate(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Shut a person out."""
    return _do(organisation_id, user_id, N_("%(name)s 的账户已停用，登录都已结束"), _deactivate)


@blueprint.post("/organisations/<int:organisation_id>/members/<int:user_id>/activate")
@requires(Permission.MEMBER_MANAGE)
def activate(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Let a person in again."""
    return _do(organisation_id, user_id, N_("%(name)s 的账户已恢复"), _activate)


@blueprint.post("/organisations/<int:organisation_id>/members/<int:user_id>/totp/reset")
@requires(Permission.MEMBER_MANAGE)
def reset_totp(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Turn off the second factor of somebody who lost their phone."""
    return _do(organisation_id, user_id, N_("%(name)s 的动态验证码已关闭"), _reset_totp)


@blueprint.get("/invitations/<token>")
@public
def invitation(token: str) -> ResponseReturnValue:
    """What an invited person sees."""
    return _invitation_page(token)


@blueprint.post("/invitations/<token>")
@public
@limiter.limit("20 per 15 minutes", error_message=too_many)
def accept_with_new_account(token: str) -> ResponseReturnValue:
    """Open an account and join."""
    form = JoinForm(request.form)
    if form.validate():
        try:
            with database().writing() as session:
                user_id = members.join_with_new_account(
                    session, token, form.given("name"), form.given("password")
                )
        except NotFound:
            return render_template("members/invitation_over.html"), 404
        except Invalid as error:
            form.refuse(error)
        else:
            return enter(user_id, "")
    return _invitation_page(token, form)


@blueprint.post("/invitations/<token>/join")
@signed_in
def accept_with_own_account(token: str) -> ResponseReturnValue:
    """Join with the account that is signed in."""
    try:
        with database().writing() as session:
            members.join_with_own_account(session, actor(), token)
    except NotFound:
        return render_template("members/invitation_over.html"), 404
    flash(gettext("您已加入机构"), "success")
    return redirect(url_for("home.home"), 303)


def _own_organisation() -> int:
    own = actor().organisation_id
    if own is None:
        raise NotFound
    return own


def _list_url(organisation_id: int) -> str:
    if organisation_id == actor().organisation_id:
        return url_for("members.listing")
    return url_for("members.of_organisation", organisation_id=organisation_id)


def _load(organisation_id: int) -> MembersPage:
    with database().reading() as session:
        return members_page(session, actor(), organisation_id)


def _choices(page: MembersPage) -> list[tuple[str, str]]:
    return [(role.value, role_label(role)) for role in page.roles]


def _page(organisation_id: int, form: InviteForm | None = None) -> ResponseReturnValue:
    page = _load(organisation_id)
    shown = form or InviteForm()
    shown.roles.choices = _choices(page)
    if form is None and len(page.roles) == 1:
        shown.roles.data = [page.roles[0].value]
    return render_template("members/listing.html", page=page, form=shown, ROLES=ROLES), 422 if form else 200


def _member_page(organisation_id: int, user_id: int, form: RolesForm | None = None) -> ResponseReturnValue:
    page = _load(organisation_id)
    person = next((one for one in page.members if one.id == user_id), None)
    if person is None:
        raise NotFound
    shown = form or RolesForm(data={"roles": [role.value for role in person.roles]})
    shown.roles.choices = _choices(page)
    context = {"page": page, "person": person, "form": shown, "back": _list_url(organisation_id)}
    return render_template("members/member.html", **context), 422 if form else 200


def _do(organisation_id: int, user_id: int, done: str, act: Callable[[int, int], str]) -> ResponseReturnValue:
    """Do one thing about a member; a refusal is shown on the list, for there is no form to show it on."""
    try:
        name = act(organisation_id, user_id)
    except Refused as refused:
        flash(message_of(refused), "error")
    else:
        flash(gettext(done) % {"name": name}, "success")
    return redirect(_list_url(organisation_id), 303)


def _deactivate(organisation_id: int, user_id: int) -> str:
    with database().writing() as session:
        return members.set_active(session, actor(), organisation_id, user_id, False)


def _activate(organisation_id: int, user_id: int) -> str:
    with database().writing() as session:
        return members.set_active(session, actor(), organisation_id, user_id, True)


def _reset_totp(organisation_id: int, user_id: int) -> str:
    with database().writing() as session:
        return members.reset_totp(session, actor(), organisation_id, user_id)


def _invitation_page(token: str, form: JoinForm | None = None) -> ResponseReturnValue:
    try:
        with database().reading() as session:
            page: InvitationPage = invitation_page(session, token_hash(token))
    except DomainError:
        return render_template("members/invitation_over.html"), 404
    signed_in_id = actor().user_id if current_user.is_authenticated else None
    context = {
        "page": page,
        "token": token,
        "form": form or JoinForm(data={"name": page.name}),
        "signed_in_id": signed_in_id,
        "ROLES": ROLES,
    }
    return render_template("members/invitation.html", **context), 422 if form else 200
