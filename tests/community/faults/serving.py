"""The community in processes of its own, with members in its database."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess

from launchready.community import Settings, create_app
from launchready.community.invites import keep_invite
from launchready.community.running import Community
from launchready.community.seed import add_member, seed
from tests.community.browser import PASSWORD
from tests.community.faults.process import Plan, serve

ENDS_WITHIN_S = 60
# Forked by a process that has imported everything already: starting anew takes seconds of CPU.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.community.faults.process", "alembic.command", "aiosqlite"])
CODE, CODE_USES = "k7mq-2fhd-x9wa", 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A community that another process serves."""

    url: str
    process: BaseProcess

    async def kill(self) -> None:
        """Kill it as the machine would."""
        self.process.kill()
        await self.ended()

    async def ended(self) -> int | None:
        """Wait for its end; return its status, below zero after a signal, None if it lives on."""
        await asyncio.to_thread(self.process.join, ENDS_WITHIN_S)
        return self.process.exitcode


@contextlib.asynccontextmanager
async def serving(plan: Plan) -> AsyncIterator[Served]:
    """Start a process; what is asked before it answers waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        process = _FORKS.Process(target=serve, args=(plan, listening), daemon=True)
        process.start()
    # The socket is the process's alone by now, so that its end is the end of every connection.
    served = Served(url=url, process=process)
    try:
        yield served
    finally:
        process.terminate()
        if await served.ended() is None:
            await served.kill()
        process.close()


async def prepare(database_url: str, members: int = 1, *, plan: str = "willow") -> list[str]:
    """Fill an empty database: the sample community, so many members, and a code; return addresses."""
    running: Community = create_app(Settings(database_url=database_url)).state.community
    addresses = [f"member{n}@willow.example" for n in range(members)]
    try:
        password_hash = await running.passwords.hashed(PASSWORD)
        async with running.database.write() as session:
            await seed(session)
            for address in addresses:
                await add_member(
                    session, address, address.partition("@")[0], plan=plan,
                    password_hash=password_hash, now=running.now(),
                )  # fmt: skip
            await keep_invite(session, CODE, plan="willow", uses=CODE_USES, now=running.now())
    finally:
        await running.close()
    return addresses
