from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from launchready.demo import Running, healthy, running


@pytest.fixture
async def willow(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(healthy(), tmp_path) as demo:
        yield demo
