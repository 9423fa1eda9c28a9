"""Whether keys and signatures are strong enough."""

from __future__ import annotations

import pytest

from launchready.checks.tls.strength import (
    certificate_unsupported_algorithm,
    certificate_weak_key,
    certificate_weak_signature,
)
from launchready.finding import Severity
from tests.checks.tls.making import certificate, handshake, issuer
from tests.making import outcome


def test_a_weak_issuer_that_openssl_passes_over_is_a_risk() -> None:
    weak = issuer(signature_hash="sha1")
    found = outcome(certificate_weak_signature, handshake(chain=(certificate(), weak)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    short = issuer(key_type="RSA", key_bits=1024)
    found = outcome(certificate_weak_key, handshake(chain=(certificate(), short)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_a_roots_own_signature_does_not_count() -> None:
    root = issuer(signature_hash="sha1", self_signed=True)
    shown = handshake(chain=(certificate(), root))
    assert outcome(certificate_weak_signature, shown).status == "passed"


@pytest.mark.parametrize(
    ("key_type", "bits", "status"),
    [
        ("RSA", 2047, "failed"), ("RSA", 2048, "passed"), ("EC", 192, "failed"),
        ("EC", 224, "passed"), ("Ed25519", 256, "passed"), ("DSA", 1024, "failed"),
    ],
)  # fmt: skip
def test_a_key_is_weak_below_its_kinds_limit(key_type: str, bits: int, status: str) -> None:
    shown = handshake(chain=(certificate(key_type=key_type, key_bits=bits),))
    assert outcome(certificate_weak_key, shown).status == status


def test_an_issuer_whose_signature_browsers_cannot_verify_is_a_risk() -> None:
    odd = issuer(signature_algorithm="ed25519", signature_hash="")
    found = outcome(certificate_unsupported_algorithm, handshake(chain=(certificate(), odd)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == "CN=R11: ed25519"


def test_a_key_that_cannot_be_read_proves_nothing() -> None:
    shown = handshake(chain=(certificate(key_type="", key_bits=0),))
    found = outcome(certificate_unsupported_algorithm, shown)
    assert found.status == "unknown"
    assert found.how_to_prove
