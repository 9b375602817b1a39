"""Bringing a database to the tables that this code expects, and telling whether it is there."""

import os
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from portal.models.base import Base

#: PostgreSQL advisory lock: two servers that start together migrate one after the other.
LOCK = 0x68757A68


def migrations_folder() -> Path:
    """Where the revisions lie: beside the packages, or in PORTAL_MIGRATIONS."""
    given = os.environ.get("PORTAL_MIGRATIONS")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "migrations"


def head_revision() -> str:
    """The newest revision in the folder."""
    return ScriptDirectory(str(migrations_folder())).get_current_head() or ""


def migrate(engine: sa.Engine, revision: str = "head") -> str:
    """Bring the database to ``revision`` (downwards when it is an older one); return where it was."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        before = MigrationContext.configure(connection).get_current_revision() or ""
        config = _config(connection)
        if revision == "base" or (before and revision != "head" and revision < before):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
    return before


def drift(engine: sa.Engine) -> list[str]:
    """What the models have that the migrated database lacks, and the other way round; empty when equal."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config
