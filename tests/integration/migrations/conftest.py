"""Databases without any table."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.models.database import Database
from tests.fixtures.databases import create_database, database_url_of

_names = itertools.count()


def _empty_url(request: pytest.FixtureRequest, kind: str) -> str:
    if kind == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return f"sqlite:///{folder / f'empty_{next(_names)}.db'}"
    server = request.getfixturevalue("postgresql_server")
    name = f"empty_{next(_names)}"
    create_database(server, name, "template0")
    return database_url_of(server, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of each kind in turn, without any table."""
    database = Database(_empty_url(request, request.param))
    yield database
    database.engine.dispose()


@pytest.fixture
def another_empty(request: pytest.FixtureRequest, empty: Database) -> Iterator[Database]:
    """A second one of the same kind."""
    database = Database(_empty_url(request, empty.engine.dialect.name))
    yield database
    database.engine.dispose()
