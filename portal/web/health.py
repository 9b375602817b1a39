"""Whether the process lives and whether what it stands on answers."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from portal.extensions import database, job_queue, storage
from portal.web.access import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process lives."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Database, queue and storage answer; 503 names the one that does not."""
    parts = {"database": database().ready(), "queue": job_queue().ping(), "storage": storage().ping()}
    return jsonify(parts), 200 if all(parts.values()) else 503
