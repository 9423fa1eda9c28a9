"""Ctrl-C: the first ends the looking and leaves a report; the report is then written whole."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def ctrl_c_stops() -> Iterator[asyncio.Event]:
    """Give the event that Ctrl-C sets while the block runs, in the running loop.

    After a Ctrl-C a second one does nothing until `ctrl_c_ends_again` is called, so that an
    impatient one does not cost the report that the first one asked for.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Where the loop takes no signal handlers (Windows), Ctrl-C ends the program as ever.
    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        yield stop
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)
        if stop.is_set():
            _on_ctrl_c(signal.SIG_IGN)


def ctrl_c_ends_again() -> None:
    """Let Ctrl-C end the program as ever."""
    _on_ctrl_c(signal.default_int_handler)


def _on_ctrl_c(handler: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


async def unless_stopped(work: Coroutine[Any, Any, T], stop: asyncio.Event) -> T | None:
    """Return what the work returns, or None when `stop` was set before it was done."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        done = working.done()
        for task in (working, stopping):
            task.cancel()
        await asyncio.wait({working, stopping}, timeout=1)
    return working.result() if done else None
