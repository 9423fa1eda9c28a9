"""Moving windows in this process's memory: exact, and bounded under a flood."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from launchready.guard.limits.rules import Rule

Keyed = tuple[Rule, bytes]
"""A rule, and the key of whom it counts."""


class Count(NamedTuple):
    """How far one window was used before a hit, and in how many seconds it lets one more in."""

    used: int
    opens_s: float


Counts = tuple[bool, Sequence[Count]]
"""Whether the hits were taken, and how far each window was used before them."""

_SPARED_MAX = 8


class Windows:
    """The times of the requests let in, for each rule and key: a moving window, not a counter.

    Nothing here awaits, so that hits of one event loop follow one another, and parallel requests
    never get more than the rule allows.

    At most `keys_max` keys are kept for a rule; a rule's flood of keys does not touch another
    rule. Where all are in use the one that has been idle longest makes room, and one that is at
    its limit rather stays: a flood of strangers must not free an account under attack.
    """

    def __init__(
        self, *, keys_max: int = 50_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys_max = keys_max
        self._clock = clock
        self._tables: dict[str, OrderedDict[bytes, array[float]]] = {}

    def __len__(self) -> int:
        return sum(len(table) for table in self._tables.values())

    def take(self, keyed: Sequence[Keyed]) -> Counts:
        """Take one hit from every window, or from none when one of them is full."""
        now = self._clock()
        counts: list[Count] = []
        free = True
        for rule, key in keyed:
            stamps = self._table(rule).get(key)
            if stamps:
                passed = bisect_right(stamps, now - rule.window_s)
                if passed:
                    del stamps[:passed]
            used = len(stamps) if stamps else 0
            full = used >= rule.requests
            opens_s = float(rule.window_s)
            if stamps:
                opens_s += stamps[used - rule.requests if full else 0] - now
            counts.append(Count(used, opens_s))
            free = free and not full
        if free:
            for rule, key in keyed:
                self._add(rule, key, now)
        return free, counts

    def give_back(self, rule: Rule, key: bytes) -> None:
        """Take one hit off a window again, if any is left in it."""
        stamps = self._table(rule).get(key)
        if stamps:
            stamps.pop()

    def _table(self, rule: Rule) -> OrderedDict[bytes, array[float]]:
        table = self._tables.get(rule.name)
        if table is None:
            table = self._tables[rule.name] = OrderedDict()
        return table

    def _add(self, rule: Rule, key: bytes, now: float) -> None:
        table = self._table(rule)
        stamps = table.get(key)
        if stamps is None:
            self._make_room(table, rule, now)
            table[key] = array("d", (now,))
        else:
            stamps.append(now)
            table.move_to_end(key)

    def _make_room(self, table: OrderedDict[bytes, array[float]], rule: Rule, now: float) -> None:
        # Two for each that comes, so that a table shrinks again when a flood is over.
        for _ in range(2):
            if not table:
                return
            key, stamps = next(iter(table.items()))
            if stamps and stamps[-1] > now - rule.window_s:
                break
            del table[key]
        spared = 0
        while len(table) >= self._keys_max:
            key, stamps = next(iter(table.items()))
            if len(stamps) >= rule.requests and spared < _SPARED_MAX:
                table.move_to_end(key)
                spared += 1
            else:
                del table[key]
