"""The community for people to walk through: at an address that a browser opens as it is.

What is audited answers under Willow's names, which no browser finds. Behind this door is a second
one like it with data of its own, so that neither the audit nor a defect is met by who looks around.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from launchready.demo.listening import LOOPBACK
from launchready.manifest import Manifest

if TYPE_CHECKING:
    from launchready.demo.state import State
    from launchready.guard import Guard

_ENDS_WITHIN_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where it is, and who may come in; the password of both is that of the demo's test member."""

    url: str
    member: str
    admin: str
    letters: Path
    """A folder with every letter that it sends, as a file."""


@asynccontextmanager
async def door(
    state: State, manifest: Manifest, environ: Mapping[str, str], directory: Path
) -> AsyncIterator[Door]:
    """Serve the community with its samples on a free port until the block ends.

    `environ` holds what the manifest names. Letters and guard's lines (`door.log`) are kept in
    `directory`, those of the last time are gone. Raises OSError when no port is free, or nothing
    can be written there.
    """
    letters = directory / "letters"
    shutil.rmtree(letters, ignore_errors=True)
    letters.mkdir(parents=True)
    with (
        tempfile.TemporaryDirectory(prefix="launchready-door-") as folder,
        (directory / "door.log").open("w", encoding="utf-8") as log,
        socket.create_server((LOOPBACK, 0), backlog=128) as listening,
    ):
        # By its name: browsers keep cookies for HTTPS there, and not at its number.
        url = f"http://localhost:{listening.getsockname()[1]}"
        admin = state.username.replace("member", "admin")
        app = await _filled(state, manifest, environ, (url, Path(folder), letters, admin), log)
        async with _served(app, listening):
            yield Door(url=url, member=state.username, admin=admin, letters=letters)


async def _filled(
    state: State,
    manifest: Manifest,
    environ: Mapping[str, str],
    at: tuple[str, Path, Path, str],
    log: TextIO,
) -> Guard:
    from launchready.community import Settings, create_app  # noqa: PLC0415 - an extra, and slow
    from launchready.community.readiness import readiness  # noqa: PLC0415
    from launchready.community.running import Community  # noqa: PLC0415
    from launchready.community.seed import add_member, seed  # noqa: PLC0415
    from launchready.community.wrapped import member_of  # noqa: PLC0415
    from launchready.guard import guard  # noqa: PLC0415

    url, folder, letters, admin = at
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{folder / 'willow.db'}", app_url=url,
        mail_folder=letters, payments_secret=state.payments_secret,
    )  # fmt: skip
    bare = create_app(settings, manifest, environ=environ)
    running: Community = bare.state.community
    hashed = await running.passwords.hashed(state.password)
    async with running.database.write() as session:
        await seed(session)
        for address, name, role in (
            (state.username, "A gardener", "member"),
            (admin, "The founder", "admin"),
        ):
            await add_member(
                session, address, name, role=role, password_hash=hashed, now=running.now()
            )
    app = guard(
        bare, manifest, member=member_of(bare), environ=environ, log=log,
        ready=readiness(running, manifest, environ),
    )  # fmt: skip
    running.outermost = app
    return app


@asynccontextmanager
async def _served(app: Guard, listening: socket.socket) -> AsyncIterator[None]:
    import uvicorn  # noqa: PLC0415 - an extra

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # Ctrl-C is the demo's, which then ends this too.
            yield

    server = Server(
        uvicorn.Config(
            app, log_config=None, log_level="critical", access_log=False, lifespan="on", proxy_headers=False,
            timeout_graceful_shutdown=_ENDS_WITHIN_S,
        )
    )  # fmt: skip
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
