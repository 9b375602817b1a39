"""Fixtures that tests of pages share."""

import pytest
from flask import Flask

from portal.models.database import Database
from tests.fixtures.entering import people

__all__ = ["database", "people"]


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database."""
    found: Database = app.extensions["portal.database"]
    return found
