"""Whether receivers can verify signatures: each check passing, failing and not knowing."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from launchready.checks.mail.dkim import (
    dkim_key_broken,
    dkim_key_missing,
    dkim_key_revoked,
    dkim_key_weak,
    dkim_lookup_fails,
    dkim_missing,
    dkim_several_records,
    dkim_testing,
)
from launchready.checks.mail.dkim_algorithms import dkim_only_ed25519
from launchready.facts.mail import Dkim, Selectors
from launchready.finding import Check, Severity
from tests.checks.mail_making import DOMAIN_SUBJECT, dkim, selectors
from tests.making import gap, outcome


def rsa_record(bits: int, tags: str = "") -> str:
    der = rsa.generate_private_key(65537, bits).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    return f"v=DKIM1; k=rsa;{tags} p={base64.b64encode(der).decode()}"


GOOD = rsa_record(2048)
EDWARDS = base64.b64encode(ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw())
EVERY = (
    dkim_key_missing, dkim_several_records, dkim_key_revoked, dkim_key_broken, dkim_key_weak,
    dkim_testing, dkim_lookup_fails,
)  # fmt: skip


@pytest.mark.parametrize("record", [GOOD, f"v=DKIM1; k=ed25519; p={EDWARDS.decode()}"])
@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_good_key_passes(check: Check, record: str) -> None:
    assert outcome(check, dkim(record)).status == "passed"


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_selector_that_could_not_be_asked_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Dkim, dkim().subject)).status == "unknown"


@pytest.mark.parametrize("check", EVERY[:-1], ids=lambda c: c.id)
def test_a_failing_look_up_is_unknown_and_folds_under_its_own_finding(check: Check) -> None:
    fact = dkim(failing=True)
    found = outcome(check, fact)
    assert (found.status, found.because) == ("unknown", fact.key)


def test_a_failing_look_up_is_a_finding() -> None:
    assert outcome(dkim_lookup_fails, dkim(failing=True)).status == "failed"


def test_a_missing_key_is_a_blocker() -> None:
    found = outcome(dkim_key_missing, dkim())
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


@pytest.mark.parametrize("check", EVERY[1:-1], ids=lambda c: c.id)
def test_a_missing_key_is_one_finding_only(check: Check) -> None:
    assert outcome(check, dkim()).status == "not_applicable"


def test_a_selector_that_is_no_name_fails() -> None:
    found = outcome(dkim_key_missing, dkim(selector="a b"))
    assert found.status == "failed"


def test_two_keys_at_one_selector_fail() -> None:
    assert outcome(dkim_several_records, dkim([GOOD, GOOD + "; n=b"])).status == "failed"


def test_a_revoked_key_is_a_blocker_and_the_only_finding() -> None:
    fact = dkim("v=DKIM1; k=rsa; p=")
    assert outcome(dkim_key_revoked, fact).severity is Severity.BLOCKER
    assert outcome(dkim_key_broken, fact).status == "passed"
    assert outcome(dkim_key_weak, fact).status == "not_applicable"


@pytest.mark.parametrize(
    "record",
    [
        "v=DKIM1; k=rsa; p=bm90IGEga2V5",
        "v=DKIM1; k=rsa; p=%%%",
        "v=DKIM2; p=" + GOOD.partition("p=")[2],
        "k=rsa; v=DKIM1; p=" + GOOD.partition("p=")[2],
        GOOD.replace("k=rsa", "k=dsa"),
        GOOD.replace("k=rsa;", "k=rsa; h=sha1;"),
        GOOD.replace("k=rsa;", "k=rsa; s=other;"),
        "v=DKIM1; k=rsa",
        "v=DKIM1;; k=rsa; p=" + GOOD.partition("p=")[2],
    ],
)
def test_a_key_that_receivers_cannot_use_is_a_blocker(record: str) -> None:
    found = outcome(dkim_key_broken, dkim(record))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_a_key_of_1024_bits_is_a_risk_and_not_broken() -> None:
    fact = dkim(rsa_record(1024))
    found = outcome(dkim_key_weak, fact)
    assert (found.detail, found.severity) == ("1024 bits", Severity.RISK)
    assert outcome(dkim_key_broken, fact).status == "passed"


# 768 bits; no library makes so short a key any more.
SHORT = (
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAMQHf+2RmHn1Hd1z8SyD3iVCOwbl5dX/8fXCcxY1uqo4UEJ2xHb9F1xVtC0+"
    "ZkUEPyj5SgcHJVJ7ut6yMoCy5KmxFlXAZ1zUXf7rB8Ry3P5v4lN1wv0u1VxqCd4v3m3IVQIDAQAB"
)


def test_a_key_that_verifiers_refuse_is_a_blocker() -> None:
    fact = dkim(f"v=DKIM1; p={SHORT}")
    found = outcome(dkim_key_weak, fact)
    assert (found.detail, found.severity) == ("768 bits", Severity.BLOCKER)
    assert outcome(dkim_key_broken, fact).status == "passed"


def test_a_key_in_test_mode_fails_with_the_record_without_it() -> None:
    found = outcome(dkim_testing, dkim(GOOD.replace("k=rsa;", "k=rsa; t=y:s;")))
    assert found.failure is not None
    assert "; t=s; " in found.failure.fix[0]
    assert "y:s" not in found.failure.fix[0]


def test_declared_selectors_pass() -> None:
    assert outcome(dkim_missing, selectors(declared=["s1"])).status == "passed"


def test_a_selector_found_by_its_usual_name_passes() -> None:
    assert outcome(dkim_missing, selectors("google")).detail == "found: google"


def test_keys_under_unusual_selectors_are_unknown_with_the_way_to_prove_them() -> None:
    found = outcome(dkim_missing, selectors())
    assert found.status == "unknown"
    assert "DKIM-Signature" in found.how_to_prove


def test_no_key_at_all_is_a_blocker() -> None:
    found = outcome(dkim_missing, selectors(none_exist=True))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_selectors_that_could_not_be_looked_up_are_unknown() -> None:
    assert outcome(dkim_missing, selectors(trouble="SERVFAIL")).status == "unknown"
    assert outcome(dkim_missing, gap(Selectors, DOMAIN_SUBJECT)).status == "unknown"


@pytest.mark.parametrize("spoilt", ["k=rsa\\; p={p}", '"v=DKIM1; p={p}"', 'v=DKIM1\\; p="{p}"'])
def test_a_key_spoilt_by_quotes_or_backslashes_is_given_back_clean(spoilt: str) -> None:
    key = GOOD.rpartition("p=")[2]
    failure = outcome(dkim_key_broken, dkim(spoilt.replace("{p}", key))).failure
    assert failure is not None
    record = failure.fix[0].partition(" to: ")[2]
    assert outcome(dkim_key_broken, dkim(record)).status == "passed"


def test_a_selector_that_is_an_alias_of_nothing_is_told_as_one() -> None:
    found = outcome(dkim_key_missing, replace(dkim(), alias="gone.example.net"))
    assert "an alias of gone.example.net, where there is none" in found.detail
    assert found.failure is not None
    assert found.failure.fix[1].endswith("in place of the alias.")


YOUNG = f"v=DKIM1; k=ed25519; p={EDWARDS.decode()}"


def test_ed25519_alone_fails_where_the_selectors_are_declared() -> None:
    found = outcome(dkim_only_ed25519, selectors(declared=["s1"]), dkim(YOUNG))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_ed25519_beside_rsa_passes() -> None:
    keys = (dkim(YOUNG), dkim(GOOD, selector="s2"))
    assert outcome(dkim_only_ed25519, selectors(declared=["s1", "s2"]), *keys).status == "passed"


def test_ed25519_among_the_usual_selectors_leaves_the_others_unknown() -> None:
    assert outcome(dkim_only_ed25519, selectors("s1"), dkim(YOUNG)).status == "unknown"


def test_ed25519_beside_a_selector_that_fails_is_unknown() -> None:
    keys = (dkim(YOUNG), dkim(failing=True, selector="s2"))
    assert outcome(dkim_only_ed25519, selectors(declared=["s1", "s2"]), *keys).status == "unknown"


def test_without_a_usable_key_there_is_no_algorithm_to_judge() -> None:
    found = outcome(dkim_only_ed25519, selectors(declared=["s1"]), dkim("v=DKIM1; p="))
    assert found.status == "not_applicable"
