"""Is this webhook really from its sender, and recent? Stripe's signatures and Standard Webhooks.

Sources: https://docs.stripe.com/webhooks#verify-manually and the Standard Webhooks specification
(https://github.com/standard-webhooks/standard-webhooks, "Verifying webhook authenticity").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Scheme = Literal["stripe", "standard"]
RawHeaders = Iterable[tuple[bytes, bytes]]

HEADER_MAX_BYTES = 4096
SIGNATURES_MAX = 16
ID_MAX_LENGTH = 255
# Eleven digits last until the year 5138.
TIME_MAX_DIGITS = 11
TOLERANCE_S = 300


class BadSignature(Exception):  # noqa: N818 (the name that Stripe's and others' kits use)
    """The message is not proven to be its sender's, or is not recent; the text is the reason.

    The reason is for the log, not for the answer: it holds nothing of the secret, of the expected
    signature or of what was sent.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A webhook whose signature was right.

    `id` (1 to 255 visible ASCII characters) stays the same however often it is delivered: hand it
    to `once`. `created` is when it happened at the sender, in UTC, None when the body does not say;
    Stripe gives whole seconds. `type` is "" when the body does not say. `body` is what was signed.
    """

    id: str
    created: datetime | None
    type: str
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; ValueError when it is none."""
        return _parsed(self.body)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What the headers claim: the seconds and the content that were signed, and the signatures."""

    id: str
    time: bytes
    content: bytes
    signatures: list[bytes]


def signing_keys(scheme: Scheme, secrets: Sequence[str]) -> tuple[bytes, ...]:
    """Return the keys that secrets stand for; call it at start-up to find a wrong one early.

    ValueError when there is none, or one is empty or not as its scheme writes it; the message says
    which by its position, never its value.
    """
    if not secrets:
        raise ValueError("a webhook needs its signing secret")
    keys = []
    for position, secret in enumerate(secrets, start=1):
        # A new line at the end is what copying into an environment file leaves behind.
        text = secret.strip()
        key = text.encode() if scheme == "stripe" else _decoded(text.removeprefix("whsec_"))
        if not key:
            wanted = "the whole whsec_… text" if scheme == "stripe" else "whsec_ and base64"
            raise ValueError(f"webhook secret {position} is not one: {wanted} is wanted")
        keys.append(key)
    return tuple(keys)


def _decoded(text: str) -> bytes:
    try:
        # Some senders leave the padding out.
        return base64.b64decode(
            text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        return b""


def verify(
    scheme: Scheme,
    headers: RawHeaders,
    body: bytes,
    secrets: Sequence[str],
    now: float,
    *,
    tolerance_s: float = TOLERANCE_S,
) -> Event:
    """Return the event when one of its signatures was made with one of the secrets, and recently.

    `headers` are ASGI's raw pairs, `body` the raw bytes as received, `now` Unix seconds. A message
    signed more than `tolerance_s` before or after `now` is refused. Raises BadSignature, and
    ValueError for secrets that `signing_keys` refuses.
    """
    keys = signing_keys(scheme, secrets)
    signed = _stripe(headers, body) if scheme == "stripe" else _standard(headers, body)
    if not _matches(scheme, keys, signed):
        raise BadSignature("no signature matches: another secret, or the body was changed")
    # Judged only now, so that the reason is true of the sender's clock, not of a forger's.
    late_s = now - int(signed.time)
    if late_s > tolerance_s:
        raise BadSignature(f"signed {late_s:.0f} s ago, {tolerance_s:.0f} allowed")
    if -late_s > tolerance_s:
        raise BadSignature(f"signed {-late_s:.0f} s in the future, {tolerance_s:.0f} allowed")
    return _event(scheme, signed.id, body)


def _matches(scheme: Scheme, keys: tuple[bytes, ...], signed: _Signed) -> bool:
    found = False
    for key in keys:
        mac = hmac.new(key, signed.content, hashlib.sha256)
        expected = (
            mac.hexdigest().encode() if scheme == "stripe" else base64.b64encode(mac.digest())
        )
        for signature in signed.signatures:
            # No early end: the time taken tells nothing of which one was right.
            found |= hmac.compare_digest(expected, signature)
    return found


def _only(headers: RawHeaders, *names: bytes) -> list[bytes]:
    """Return the one value of each header; a second one would leave it open which was signed."""
    values: dict[bytes, bytes] = {}
    for raw_name, value in headers:
        name = raw_name.lower()
        if name not in names:
            continue
        if name in values:
            raise BadSignature(f"more than one {name.decode()} header")
        if len(value) > HEADER_MAX_BYTES:
            raise BadSignature(f"{name.decode()} header of {len(value)} bytes")
        values[name] = value
    for name in names:
        if not values.get(name):
            raise BadSignature(f"no {name.decode()} header")
    return [values[name] for name in names]


def _stripe(headers: RawHeaders, body: bytes) -> _Signed:
    """Read `Stripe-Signature: t=…,v1=…,v1=…`; there are several v1 while Stripe's key changes."""
    (value,) = _only(headers, b"stripe-signature")
    parts = [part.partition(b"=") for part in value.split(b",")]
    times = [text for name, _, text in parts if name == b"t"]
    if not times:
        raise BadSignature("stripe-signature header without a time of its own")
    # The first, as Stripe's own kits do; it is signed, and a second one says nothing.
    return _Signed(
        id="",
        time=_seconds(times[0]),
        content=times[0] + b"." + body,
        signatures=_bounded([text for name, _, text in parts if name == b"v1"]),
    )


