"""Certificates read: names matched as browsers do, broken ones survived."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.tls.certificate import (
    alternative_names,
    is_self_signed,
    issuer_of,
    issuer_urls,
    load,
    matches,
    path,
    read,
)
from launchready.derive.tls.trust import judge_hello
from launchready.facts.tls import Hello
from tests.collect.certificates import authority, leaf

ROOT = authority("Quay Root")
ISSUING = authority("Quay Issuing", ROOT)
LEAF = leaf("example.org", "*.example.org", "192.0.2.1", by=ISSUING, issuer_url="http://a.test/0")


@pytest.mark.parametrize(
    ("host", "names", "expected"),
    [
        ("example.org", ["example.org"], True),
        ("example.org", ["EXAMPLE.org."], True),
        ("app.example.org", ["*.example.org"], True),
        ("example.org", ["*.example.org"], False),
        ("a.b.example.org", ["*.example.org"], False),
        ("app.example.org", ["a*.example.org"], False),
        ("app.example.org", ["*pp.example.org"], False),
        ("app.example.org", ["*"], False),
        ("example.org", ["*.org"], False),
        ("app.example.org", ["app.*.org"], False),
        ("192.0.2.1", ["192.0.2.1"], True),
        ("192.0.2.1", ["*.0.2.1"], False),
        ("example.org", [], False),
        ("example.org", [""], False),
    ],
)
def test_a_host_matches_a_name_or_one_whole_label_of_a_wildcard(
    host: str, names: list[str], expected: bool
) -> None:
    assert matches(host, names) is expected


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=5))
def test_any_text_can_be_matched(host: str, names: list[str]) -> None:
    assert matches(host, names) in {True, False}


def test_what_stands_in_a_certificate_is_read() -> None:
    found = read(LEAF.der)
    assert found.names == ("example.org", "*.example.org", "192.0.2.1")
    assert (found.key_type, found.key_bits, found.signature_hash) == ("EC", 256, "sha256")
    assert (found.subject, found.issuer) == ("CN=example.org", "CN=Quay Issuing")
    assert not found.self_signed
    assert not found.logged


def test_a_root_is_self_signed_and_an_intermediate_is_not() -> None:
    assert is_self_signed(ROOT.certificate)
    assert not is_self_signed(ISSUING.certificate)


def test_an_authority_with_the_roots_name_but_another_key_issued_nothing() -> None:
    impostor = authority("Quay Root")
    assert issuer_of(ISSUING.certificate, [impostor.certificate]) is None
    assert issuer_of(ISSUING.certificate, [impostor.certificate, ROOT.certificate]) == (
        ROOT.certificate
    )


def test_the_path_is_found_in_any_order() -> None:
    certificate = load(LEAF.der)
    assert certificate is not None
    chain = [certificate, ROOT.certificate, ISSUING.certificate]
    assert path(chain) == (certificate, ISSUING.certificate, ROOT.certificate)


def test_where_the_issuer_lies_is_read() -> None:
    certificate = load(LEAF.der)
    assert certificate is not None
    assert issuer_urls(certificate) == ("http://a.test/0",)
    assert issuer_urls(ROOT.certificate) == ()


@given(st.binary(max_size=500))
def test_any_bytes_can_be_read(der: bytes) -> None:
    found = read(der)
    assert found.names == ()
    assert len(found.fingerprint_sha256) == 64


@given(
    st.integers(min_value=0, max_value=len(LEAF.der) - 1), st.integers(min_value=0, max_value=255)
)
def test_a_certificate_with_any_byte_changed_is_survived(position: int, value: int) -> None:
    der = bytearray(LEAF.der)
    der[position] = value
    found = read(bytes(der))
    assert found.names_total >= len(found.names)
    certificate = load(bytes(der))
    assert isinstance(alternative_names(certificate), tuple)
    if certificate is not None:
        assert isinstance(issuer_urls(certificate), tuple)
        assert path([certificate, ISSUING.certificate])[0] == certificate


@given(
    st.integers(min_value=0, max_value=len(LEAF.der) - 1),
    st.integers(min_value=0, max_value=255),
    st.integers(min_value=-1, max_value=100),
)
def test_a_broken_certificate_is_judged_as_openssl_said(
    position: int, value: int, code: int
) -> None:
    der = bytearray(LEAF.der)
    der[position] = value
    hello = Hello(
        address="192.0.2.1", answer="rejected", message="refused", verify_code=code,
        chain_der=(bytes(der),),
    )  # fmt: skip
    judged = judge_hello("example.org", hello, datetime.now(UTC))
    assert judged.accepted
    assert judged.trust not in {None, "trusted"}
    assert judged.detail
