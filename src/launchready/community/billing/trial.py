"""A payment provider for trying things out: it takes no money and sends signed webhooks.

They go through the whole application, guard included, as a provider's would. What it knows of a
subscription is what the community has kept of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.plans import TRIAL_PRICE
from launchready.community.tables import Subscription
from launchready.guard.asgi import Application, Message, Scope

WEBHOOK = "/webhooks/payments"
OURS = "sub_trial_"
"""How the names of its subscriptions begin."""
_MONTH_S = 31 * 86_400
_AT_A_TIME = 100


def bought(email: str, *, now_s: int) -> list[dict[str, Any]]:
    """Return the events of a membership that was bought: the checkout, and its first invoice."""
    mark = secrets.token_hex(8)
    subscription, customer = f"{OURS}{mark}", f"cus_trial_{mark}"
    session = {
        "id": f"cs_trial_{mark}", "object": "checkout.session", "mode": "subscription",
        "payment_status": "paid", "customer": customer, "subscription": subscription,
        "customer_details": {"email": email},
    }  # fmt: skip
    paid = {**_invoice(subscription, now_s), "customer": customer, "customer_email": email}
    return [
        event("checkout.session.completed", session, now_s=now_s),
        event("invoice.paid", paid, now_s=now_s),
    ]


def changed_mind(
    subscription: str, *, stays: bool, paid_until: dt.datetime | None, now_s: int
) -> dict[str, Any]:
    """Return the event of a membership that was cancelled for the end of its month, or no longer is."""
    end_s = now_s if paid_until is None else int(paid_until.timestamp())
    told = {
        "id": subscription, "object": "subscription", "status": "active",
        "cancel_at_period_end": not stays, "cancel_at": None if stays else end_s,
        "items": {"data": [{"current_period_end": end_s}]},
    }  # fmt: skip
    return event("customer.subscription.updated", told, now_s=now_s)


async def months_over(
    session: AsyncSession, *, now: dt.datetime, now_s: int
) -> list[dict[str, Any]]:
    """Return an event for each month that is over: the end where it was cancelled, else a payment.

    They are the same events whichever process asks, and each has its effect once.
    """
    over = select(Subscription.reference, Subscription.paid_until, Subscription.ends_at).where(
        Subscription.status == "active", Subscription.paid_until <= now,
        Subscription.reference.startswith(OURS),
    )  # fmt: skip
    found = []
    for reference, paid_until, ends_at in await session.execute(over.limit(_AT_A_TIME)):
        ended_s = int((paid_until or now).timestamp())
        id_ = f"evt_{reference.removeprefix('sub_')}_{ended_s}"
        if ends_at is None:
            kind, told = "invoice.paid", _invoice(reference, ended_s)
        else:
            kind = "customer.subscription.deleted"
            told = {"id": reference, "object": "subscription", "status": "canceled"}
        found.append(event(kind, told, now_s=now_s, id_=id_))
    return found


def _invoice(subscription: str, begins_s: int) -> dict[str, Any]:
    mark = secrets.token_hex(8)
    return {
        "id": f"in_trial_{mark}", "object": "invoice", "subscription": subscription,
        "amount_paid": 900, "currency": "eur", "number": f"TRIAL-{mark[:6].upper()}",
        "lines": {"data": [{
            "period": {"start": begins_s, "end": begins_s + _MONTH_S},
            "pricing": {"price_details": {"price": TRIAL_PRICE}},
        }]},
    }  # fmt: skip


def event(
    kind: str, about: Mapping[str, Any], *, now_s: int, id_: str | None = None
) -> dict[str, Any]:
    """Return an event as Stripe words it."""
    return {
        "id": id_ or f"evt_trial_{secrets.token_hex(10)}", "object": "event", "type": kind,
        "created": now_s, "data": {"object": dict(about)},
    }  # fmt: skip


def signature(body: bytes, secret: str, *, now_s: int) -> str:
    """Return the value of Stripe-Signature for a body."""
    made = hmac.new(secret.encode(), f"{now_s}.".encode() + body, hashlib.sha256)
    return f"t={now_s},v1={made.hexdigest()}"


async def deliver(
    app: Application, origin: str, told: Mapping[str, Any], secret: str, *, now_s: int
) -> int:
    """Send an event to the application, as if to `origin`; return the status of its answer."""
    body = json.dumps(told).encode()
    at = urlsplit(origin)
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": at.scheme,
        "server": (at.hostname or "", at.port or (443 if at.scheme == "https" else 80)),
        "client": ("127.0.0.1", 0),
        "method": "POST", "path": WEBHOOK, "raw_path": WEBHOOK.encode(), "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", at.netloc.encode()), (b"content-type", b"application/json"),
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