def _standard(headers: RawHeaders, body: bytes) -> _Signed:
    """Read `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,… v1,…`.

    Or the same three under the names that came first, `svix-…`, which Svix and the services that
    send by it still use alone; never some of the one and some of the other.
    """
    headers = list(headers)
    older = not any(name.lower().startswith(b"webhook-") for name, _ in headers)
    family = b"svix-" if older and any(n.lower() == b"svix-id" for n, _ in headers) else b"webhook-"
    name, time, value = _only(headers, family + b"id", family + b"timestamp", family + b"signature")
    # A full stop parts the signed fields: with one inside, one signature would fit two messages.
    if not _is_id(name.decode("latin-1")) or b"." in name:
        raise BadSignature(f"{family.decode()}id header malformed")
    versions = [part.partition(b",") for part in value.split(b" ")]
    return _Signed(
        id=name.decode("ascii"),
        time=_seconds(time),
        content=b".".join((name, time, body)),
        signatures=_bounded([text for version, _, text in versions if version == b"v1"]),
    )


def _seconds(text: bytes) -> bytes:
    # isdigit of bytes knows ASCII digits only.
    if not text.isdigit() or len(text) > TIME_MAX_DIGITS:
        raise BadSignature("the time that was signed is not in whole seconds")
    return text


def _bounded(signatures: list[bytes]) -> list[bytes]:
    if not signatures:
        raise BadSignature("no v1 signature")
    if len(signatures) > SIGNATURES_MAX:
        raise BadSignature(f"{len(signatures)} signatures, {SIGNATURES_MAX} allowed")
    return signatures


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= ID_MAX_LENGTH
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


def _event(scheme: Scheme, header_id: str, body: bytes) -> Event:
    try:
        found = _parsed(body)
    except ValueError:
        found = None
    fields: dict[str, Any] = found if isinstance(found, dict) else {}
    kind = fields.get("type")
    event = Event(
        id=header_id or fields.get("id", ""),
        created=_moment(fields.get("created" if scheme == "stripe" else "timestamp")),
        type=kind if isinstance(kind, str) else "",
        body=body,
    )
    if not _is_id(event.id) or (scheme == "stripe" and not event.type):
        raise BadSignature("rightly signed, but the body is no event: it has no id and type")
    return event


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _moment(value: object) -> datetime | None:
    """Return Unix seconds or ISO 8601 text as a moment in UTC; None when it is neither."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        # A time without a zone is nobody's: ordering by it would be a guess.
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
