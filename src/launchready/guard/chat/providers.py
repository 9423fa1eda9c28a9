"""A provider: where it answers, what it understands, and the connections to it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import certifi

from launchready.guard.chat.breaker import Breaker
from launchready.guard.chat.prices import Price
from launchready.manifest.app import ProviderEntry

READY_WITHIN_S = 2.0
_KEPT_OPEN_S = 15.0
"""Idle connections: shorter than what proxies between are known to forget them after."""


@dataclass(slots=True, kw_only=True)
class Provider:
    """One provider of a chat."""

    name: str
    """`first` or `second`."""
    entry: ProviderEntry
    key: str | None = field(repr=False)
    price: Price | None
    breaker: Breaker
    length_field: str = "max_tokens"
    """What it calls the longest answer: newer models refuse what others know alone."""
    tells_usage: bool = True
    """Whether it understands `stream_options`."""

    @property
    def headers(self) -> dict[str, str]:
        """The fields of every request to it."""
        fields = {
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "launchready",
        }
        return fields | ({"Authorization": f"Bearer {self.key}"} if self.key else {})

    def body(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Any], max_tokens: int
    ) -> bytes:
        """Return the request for a streamed answer, in JSON."""
        asked: dict[str, Any] = {
            "model": self.entry.model,
            "messages": messages,
            "stream": True,
            self.length_field: max_tokens,
        }
        if self.tells_usage:
            asked["stream_options"] = {"include_usage": True}
        if tools:
            asked["tools"] = tools
        return json.dumps(asked).encode()

    def learn(self, refusal: bytes) -> bool:
        """Read why a request was refused; return whether it would be written otherwise now."""
        if self.length_field == "max_tokens" and b"max_completion_tokens" in refusal:
            self.length_field = "max_completion_tokens"
            return True
        if self.tells_usage and b"stream_options" in refusal:
            self.tells_usage = False
            return True
        return False


class Connections:
    """The open connections to all providers: one session for the event loop that asks."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        secure = any(p.entry.base_url.startswith("https:") for p in providers)
        # Reading the authorities takes long enough to be felt, so it is done before anybody asks.
        self._trusting = _trusting_context() if secure else None

    def session(self) -> aiohttp.ClientSession:
        """Return the session of the running loop; deadlines and sizes are the caller's to keep."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._session, self._loop = _new_session(self._trusting), loop
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _new_session(context: ssl.SSLContext | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=_KEPT_OPEN_S, ssl=True if context is None else context
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        auto_decompress=False,
        read_bufsize=32_768,
    )


def _trusting_context() -> ssl.SSLContext:
    """Trust what the machine trusts, and the well-known authorities where it knows none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def answers(
    provider: Provider, connections: Connections, within_s: float = READY_WITHIN_S
) -> str:
    """Ask for the list of models, which costs nothing; return what is wrong, empty if nothing is.

    A server that has no such list, and says so, is up.
    """
    headers = provider.headers | {"Accept": "application/json"}
    try:
        async with (
            asyncio.timeout(within_s),
            connections.session().get(
                provider.entry.base_url + "/models", headers=headers, allow_redirects=False
            ) as response,
        ):
            status = response.status
    except TimeoutError:
        return f"no answer within {within_s:g} s"
    except aiohttp.ClientSSLError:
        return "no trusted TLS connection"
    except (aiohttp.ClientError, OSError):
        return "no connection"
    if status in {401, 403}:
        return f"the key is refused ({status})"
    return "" if status < 300 or status in {404, 405} else f"status {status}"
