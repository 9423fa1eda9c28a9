import base64
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.lookups import run
from launchready.mailauth.mail_address import parse_mailboxes
from launchready.mailauth.mail_fields import parse_message
from launchready.mailauth.message import EmlResult, verify_eml
from tests.mailauth.mail_zones import Zones

_KEY = ed25519.Ed25519PrivateKey.generate()
_SEED = base64.b64encode(_KEY.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
_P = base64.b64encode(_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
_ZONE: dict[str, Any] = {
    "example.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "bounce.example.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "other.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "mx.example.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "_dmarc.example.test": {"TXT": ["v=DMARC1; p=reject"]},
    "s._domainkey.example.test": {"TXT": [f"v=DKIM1; k=ed25519; p={_P}"]},
}
_MAIL = (
    b"Return-Path: <ann@bounce.example.test>\r\n"
    b"Received: from mx.example.test (mx.example.test [192.0.2.1])\r\n"
    b"\tby in.receiver.test (Postfix) with ESMTPS id 1;\r\n\tMon, 2 Jan 2023 10:00:00 +0000\r\n"
    b"From: Ann <ann@example.test>\r\nSubject: Hello\r\n\r\nHi\r\n"
)


def _verify(raw: bytes = _MAIL, *, failing: Iterable[str] = (), **given_: Any) -> EmlResult:
    return run(verify_eml(raw, **given_), Zones(_ZONE, failing=failing))


def _signed(mail: bytes = _MAIL) -> bytes:
    header: bytes = dkim.sign(
        mail, b"s", b"example.test", _SEED, signature_algorithm=b"ed25519-sha256"
    )
    return header + mail


def _outcome(found: EmlResult) -> tuple[str, list[str], str]:
    return (
        found.spf.result if found.spf else "",
        [each.result for each in found.dkim],
        found.dmarc.result if found.dmarc else "",
    )


def test_spf_and_dmarc_pass_for_the_return_path() -> None:
    found = _verify(ip="192.0.2.1")
    assert _outcome(found) == ("pass", [], "pass")
    assert (found.mail_from, found.helo) == ("ann@bounce.example.test", "mx.example.test")
    assert found.dmarc is not None
    assert (found.dmarc.spf_aligned, found.dmarc.dkim_aligned) == (True, None)


def test_dkim_alone_passes_dmarc() -> None:
    found = _verify(_signed())
    assert _outcome(found) == ("", ["pass"], "pass")


def test_neither_is_a_dmarc_failure_with_the_policy() -> None:
    found = _verify(_signed().replace(b"Hi", b"Ho"), ip="198.51.100.1")
    assert _outcome(found) == ("fail", ["fail"], "fail")
    assert found.dmarc is not None
    assert found.dmarc.policy == "reject"


def test_spf_of_another_domain_does_not_help() -> None:
    found = _verify(ip="192.0.2.1", mail_from="a@other.test")
    assert _outcome(found) == ("pass", [], "fail")


def test_an_empty_return_path_makes_the_helo_count() -> None:
    found = _verify(_MAIL.replace(b"ann@bounce.example.test", b""), ip="192.0.2.1")
    assert found.spf is not None
    assert found.spf.domain == "mx.example.test"
    assert _outcome(found) == ("pass", [], "pass")


def test_a_message_without_a_return_path_says_that_its_envelope_is_not_known() -> None:
    bare = _MAIL.split(b"\r\n", 1)[1]
    said = "the message has no Return-Path, so that the envelope's sender is not known"
    assert said in _verify(bare, ip="192.0.2.1").steps
    assert said not in _verify(bare, ip="192.0.2.1", mail_from="a@example.test").steps
    assert said not in _verify(bare).steps


def test_a_temporary_error_leaves_dmarc_undecided() -> None:
    found = _verify(_signed(), failing=["s._domainkey.example.test"])
    assert _outcome(found) == ("", ["temperror"], "temperror")


def test_a_received_field_is_a_hint_only() -> None:
    found = _verify()
    assert found.spf is None
    (hop,) = found.received
    assert (hop.helo, hop.ip, hop.by) == ("mx.example.test", "192.0.2.1", "in.receiver.test")


@pytest.mark.parametrize(
    "value",
    [
        b"ann@example.test",
        b"<ann@example.test>",
        b"Ann <ann@example.test>",
        b'"evil@evil.test" <ann@example.test>',
        b'"a\\" <b@evil.test>" <ann@example.test>',
        b"(b@evil.test) ann@example.test (x(y)z)",
        b"ann@example.test (unclosed",
        b'"b@evil.test"@example.test',
        b"<@evil.test,@evil.org:ann@example.test>",
        b"Ann <ann@EXAMPLE.test.>",
        b"Ann <ann @ example . test>",
        b"=?utf-8?q?b=40evil=2Etest?= <ann@example.test>",
        b"Team: ann@example.test, bob@example.test;",
        b"\r\n Ann\r\n <ann@example.test>",
        b"J\xc3\xb6rg <ann@example.test>",
        b"J\xf6rg <ann@example.test>",
    ],
)
def test_the_author_domain_is_found_behind_any_form(value: bytes) -> None:
    assert _verify(b"From: " + value + b"\r\n\r\nHi").from_domain == "example.test"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"ann",
        b"ann@",
        b"ann@[192.0.2.1]",
        b"ann@192.0.2.1",
        b"ann@example..test",
        b"ann@example.test, bob@evil.test",
        b"<ann@example.test> <bob@evil.test>",
        b"<ann@example.test>, <>",
        b"undisclosed:;",
        b"ann@example.test\x00.evil.test, b@evil.test",
        b'"ann@example.test"',
    ],
)
def test_without_one_author_domain_dmarc_is_left_out(value: bytes) -> None:
    found = _verify(b"From: " + value + b"\r\n\r\nHi")
    assert (found.from_domain, found.dmarc) == ("", None)
    assert found.problems


