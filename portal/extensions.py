"""What the application carries along, and how a request gets at it."""

from typing import cast

from flask import current_app, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect

from portal.config import Settings
from portal.domain.access import Actor
from portal.models.database import Database
from portal.queue import JobQueue
from portal.storage import Storage

LOCALES = ("zh", "en")
LOCALE_COOKIE = "locale"

babel = Babel()
csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(get_remote_address, headers_enabled=False, swallow_errors=True)


def settings() -> Settings:
    """The settings of the running application."""
    return cast(Settings, current_app.extensions["portal.settings"])


def database() -> Database:
    """The database of the running application."""
    return cast(Database, current_app.extensions["portal.database"])


def storage() -> Storage:
    """Where evidence and issued files lie."""
    return cast(Storage, current_app.extensions["portal.storage"])


def job_queue() -> JobQueue:
    """The queue that carries job ids."""
    return cast(JobQueue, current_app.extensions["portal.queue"])


def actor() -> Actor:
    """The signed-in person; only called behind ``requires``."""
    return cast(Actor, current_user.actor)


def choose_locale() -> str:
    """Chinese, unless the reader has chosen English; the choice is kept in a cookie."""
    chosen = request.cookies.get(LOCALE_COOKIE, "")
    return chosen if chosen in LOCALES else LOCALES[0]
