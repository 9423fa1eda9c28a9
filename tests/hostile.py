"""Texts that are long and mean: reading one must not take longer than reading any other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

LONG = 100_000
"""As many characters as a header line may have; bodies have more."""


@contextmanager
def at_once(limit_s: float = 2.0) -> Iterator[None]:
    """Fail when the block takes more of the processor than any honest reading would, by far."""
    begun_s = time.process_time()
    yield
    assert time.process_time() - begun_s < limit_s


def repeated(text: str, length: int = LONG) -> str:
    return text * (length // len(text))
