"""Migrations as the commands and the server need them: by address, with errors for people."""

from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.util import CommandError

from portal.models import migrate as migrations
from portal.models.database import Database


class MigrationError(Exception):
    """The database cannot be brought to the newest revision; the message says why."""


def migrate(database_url: str) -> str:
    """Bring the database to the newest revision and give the one that it was at.

    Raises MigrationError when it is at a revision that this version of the program does not know.
    """
    database = Database(database_url)
    try:
        return migrations.migrate(database.engine)
    except CommandError as error:
        raise MigrationError(
            f"cannot migrate: {error}; is the database of a newer version of the portal?"
        ) from error
    finally:
        database.engine.dispose()


def check_migrations() -> None:
    """Migrate a scratch SQLite database; raise MigrationError when the models differ from it."""
    with TemporaryDirectory(prefix="portal-migrations-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            migrations.migrate(database.engine)
            differences = migrations.drift(database.engine)
        finally:
            database.engine.dispose()
    if differences:
        raise MigrationError("models and migrations differ:\n" + "\n".join(differences))
