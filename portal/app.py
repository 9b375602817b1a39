"""The one place where the application is put together."""

import logging
from collections.abc import Callable
from datetime import timedelta

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.extensions import babel, choose_locale, csrf, limiter
from portal.models.database import Database
from portal.queue import JobQueue, RqQueue
from portal.storage import open_storage
from portal.tasks import queue_pusher
from portal.web import (
    audit,
    bundles,
    check_packs,
    disclosures,
    documents,
    dossiers,
    draws,
    engagements,
    enterprises,
    evidence,
    findings,
    formats,
    health,
    home,
    identity,
    lab_reports,
    members,
    meters,
    notices,
    notifications,
    organisations,
    pact,
    patterns,
    plans,
    product_files,
    product_systems,
    products,
    records,
    registrations,
    reviews,
    signing,
    statistics,
    supplier_footprints,
    visit_work,
    visits,
    year_differences,
)
from portal.web import credits as credit_pages
from portal.web import help as help_pages
from portal.web.access import install_guard
from portal.web.addresses import install_addresses
from portal.web.errors import install_errors
from portal.web.flashes import install_flashes
from portal.web.layout import install_layout

BLUEPRINTS = (
    health,
    identity,
    home,
    registrations,
    organisations,
    members,
    engagements,
    enterprises,
    meters,
    plans,
    records,
    year_differences,
    evidence,
    signing,
    reviews,
    findings,
    statistics,
    patterns,
    lab_reports,
    check_packs,
    documents,
    dossiers,
    disclosures,
    bundles,
    credit_pages,
    notices,
    pact,
    supplier_footprints,
    products,
    product_systems,
    product_files,
    notifications,
    help_pages,
    audit,
    visits,
    visit_work,
    draws,
)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; manifest-src 'self'"
)


def create_app(settings: Settings, queue: JobQueue | None = None) -> Flask:
    """Build the application for ``settings``; ``queue`` replaces Valkey in tests."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="portal",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.behind_tls,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        WTF_CSRF_TIME_LIMIT=None,  # the session's end is the limit: a form left open is not lost
        WTF_CSRF_SSL_STRICT=settings.behind_tls,
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        RATELIMIT_STORAGE_URI=settings.limits_url,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
        TEMPLATES_AUTO_RELOAD=False,
    )
    if settings.proxy_hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the documented way
            app.wsgi_app,
            x_for=settings.proxy_hops,
            x_proto=settings.proxy_hops,
            x_host=settings.proxy_hops,
        )
    logging.getLogger("portal").setLevel(settings.log_level)
    queue = queue or RqQueue(settings.redis_url)
    app.extensions["portal.settings"] = settings
    app.extensions["portal.queue"] = queue
    app.extensions["portal.database"] = Database(
        settings.database_url, push=queue_pusher(queue), allow_unverified=settings.allow_unverified
    )
    app.extensions["portal.storage"] = open_storage(settings.storage_url)
    install_addresses(app)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=choose_locale)
    install_guard(app)
    install_errors(app)
    formats.install(app.jinja_env)
    install_layout(app)
    install_flashes(app)
    for feature in BLUEPRINTS:
        app.register_blueprint(feature.blueprint)
    app.after_request(_headers(settings))
    return app


def _keep_nowhere(response: Response) -> None:
    """No cache keeps what a route answers, unless the route says so itself.

    ``send_file`` gives every file the age of the static ones, and lets anybody's cache keep it.
    """
    if response.cache_control.public:
        del response.headers["Cache-Control"], response.headers["Expires"]
    response.headers.setdefault("Cache-Control", "no-store")


def _headers(settings: Settings) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
        if settings.behind_tls:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint != "static":
            _keep_nowhere(response)
        return response

    return add
