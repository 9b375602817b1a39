"""Fixtures by topic lie in tests/fixtures; here they are only named."""

pytest_plugins = ["tests.fixtures.databases", "tests.fixtures.application", "tests.fixtures.browser"]
