from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tests.community.faults.store import How, fail_under_load


@pytest.mark.parametrize("how", get_args(How))
async def test_a_store_that_fails_and_returns_under_load_breaks_nothing_and_opens_no_limit(
    how: How, postgres: str, tmp_path: Path
) -> None:
    seen = await fail_under_load(postgres, tmp_path / "valkey", how)
    assert seen.wrong == []
    assert seen.statuses[200] > 0
    assert seen.statuses[303] > 0
