"""The lab's fixtures, and the reason where it cannot run."""

import os
import sys
from collections.abc import Iterator

import pytest

from .servers import Lab, missing_packages, running_lab
from .servers.application import running_application


def _not_run_because() -> str | None:
    """Return why the lab cannot run here, or None."""
    if not sys.platform.startswith("linux"):
        return "lab not run: it needs Linux"
    if missing := missing_packages():
        are = "is" if len(missing) == 1 else "are"
        return (
            f"lab not run: {', '.join(missing)} {are} not installed;"
            " run tests/lab/install.sh as root"
        )
    if os.geteuid() != 0:
        return "lab not run: its servers need ports 25, 53, 80 and 443; run the tests as root"
    return None


def _must_run() -> bool:
    return os.environ.get("CI") == "true" and os.geteuid() == 0


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Every server of the lab but the third-party application, running."""
    if reason := _not_run_because():
        if _must_run():
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with running_lab() as lab:
        yield lab


@pytest.fixture(scope="session")
def application(lab: Lab) -> Iterator[str]:
    """The URL of the third-party application, running behind the lab's nginx."""
    with running_application(lab) as url:
        yield url
