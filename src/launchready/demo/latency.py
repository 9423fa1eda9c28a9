"""Latency in user space: a relay that holds every packet for half a round trip each way.

The kernel of the machine shakes hands with the relay at once; the round trip that a handshake
over a distance would have taken is added to the first bytes of either side instead.
"""

from __future__ import annotations

import asyncio

from launchready.demo.listening import LOOPBACK, Connections

_CHUNK_BYTES = 65_536
_End = tuple[float, bytes]


class TcpRelay:
    """A TCP relay to a loopback port, on a port of its own."""

    def __init__(self, target: int, round_trip_s: float) -> None:
        self._target = target
        self._round_trip_s = round_trip_s
        self._connections = Connections()
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` says where."""
        self.port = await self._connections.listen(self._serve)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        await self._connections.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun = asyncio.get_running_loop().time()
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target)
        # SYN and SYN-ACK take a round trip before the client sends; the server may speak half a
        # round trip after that.
        ways = (
            self._carry(reader, far_writer, begun + self._round_trip_s),
            self._carry(far_reader, writer, begun + 1.5 * self._round_trip_s),
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                for way in ways:
                    tasks.create_task(way)
        except* OSError:
            # One side has left; what it would have got is nobody's.
            pass
        finally:
            far_writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, not_before: float
    ) -> None:
        loop = asyncio.get_running_loop()
        held: asyncio.Queue[_End] = asyncio.Queue(maxsize=1024)

        async def deliver() -> None:
            while True:
                due, data = await held.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deliver())
            data = b"begin"
            while data:
                try:
                    data = await reader.read(_CHUNK_BYTES)
                except OSError:
                    data = b""
                due = max(loop.time(), not_before) + self._round_trip_s / 2
                await held.put((due, data))
