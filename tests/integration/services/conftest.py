"""Fixtures that only tests of services use."""

from tests.fixtures.reviewing import reviewing, reviewing_postgresql, reviewing_sqlite

__all__ = ["reviewing", "reviewing_postgresql", "reviewing_sqlite"]
