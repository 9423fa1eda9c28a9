"""A payment provider for trying things out: it takes no money and sends signed webhooks.

They go through the whole application, guard included, as a provider's would.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from launchready.guard.asgi import Application, Message, Scope

WEBHOOK = "/webhooks/payments"
_MONTH_S = 31 * 86_400


def bought(email: str, *, now_s: int) -> list[dict[str, Any]]:
    """Return the events of a membership that was bought: the checkout, and its first invoice."""
    mark = secrets.token_hex(8)
    subscription, customer = f"sub_trial_{mark}", f"cus_trial_{mark}"
    session = {
        "id": f"cs_trial_{mark}", "object": "checkout.session", "mode": "subscription",
        "payment_status": "paid", "customer": customer, "subscription": subscription,
        "customer_details": {"email": email},
    }  # fmt: skip
    invoice = {
        "id": f"in_trial_{mark}", "object": "invoice", "customer": customer,
        "subscription": subscription, "customer_email": email, "amount_paid": 900,
        "currency": "eur", "number": f"TRIAL-{mark[:6].upper()}",
        "lines": {"data": [{"period": {"start": now_s, "end": now_s + _MONTH_S}}]},
    }  # fmt: skip
    return [
        event("checkout.session.completed", session, now_s=now_s),
        event("invoice.paid", invoice, now_s=now_s),
    ]


def event(kind: str, about: Mapping[str, Any], *, now_s: int) -> dict[str, Any]:
    """Return an event as Stripe words it."""
    return {
        "id": f"evt_trial_{secrets.token_hex(10)}", "object": "event", "type": kind,
        "created": now_s, "data": {"object": dict(about)},
    }  # fmt: skip


def signature(body: bytes, secret: str, *, now_s: int) -> str:
    """Return the value of Stripe-Signature for a body."""
    made = hmac.new(secret.encode(), f"{now_s}.".encode() + body, hashlib.sha256)
    return f"t={now_s},v1={made.hexdigest()}"


async def deliver(
    app: Application, asked: Scope, told: Mapping[str, Any], secret: str, *, now_s: int
) -> int:
    """Send an event to the application that `asked` came to; return the status of its answer."""
    body = json.dumps(told).encode()
    host = [(name, value) for name, value in asked["headers"] if name == b"host"]
    scope: Scope = {
        **{k: asked[k] for k in ("type", "asgi", "http_version", "scheme", "server") if k in asked},
        "client": ("127.0.0.1", 0),
        "method": "POST", "path": WEBHOOK, "raw_path": WEBHOOK.encode(), "query_string": b"",
        "root_path": "",
        "headers": [
            *host, (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"stripe-signature", signature(body, secret, now_s=now_s).encode()),
        ],
    }  # fmt: skip
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    await app(scope, receive, send)
    return status
