"""The community from environment variables: `uvicorn --factory launchready.community.serving:app`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from launchready.community.database import Database, upgrade
from launchready.community.seed import seed
from launchready.community.settings import Settings
from launchready.community.tables import Circle
from launchready.community.wrapped import guarded
from launchready.guard import Guard
from launchready.guard.start_up import NotReadyToStart, require
from launchready.manifest import ManifestError, load_manifest

MANIFEST = "LAUNCHREADY_MANIFEST"
_TEXTS = {
    "COMMUNITY_NAME": "name", "APP_URL": "app_url", "SITE_URL": "site_url",
    "STATIC_URL": "static_url", "MAIL_FROM": "mail_from", "SMTP_URL": "smtp_url",
    "PAYMENT_LINK": "payment_link", "PAYMENTS_SECRET": "payments_secret",
}  # fmt: skip


def app() -> Guard:
    """Return the guarded community as the environment sets it up; a new one begins with samples.

    Raises SystemExit, which says what to set right, when it cannot start.
    """
    try:
        manifest = load_manifest(Path(os.environ.get(MANIFEST, "launchready.toml")))
        require(manifest, os.environ)
        settings = settings_of(os.environ)
    except (ManifestError, NotReadyToStart, ValueError, OSError) as problem:
        raise SystemExit(str(problem)) from None
    upgrade(settings.database_url)
    # The server's loop runs already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _filled(settings.database_url)).result()
    return guarded(settings, manifest)


def settings_of(environ: Mapping[str, str]) -> Settings:
    """Return the settings that environment variables give. Raises ValueError for what is missing."""
    missing = [name for name in ("DATABASE_URL", "COMMUNITY_SECRET") if not environ.get(name)]
    if missing:
        raise ValueError(f"Please set {' and '.join(missing)}; docs/community.md says to what.")
    given = {field: environ[name] for name, field in _TEXTS.items() if environ.get(name)}
    folder = environ.get("MAIL_FOLDER")
    return Settings(
        database_url=environ["DATABASE_URL"],
        secret=environ["COMMUNITY_SECRET"],
        mail_folder=Path(folder) if folder else None,
        **given,  # type: ignore[arg-type]
    )


async def _filled(url: str) -> None:
    database = Database(url)
    async with database.write() as session:
        if (await session.execute(select(Circle.id).limit(1))).first() is None:
            await seed(session)
    await database.close()
