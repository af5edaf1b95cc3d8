"""Settings of the whole suite: no property test may fail because a machine is slow."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


def pytest_configure() -> None:
    """Ctrl-C works in the tests and in what they start: a shell lets its background jobs ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
