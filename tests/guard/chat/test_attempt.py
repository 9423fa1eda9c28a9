"""One attempt at one provider, on the event loop that servers run on as well."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from launchready.demo.provider import ScriptedProvider
from launchready.guard.chat.attempt import Attempt
from launchready.guard.chat.breaker import Breaker
from launchready.guard.chat.faults import ProviderFaultError
from launchready.guard.chat.providers import Connections, Provider
from launchready.manifest.app import ProviderEntry
from tests.guard.chat.conftest import QUESTION


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_deadline_that_is_over_when_the_next_packet_is_waited_for_ends_the_wait(
    loop: object,
) -> None:
    async def slow() -> str:
        async with ScriptedProvider(fault="pings") as running:
            entry = ProviderEntry(base_url=running.base_url, model="guide-1")
            provider = Provider(name="first", entry=entry, key=None, price=None, breaker=Breaker())
            connections = Connections([provider])
            attempt = Attempt(provider, connections, 200)
            now_s = asyncio.get_running_loop().time()
            await attempt.open(QUESTION, (), now_s + 10)
            try:
                while True:
                    await attempt.read(now_s - 1)
            except ProviderFaultError as error:
                return error.fault.reason
            finally:
                attempt.cut_off()
                await connections.close()

    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]
        assert runner.run(slow()) == "slow"
