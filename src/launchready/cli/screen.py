"""Standard output whose reader may leave early, as `head` does."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


class Screen(Console):
    """A console that falls silent when its reader has left, so that the verdict stays the status."""

    def on_broken_pipe(self) -> None:
        """Write nothing more; the command goes on to its own exit status."""
        self.quiet = True
        _write_nowhere()


@contextmanager
def readers_may_leave() -> Iterator[None]:
    """Let the block end quietly when nobody reads standard output any more."""
    try:
        yield
    except BrokenPipeError:
        _write_nowhere()


def write_json(data: object, default: Callable[[object], object] | None = None) -> None:
    """Write a value as indented JSON to standard output."""
    with readers_may_leave():
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=True, default=default) + "\n")
        sys.stdout.flush()


def _write_nowhere() -> None:
    # What is still in the buffer would fail again when the interpreter flushes it at its end.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
