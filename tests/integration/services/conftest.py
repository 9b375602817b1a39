"""Fixtures that only tests of services use."""

from tests.fixtures.printing import settings, shared_fonts, storage
from tests.fixtures.reviewing import reviewing, reviewing_postgresql, reviewing_sqlite

__all__ = ["reviewing", "reviewing_postgresql", "reviewing_sqlite", "settings", "shared_fonts", "storage"]
