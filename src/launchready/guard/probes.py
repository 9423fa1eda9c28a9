"""Ready-made probes for `Readiness`: what an app needs, asked the way the app asks it.

Each function returns a probe; libraries are imported by those who use them. Servers of others
(mail, payments, AI provider) are asked once a minute as long as they are well.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import shutil
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from launchready.guard.health import Probe, UnwellError, rarely
from launchready.guard.http_status import Said, ask
from launchready.guard.smtp import mail
from launchready.guard.start_up import Needed, malformed
from launchready.guard.store_client import ASKED_WITHIN_S, connect

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["Beat", "database", "disk", "mail", "openai_provider", "payments", "store", "worker"]


_CHATS, _NOWHERE = "/chat/completions", "/chat/launchready-nowhere"
_CHANGING = re.compile(rb"[\w-]*\d[\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The worker's last sign of life: how long ago, and how many jobs waited then."""

    age_s: float
    queued: int = 0


def database(engine: Engine | AsyncEngine, *, writes: bool = False) -> Probe:
    """Return a probe that takes a connection from the engine's pool and asks `SELECT 1`.

    With `writes` a PostgreSQL must take them too: after a failover a standby answers as well.
    """
    from sqlalchemy import Engine, text  # noqa: PLC0415

    looks = writes and engine.dialect.name == "postgresql"
    statement = text("SHOW transaction_read_only" if looks else "SELECT 1")

    def judge(said: object) -> None:
        if said == "on":
            raise UnwellError("takes no writes: it is a standby, or read-only")

    if isinstance(engine, Engine):
        blocking = engine

        def ask_blocking() -> None:
            with _plainly(), blocking.connect() as connection:
                judge(connection.scalar(statement))

        return _in_thread(ask_blocking)
    pool = engine

    async def ask_pool() -> None:
        with _plainly():
            async with pool.connect() as connection:
                judge(await connection.scalar(statement))

    return ask_pool


def disk(folder: str | Path, free_min_bytes: int = 16_777_216) -> Probe:
    """Return a probe that the disk of a folder has room: a SQLite file on a full one answers, and no more."""

    async def probe() -> None:
        free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
        if free < free_min_bytes:
            left, wanted = free // 1_048_576, free_min_bytes // 1_048_576
            raise UnwellError(f"{left} MB are free, at least {wanted} wanted")

    return probe


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
            _judge((await ask(url, bearer=key, tls=tls)).status)

    return probe if url is None else rarely(probe)


def openai_provider(
    base_url: str,
    key: str | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    doubted: Callable[[], bool] | None = None,
) -> Probe:
    """Return a probe that an OpenAI-compatible server lists its models and takes the key.

    Some gateways answer chats alone. These are asked for a chat without a word in it, which costs
    nothing: a server of this kind says in JSON what is missing, and says something else to a path
    that nobody serves. `doubted`, such as `lambda: chat.doubts("first")`, says that it failed a
    moment ago: it is asked at once then.
    """
    base = base_url.rstrip("/")

    async def posted(path: str) -> Said:
        return await ask(base + path, bearer=key, tls=tls, data="{}")

    async def probe() -> None:
        said = await ask(f"{base}/models", bearer=key, tls=tls)
        if said.status in {404, 405}:
            said = await posted(_CHATS)
            no_chats = said.status == 405 or (
                said.status == 404
                and ("json" not in said.media or _same(said, await posted(_NOWHERE)))
            )
            if no_chats:
                raise UnwellError(f"answers no chats ({said.status}): is its base_url right?")
            if said.status not in {401, 403, 429} and said.status < 500:
                return
        _judge(said.status)
        if "json" not in said.media:
            raise UnwellError("answers with a page instead of JSON")

    return rarely(probe, doubted=doubted)


def _same(one: Said, other: Said) -> bool:
    """Return whether two answers say the same, whatever path, time and id they repeat."""
    return one.status == other.status and _sense(one.body) == _sense(other.body)


def _sense(body: bytes) -> bytes:
    # From the first brace to the last: what stands around them is chunks and their lengths.
    object_ = body[body.find(b"{") : body.rfind(b"}") + 1].replace(b"\\/", b"/")
    for path in (_CHATS, _NOWHERE):
        object_ = object_.replace(path.encode(), b"")
    return _CHANGING.sub(b"", object_)


def _judge(status: int) -> None:
    if status in {401, 403}:
        raise UnwellError(f"refuses the key ({status})")
    if status == 429:
        raise UnwellError("over its limit (429)")
    if not 200 <= status < 300:
        raise UnwellError(f"answers {status}")


def store(url: str, *, key: str = "launchready:probe", within_s: float = ASKED_WITHIN_S) -> Probe:
    """Return a probe that the Redis or Valkey at the URL takes a write, which a second later is gone.

    One that is full, or a replica after a failover, answers PING as well as ever. `key` is what is
    written, for a user that may write under some names only. One that takes longer than `within_s`
    three times in a row is as good as away: the limits do not wait for it.
    """
    # Here and not in the probe: the library takes a second to load, in which nobody is answered.
    import redis.asyncio  # noqa: F401, PLC0415
    from redis.exceptions import (  # noqa: PLC0415
        AuthenticationError,
        NoPermissionError,
        OutOfMemoryError,
        ReadOnlyError,
        ResponseError,
    )
    from redis.exceptions import ConnectionError as ClientConnectionError  # noqa: PLC0415

    async def probe() -> None:
        client = connect(url)
        try:
            await client.set(key, b"", px=1000)
            # Connecting takes longer, and a process that is busy is late by itself now and then.
            took_s = min([await _timed(client.set(key, b"", px=1000)) for _ in range(3)])
            if took_s > within_s:
                raise UnwellError(f"takes {took_s:.2f} s, at most {within_s:g} s wanted")
        except AuthenticationError:
            raise UnwellError("refuses the password") from None
        except OutOfMemoryError:
            raise UnwellError("is full and takes no writes") from None
        except ReadOnlyError:
            raise UnwellError("takes no writes: it is a replica") from None
        except NoPermissionError:
            raise UnwellError("does not let its user write") from None
        except ResponseError as error:
            raise UnwellError("refuses to write") from error
        except ClientConnectionError as error:
            if error.__context__ is not None:
                raise
            raise UnwellError("broke the connection off") from None
        finally:
            await client.aclose()

    return probe


async def _timed(asked: Awaitable[object]) -> float:
    began = time.monotonic()
    await asked
    return time.monotonic() - began


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
