from __future__ import annotations

from pathlib import Path

from tests.community.faults.kills import kill_under_load


async def test_an_app_killed_twice_under_load_has_lost_nothing_that_it_acknowledged(
    database_url: str, tmp_path: Path
) -> None:
    seen = await kill_under_load(database_url, tmp_path / "mail")
    assert seen.wrong == []
    assert all(seen.counted["by kind"].values())
    assert seen.counted["broken off"] > 0
    assert seen.statuses[500] == 0
