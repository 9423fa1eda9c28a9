"""`/healthz` (the process answers) and `/readyz` (what it needs answers too), each part by name."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from launchready.guard.asgi import Receive, Scope, Send

Probe = Callable[[], Awaitable[None]]
"""Returns when the part works; raises `UnwellError` with the reason, or whatever its library raises."""

DEADLINE_S = 2.0
KEEP_S = 3.0

_LOG = logging.getLogger(__name__)


class UnwellError(Exception):
    """A part does not work. The message is shown to anyone: no address, no name and no secret in it."""


def rarely(
    probe: Probe,
    every_s: float = 60.0,
    *,
    doubted: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Probe:
    """Return the same probe, asked at most once in `every_s` seconds as long as all is well.

    For servers of others: a flood of `/readyz` must not become log-ins at the mail provider.
    `doubted`: whether something failed there meanwhile, so that what was found no longer holds.
    """
    well_until = float("-inf")

    async def asked() -> None:
        nonlocal well_until
        if clock() >= well_until or (doubted is not None and doubted()):
            well_until = float("-inf")
            await probe()
            well_until = clock() + every_s

    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What one probe found. `why` is empty when all is well."""

    why: str
    ms: int


class Readiness:
    """What `/readyz` answers: every probe at the same time, each within its deadline.

    What was found holds for `keep_s` seconds, and those who ask meanwhile share one look: a flood
    of requests asks the database once. It is an ASGI app: mount it where the health route is.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        deadline_s: float = DEADLINE_S,
        *,
        keep_s: float = KEEP_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = dict(probes)
        self._deadline_s = deadline_s
        self._keep_s = keep_s
        self._clock = clock
        self._found: dict[str, State] = {}
        self._found_at = float("-inf")
        self._looking: asyncio.Task[dict[str, State]] | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._said: dict[str, str] = {}

    async def check(self) -> dict[str, State]:
        """Return the state of each part by its name, at most `keep_s` seconds old."""
        if self._clock() - self._found_at < self._keep_s:
            return self._found
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        # Who leaves early must not end the look that others wait for.
        return await asyncio.shield(self._looking)

    async def answer(self) -> tuple[int, bytes]:
        """Return the status, 200 or 503, and the JSON of `/readyz`."""
        found = await self.check()
        ready = not any(state.why for state in found.values())
        checks = {
            name: {"ok": False, "why": state.why, "ms": state.ms}
            if state.why
            else {"ok": True, "ms": state.ms}
            for name, state in found.items()
        }
        return 200 if ready else 503, json.dumps({"ready": ready, "checks": checks}).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `receive` is not read."""
        del receive
        await _send(scope, send, *await self.answer())

    async def close(self) -> None:
        """End the probes that still run."""
        tasks = [*self._running.values(), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._deadline_s)

    async def _look(self) -> dict[str, State]:
        states = await asyncio.gather(*(self._state(name) for name in self._probes))
        self._found = dict(zip(self._probes, states, strict=True))
        self._found_at = self._clock()
        return self._found

    async def _state(self, name: str) -> State:
        began = time.monotonic()
        why, detail = await self._asked(name)
        if why != self._said.get(name, ""):
            # Once for each change: the log tells operators what strangers are not told.
            if why:
                _LOG.warning("not ready: %s: %s", name, detail)
            else:
                _LOG.info("ready again: %s", name)
        self._said[name] = why
        return State(why=why, ms=round((time.monotonic() - began) * 1000))

    async def _asked(self, name: str) -> tuple[str, str]:
        """Return why the part does not work, for anyone and for the log; both empty when it does."""
        late = f"no answer within {self._deadline_s:g} s"
        task = self._running.get(name)
        if task is not None and not task.done():
            # One that cannot be ended must not pile up.
            return late, f"{late}, and the probe before still runs"
        task = asyncio.create_task(self._run(self._probes[name]))
        self._running[name] = task
        # Not wait_for: it would wait for a probe that does not let itself be ended.
        await asyncio.wait({task}, timeout=self._deadline_s)
        if not task.done():
            # What it raises later is nobody's: the answer is given.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            task.cancel()
            return late, late
        if task.cancelled():
            return "was interrupted", "was interrupted"
        error = task.exception()
        if error is None:
            return "", ""
        why = reason(error)
        told = error.__cause__ or error
        return why, f"{why} ({type(told).__name__}: {told})"

    @staticmethod
    async def _run(probe: Probe) -> None:
        told = probe()
        if not inspect.isawaitable(told):
            raise TypeError("a probe is an async function: async def database() -> None")
        await told


def reason(error: BaseException) -> str:
    """Return why a part does not work in words for anyone: what libraries say names hosts and users."""
    if isinstance(error, UnwellError):
        return str(error)
    chain: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and len(chain) < 10:
        chain.append(inner)
        inner = inner.__cause__ or inner.__context__
    for kind, words in _REASONS:
        if any(isinstance(one, kind) for one in chain):
            return words
    return f"failed ({type(error).__name__})"


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "has a certificate that is not trusted"),
    (ssl.SSLError, "the encrypted connection failed"),
    (socket.gaierror, "its name does not resolve"),
    (ConnectionRefusedError, "refuses connections"),
    (TimeoutError, "no answer in time"),
    (ConnectionError, "broke the connection off"),
    (asyncio.IncompleteReadError, "broke the connection off"),
    (OSError, "cannot be reached"),
)


async def alive(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `/healthz`: the process runs and its event loop turns; nothing else is looked at."""
    del receive
    await _send(scope, send, 200, b'{"alive": true}')


async def _send(scope: Scope, send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
