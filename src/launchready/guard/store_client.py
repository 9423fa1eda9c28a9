"""The Redis or Valkey that the manifest's `store_env` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis

_CONNECTIONS_MAX = 16
_SCHEMES = {"valkey": "redis", "valkeys": "rediss", "valkey+unix": "unix"}


def as_redis(url: str) -> str:
    """Return the address of a store as the client library knows it: Valkey's schemes are its own."""
    scheme, separator, rest = url.partition("://")
    return _SCHEMES.get(scheme, scheme) + separator + rest


def connect(url: str) -> Redis:
    """Return a client without deadlines of its own: whoever asks has one over the whole question.

    Raises ValueError, without the address, when it is none.
    """
    from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415 - the extra's
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.maint_notifications import MaintNotificationsConfig  # noqa: PLC0415

    try:
        pool = BlockingConnectionPool.from_url(
            as_redis(url),
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
    except ValueError:
        # The value is not repeated: it may hold a password.
        raise ValueError(
            "the address of the store is not a URL such as redis://127.0.0.1:6379/0; "
            "its scheme is redis, rediss, valkey, valkeys or unix"
        ) from None
    return Redis.from_pool(pool)
