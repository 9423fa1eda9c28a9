"""A harmless event, signed as its sender would: Stripe's way, or by Standard Webhooks.

Written apart from guard's verification on purpose: a mistake that both shared would go unseen.
Sources: https://docs.stripe.com/webhooks#verify-manually and the Standard Webhooks specification
(https://github.com/standard-webhooks/standard-webhooks, "Signature scheme").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Literal

Scheme = Literal["stripe", "standard"]

TYPE = "launchready.test"
"""A type that no provider sends, so that no app acts on it."""


def event(scheme: Scheme, id_: str, *, now_s: int) -> bytes:
    """Return the body of an event that asks for nothing; `now_s` is when it happened."""
    told: dict[str, object]
    if scheme == "stripe":
        told = {
            "id": id_, "object": "event", "api_version": None, "created": now_s, "type": TYPE,
            "livemode": False, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
            "data": {"object": {"id": id_.replace("evt_", "", 1), "object": TYPE}},
        }  # fmt: skip
    else:
        moment = datetime.fromtimestamp(now_s, UTC).isoformat().replace("+00:00", "Z")
        told = {"type": TYPE, "timestamp": moment, "data": {"id": id_}}
    return json.dumps(told, separators=(",", ":")).encode()


def signing_key(scheme: Scheme, secret: str) -> bytes | None:
    """Return the key that a secret stands for; None when it is not as its scheme writes it."""
    text = secret.strip()
    if scheme == "stripe":
        return text.encode() or None
    bare = text.removeprefix("whsec_").rstrip("=")
    try:
        # Some senders leave the padding out.
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def signature(
    scheme: Scheme, key: bytes, id_: str, body: bytes, *, signed_s: int
) -> tuple[tuple[str, str], ...]:
    """Return the header fields that sign a body at a moment."""
    time = str(signed_s)
    if scheme == "stripe":
        made = hmac.new(key, f"{time}.".encode() + body, hashlib.sha256).hexdigest()
        return (("Stripe-Signature", f"t={time},v1={made}"),)
    digest = hmac.new(key, f"{id_}.{time}.".encode() + body, hashlib.sha256).digest()
    return (
        ("Webhook-Id", id_),
        ("Webhook-Timestamp", time),
        ("Webhook-Signature", f"v1,{base64.b64encode(digest).decode()}"),
    )
