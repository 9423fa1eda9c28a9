from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.databases import database, postgres, postgres_server

__all__ = ["database", "postgres", "postgres_server"]  # fixtures, for every test

# A busy machine must not make a property fail: what is judged is the result, not the time.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("untimed")

LONGEST_ID = 50


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long values by their argument: keys are made anew in each process of a run."""
    return argname if isinstance(val, str) and len(val) > LONGEST_ID else None