@pytest.mark.parametrize("control", ["\0", "\r", "\v", "\f", "\x1c", "\x85", "\u2028"])
def test_no_control_character_joins_two_domains_into_a_third(control: str) -> None:
    mail = f"From: a@example.test{control}.other.test\r\n\r\n".encode()
    found = _verify(mail)
    assert (found.from_domain, found.dmarc) == ("", None)


@pytest.mark.parametrize("froms", [0, 2])
def test_none_or_two_from_fields_are_a_problem(froms: int) -> None:
    found = _verify(b"From: ann@example.test\r\n" * froms + b"Subject: x\r\n\r\n")
    assert found.dmarc is None
    assert found.problems == (f"the message has {froms} From fields where one is required",)


def test_a_display_name_like_an_address_is_told() -> None:
    found = _verify(b"From: boss@example.test <x@evil.test>\r\n\r\n")
    assert found.from_domain == "evil.test"
    assert found.problems == ("From: a display name looks like another address",)


def test_an_author_of_another_script_is_found() -> None:
    found = _verify("From: a@faß.test\r\n\r\n".encode())
    assert found.from_domain == "xn--fa-hia.test"


def test_fields_keep_their_folds_and_the_body_its_octets() -> None:
    message = parse_message(b"From x\nA: 1\n 2\nb : 3\n\nbody\n\nmore")
    assert [(field.name, field.raw) for field in message.fields] == [
        ("a", b"A: 1\r\n 2"),
        ("b", b"b : 3"),
    ]
    assert (message.body, message.problems) == (b"body\r\n\r\nmore", ())


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\r\n\r\n", b"A: b", b"A: b\r\n", b" x\r\n", b"no"])
def test_a_message_may_be_almost_nothing(raw: bytes) -> None:
    message = parse_message(raw)
    assert message.body in {b"", b"\r\n"}
    assert len(message.fields) == int(raw.startswith(b"A"))


def test_a_mark_that_an_editor_put_before_the_message_hides_no_field() -> None:
    found = _verify(b"\xef\xbb\xbf" + _signed())
    assert [verdict.result for verdict in found.dkim] == ["pass"]


def test_very_many_fields_are_bounded() -> None:
    message = parse_message(b"A: b\r\n" * 5000)
    assert len(message.fields) == 2000
    assert message.problems


def test_the_result_can_be_written_as_plain_data() -> None:
    assert asdict(_verify(_signed(), ip="192.0.2.1"))["dmarc"]["result"] == "pass"


@given(st.binary(max_size=500) | st.binary(max_size=300).map(lambda tail: b"From: " + tail))
def test_no_octets_make_the_verification_raise(raw: bytes) -> None:
    found = _verify(raw, ip="192.0.2.1")
    assert found.dmarc is None or found.from_domain


@given(st.text('ab@.,;:<>()[]" \\\t\r\n\x00', max_size=60))
def test_no_from_field_makes_the_address_parser_raise(text: str) -> None:
    found = parse_mailboxes(text)
    assert len(found.domains) == len(found.addresses)


_LOCAL = st.from_regex(r"\A[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,10}\Z")
_DOMAIN = st.sampled_from(["example.test", "mail.other.test"])
_NAME = st.sampled_from(["", "Ann", '"Ann, (x) <y@z>"', "(Ann <a@b>)"])


@given(st.lists(st.tuples(_NAME, _LOCAL, _DOMAIN), min_size=1, max_size=4))
def test_addresses_that_are_written_are_read(mailboxes: list[tuple[str, str, str]]) -> None:
    text = ", ".join(f"{name} <{local}@{domain}>" for name, local, domain in mailboxes)
    assert parse_mailboxes(text).addresses == tuple(f"{a}@{b}" for _, a, b in mailboxes)
