"""The door of every page: closed unless the route says which permission opens it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user

from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound, Refused
from portal.domain.messages import N_
from portal.extensions import database, login_manager, settings
from portal.queries.access import require
from portal.services.sessions import resume_session

P = ParamSpec("P")
R = TypeVar("R")

#: Marks a route that anyone may open, signed in or not.
PUBLIC = "public"
#: Marks a route for every signed-in account.
SIGNED_IN = "signed_in"


class SessionUser(UserMixin):  # type: ignore[misc]  # flask-login is untyped
    """What flask-login keeps: the actor and the token of their session."""

    def __init__(self, actor: Actor, token: str) -> None:
        """Wrap an actor for the time of a request."""
        self.actor = actor
        self.token = token

    def get_id(self) -> str:
        """The secret in the cookie; it names a session row, not a person."""
        return self.token


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Open a route to everybody."""
    view.permission = PUBLIC  # type: ignore[attr-defined]  # read by the guard and by the route test
    return view


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Open a route to every signed-in account, whatever its role."""
    view.permission = SIGNED_IN  # type: ignore[attr-defined]  # read by the guard and by the route test
    return view


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Open a route to roles that hold ``permission``.

    Where the address names an enterprise, it must also be the actor's business: a stranger gets 404.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            actor: Actor = current_user.actor
            enterprise_id = kwargs.get("enterprise_id")
            if isinstance(enterprise_id, int):
                with database().reading() as session:
                    require(session, actor, permission, enterprise_id)
            elif not actor.may(permission):
                raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the guard and the route test
        return guarded

    return decorate


def install_guard(app: Flask) -> None:
    """Refuse every route that does not say who may open it, and send strangers to the sign-in page."""
    login_manager.init_app(app)
    login_manager.user_loader(_load)
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    permission = getattr(current_app.view_functions[request.endpoint], "permission", None)
    if permission is None:
        raise Refused(N_("这个地址没有开放"))
    if permission == PUBLIC or current_user.is_authenticated:
        return None
    if request.headers.get("HX-Request") or request.accept_mimetypes.best == "application/json":
        raise NotFound(N_("登录已结束，请重新登录；您填的内容还在页面上"))
    return redirect(url_for("identity.sign_in", next=request.full_path if request.method == "GET" else None))


def _load(token: str) -> SessionUser | None:
    actor = resume_session(database(), settings(), token)
    return SessionUser(actor, token) if actor else None
