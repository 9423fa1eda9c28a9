"""What the machine held up, so that a deadline is judged by what the program under test took."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_EVERY_S = 0.01
_USUAL_S = 0.02
"""Python's own threads wait for one another; this much more than asked is no stall."""


@dataclass(slots=True)
class Stalls:
    """Seconds in which nothing in this process could run."""

    lost_s: float = 0.0


@contextmanager
def stalls() -> Iterator[Stalls]:
    """Count the stalls of the block, by a thread that does nothing but sleep.

    A block that waits or works too long by itself does not keep that thread from waking.
    """
    counted, over = Stalls(), threading.Event()

    def count() -> None:
        began = time.monotonic()
        while not over.wait(_EVERY_S):
            now = time.monotonic()
            late_s = now - began - _EVERY_S
            counted.lost_s += late_s if late_s > _USUAL_S else 0.0
            began = now

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    try:
        yield counted
    finally:
        over.set()
        thread.join()
