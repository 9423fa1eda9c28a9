"""What a run shows while it looks: the first useful line early, then how far it is."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from launchready.facts import Fact, Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.tls import Handshake
from launchready.report.plain_text import as_ascii, one_line
from launchready.report.routing import TROUBLE

SPARSE_EVERY = 50
"""Without a terminal, a line is written after so many observations."""
TOLD_FROM_S = 3.0
"""A shorter wait is not told of."""


class Progress:
    """A context in which `observed` is told of every fact and gap; it writes to stderr alone.

    On a terminal one line moves; elsewhere there are few plain lines and no control characters.
    """

    def __init__(self, domain: str, console: Console | None = None) -> None:
        self.domain = domain
        self.console = console or Console(file=sys.stderr, highlight=False)
        self.facts = 0
        self.gaps = 0
        self._said: set[type[Fact]] = set()
        self._waits: set[str] = set()
        self._bar = self._moving_line() if self.console.is_terminal else None

    def _moving_line(self) -> Bar:
        bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        bar.add_task(f"Looking at {one_line(self.domain, 40)}", total=None)
        return bar

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        else:
            self._say(f"Looking at {one_line(self.domain, 200)}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._say(self._count())

    def observed(self, key: Key, found: Fact | Gap) -> None:
        """Take note of what a key came to."""
        if isinstance(found, Gap):
            self.gaps += 1
        else:
            self.facts += 1
        line = self._first_line(key, found)
        if line:
            self._say(line)
        if self._bar is not None:
            self._move(self._bar, f"{key.kind.plain} of {one_line(key.subject.name, 30)}")
        elif (self.facts + self.gaps) % SPARSE_EVERY == 0:
            self._say(self._count())

    def waiting(self, place: str, seconds: float) -> None:
        """Say once a place why nothing seems to happen: a limit there is waited for."""
        if place in self._waits or seconds < TOLD_FROM_S:
            return
        self._waits.add(place)
        self._say(
            f"A limit at {one_line(place, 120)} asks to wait: its answer is awaited for {seconds:.0f} s. "
            "A run shortly before this one may have reached it."
        )

    def _first_line(self, key: Key, found: Fact | Gap) -> str:
        if key.subject.name != self.domain or key.kind in self._said:
            return ""
        name = one_line(self.domain, 100)
        line = ""
        if isinstance(found, Resolution):
            line = f"{name} {TROUBLE.get(found.fault, found.fault)}" if found.fault else (
                f"{name} resolves to {one_line(', '.join(found.addresses[:3]), 120)}"
            )  # fmt: skip
        elif isinstance(found, Handshake):
            if found.fault:
                line = f"{name}: {TROUBLE.get(found.fault, found.fault)}"
            elif found.chain:
                line = f"{name}: TLS valid for {(found.chain[0].not_after - found.at).days} days"
        if line:
            self._said.add(key.kind)
        return line

    def _move(self, bar: Bar, last: str) -> None:
        done = self.facts + self.gaps
        text = f"{done} looked at · {last}"
        if not self.console.encoding.lower().startswith("utf"):
            text = as_ascii(text)
        # Beside it stand the spinner, the bar and the time.
        room = max(10, min(52, self.console.width - 28))
        bar.update(
            bar.task_ids[0],
            description=f"{text[:room]:<{room}}",
            completed=done,
        )

    def _count(self) -> str:
        unseen = f", {self.gaps} of them not to be seen" if self.gaps else ""
        count = self.facts + self.gaps
        return f"{count} {'thing' if count == 1 else 'things'} looked at{unseen}"

    def _say(self, line: str) -> None:
        utf = self.console.encoding.lower().startswith("utf")
        self.console.print(Text(line if utf else as_ascii(line)), highlight=False, soft_wrap=True)
