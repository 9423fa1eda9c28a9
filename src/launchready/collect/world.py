"""What every collector works with: the options of the run and the clients that reach the world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from launchready.collect.dial import DialMap
from launchready.manifest import Manifest

if TYPE_CHECKING:
    from launchready.collect.active.session import Session
    from launchready.collect.dns.client import NameClient
    from launchready.collect.web.client import HttpClient
    from launchready.collect.web.secret_engine import SecretSearch

PROBED_AT_ONCE = 12
"""So many hosts are asked for hundreds of paths at a time; places are left for all else."""


@dataclass(slots=True, kw_only=True)
class World:
    """The options of one run, and its clients."""

    manifest: Manifest
    from_file: bool = True
    dial: DialMap = field(default_factory=DialMap)
    resolvers: tuple[tuple[str, int], ...] = ()
    """(address, port) of the resolvers to ask, in order."""
    ca_file: Path | None = None
    """Further certificate authorities to trust."""
    active: bool = False
    deadline_s: float = 45.0
    """After so long a fact is given up, whatever it waits for."""
    request_s: float = 10.0
    """Deadline of one HTTP request, TLS handshake or mail conversation, in seconds."""
    query_s: float = 4.0
    """Deadline of one DNS question with its retries, in seconds."""
    body_max_bytes: int = 6_000_000
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    """One lock a host, for what must not be sent to it side by side."""
    probing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PROBED_AT_ONCE))
    """Turns for asking a host for hundreds of paths."""
    sessions: dict[str, Session | None] = field(default_factory=dict)
    """What collectors share of a signed-in member."""
    events: dict[str, int] = field(default_factory=dict)
    """How many events each webhook got, which its limit may count."""
    on_waiting: Callable[[str, float], None] = lambda _place, _seconds: None
    """Told where a limit is waited for, and for how many seconds, before the wait begins."""
    secrets: SecretSearch
    http: HttpClient
    names: NameClient

    async def wait_at(self, url: str, seconds: float) -> None:
        """Wait until a limit at a URL may let the next request through, and say so."""
        self.on_waiting(url.partition("?")[0], seconds)
        await asyncio.sleep(seconds)

    def now(self) -> datetime:
        """Return the time, UTC."""
        return datetime.now(UTC)
