"""Bringing a database to the newest revision, and comparing models with migrations."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


class MigrationError(Exception):
    """The database cannot be brought to the newest revision; the message says why."""


def migrate(database_url: str) -> None:
    """Bring the database to the newest revision.

    Raises MigrationError when there are no revisions to be found, or when the database is at one
    that this version of the program does not know.
    """
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(_alembic_config(database_url), "head")
    except CommandError as error:
        raise MigrationError(f"cannot migrate: {error}") from error


def check_migrations() -> None:
    """Migrate a scratch database and raise MigrationError when the models differ from it."""
    from alembic import command
    from alembic.util import CommandError

    with TemporaryDirectory(prefix="portal-migrations-") as folder:
        database_url = f"sqlite:///{folder}/scratch.db"
        migrate(database_url)
        try:
            command.check(_alembic_config(database_url))
        except CommandError as error:
            raise MigrationError(str(error)) from error


def migrations_folder() -> Path:
    """Folder of the revisions: MIGRATIONS_DIR, or ``migrations`` beside the package."""
    given = os.environ.get("MIGRATIONS_DIR")
    folder = Path(given) if given else Path(__file__).resolve().parent.parent / "migrations"
    if not (folder / "env.py").is_file():
        raise MigrationError(f"no migrations in {folder}; set MIGRATIONS_DIR to their folder")
    return folder


def _alembic_config(database_url: str) -> Any:
    """Build the configuration in Python: there is no alembic.ini to find or to forget."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config
