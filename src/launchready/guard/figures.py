"""Prometheus figures of a guarded app, on a registry of its own."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from launchready.guard import errors
from launchready.guard.asgi import Receive, Scope, Send, header
from launchready.guard.route_figures import BOUNDS_S, RouteFigures
from launchready.guard.visit import request_id

if TYPE_CHECKING:
    from launchready.guard.chat import Happening


class Figures:
    """What is counted; labels are declared routes and fixed words, never what visitors wrote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        of = self.registry
        self.routes = RouteFigures()
        of.register(self.routes)
        self.failed_logins = Counter(
            "launchready_failed_logins_total", "Log-ins that were refused", registry=of
        )
        self.throttled = Counter(
            "launchready_throttled_total", "Requests over a limit", ["route", "rule"], registry=of
        )
        self.repeated = Counter(
            "launchready_repeated_submissions_total", "Submissions that got the first answer again",
            ["route"], registry=of,
        )  # fmt: skip
        self.bad_signatures = Counter(
            "launchready_bad_signatures_total", "Webhooks refused for their signature", ["route"],
            registry=of,
        )  # fmt: skip
        self.duplicate_webhooks = Counter(
            "launchready_duplicate_webhooks_total", "Signed webhook events without effect: done before, or not ours",
            registry=of,
        )  # fmt: skip
        self.store_fallbacks = Gauge(
            "launchready_store_fallbacks", "Times that memory stood in for the store",
            registry=of,
        )  # fmt: skip
        self.parts = Gauge(
            "launchready_guard_part", "Parts of guard: 1 switched on, 0 off", ["part"], registry=of
        )
        self.sockets_open = Gauge(
            "launchready_websockets_open", "Websockets that are open", ["route"], registry=of
        )
        self.sockets_ended = Counter(
            "launchready_websockets_ended_total", "Websockets that were refused or closed for a fault",
            ["route", "reason"], registry=of,
        )  # fmt: skip
        self.signed_out = Counter(
            "launchready_answers_cut_signed_out_total", "Answers cut because the member logged out",
            ["route"], registry=of,
        )  # fmt: skip
        self.queue_depth = Gauge(
            "launchready_queue_depth", "Jobs that wait, by queue", ["queue"], registry=of
        )
        self.first_token = Histogram(
            "launchready_chat_first_token_seconds", "Seconds until the provider's first word",
            ["provider"], buckets=BOUNDS_S, registry=of,
        )  # fmt: skip
        self.fallbacks = Counter(
            "launchready_chat_fallbacks_total", "Chat answers that were the fallback", ["reason"],
            registry=of,
        )  # fmt: skip
        self.cut = Counter(
            "launchready_chat_cut_total", "Chat answers that broke off after words were shown",
            ["reason"], registry=of,
        )  # fmt: skip
        self.faults = Counter(
            "launchready_chat_faults_total", "Calls of a provider that failed",
            ["provider", "reason"], registry=of,
        )  # fmt: skip
        self.tokens = Counter(
            "launchready_chat_tokens_total", "Tokens that the AI provider counted", registry=of
        )
        self.spent = Counter(
            "launchready_chat_spent_dollars_total", "Spent at the AI provider, in US dollars",
            registry=of,
        )  # fmt: skip

    def chat(self, happening: Happening) -> None:
        """Count what a chat tells: `Chat.of(manifest, on_event=guarded.figures.chat)`."""
        reason = str(happening.reason or "")
        match happening.kind:
            case "first-word":
                self.first_token.labels(happening.provider).observe(happening.seconds)
            case "fallback":
                self.fallbacks.labels(reason).inc()
            case "cut":
                self.cut.labels(reason).inc()
            case "fault":
                self.faults.labels(happening.provider, reason).inc()
            case "spent":
                self.tokens.inc(happening.tokens)
                self.spent.inc(happening.nanodollars / 1e9)
            case "uncounted":
                self.faults.labels("ledger", "uncounted").inc()

    def page(self) -> tuple[bytes, bytes]:
        """Return the figures as text, each with this process's number as `worker`; the media type.

        Of several workers behind one port each scrape meets another one: without that label they
        would be one series, whose counters jump back and forth.
        """
        labelled = CollectorRegistry()
        labelled.register(_OfWorker(self.registry, str(os.getpid())))
        return generate_latest(labelled), CONTENT_TYPE_LATEST.encode()


class _OfWorker(Collector):
    def __init__(self, registry: CollectorRegistry, worker: str) -> None:
        self._registry = registry
        self._worker = worker

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample._replace(labels={**sample.labels, "worker": self._worker})
                for sample in metric.samples
            ]
            yield metric


class FiguresPage:
    """The figures as an ASGI app, for who has the token; to strangers it does not exist."""

    def __init__(self, figures: Figures, token: str, store_fallbacks: Callable[[], int]) -> None:
        self._figures = figures
        self._token = token
        self._store_fallbacks = store_fallbacks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `receive` is not read."""
        del receive
        if not may_read(header(scope, b"authorization"), self._token):
            await errors.answer(
                errors.Problem(status=404), scope, send, request_id=request_id.get()
            )
            return
        self._figures.store_fallbacks.set(self._store_fallbacks())
        body, media = self._figures.page()
        headers = [(b"content-type", media), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def may_read(authorization: bytes | None, token: str) -> bool:
    """Return whether the Authorization field holds the token (RFC 6750), compared in constant time."""
    given = authorization or b""
    return hmac.compare_digest(given, b"Bearer " + token.encode())
