"""CAA records that forbid, or hide whether they allow, the next certificate."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.checks.dns.issuing import caa_broken, caa_forbids_issuer
from launchready.derive.tls.authorities import allowed_issuers, caa_names
from launchready.facts.dns import Caa, CaaRecord
from launchready.facts.tls import Handshake
from launchready.finding import Severity
from tests.checks.dns.making import APP, caa, handshake
from tests.making import gap, outcome

ALLOWS = ("issue", "letsencrypt.org")


def test_without_caa_records_every_authority_may_issue() -> None:
    assert outcome(caa_forbids_issuer, caa(), handshake()).status == "passed"


@pytest.mark.parametrize(
    "value",
    [
        "letsencrypt.org",
        "LetsEncrypt.org",
        "letsencrypt.org; validationmethods=dns-01",
        "letsencrypt.org; a = b; c-d=https://acme.example/1;",
    ],
)
def test_the_issuer_that_is_named_may_issue(value: str) -> None:
    assert outcome(caa_forbids_issuer, caa(("issue", value)), handshake()).status == "passed"


def test_another_authority_only_is_a_risk() -> None:
    found = outcome(caa_forbids_issuer, caa(("issue", "digicert.com")), handshake())
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert 'example.org. 3600 IN CAA 0 issue "letsencrypt.org"' in found.failure.fix[0]


@pytest.mark.parametrize(
    "value", [";", "", " ; ", "%%%%%", "letsencrypt.org; %%%", "letsencrypt.org; a=b; c"]
)
def test_nobody_at_all_may_issue(value: str) -> None:
    found = outcome(caa_forbids_issuer, caa(("issue", value)), handshake("Unheard Of CA"))
    assert found.detail == "nobody may issue"


def test_a_critical_property_that_is_not_known_forbids_every_authority() -> None:
    found = outcome(caa_forbids_issuer, caa(ALLOWS, (128, "tbs", "x")), handshake())
    assert found.status == "failed"


def test_properties_that_do_not_limit_issuing_allow_all() -> None:
    found = outcome(caa_forbids_issuer, caa(("iodef", "mailto:a@example.org")), handshake())
    assert found.status == "passed"


def test_issuewild_counts_for_a_wildcard_certificate() -> None:
    records = caa(ALLOWS, ("issuewild", ";"))
    wild = handshake(names=["*.example.org"])
    assert outcome(caa_forbids_issuer, records, wild).status == "failed"
    assert outcome(caa_forbids_issuer, records, handshake()).status == "passed"


def test_a_public_authority_whose_caa_name_is_not_known_is_unknown() -> None:
    assert outcome(caa_forbids_issuer, caa(ALLOWS), handshake("Novel Trust")).status == "unknown"


def test_an_authority_of_ones_own_is_not_bound_by_caa() -> None:
    own = handshake("Our Own CA", logged=False)
    assert outcome(caa_forbids_issuer, caa(ALLOWS), own).status == "not_applicable"


def test_without_handshake_or_caa_it_is_unknown() -> None:
    assert outcome(caa_forbids_issuer, caa(ALLOWS), gap(Handshake, APP)).status == "unknown"
    assert outcome(caa_forbids_issuer, gap(Caa, APP), handshake()).status == "unknown"


def test_a_host_without_tls_has_no_issuer() -> None:
    closed = Handshake(subject=APP, at=handshake().at, how="test", accepted=False)
    assert outcome(caa_forbids_issuer, caa(ALLOWS), closed).status == "not_applicable"


def test_caa_records_that_are_answered_are_not_broken() -> None:
    assert outcome(caa_broken, caa()).status == "passed"


def test_a_caa_look_up_that_fails_is_a_risk() -> None:
    found = outcome(caa_broken, caa(trouble="app.example.org: SERVFAIL"))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    broken = outcome(caa_forbids_issuer, caa(trouble="x"), handshake())
    assert broken.status == "not_applicable"


def test_caa_that_could_not_be_asked_is_unknown() -> None:
    assert outcome(caa_broken, gap(Caa, APP)).status == "unknown"


@pytest.mark.parametrize(
    ("organization", "name"),
    [
        ("Let's Encrypt", "letsencrypt.org"),
        ("Google Trust Services LLC", "pki.goog"),
        ("DigiCert Inc", "digicert.com"),
        ("Sectigo Limited", "sectigo.com"),
        ("Amazon", "amazon.com"),
        ("GoDaddy.com, Inc.", "godaddy.com"),
        ("GlobalSign nv-sa", "globalsign.com"),
        ("Cloudflare, Inc.", "letsencrypt.org"),
        ("SSL Corporation", "ssl.com"),
        ("Microsoft Corporation", "microsoft.com"),
    ],
)
def test_well_known_authorities_are_known_by_their_caa_names(organization: str, name: str) -> None:
    assert name in caa_names(organization)


def test_an_unknown_organization_has_no_caa_name() -> None:
    assert caa_names("Example Amusements") == ()


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            CaaRecord,
            owner=st.just("example.org"),
            flags=st.integers(0, 255),
            tag=st.sampled_from(["issue", "issuewild", "iodef", "unknown"]),
            value=st.text(max_size=40),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_whatever_stands_in_caa_records_the_allowed_are_names(
    records: list[CaaRecord], wildcard: bool
) -> None:
    allowed = allowed_issuers(records, wildcard=wildcard)
    assert allowed is None or all(a and ";" not in a and a == a.strip() for a in allowed)
