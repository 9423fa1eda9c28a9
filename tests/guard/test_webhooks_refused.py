"""Keys that change, the replay window, and headers that somebody made up."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.webhooks import BadSignature, Scheme, signing_keys, verify
from tests.guard.signing import (
    NOW,
    PAID,
    STANDARD_SECRET,
    STRIPE_SECRET,
    replaced,
    standard_event,
    standard_headers,
    stripe_event,
    stripe_header,
)

# ── keys that change ───────────────────────────────────────────────────────────────────────────


def test_several_v1_signatures_need_one_that_matches() -> None:
    old, new = stripe_header(PAID, "whsec_old"), stripe_header(PAID)
    assert stripe_event(old + b",v1=" + new.rpartition(b"=")[2]).id == "evt_1"


def test_several_standard_signatures_need_one_that_matches() -> None:
    headers = standard_headers(PAID)
    rotated = b"v1a,AAAA v1,AAAA " + headers[2][1]
    assert standard_event(replaced(headers, b"webhook-signature", rotated)).id == "msg_1"


def test_two_secrets_of_ours_are_both_good_while_they_change() -> None:
    for secret in ("whsec_old", "whsec_new"):
        headers = [(b"stripe-signature", stripe_header(PAID, secret))]
        assert verify("stripe", headers, PAID, ["whsec_old", "whsec_new"], NOW).id == "evt_1"


def test_a_line_end_after_the_secret_does_no_harm() -> None:
    headers = [(b"stripe-signature", stripe_header(PAID))]
    assert verify("stripe", headers, PAID, [STRIPE_SECRET + "\n"], NOW).id == "evt_1"


def test_a_standard_secret_may_lack_its_prefix_and_padding() -> None:
    bare = STANDARD_SECRET.removeprefix("whsec_").rstrip("=")
    assert verify("standard", standard_headers(PAID), PAID, [bare], NOW).id == "msg_1"


@pytest.mark.parametrize(
    ("scheme", "wrong"),
    [
        ("stripe", []),
        ("stripe", ["good", " \n"]),
        ("standard", ["whsec_="]),
        ("standard", ["whsec_not!base64"]),
        ("standard", ["whsec_A"]),
        ("standard", ["whsec_ärger"]),
    ],
)
def test_a_wrong_secret_is_an_error_of_ours_and_not_shown(scheme: Scheme, wrong: list[str]) -> None:
    with pytest.raises(ValueError, match="secret") as error:
        signing_keys(scheme, wrong)
    assert not [secret for secret in wrong if secret.strip() and secret in str(error.value)]


def test_of_two_times_the_first_is_the_one_that_was_signed() -> None:
    header = stripe_header(PAID)
    assert stripe_event(header + b",t=1").id == "evt_1"
    with pytest.raises(BadSignature, match="no signature matches"):
        stripe_event(b"t=1," + header)


# ── the replay window ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("off_s", [-300, 0, 300])
def test_a_message_signed_within_the_window_is_accepted(off_s: int) -> None:
    assert stripe_event(stripe_header(PAID, now=NOW + off_s)).id == "evt_1"
    assert standard_event(standard_headers(PAID, now=NOW + off_s)).id == "msg_1"


@pytest.mark.parametrize(
    ("off_s", "reason"), [(-301, "301 s ago"), (301, "301 s in the future"), (-NOW, "ago")]
)
def test_a_message_signed_outside_the_window_is_refused(off_s: int, reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        stripe_event(stripe_header(PAID, now=NOW + off_s))
    with pytest.raises(BadSignature, match=reason):
        standard_event(standard_headers(PAID, now=NOW + off_s))


def test_a_forged_old_message_is_not_called_old() -> None:
    with pytest.raises(BadSignature, match="no signature matches"):
        stripe_event(b"t=1,v1=" + b"0" * 64)


# ── hostile headers ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"", "no stripe-signature header"),
        (b"t=1", "no v1 signature"),
        (b"v1=ab", "without a time"),
        (b"t=1,t=2,v1=ab", "no signature matches"),
        (b"t=,v1=ab", "whole seconds"),
        (b"t=-1,v1=ab", "whole seconds"),
        (b"t=1.5,v1=ab", "whole seconds"),
        ("t=\u0661,v1=ab".encode(), "whole seconds"),
        (b"t=" + b"9" * 400 + b",v1=ab", "whole seconds"),
        (b"t=1," + b",".join([b"v1=ab"] * 17), "17 signatures"),
        (b"t=1,v1=" + b"a" * 5000, "header of 5007 bytes"),
        (b"t=1,v1=\xff\x00", "no signature matches"),
    ],
    ids=range(12),
)
def test_a_malformed_stripe_header_is_refused(header: bytes, reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        stripe_event(header)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (b"webhook-id", b"", "no webhook-id"),
        (b"webhook-id", b"msg.1", "webhook-id header malformed"),
        (b"webhook-id", b"msg 1", "webhook-id header malformed"),
        (b"webhook-id", b"msg\xe4", "webhook-id header malformed"),
        (b"webhook-id", b"m" * 256, "webhook-id header malformed"),
        (b"webhook-timestamp", b"1.0", "whole seconds"),
        (b"webhook-signature", b"v1a,AAAA", "no v1 signature"),
        (b"webhook-signature", b"v1 AAAA", "no signature matches"),
        (b"webhook-signature", b" ".join([b"v1,AAAA"] * 17), "17 signatures"),
        (b"webhook-signature", b"v1," + b"A" * 5000, "header of 5003 bytes"),
    ],
    ids=range(10),
)
def test_a_malformed_standard_header_is_refused(name: bytes, value: bytes, reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        standard_event(replaced(standard_headers(PAID), name, value))


def test_a_second_header_of_the_same_name_is_refused() -> None:
    header = stripe_header(PAID)
    pairs = [(b"stripe-signature", header), (b"Stripe-Signature", header)]
    with pytest.raises(BadSignature, match="more than one"):
        verify("stripe", pairs, PAID, [STRIPE_SECRET], NOW)
    with pytest.raises(BadSignature, match="more than one"):
        standard_event([*standard_headers(PAID), (b"webhook-id", b"msg_2")])


def test_part_of_a_body_cannot_pass_for_an_id_and_a_time() -> None:
    # One signature over "a.NOW.NOW.{}" would fit the id "a" and, with the fields moved, "a.NOW".
    body = f"{NOW}.{{}}".encode()
    (_, _, (_, signature)) = standard_headers(body, name="a")
    moved = [
        (b"webhook-id", f"a.{NOW}".encode()),
        (b"webhook-timestamp", str(NOW).encode()),
        (b"webhook-signature", signature),
    ]
    with pytest.raises(BadSignature, match="malformed"):
        standard_event(moved, b"{}")


@given(st.lists(st.tuples(st.sampled_from([b"stripe-signature", b"webhook-id"]), st.binary())))
def test_no_header_makes_it_crash(headers: list[tuple[bytes, bytes]]) -> None:
    schemes: tuple[Any, ...] = ("stripe", "standard")
    for scheme in schemes:
        with pytest.raises(BadSignature):
            verify(scheme, headers, PAID, [STANDARD_SECRET], NOW)


def test_a_reason_holds_neither_the_secret_nor_the_signature_wanted() -> None:
    wanted = hmac.new(STRIPE_SECRET.encode(), b"%d." % NOW + PAID, hashlib.sha256).hexdigest()
    with pytest.raises(BadSignature) as error:
        stripe_event(b"t=%d,v1=%s" % (NOW, b"f" * 64))
    assert wanted not in str(error.value)
    assert STRIPE_SECRET not in str(error.value)
