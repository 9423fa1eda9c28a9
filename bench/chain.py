"""Find the longest chain of dependent round trips in an audit, from the audit itself.

`python chain.py OUT.json ARGUMENTS…` runs `launchready ARGUMENTS…` in this process and writes what
it saw. Each task carries how many round trips lie behind what it knows. A question to the DNS adds
one (over TCP two), a connection one, a TLS 1.3 handshake one, a request or a line of SMTP one. A
task starts with what its creator knows and, where it waits for others, goes on from the one that
lies furthest. What only waits for a free place (a semaphore) does not count: that is our own
scheduling, which the ratio is there to judge. Work that must come after other work, as the rate
limits do, counts as dependent.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextvars import Context
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pycurl

Depths = WeakKeyDictionary["asyncio.Future[Any]", int]
_DEPTH: Depths = WeakKeyDictionary()
_FURTHEST: dict[str, Any] = {"round_trips": 0, "where": ""}
_COUNTS = {"dns": 0, "connections": 0, "handshakes": 0, "requests": 0, "smtp": 0}


def _here() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def depth() -> int:
    """Return how many round trips lie behind what the current task knows."""
    task = _here()
    return _DEPTH.get(task, 0) if task is not None else 0


def _set(found: int, where: str = "") -> None:
    task = _here()
    if task is not None:
        _DEPTH[task] = found
    if found > _FURTHEST["round_trips"]:
        _FURTHEST.update(round_trips=found, where=where)


def _add(kind: str, trips: int, where: str) -> None:
    _COUNTS[kind] += 1
    _set(depth() + trips, where)


def _merge(others: Iterable[asyncio.Future[Any]]) -> None:
    _set(max([depth(), *(_DEPTH.get(other, 0) for other in others)]))


def _follow_tasks(loop: asyncio.AbstractEventLoop) -> None:
    def made(
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, context=context)
        _DEPTH[task] = depth()
        return task

    loop.set_task_factory(made)


def _follow_waits() -> None:
    gather, shield, wait = asyncio.gather, asyncio.shield, asyncio.wait

    async def gathered(waited: list[asyncio.Future[Any]], **options: Any) -> Any:
        found = await gather(*waited, **options)
        _merge(waited)
        return found

    def new_gather(*works: Any, **options: Any) -> _Merging:
        waited = [asyncio.ensure_future(w) for w in works]
        return _Merging(asyncio.ensure_future(gathered(waited, **options)))

    async def shielded(waited: asyncio.Future[Any]) -> Any:
        try:
            return await shield(waited)
        finally:
            _merge([waited])

    async def new_wait(works: Any, **options: Any) -> Any:
        done, pending = await wait(works, **options)
        _merge(done)
        return done, pending

    asyncio.gather = new_gather  # type: ignore[assignment]
    asyncio.shield = shielded  # type: ignore[assignment]
    asyncio.wait = new_wait  # type: ignore[assignment]


class _Merging:
    """A task that hands its depth to whoever awaits it."""

    def __init__(self, task: asyncio.Future[Any]) -> None:
        self.task = task

    def __await__(self) -> Generator[Any, None, Any]:
        found = yield from self.task.__await__()
        _merge([self.task])
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


def _follow_locks_and_queues() -> None:
    held: dict[int, int] = {}
    acquire, release = asyncio.Lock.acquire, asyncio.Lock.release
    get, get_nowait = asyncio.Queue.get, asyncio.Queue.get_nowait

    async def new_acquire(self: asyncio.Lock) -> Any:
        result = await acquire(self)
        _set(max(depth(), held.get(id(self), 0)))
        return result

    def new_release(self: asyncio.Lock) -> None:
        held[id(self)] = depth()
        release(self)

    async def new_get(self: asyncio.Queue[Any]) -> Any:
        item = await get(self)
        task = _here()
        if isinstance(item, asyncio.Future) and task is not None:
            # What follows from one arrival depends on that one, not on those before it.
            _DEPTH[task] = _DEPTH.get(item, 0)
        return item

    def new_get_nowait(self: asyncio.Queue[Any]) -> Any:
        item = get_nowait(self)
        task = _here()
        if isinstance(item, asyncio.Future) and task is not None:
            # The phase that comes next depends on all of them.
            _PHASES[task] = max(_PHASES.get(task, 0), _DEPTH.get(item, 0))
        return item

    asyncio.Lock.acquire = new_acquire  # type: ignore[method-assign]
    asyncio.Lock.release = new_release  # type: ignore[method-assign]
    asyncio.Queue.get = new_get  # type: ignore[method-assign]
    asyncio.Queue.get_nowait = new_get_nowait  # type: ignore[method-assign]


_PHASES: Depths = WeakKeyDictionary()


def _after_phases(gather: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def whole(*arguments: Any) -> Any:
        found = await gather(*arguments)
        task = _here()
        if task is not None:
            _set(max(depth(), _PHASES.get(task, 0)))
        return found

    return whole


def _follow_dns() -> None:
    from launchready.collect.dns import wire as name_wire  # noqa: PLC0415 - patched here only

    udp, tcp = name_wire._udp, name_wire._tcp  # noqa: SLF001

    async def new_udp(query: Any, *rest: Any) -> Any:
        found = await udp(query, *rest)
        _add("dns", 1, f"DNS {query.question[0]}")
        return found

    async def new_tcp(query: Any, *rest: Any) -> Any:
        found = await tcp(query, *rest)
        _add("dns", 2, f"DNS {query.question[0]} over TCP")
        return found

    name_wire._udp = new_udp  # type: ignore[assignment]  # noqa: SLF001
    name_wire._tcp = new_tcp  # type: ignore[assignment]  # noqa: SLF001


def _follow_http() -> None:
    """Count by what libcurl says it did; a request that waited for another's connection follows it."""
    perform = pycurl.AsyncCurlMulti.perform
    opened: dict[str, tuple[float, int]] = {}

    def seen(handle: pycurl.Curl, begun: int) -> None:
        total_s = handle.getinfo(pycurl.TOTAL_TIME)
        started = time.perf_counter() - total_s
        url = str(handle.getinfo(pycurl.EFFECTIVE_URL))
        place = "/".join(url.split("/", 3)[:3])
        trips = 0
        if handle.getinfo(pycurl.NUM_CONNECTS) and handle.getinfo(pycurl.CONNECT_TIME) > 0:
            _COUNTS["connections"] += 1
            trips += 1
            if url.startswith("https:"):
                _COUNTS["handshakes"] += 1
                trips += 1
            opened[place] = (started + handle.getinfo(pycurl.APPCONNECT_TIME), begun + trips)
        elif place in opened and opened[place][0] > started:
            begun = max(begun, min(opened[place][1], begun + 2))
        if handle.getinfo(pycurl.STARTTRANSFER_TIME) > 0 and handle.getinfo(pycurl.RESPONSE_CODE):
            _COUNTS["requests"] += 1
            trips += 1
        _set(max(depth(), begun + trips), url)

    async def new_perform(self: pycurl.AsyncCurlMulti, handle: pycurl.Curl) -> Any:
        begun = depth()
        try:
            return await perform(self, handle)
        finally:
            seen(handle, begun)

    pycurl.AsyncCurlMulti.perform = new_perform


