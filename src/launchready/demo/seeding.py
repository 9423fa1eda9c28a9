"""The reference community as the demo starts it: sample members and posts, and a test member."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TextIO

from launchready.demo.app import GuardedApp
from launchready.demo.description import DemoLaunch
from launchready.demo.manifest import METRICS_ENV, PAYMENTS_ENV
from launchready.demo.state import State
from launchready.manifest import Manifest

READY_WITHIN_S = 8.0
"""Longer than guard's own deadline: the audit that asks for everything at once has the same loop."""


@asynccontextmanager
async def seeded(
    launch: DemoLaunch, state: State, manifest: Manifest, log: TextIO
) -> AsyncIterator[GuardedApp]:
    """Run the community in a folder of its own, with guard around it, until the block ends.

    Its requests are written to `log`: the terminal shows the audit, and not a line for each.
    """
    from launchready.community import Settings, create_app  # noqa: PLC0415 - an extra, and slow
    from launchready.community.readiness import readiness  # noqa: PLC0415
    from launchready.community.running import Community  # noqa: PLC0415
    from launchready.community.seed import add_member, seed  # noqa: PLC0415
    from launchready.community.sessions import open_session  # noqa: PLC0415
    from launchready.community.wrapped import member_of  # noqa: PLC0415
    from launchready.guard.health import Readiness  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="launchready-willow-") as folder, only_errors_told():
        settings = Settings(
            database_url=f"sqlite+aiosqlite:///{Path(folder) / 'willow.db'}",
            site_url=f"https://{launch.domain}",
            app_url=f"https://app.{launch.domain}",
            community_url=f"https://community.{launch.domain}/",
            static_url=f"https://static.{launch.domain}",
            session_cookie=launch.session_cookie,
            mail_from=f"hello@{launch.domain}",
            mail_folder=Path(folder) / "mails",
            payments_secret=state.payments_secret,
        )
        environ = {PAYMENTS_ENV: state.payments_secret, METRICS_ENV: state.metrics_token}
        app = create_app(settings, manifest, environ=environ)
        running: Community = app.state.community
        hashed = await running.passwords.hashed(state.password)
        async with running.database.write() as session:
            await seed(session)
            member = await add_member(
                session, state.username, "A gardener", password_hash=hashed, now=running.now()
            )
            token = await open_session(session, member, now=running.now(), days=1)
        async with app.router.lifespan_context(app):
            guarded = GuardedApp(
                app, launch, manifest, member=member_of(app), environ=environ, log=log,
                ready=Readiness(readiness(running, manifest, environ), READY_WITHIN_S),
                cookie=f"{settings.session_cookie}={token}",
            )  # fmt: skip
            # Where the test payment sends its webhooks, as a provider would.
            running.outermost = guarded.for_host(launch.host("app"))
            try:
                yield guarded
            finally:
                await guarded.close()


@contextmanager
def only_errors_told() -> Iterator[None]:
    """Keep off the terminal what the audit provokes in the community while the block runs."""
    # What the audit tries is refused again and again, and the terminal is for its report. A visitor
    # who gives up on a slow machine ends a query in the middle: the pool drops that connection and
    # loses nothing, but tells of it with a traceback.
    levels = {"launchready": logging.ERROR, "sqlalchemy.pool": logging.CRITICAL}
    before = {name: logging.getLogger(name).level for name in levels}
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
