"""Fixtures that tests of services and of queries share."""

import pytest

from portal.models.database import Database
from tests.factories.world import World, make_world


@pytest.fixture
def world(database: Database) -> World:
    """The small world, on each kind of database."""
    with database.writing() as session:
        return make_world(session)
