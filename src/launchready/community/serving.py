"""The community from environment variables: `uvicorn --factory launchready.community.serving:app`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from launchready.community.database import Database, upgrade
from launchready.community.plans import OPEN, PLANS, WILLOW
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
    "PAYMENT_LINK": "payment_link", "PAYMENT_PORTAL": "payment_portal",
    "PAYMENTS_SECRET": "payments_secret",
}  # fmt: skip
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite", "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}  # fmt: skip


def app() -> Guard:
    """Return the guarded community as the environment sets it up; a new one begins with samples.

    Raises SystemExit, which says what to set right, when it cannot start.
    """
    try:
        manifest = load_manifest(Path(os.environ.get(MANIFEST, "launchready.toml")))
        require(manifest, os.environ)
        settings = settings_of(os.environ)
        _prepare(settings.database_url)
        return guarded(settings, manifest)
    except (ManifestError, NotReadyToStart, ValueError, OSError) as problem:
        raise SystemExit(str(problem)) from None


def settings_of(environ: Mapping[str, str]) -> Settings:
    """Return the settings that environment variables give.

    Raises ValueError for what is missing, or has a form that cannot be used.
    """
    missing = [name for name in ("DATABASE_URL", "COMMUNITY_SECRET") if not environ.get(name)]
    if missing:
        raise ValueError(f"Please set {' and '.join(missing)}; docs/community.md says to what.")
    given = {field: environ[name] for name, field in _TEXTS.items() if environ.get(name)}
    if "smtp_url" in given and not _names_a_mail_server(given["smtp_url"]):
        # Its value is not repeated: it may hold a password.
        raise ValueError(
            "SMTP_URL begins with smtp:// or smtps:// and names a server, such as "
            "smtp://user:password@mail.example.org:587."
        )
    prices = prices_of(environ.get("PLAN_PRICES", ""))
    if "payment_link" in given and not prices:
        raise ValueError(
            "Please set PLAN_PRICES to the price behind PAYMENT_LINK, such as price_1Abc=willow: "
            "without it no payment opens anything."
        )
    folder = environ.get("MAIL_FOLDER")
    return Settings(
        database_url=database_url(environ["DATABASE_URL"]),
        secret=environ["COMMUNITY_SECRET"],
        mail_folder=Path(folder) if folder else None,
        prices=prices,
        **given,  # type: ignore[arg-type]
    )


def prices_of(given: str) -> dict[str, str]:
    """Return which plan each price buys: `price_1Abc=willow, price_1Def=willow`.

    Raises ValueError for what names no price, or no plan of ours.
    """
    found = {}
    for each in given.replace(",", " ").split():
        price, _, plan = each.partition("=")
        if not price or plan not in PLANS or plan == OPEN:
            raise ValueError(
                f"PLAN_PRICES names each of the provider's prices with its plan, such as "
                f"price_1Abc={WILLOW}, parted by commas."
            )
        found[price] = plan
    return found


def _names_a_mail_server(url: str) -> bool:
    server = urlsplit(url)
    return server.scheme in {"smtp", "smtps"} and bool(server.hostname)


def database_url(given: str) -> str:
    """Return the URL with the driver that the community uses.

    Hosting providers write `postgres://` or `postgresql://`. Raises ValueError for databases
    that it does not run on; the value is not repeated, for it may hold a password.
    """
    scheme, _, rest = given.partition("://")
    driver = _DRIVERS.get(scheme)
    if not rest or driver is None:
        raise ValueError(
            "DATABASE_URL begins with sqlite:/// or postgresql://, such as "
            "sqlite+aiosqlite:///community.db or postgresql://user:password@host/name."
        )
    return f"{driver}://{rest}"


def _prepare(url: str) -> None:
    """Bring the tables up to date and fill a new database. Raises ValueError if it cannot."""
    try:
        upgrade(url)
        # The server's loop runs already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _filled(url)).result()
    except SQLAlchemyError as problem:
        # The driver's own words name host and reason, and no password.
        said = str(getattr(problem, "orig", None) or type(problem).__name__)
        reason = said.strip().partition("\n")[0]
        raise ValueError(
            f"The database cannot be used: {reason}. Is it running, does it let us in, and is "
            "DATABASE_URL right?"
        ) from None


async def _filled(url: str) -> None:
    database = Database(url)
    async with database.write() as session:
        if database.engine.dialect.name == "postgresql":
            # Processes that start together fill it once; SQLite's writers wait anyway.
            await session.execute(text("SELECT pg_advisory_xact_lock(7306)"))
        if (await session.execute(select(Circle.id).limit(1))).first() is None:
            await seed(session)
    await database.close()