def _follow_mail_and_old_tls() -> None:
    from launchready.collect.mail import smtp as smtp_talk  # noqa: PLC0415 - patched here only
    from launchready.collect.tls import old_versions as tls_old  # noqa: PLC0415 - patched here only

    reply, accepts = smtp_talk._reply, tls_old.accepts  # noqa: SLF001
    converse, start_tls = smtp_talk._converse, asyncio.StreamWriter.start_tls  # noqa: SLF001

    async def new_converse(*arguments: Any) -> Any:
        _add("smtp", 1, "connection to a mail server")
        return await converse(*arguments)

    async def new_reply(reader: asyncio.StreamReader) -> Any:
        found = await reply(reader)
        _add("smtp", 1, "a line of SMTP")
        return found

    async def new_start_tls(self: asyncio.StreamWriter, *rest: Any, **options: Any) -> None:
        await start_tls(self, *rest, **options)
        _add("smtp", 1, "STARTTLS")

    async def new_accepts(*arguments: Any) -> Any:
        found = await accepts(*arguments)
        _add("handshakes", 2, "a hello of an old TLS version")
        return found

    from launchready.collect.tls import hosts as tls  # noqa: PLC0415 - same

    smtp_talk._converse = new_converse  # type: ignore[assignment]  # noqa: SLF001
    smtp_talk._reply = new_reply  # noqa: SLF001
    asyncio.StreamWriter.start_tls = new_start_tls  # type: ignore[method-assign]
    tls.accepts = new_accepts  # type: ignore[assignment,attr-defined]


def main() -> int:
    """Run the command line with its round trips followed; return its status."""
    out, arguments = Path(sys.argv[1]), sys.argv[2:]
    _follow_waits()
    _follow_locks_and_queues()
    from launchready.cli import run  # noqa: PLC0415 - after the waits are followed
    from launchready.gather import Gatherer  # noqa: PLC0415 - same

    _follow_dns()
    _follow_http()
    _follow_mail_and_old_tls()
    Gatherer.gather = _after_phases(Gatherer.gather)  # type: ignore[method-assign,assignment]
    make = asyncio.new_event_loop

    def new_loop() -> asyncio.AbstractEventLoop:
        loop = make()
        _follow_tasks(loop)
        return loop

    asyncio.events.new_event_loop = new_loop
    asyncio.new_event_loop = new_loop
    status = run(arguments)
    out.write_text(json.dumps({**_FURTHEST, "counts": _COUNTS, "status": status}), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
