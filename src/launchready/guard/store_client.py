"""The Redis or Valkey that the manifest's `store_env` names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")
ASKED_WITHIN_S = 0.1
"""So long a limit waits for the store; then the process counts alone."""
_CONNECTIONS_MAX = 16
# The value is not repeated: it may hold a password.
_WANTED = (
    "the address of the store is not a URL such as redis://127.0.0.1:6379/0; its scheme is redis, "
    "rediss, valkey, valkeys or unix, its path the number of a database, its options redis-py's"
)
_DATABASE = re.compile(r"(?:/\d{0,9})?", re.ASCII)
_SCHEMES = {"valkey": "redis", "valkeys": "rediss", "valkey+unix": "unix"}


def _as_redis(url: str) -> str:
    """Return the address of a store as the client library knows it: Valkey's schemes are its own."""
    scheme, separator, rest = url.partition("://")
    return _SCHEMES.get(scheme, scheme) + separator + rest


def connect(url: str) -> Redis:
    """Return a client without deadlines of its own: whoever asks has one over the whole question.

    Raises ValueError, without the address, when it is none, or holds what no store is named by.
    """
    from redis.asyncio import (  # noqa: PLC0415 - the extra's
        BlockingConnectionPool,
        Redis,
        UnixDomainSocketConnection,
    )
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415
    from redis.maint_notifications import MaintNotificationsConfig  # noqa: PLC0415

    try:
        pool = BlockingConnectionPool.from_url(
            _as_redis(url),
            max_connections=_CONNECTIONS_MAX,
            # The deadline is over all: the wait for a connection, connecting, and the answer.
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            # With them the client no longer looks whether a connection was closed while it was
            # idle: after a restart of the store each one would cost a failure of its own.
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        pool.connection_kwargs.pop("decode_responses", None)
        # Options that it does not know it would tell at the first question.
        pool.connection_class(**pool.connection_kwargs)
        by_path = pool.connection_class is UnixDomainSocketConnection
    except (ValueError, TypeError, RedisError):
        raise ValueError(_WANTED) from None
    if not by_path and not _DATABASE.fullmatch(urlsplit(url).path):
        # The client would take it for database 0.
        raise ValueError(_WANTED)
    return Redis.from_pool(pool)


async def answered(redis: Redis, ask: Callable[[], Awaitable[T]], *, within_s: float) -> T:
    """Return what the store answers. Raises what its client raises, TimeoutError when it is late."""
    from redis.exceptions import ReadOnlyError  # noqa: PLC0415

    try:
        async with asyncio.timeout(within_s):
            return await ask()
    except ReadOnlyError:
        # After a failover the store's name leads to another server, and what is open still to the
        # one that was demoted.
        await redis.connection_pool.disconnect(inuse_connections=False)
        raise
