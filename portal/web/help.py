"""Help: who may do what, drawn from the one table of rights, and the words used here."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.domain.access import EVERYONE, GRANTS, ROLE_KINDS, Permission, Role
from portal.web.access import signed_in
from portal.web.labels import ORGANISATION_KINDS, PERMISSIONS, ROLES

blueprint = Blueprint("help", __name__)


@blueprint.get("/help/roles")
@signed_in
def roles() -> ResponseReturnValue:
    """The table of role and permission."""
    rows = [
        (PERMISSIONS[permission], {role: may(role, permission) for role in Role}) for permission in Permission
    ]
    return render_template(
        "help/roles.html", rows=rows, roles=ROLES, kinds=ORGANISATION_KINDS, role_kinds=ROLE_KINDS
    )


@blueprint.get("/help/words")
@signed_in
def words() -> ResponseReturnValue:
    """What the words of the portal mean."""
    return render_template("help/words.html")


def may(role: Role, permission: Permission) -> bool:
    """Whether the role holds the permission, as the rules decide it."""
    return permission in EVERYONE or permission in GRANTS[role]
