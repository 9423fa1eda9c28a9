"""Django Channels behind guard, served by Daphne and by uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.guard.frameworks.two_pages import HOME
from tests.guard.websockets.rooms import MESSAGES
from tests.guard.websockets.test_websockets import ended, said

APP = "tests.guard.websockets.channels_room:application"
SERVERS = {"daphne": ["daphne", "-v", "0"], "uvicorn": ["uvicorn", "--no-access-log"]}
OWN_CODES = {"daphne": 3000, "uvicorn": 0}
"""What Daphne lets an app close with: 1000, or a code from 3000 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    port: int
    members: Path
    added: int

    async def enter(self, name: str = "", origin: str = "") -> ClientConnection:
        fields = [(k, v) for k, v in (("X-Member", name), ("Origin", origin)) if v]
        return await connect(
            "ws://willow.example/chat", host="127.0.0.1", port=self.port, proxy=None,
            additional_headers=fields,
        )  # fmt: skip


@pytest.fixture(params=SERVERS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    (tmp_path / "ada").touch()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = str(listening.fileno())
        server = subprocess.Popen(  # noqa: ASYNC220 - it is there before anybody asks
            [sys.executable, "-m", *SERVERS[request.param], "--fd", number, APP],
            pass_fds=[listening.fileno()],
            env={**os.environ, "MEMBERS": str(tmp_path)},
        )
        try:
            port = listening.getsockname()[1]
            async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
                # Connections wait in the backlog until the server has started.
                answer = await client.get(f"http://127.0.0.1:{port}/")
            assert answer.text == HOME
            assert answer.headers["x-request-id"]
            yield House(port=port, members=tmp_path, added=OWN_CODES[request.param])
        finally:
            server.terminate()
            server.wait(20)


async def test_a_member_talks_and_a_page_of_another_site_may_not(house: House) -> None:
    ada = await house.enter("ada", "http://willow.example")
    assert await ada.recv() == "ada"
    assert await said(ada, "hello")
    with pytest.raises(InvalidStatus) as refused:
        await house.enter("ada", "https://evil.example")
    assert refused.value.response.status_code == 403
    await ada.close()


async def test_who_has_logged_out_is_closed_and_the_consumer_tidies_up(house: House) -> None:
    ada = await house.enter("ada")
    await ada.recv()
    (house.members / "ada").unlink()
    assert (await ended(ada))[0] == 1008 + house.added
    await _tidied_up(house)


async def test_a_message_too_many_closes_it_while_others_are_still_on_their_way(
    house: House,
) -> None:
    ada = await house.enter("ada")
    for n in range(MESSAGES + 3):
        await ada.send(str(n))
    assert (await ended(ada))[0] == 1013 + house.added
    await _tidied_up(house)


async def test_what_is_too_large_or_fails_closes_it(house: House) -> None:
    ada = await house.enter("ada")
    await ada.send("x" * 2000)
    assert (await ended(ada))[0] == 1009 + house.added
    ada = await house.enter("ada")
    await ada.send("fail")
    assert (await ended(ada))[0] == 1011 + house.added


async def _tidied_up(house: House) -> None:
    async with asyncio.timeout(20):
        while not (house.members / "ended").exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
    # By uvicorn as guard said it, by Daphne as it was sent.
    assert (house.members / "ended").read_text() in {"1008", "1013", "4008", "4013"}
