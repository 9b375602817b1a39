"""Entering the portal: a session for a browser, and the page that it is led to."""

from urllib.parse import urlsplit

from flask import Response, current_app, redirect, request, url_for
from flask import session as browser_session
from flask_babel import gettext
from flask_login import login_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from portal.domain.errors import NotFound
from portal.extensions import LOCALE_COOKIE, database, settings
from portal.queries.access import find_actor
from portal.services.notifications import is_own_path
from portal.services.sessions import start_session
from portal.web.access import SessionUser

YEAR_SECONDS = 365 * 24 * 3600


def too_many() -> str:
    """What somebody reads who asks too often from one address."""
    return str(gettext("请求太频繁，请过一会儿再试"))


def safe_next(*targets: str | None) -> str:
    """The first of ``targets`` that is a page of this portal and can be opened, else the home page."""
    return next((target for target in targets if target and _is_page(target)), url_for("home.home"))


def _is_page(target: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not is_own_path(target):
        return False
    try:
        adapter.match(urlsplit(target).path, method="GET")
    except (HTTPException, ValueError):
        return False
    return True


def enter(user_id: int, target: str | None) -> Response:
    """Start a session for the user in this browser and lead to ``target``; nothing of before is kept."""
    agent = request.headers.get("User-Agent", "")
    with database().writing() as session:
        token = start_session(session, user_id, settings(), address=client_address(), agent=agent)
        entering = find_actor(session, user_id)
    if entering is None:
        raise NotFound
    browser_session.clear()
    login_user(SessionUser(entering, token))
    return current_app.make_response(redirect(safe_next(target), 303))


def remember_language(response: BaseResponse, locale: str) -> BaseResponse:
    """Keep the choice in a cookie for a year."""
    response.set_cookie(
        LOCALE_COOKIE,
        locale,
        max_age=YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings().behind_tls,
    )
    return response


def referring_path() -> str:
    """Path of the page of this portal that led here; empty when it was another site."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return ""
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def client_address() -> str:
    """Where the request came from, as far as the settings let proxies say so."""
    return request.remote_addr or ""


_PROGRAMS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """A short name for a browser, from what it says of itself: ``Chrome · Windows``."""
    parts = [next((name for mark, name in table if mark in agent), "") for table in (_PROGRAMS, _SYSTEMS)]
    return " · ".join(part for part in parts if part)
