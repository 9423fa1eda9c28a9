"""Ctrl-C, or being told to end: it ends the looking, and the report is then written whole."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ctrl_c_stops() -> Iterator[asyncio.Event]:
    """Give the event that Ctrl-C sets while the block runs, in the running loop.

    SIGTERM sets it too: that is how a CI, a container and timeout(1) say that time is up. From
    the end of the block on both do nothing until `ctrl_c_ends_again` is called, so that neither an
    impatient second one nor a late first one costs the report of what was seen.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Where the loop takes no signal handlers (Windows), Ctrl-C ends the program as ever.
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for each in _SIGNALS:
            loop.add_signal_handler(each, stop.set)
    try:
        yield stop
    except BaseException:
        _hear_again(loop)
        raise
    _hear_again(loop)
    _on_signals(signal.SIG_IGN, signal.SIG_IGN)


def ctrl_c_ends_again() -> None:
    """Let Ctrl-C and SIGTERM end the program as ever."""
    _on_signals(signal.default_int_handler, signal.SIG_DFL)


def _hear_again(loop: asyncio.AbstractEventLoop) -> None:
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for each in _SIGNALS:
            loop.remove_signal_handler(each)


def _on_signals(on_ctrl_c: Any, on_term: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, on_ctrl_c)
        signal.signal(signal.SIGTERM, on_term)


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
