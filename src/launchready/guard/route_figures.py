"""Answers by route: how many of which status, and how long they took."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class RouteCount:
    """What is counted of one route."""

    __slots__ = ("by_bound", "by_status", "sum_s")

    def __init__(self) -> None:
        self.by_bound = [0] * (len(BOUNDS_S) + 1)
        """Answers that took at most so long and longer than the bound before; the rest last."""
        self.by_status = defaultdict[int, int](int)
        self.sum_s = 0.0

    def note(self, status: int, spent_s: float) -> None:
        """Count one answer."""
        self.by_bound[bisect_left(BOUNDS_S, spent_s)] += 1
        self.by_status[status] += 1
        self.sum_s += spent_s


class RouteFigures(Collector):
    """Every route's count, in Prometheus' form when it is asked for.

    Plain numbers that one event loop counts up: a metric of the client library, with its lock and
    its objects, costs several times as much, and this runs for every request.
    """

    def __init__(self) -> None:
        self._routes: dict[str, RouteCount] = {}

    def of(self, route: str) -> RouteCount:
        """Return the count of a route by its label."""
        return self._routes.setdefault(route, RouteCount())

    def collect(self) -> Iterator[Metric]:
        """Return the families `launchready_request_seconds` and `launchready_answers_total`."""
        seconds = HistogramMetricFamily(
            "launchready_request_seconds",
            "Seconds until the answer was complete",
            labels=["route"],
        )
        answers = CounterMetricFamily(
            "launchready_answers", "Answers by route and status", labels=["route", "status"]
        )
        for route, count in self._routes.items():
            so_far, buckets = 0, []
            for bound, number in zip((*map(str, BOUNDS_S), "+Inf"), count.by_bound, strict=True):
                so_far += number
                buckets.append((bound, float(so_far)))
            seconds.add_metric([route], buckets, count.sum_s)
            for status, number in list(count.by_status.items()):
                answers.add_metric([route, str(status)], number)
        yield seconds
        yield answers
