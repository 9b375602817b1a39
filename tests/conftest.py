"""Fixtures by topic lie in tests/fixtures; here they are only named."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.fixtures.databases", "tests.fixtures.application", "tests.fixtures.browser"]

# Each run tries the same examples and waits for them: red is the code, never chance or a slow machine.
settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
