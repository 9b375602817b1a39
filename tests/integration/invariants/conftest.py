"""The submitted month on each kind of database, and the application on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.fixtures.application import settings_for
from tests.fixtures.reuse import lend_app
from tests.fixtures.reviewing import Reviewing, reviewing, reviewing_postgresql, reviewing_sqlite

__all__ = ["app", "reviewing", "reviewing_postgresql", "reviewing_sqlite"]


@pytest.fixture
def app(reviewing: Reviewing, tmp_path: Path) -> Iterator[Flask]:
    """The application on the database of the submitted month; its jobs stay in their rows."""
    url = reviewing.database.engine.url.render_as_string(hide_password=False)
    lent = lend_app(settings_for(url, tmp_path))
    lent.extensions["portal.database"].push = None
    yield lent
    lent.extensions["portal.database"].engine.dispose()
