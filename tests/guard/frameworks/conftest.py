from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.guard.frameworks.asking import guarded
from tests.guard.frameworks.serving import serving
from tests.guard.frameworks.two_pages import FRAMEWORKS


@pytest.fixture(scope="module", params=FRAMEWORKS)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    app = guarded(request.param)
    with serving(app) as port:
        yield port


@pytest.fixture(scope="module")
def ask(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
        yield client
