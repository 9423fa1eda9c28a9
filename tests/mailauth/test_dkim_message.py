from dataclasses import asdict

import pytest

from launchready.mailauth.dkim import verify_message
from launchready.mailauth.lookups import arun, run
from tests.mailauth.dkim_making import (
    ED_P,
    KEYS,
    MAIL,
    RSA_P,
    sign,
    signed_until,
    signed_with,
    tampered,
    verify,
)
from tests.mailauth.mail_zones import Zones

_WAYS = [(a, b) for a in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")]


@pytest.mark.parametrize("ways", _WAYS)
@pytest.mark.parametrize("algorithm", [b"rsa-sha256", b"ed25519-sha256"])
def test_what_another_program_signed_verifies(ways: tuple[bytes, bytes], algorithm: bytes) -> None:
    found = verify(sign(ways=ways, algorithm=algorithm))
    assert (found.result, found.reason) == ("pass", "the signature matches")
    assert (found.domain, found.from_signed) == ("example.test", True)
    assert found.bits == (2048 if algorithm.startswith(b"rsa") else 256)


@pytest.mark.parametrize("ways", _WAYS)
def test_a_message_saved_with_bare_line_feeds_verifies(ways: tuple[bytes, bytes]) -> None:
    assert verify(sign(ways=ways).replace(b"\r\n", b"\n")).result == "pass"


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b"x", b"x\r\n", b" \r\n", b" x\t \r\n \r\n"]
)
@pytest.mark.parametrize("ways", _WAYS)
def test_odd_bodies_verify(body: bytes, ways: tuple[bytes, bytes]) -> None:
    mail = b"From: a@example.test\r\nSubject: x\r\n\r\n" + body
    assert verify(sign(mail, ways=ways)).result == "pass"


def test_a_changed_body_fails() -> None:
    found = verify(sign().replace(b"see you", b"see me"))
    assert (found.result, found.reason) == ("fail", "the body was changed after signing")


def test_a_changed_signed_field_fails() -> None:
    found = verify(sign().replace(b"Hello", b"Hallo"))
    assert (found.result, found.reason) == (
        "fail",
        "the signature does not match the header fields",
    )


def test_an_added_unsigned_field_changes_nothing() -> None:
    assert verify(b"Received: from x by y\r\n" + sign()).result == "pass"


def test_relaxed_survives_reformatting_and_simple_does_not() -> None:
    def changed(mail: bytes) -> bytes:
        return mail.replace(b"To: bob", b"TO:   bob").replace(b"Hi  Bob, ", b"Hi Bob,")

    assert verify(changed(sign())).result == "pass"
    assert verify(changed(sign(ways=(b"simple", b"simple")))).result == "fail"


def test_a_second_from_field_is_not_signed() -> None:
    found = verify(b"From: evil@evil.test\r\n" + sign(include=[b"from", b"to"]))
    assert (found.result, found.from_signed) == ("pass", False)


def test_from_named_once_more_than_it_stands_is_signed_for_good() -> None:
    signed = sign(include=[b"from", b"from", b"subject"])
    assert verify(signed).from_signed
    assert verify(b"From: evil@evil.test\r\n" + signed).result == "fail"


def test_a_body_length_leaves_the_rest_open() -> None:
    found = verify(sign(length=True) + b"an addition\r\n")
    assert found.result == "pass"
    assert found.body_length is not None
    assert found.body_unsigned_octets > 0


def test_a_body_shorter_than_its_length_is_a_permanent_error() -> None:
    signed = sign(length=True)
    assert verify(signed[: signed.index(b"see you")]).result == "permerror"


def test_a_missing_key_is_permanent_and_a_failing_dns_temporary() -> None:
    assert verify(sign(), Zones({})).result == "permerror"
    failing = Zones({}, failing=["s1._domainkey.example.test"])
    assert verify(sign(), failing).result == "temperror"


@pytest.mark.parametrize(
    "record",
    [
        "v=DKIM1; p=",
        f"v=DKIM1; h=sha1; p={RSA_P}",
        f"v=DKIM1; s=other; p={RSA_P}",
        f"v=DKIM1; k=ed25519; p={ED_P}",
        "v=DKIM1; p=nonsense",
    ],
    # Keys are made anew in each process, so they cannot stand in the tests' names.
    ids=["revoked", "another hash", "another service", "another type", "nonsense"],
)
def test_a_key_that_must_not_be_used_is_a_permanent_error(record: str) -> None:
    zones = Zones({"s1._domainkey.example.test": {"TXT": [record]}})
    assert verify(sign(), zones).result == "permerror"


def test_a_strict_key_refuses_an_identity_below_the_domain() -> None:
    signed = sign(identity=b"ann@sub.example.test")
    strict = Zones({"s1._domainkey.example.test": {"TXT": [f"v=DKIM1; t=s; p={RSA_P}"]}})
    assert verify(signed).result == "pass"
    assert verify(signed, strict).result == "permerror"


