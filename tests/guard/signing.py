"""Webhook messages signed by the senders' own kits: the `stripe` and `standardwebhooks` packages."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import stripe
from standardwebhooks import Webhook

from launchready.guard.webhooks import Event, verify

NOW = 1_790_000_000
STRIPE_SECRET = "whsec_Fp3cJ9wq"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"thirty two bytes are quite enough").decode()
PAID = b'{"id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1789999990}'


def stripe_header(body: bytes, secret: str = STRIPE_SECRET, now: float = NOW) -> bytes:
    header: str = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=int(now)
    )
    return header.encode()


def stripe_event(header: bytes, body: bytes = PAID, *, now: float = NOW) -> Event:
    return verify("stripe", [(b"stripe-signature", header)], body, [STRIPE_SECRET], now)


def standard_headers(
    body: bytes, secret: str = STANDARD_SECRET, now: float = NOW, name: str = "msg_1"
) -> list[tuple[bytes, bytes]]:
    # The kit takes a naive time as UTC.
    moment = datetime.fromtimestamp(int(now), UTC).replace(tzinfo=None)
    signature = Webhook(secret).sign(name, moment, body.decode())
    return [
        (b"webhook-id", name.encode()),
        (b"webhook-timestamp", str(int(now)).encode()),
        (b"webhook-signature", signature.encode()),
    ]


def standard_event(headers: list[tuple[bytes, bytes]], body: bytes = PAID) -> Event:
    return verify("standard", headers, body, [STANDARD_SECRET], NOW)


def replaced(
    headers: list[tuple[bytes, bytes]], name: bytes, value: bytes
) -> list[tuple[bytes, bytes]]:
    return [(key, value if key == name else old) for key, old in headers]
