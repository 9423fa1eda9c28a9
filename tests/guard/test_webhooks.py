"""Signatures judged beside the senders' own kits: the `stripe` and `standardwebhooks` packages."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from launchready.guard.webhooks import BadSignature, Event, verify
from tests.guard.signing import (
    NOW,
    PAID,
    STANDARD_SECRET,
    STRIPE_SECRET,
    standard_event,
    standard_headers,
    stripe_event,
    stripe_header,
)

secrets = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1)
bodies = st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=4).map(
    lambda more: json.dumps({**more, "id": "evt_7", "type": "a.b", "object": "event"}).encode()
)


# ── what the senders' own kits sign ────────────────────────────────────────────────────────────


@given(body=bodies, secret=secrets)
def test_what_stripes_kit_signs_is_accepted(body: bytes, secret: str) -> None:
    header = stripe_header(body, secret)
    event = verify("stripe", [(b"Stripe-Signature", header)], body, [secret], NOW)
    assert (event.id, event.type, event.body) == ("evt_7", "a.b", body)


@given(body=bodies, key=st.binary(min_size=1, max_size=64))
def test_what_the_standard_webhooks_kit_signs_is_accepted(body: bytes, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    event = verify("standard", standard_headers(body, secret), body, [secret], NOW)
    assert (event.id, event.type, event.body) == ("msg_1", "a.b", body)


@given(
    header=st.binary(max_size=80)
    | st.lists(
        st.sampled_from(["t=", "v1=", "v0=", ",", "=", "ab", "1", "{time}", "{good}"]), max_size=9
    ).map(lambda parts: "".join(parts).encode())
)
def test_what_is_accepted_as_stripes_stripes_kit_accepts_too(header: bytes) -> None:
    now = int(time.time())
    good = stripe_header(PAID, now=now).rpartition(b"=")[2]
    header = header.replace(b"{time}", str(now).encode()).replace(b"{good}", good)
    try:
        stripe_event(header, now=now)
    except BadSignature:
        return
    stripe.WebhookSignature.verify_header(PAID, header.decode(), STRIPE_SECRET, 300)


@given(
    name=st.text(min_size=1, max_size=20),
    moment=st.text(max_size=12) | st.just("{time}"),
    signature=st.lists(st.sampled_from(["v1", "v1a", ",", " ", "{good}", "x"]), max_size=8),
)
def test_what_is_accepted_as_standard_the_standard_kit_accepts_too(
    name: str, moment: str, signature: list[str]
) -> None:
    now = int(time.time())
    good = standard_headers(PAID, now=now, name=name)[2][1].decode().partition(",")[2]
    sent = {
        "webhook-id": name,
        "webhook-timestamp": moment.replace("{time}", str(now)),
        "webhook-signature": "".join(signature).replace("{good}", good),
    }
    raw = [(key.encode(), value.encode()) for key, value in sent.items()]
    try:
        verify("standard", raw, PAID, [STANDARD_SECRET], now)
    except BadSignature:
        return
    # The kit stops at the first malformed part, where the specification says to try each.
    parts = [part for part in sent["webhook-signature"].split(" ") if part == f"v1,{good}"]
    Webhook(STANDARD_SECRET).verify(PAID, {**sent, "webhook-signature": " ".join(parts)})


@given(body=bodies, place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_body_is_refused(body: bytes, place: int, bit: int) -> None:
    changed = bytearray(body)
    changed[place % len(body)] ^= 1 << bit
    with pytest.raises(BadSignature, match="no signature matches"):
        stripe_event(stripe_header(body), bytes(changed))
    with pytest.raises(BadSignature, match="no signature matches"):
        standard_event(standard_headers(body), bytes(changed))


def test_another_secret_is_refused_as_the_kits_refuse_it() -> None:
    now = time.time()
    header = stripe_header(PAID, "whsec_other", now)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(PAID, header.decode(), STRIPE_SECRET, 300)
    with pytest.raises(BadSignature):
        stripe_event(header, now=now)
    other = "whsec_" + base64.b64encode(b"another").decode()
    headers = standard_headers(PAID, other, now)
    with pytest.raises(WebhookVerificationError):
        Webhook(STANDARD_SECRET).verify(PAID, {k.decode(): v.decode() for k, v in headers})
    with pytest.raises(BadSignature):
        verify("standard", headers, PAID, [STANDARD_SECRET], now)


# ── what the event says ────────────────────────────────────────────────────────────────────────


def test_stripes_event_has_the_id_type_and_time_of_its_body() -> None:
    event = stripe_event(stripe_header(PAID))
    assert event == Event(
        id="evt_1",
        created=datetime.fromtimestamp(1789999990, UTC),
        type="invoice.paid",
        body=PAID,
    )
    assert event.json()["object"] == "event"


def test_stripes_thin_events_say_their_time_as_text() -> None:
    body = b'{"id": "evt_2", "type": "v1.x", "created": "2026-09-17T06:20:52.246Z"}'
    created = stripe_event(stripe_header(body), body).created
    assert created == datetime(2026, 9, 17, 6, 20, 52, 246000, UTC)


def test_a_standard_event_has_the_id_of_its_header_and_the_time_of_what_happened() -> None:
    body = b'{"type": "member.left", "timestamp": "2026-01-02T03:04:05+02:00", "id": "inner"}'
    event = standard_event(standard_headers(body), body)
    assert (event.id, event.type) == ("msg_1", "member.left")
    assert event.created == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "body", [b"", b"plain", b"[1]", b'{"type": 7, "timestamp": "2026-01-02T03:04:05"}', b"[" * 9000]
)
def test_a_standard_event_without_json_keeps_its_id(body: bytes) -> None:
    assert standard_event(standard_headers(body), body) == Event(
        id="msg_1", created=None, type="", body=body
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 9000,
        b'{"type": "a"}',
        b'{"id": "evt_1"}',
        b'{"id": 7, "type": "a"}',
        b'{"id": "", "type": "a"}',
        b'{"id": "a b", "type": "a"}',
        b'{"id": "' + b"x" * 256 + b'", "type": "a"}',
    ],
    ids=range(9),
)
def test_a_signed_body_that_is_no_stripe_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature, match="no id and type"):
        stripe_event(stripe_header(body), body)


@pytest.mark.parametrize("created", ["1e400", "99999999999999999999", "true", '"soon"', "null"])
def test_a_time_that_is_none_is_left_out(created: str) -> None:
    body = b'{"id": "evt_1", "type": "a", "created": ' + created.encode() + b"}"
    assert stripe_event(stripe_header(body), body).created is None


def test_svix_s_own_names_of_the_headers_are_taken_as_its_sdk_takes_them() -> None:
    headers = standard_headers(PAID)
    older = [(name.replace(b"webhook-", b"svix-"), value) for name, value in headers]
    assert standard_event(older).id == "msg_1"
    assert standard_event([*headers, (b"svix-id", b"msg_2")]).id == "msg_1"


def test_headers_of_two_names_are_not_put_together() -> None:
    headers = standard_headers(PAID)
    mixed = [*headers[:2], (b"svix-signature", headers[2][1])]
    with pytest.raises(BadSignature, match="no webhook-signature header"):
        standard_event(mixed)