def test_a_testing_key_is_marked() -> None:
    zones = Zones({"s1._domainkey.example.test": {"TXT": [f"v=DKIM1; t=y; p={RSA_P}"]}})
    found = verify(sign(), zones)
    assert (found.result, found.testing) == ("pass", True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"v=1", b"v=2"),
        (rb"v=1; ", b""),
        (rb"a=rsa-sha256", b"a=rsa-sha1"),
        (rb"c=relaxed/relaxed", b"c=nowsp"),
        (rb"d=example.test", b"d="),
        (rb" d=example.test;", b""),
        (rb"s=s1", b"s="),
        (rb"s=s1", b"s=a b"),
        (rb"q=dns/txt", b"q=http"),
        (rb"q=dns/txt", b"i=a@other.test"),
        (rb"q=dns/txt", b"i=a@notexample.test"),
        (rb"q=dns/txt", b"i=example.test"),
        (rb"q=dns/txt", b"l=-1"),
        (rb"q=dns/txt", b"l=1; l=1"),
        (rb"q=dns/txt", b"x=1"),
        (rb" h=[^;]*;", b" h=to;"),
        (rb" bh=[^;]*;", b" bh=*;"),
        (rb" b=", b" b=*"),
    ],
)
def test_a_signature_with_a_fault_is_a_permanent_error(old: bytes, new: bytes) -> None:
    assert verify(tampered(old, new)).result == "permerror"


@pytest.mark.parametrize(
    ("now_s", "result", "expired"),
    [(None, "pass", False), (10, "pass", False), (11, "fail", True)],
)
def test_expiry_is_judged_by_the_given_time_only(
    now_s: int | None, result: str, expired: bool
) -> None:
    found = verify(signed_until(10), now_s=now_s)
    assert (found.signed_at_s, found.expires_at_s) == (5, 10)
    assert (found.result, found.expired) == (result, expired)


@pytest.mark.parametrize("expires_at_s", [4, 5])
def test_an_expiry_that_is_not_after_the_signing_is_a_permanent_error(expires_at_s: int) -> None:
    assert verify(signed_until(expires_at_s)).result == "permerror"


def test_a_domain_written_in_its_own_letters_is_asked_for_in_its_ascii_form() -> None:
    tags = "d=bücher.test; i=jörg@news.bücher.test".encode()
    found = verify(
        signed_with(tags),
        Zones({"ed._domainkey.xn--bcher-kva.test": {"TXT": [f"v=DKIM1; k=ed25519; p={ED_P}"]}}),
    )
    assert (found.result, found.domain) == ("pass", "xn--bcher-kva.test")
    assert found.identity_domain == "news.xn--bcher-kva.test"


@pytest.mark.parametrize("tags", ["d=example.test; l=²", "d=ex\u00admple\u2028.test"])
def test_letters_outside_ascii_where_none_belong_are_a_permanent_error(tags: str) -> None:
    assert verify(signed_with(tags.encode())).result == "permerror"


def test_each_signature_has_its_own_verdict() -> None:
    one = sign()
    two = sign(one, algorithm=b"ed25519-sha256")
    broken = two.replace(b"s=s1", b"s=s2")
    results = [each.result for each in run(verify_message(two), Zones(KEYS))]
    assert results == ["pass", "pass"]
    results = [each.result for each in run(verify_message(broken), Zones(KEYS))]
    assert results == ["pass", "permerror"]


def test_without_signature_there_is_no_verdict_and_no_question() -> None:
    zones = Zones(KEYS)
    assert run(verify_message(MAIL), zones) == ()
    assert zones.asked == []


def test_many_signatures_are_bounded() -> None:
    header = sign()[: -len(MAIL)]
    verdicts = run(verify_message(header * 40 + MAIL), Zones(KEYS))
    assert [each.result for each in verdicts] == ["pass"] * 16 + ["permerror"] * 24


async def test_keys_of_all_signatures_are_asked_for_at_once() -> None:
    zones = Zones(KEYS)
    mail = sign(sign(), algorithm=b"ed25519-sha256")
    verdicts = await arun(verify_message(mail), zones.later)
    assert [each.result for each in verdicts] == ["pass", "pass"]
    assert len(zones.asked) == 2


def test_the_verdict_can_be_written_as_plain_data() -> None:
    assert asdict(verify(sign()))["result"] == "pass"


@pytest.mark.parametrize(
    "tags", [b"d=example.test.", b"d=test", b"d=example.test; i=@ example.test"]
)
def test_a_domain_that_the_grammar_does_not_know_makes_the_signature_invalid(tags: bytes) -> None:
    assert verify(signed_with(tags)).result == "permerror"
