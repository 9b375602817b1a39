"""From an error to a page or to JSON, in one place."""

import logging

from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.domain.errors import Busy, Conflict, DomainError, GuardFailed, Invalid, NotFound, Refused
from portal.extensions import login_manager
from portal.storage import MissingObjectError, StorageError
from portal.web.terms import filled

log = logging.getLogger(__name__)

RETRY_SECONDS = 10

STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    Refused: 403,
    Conflict: 409,
    Invalid: 400,
    GuardFailed: 409,
}


def message_of(error: DomainError) -> str:
    """The error's sentence in the reader's language, with its values put in."""
    return filled(error.message, error.params)


def wants_json() -> bool:
    """Whether a script asked, not a person's address bar."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def install_errors(app: Flask) -> None:
    """Give every error its page; a failure of ours shows a page that needs no database."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StorageError, _storage)
    app.register_error_handler(Exception, _unexpected)


def _answer(
    status: int, code: str, message: str, failures: list[str] | None = None
) -> tuple[Response | str, int]:
    if wants_json():
        return jsonify(error={"code": code, "message": message, "failures": failures or []}), status
    page = status if status in {400, 403, 404, 409, 413, 429, 500, 503} else 500 if status > 500 else 400
    return render_template(f"errors/{page}.html", message=message, failures=failures or []), status


def _domain(error: DomainError) -> tuple[Response | str, int]:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    failures = None
    if isinstance(error, GuardFailed):
        failures = [filled(failure.message, failure.params) for failure in error.failures]
    return _answer(status, error.code, message_of(error), failures)


def _busy(error: Busy) -> ResponseReturnValue:
    log.exception("the database did not answer", extra={"path": request.path})
    g._login_user = login_manager.anonymous_user()  # who is reading stands in the database too
    return *_answer(503, error.code, message_of(error)), {"Retry-After": str(RETRY_SECONDS)}


def _csrf(error: CSRFError) -> tuple[Response | str, int]:
    return _answer(
        400, "form_expired", gettext("这个页面放得太久了，请返回、刷新后再提交一次；您填的内容还在前一页上")
    )


def _http(error: HTTPException) -> tuple[Response | str, int]:
    # The framework's own words are English; only those about too many requests are ours.
    return _answer(error.code or 500, "http", error.description or "" if error.code == 429 else "")


def _storage(error: StorageError) -> tuple[Response | str, int]:
    log.exception("the store failed", extra={"path": request.path})
    if isinstance(error, MissingObjectError):
        gone = gettext("这份文件的存档找不到了，已停止提供；请联系平台管理员")
        return _answer(404, "file_missing", gone)
    return _answer(503, "storage_down", gettext("服务器出错了，已记录；请稍后再试"))


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    log.exception("unexpected error", extra={"path": request.path})
    if wants_json():
        return jsonify(
            error={"code": "internal", "message": gettext("服务器出错了，已记录；请稍后再试")}
        ), 500
    return render_template("errors/500.html"), 500
