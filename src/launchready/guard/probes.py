"""Ready-made probes for `Readiness`: what an app needs, asked the way the app asks it.

Each function returns a probe; libraries are imported by those who use them. Servers of others
(mail, payments, AI provider) are asked once a minute as long as they are well.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready.guard.health import Probe, UnwellError, rarely
from launchready.guard.http_status import ask
from launchready.guard.smtp import mail
from launchready.guard.start_up import Needed, malformed
from launchready.guard.store_client import as_redis

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["Beat", "database", "mail", "openai_provider", "payments", "store", "worker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The worker's last sign of life: how long ago, and how many jobs waited then."""

    age_s: float
    queued: int = 0


def database(engine: Engine | AsyncEngine) -> Probe:
    """Return a probe that takes a connection from the engine's pool and asks `SELECT 1`."""
    from sqlalchemy import Engine, text  # noqa: PLC0415

    statement = text("SELECT 1")
    if isinstance(engine, Engine):
        blocking = engine

        def ask_blocking() -> None:
            with _plainly(), blocking.connect() as connection:
                connection.execute(statement)

        return _in_thread(ask_blocking)
    pool = engine

    async def ask_pool() -> None:
        with _plainly():
            async with pool.connect() as connection:
                await connection.execute(statement)

    return ask_pool


@contextmanager
def _plainly() -> Iterator[None]:
    """Say in words for anyone what SQLAlchemy says with addresses and user names."""
    from sqlalchemy import exc  # noqa: PLC0415

    try:
        yield
    except exc.TimeoutError as error:
        raise UnwellError("every connection of the pool is in use") from error
    except (exc.OperationalError, exc.InterfaceError) as error:
        raise UnwellError("takes no connection, or does not answer on it") from error


def _in_thread(work: Callable[[], None]) -> Probe:
    """Return a probe that does the work in a thread; one that hangs is left behind, and stays alone."""
    busy = threading.Lock()

    async def probe() -> None:
        if not busy.acquire(blocking=False):
            raise UnwellError("the last try still waits for an answer")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def finish(error: Exception | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        def run() -> None:
            failure: Exception | None = None
            try:
                work()
            except Exception as error:  # noqa: BLE001 - handed over to who waits
                failure = error
            finally:
                busy.release()
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, failure)

        # Not the loop's own threads: they are waited for when the process ends.
        threading.Thread(target=run, name="readiness-probe", daemon=True).start()
        await done

    return probe


def payments(
    variable: str,
    environ: Mapping[str, str] = os.environ,
    *,
    begins: str = "",
    url: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> Probe:
    """Return a probe that the payment key is there and well formed, and taken at `url` when given.

    `url` is read with GET and the key as bearer token; Stripe's is https://api.stripe.com/v1/balance.
    """
    needed = Needed(name=variable, kind="secret", keys=(), begins=begins)

    async def probe() -> None:
        key = environ.get(variable)
        if key is None:
            raise UnwellError("the key is not set")
        if fault := malformed(needed, key):
            raise UnwellError(f"the key {fault}")
        if url is not None:
            status, _ = await ask(url, bearer=key, tls=tls)
            _judge(status)

    return probe if url is None else rarely(probe)


def openai_provider(
    base_url: str, key: str | None = None, *, tls: ssl.SSLContext | None = None
) -> Probe:
    """Return a probe that an OpenAI-compatible server lists its models and takes the key.

    Some gateways answer chats alone. These are asked for a chat without a word in it, which costs
    nothing: a server of this kind says in JSON what is missing.
    """
    base = base_url.rstrip("/")

    async def probe() -> None:
        status, media = await ask(f"{base}/models", bearer=key, tls=tls)
        if status in {404, 405}:
            status, media = await ask(f"{base}/chat/completions", bearer=key, tls=tls, data="{}")
            if status in {404, 405} and "json" not in media:
                raise UnwellError(f"answers no chats ({status}): is its base_url right?")
            if status not in {401, 403, 429} and status < 500:
                return
        _judge(status)
        if "json" not in media:
            raise UnwellError("answers with a page instead of JSON")

    return rarely(probe)


def _judge(status: int) -> None:
    if status in {401, 403}:
        raise UnwellError(f"refuses the key ({status})")
    if status == 429:
        raise UnwellError("over its limit (429)")
    if not 200 <= status < 300:
        raise UnwellError(f"answers {status}")


def store(url: str) -> Probe:
    """Return a probe that the Redis or Valkey at the URL answers PING."""

    async def probe() -> None:
        from redis.asyncio import Redis  # noqa: PLC0415
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.exceptions import AuthenticationError, RedisError  # noqa: PLC0415

        # One try: whether it answers now is the question.
        client = Redis.from_url(as_redis(url), retry=Retry(NoBackoff(), 0))
        try:
            if not await client.ping():
                raise UnwellError("does not answer PING")
        except AuthenticationError:
            raise UnwellError("refuses the password") from None
        except RedisError as error:
            if error.__cause__ is None and error.__context__ is None:
                raise UnwellError("refuses PING") from error
            raise
        finally:
            await client.aclose()

    return probe


def worker(
    heartbeat: Callable[[], Beat | Awaitable[Beat | None] | None],
    *,
    fresh_s: float = 60.0,
    queued_max: int | None = None,
) -> Probe:
    """Return a probe that the worker showed life within `fresh_s` seconds, and keeps up.

    `heartbeat`, a plain or an async function, returns the last beat, None when there never was
    one. More than `queued_max` waiting jobs are too many.
    """

    async def probe() -> None:
        found = heartbeat()
        beat = await found if inspect.isawaitable(found) else found
        if beat is None:
            raise UnwellError("has not run yet")
        if beat.age_s > fresh_s:
            raise UnwellError(f"silent for {beat.age_s:.0f} s, at most {fresh_s:.0f} s wanted")
        if queued_max is not None and beat.queued > queued_max:
            raise UnwellError(f"{beat.queued} jobs wait, at most {queued_max} wanted")

    return probe
