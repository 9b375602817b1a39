"""The database: one transaction a use case, opened by the entry point."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from portal.domain.errors import Busy

#: What the drivers say when the server is gone, a file stays locked, or the pool gives nothing.
_NO_ANSWER = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)


class Database:
    """Hands out sessions for reading and for writing on SQLite or PostgreSQL.

    ``push`` gets the jobs that a use case asked for, after its commit and never before;
    ``allow_unverified`` is the setting of that name, which each session carries in its ``info``.
    """

    def __init__(
        self,
        url: str,
        push: Callable[[list[Any]], None] | None = None,
        *,
        allow_unverified: bool = True,
    ) -> None:
        """Connect lazily to ``url``."""
        self.engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        self.push = push
        self.sqlite = self.engine.dialect.name == "sqlite"
        if self.sqlite:
            _prepare_sqlite(self.engine)
        known = {"allow_unverified": allow_unverified}
        self._read = sessionmaker(self.engine, expire_on_commit=False, info=known)
        self._write = sessionmaker(
            self.engine.execution_options(immediate=True), expire_on_commit=False, info=known
        )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session whose changes, if any, are thrown away; raises Busy when the database does not answer."""
        with _answered(), self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back on any error; then jobs are queued.

        Raises Busy when the database does not answer: nothing of the use case is kept then.
        """
        with _answered(), self._write() as session:
            with session.begin():
                yield session
            jobs: list[Any] = session.info.pop("jobs", [])
        if jobs and self.push is not None:
            self.push(jobs)

    def ready(self) -> bool:
        """Whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1 FROM alembic_version"))
        except sa.exc.SQLAlchemyError:
            return False
        return True


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except _NO_ANSWER as error:
        raise Busy from error


def _prepare_sqlite(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below; the driver's own guessing is off
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A writer takes its lock at once: upgrading later could fail half-way.
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
