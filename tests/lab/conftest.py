"""The lab's fixtures, and the reason where it cannot run."""

import os
import sys
from collections.abc import Iterator
from typing import NoReturn

import pytest

from .servers import Lab, missing_packages, running_lab
from .servers.application import (
    ApplicationNotInstalledError,
    installed_environment,
    running_application,
)
from .servers.availability import must_run, reason_not_to_run, user_id


def _not_run(reason: str) -> NoReturn:
    if must_run(os.environ, user_id=user_id()):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip here and not in the fixture, so that pytest reports all of them in one line."""
    if "lab" not in getattr(item, "fixturenames", ()):
        return
    reason = reason_not_to_run(missing_packages(), platform=sys.platform, user_id=user_id())
    if reason is not None:
        _not_run(reason)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Every server of the lab but the third-party application, running."""
    with running_lab() as lab:
        yield lab


@pytest.fixture(scope="session")
def application(lab: Lab) -> Iterator[str]:
    """The URL of the third-party application, running behind the lab's nginx."""
    try:
        environment = installed_environment()
    except ApplicationNotInstalledError as error:
        _not_run(f"lab's third-party application not run: {error}")
    with running_application(lab, environment) as url:
        yield url
