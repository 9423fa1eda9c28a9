"""Events as their senders would sign them, judged by the senders' own kits."""

from __future__ import annotations

import base64
import json
import time

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from launchready.derive.sign_in.webhook_event import TYPE, Scheme, event, signature, signing_key

secrets = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1)
NAME = "evt_launchready_7f3a"


def stripe_event(secret: str, key_of: str, *, now_s: int) -> stripe.Event:
    key = signing_key("stripe", key_of)
    assert key is not None
    body = event("stripe", NAME, now_s=now_s)
    ((_, header),) = signature("stripe", key, NAME, body, signed_s=now_s)
    return stripe.Webhook.construct_event(body, header, secret)  # type: ignore[no-any-return]


def standard_event(secret: str, key_of: str, *, now_s: int) -> dict[str, str]:
    key = signing_key("standard", key_of)
    assert key is not None
    body = event("standard", NAME, now_s=now_s)
    fields = {n.lower(): v for n, v in signature("standard", key, NAME, body, signed_s=now_s)}
    found: dict[str, str] = Webhook(secret).verify(body, fields)
    return found


@given(secret=secrets)
def test_stripes_kit_takes_the_event(secret: str) -> None:
    found = stripe_event(secret, secret, now_s=int(time.time()))
    assert (found.id, found.type, found.livemode) == (NAME, TYPE, False)


@given(key=st.binary(min_size=1, max_size=64), padded=st.booleans())
def test_the_standard_kit_takes_the_event(key: bytes, padded: bool) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    given_as = secret if padded else secret.rstrip("=")
    assert standard_event(secret, f"{given_as}\n", now_s=int(time.time()))["type"] == TYPE


def test_the_kits_refuse_another_secret() -> None:
    with pytest.raises(stripe.SignatureVerificationError):
        stripe_event("whsec_one", "whsec_other", now_s=int(time.time()))
    one, other = ("whsec_" + base64.b64encode(k).decode() for k in (b"one", b"other"))
    with pytest.raises(WebhookVerificationError):
        standard_event(one, other, now_s=int(time.time()))


def test_the_kits_refuse_what_was_signed_an_hour_ago() -> None:
    then_s = int(time.time()) - 3600
    with pytest.raises(stripe.SignatureVerificationError):
        stripe_event("whsec_one", "whsec_one", now_s=then_s)
    secret = "whsec_" + base64.b64encode(b"one").decode()
    with pytest.raises(WebhookVerificationError):
        standard_event(secret, secret, now_s=then_s)


@pytest.mark.parametrize("scheme", ["stripe", "standard"])
@pytest.mark.parametrize("secret", ["", " \n"])
def test_an_empty_secret_is_none(scheme: Scheme, secret: str) -> None:
    assert signing_key(scheme, secret) is None


@pytest.mark.parametrize("secret", ["whsec_", "whsec_a", "not base64!", "whsec_ümlaut"])
def test_what_is_no_base64_is_no_standard_secret(secret: str) -> None:
    assert signing_key("standard", secret) is None


@pytest.mark.parametrize("scheme", ["stripe", "standard"])
def test_the_event_asks_for_nothing(scheme: Scheme) -> None:
    told = json.loads(event(scheme, NAME, now_s=1_790_000_000))
    assert told["type"] == TYPE
    assert not told.get("livemode")
