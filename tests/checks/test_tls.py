"""The checks of the TLS family: pass, fail, unknown, and folding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from launchready.checks.tls.certificate import (
    certificate_chain_incomplete,
    certificate_expired,
    certificate_expires_soon,
    certificate_not_yet_valid,
    certificate_untrusted,
    certificate_wrong_host,
)
from launchready.checks.tls.hsts import (
    hsts_breaks_subdomain,
    hsts_malformed,
    hsts_missing,
    hsts_too_short,
)
from launchready.checks.tls.strength import (
    certificate_unsupported_algorithm,
    certificate_weak_key,
    certificate_weak_signature,
)
from launchready.checks.tls.versions import https_refused, old_tls_accepted
from launchready.facts import Fact, Gap, Key, host_subject
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange, HostAnswers
from launchready.facts.tls import (
    Certificate,
    CoveredName,
    Handshake,
    HstsReach,
    OldProtocols,
    OtherAnswer,
    Trust,
)
from launchready.facts.ways import Entrance
from launchready.finding import Check, Outcome, Severity
from launchready.judge import judge
from launchready.verdict import decide
from tests.making import AT, DOMAIN, HOST, declared, exchange, gap, outcome, walk

DAY = timedelta(days=1)


OF_TRUST: dict[Trust, Check] = {
    "untrusted": certificate_untrusted,
    "wrong-host": certificate_wrong_host,
    "expired": certificate_expired,
    "not-yet-valid": certificate_not_yet_valid,
    "incomplete": certificate_chain_incomplete,
    "weak-key": certificate_weak_key,
    "weak-signature": certificate_weak_signature,
    "unsupported-algorithm": certificate_unsupported_algorithm,
}


EVERY = [*OF_TRUST.values(), https_refused, certificate_expires_soon]


def certificate(*, days_left: float = 60, lifetime_days: float = 90, **more: object) -> Certificate:
    values: dict[str, object] = {
        "subject": "CN=example.org", "issuer": "CN=R11,O=Let's Encrypt",
        "issuer_organization": "Let's Encrypt", "names": ("example.org",), "names_total": 1,
        "key_type": "EC", "key_bits": 256, "signature_hash": "sha256", "self_signed": False,
        "fingerprint_sha256": "00",
    }  # fmt: skip
    values |= more
    end = AT + days_left * DAY
    return Certificate(not_before=end - lifetime_days * DAY, not_after=end, **values)  # type: ignore[arg-type]


def handshake(trust: Trust | None = "trusted", **more: object) -> Handshake:
    values: dict[str, object] = {
        "accepted": True, "trust": trust, "chain": (certificate(), issuer()),
        "protocol": "TLSv1.3", "address": "203.0.113.5",
        "trust_detail": "" if trust == "trusted" else f"it is {trust}",
    }  # fmt: skip
    values |= more
    return Handshake(subject=HOST, at=AT, how="test", **values)  # type: ignore[arg-type]


def issuer(**more: Any) -> Certificate:
    return certificate(subject="CN=R11", issuer="CN=ISRG Root X1", names=(), **more)


def refused() -> Handshake:
    return handshake(None, accepted=False, refusal="nothing listens on port 443", chain=())


def root_ids(*found: Fact | Gap) -> list[str]:
    observed = {f.key: f for f in (declared(), *found)}
    checks = [*EVERY, old_tls_accepted, hsts_missing, hsts_breaks_subdomain]
    verdict = decide(observed, observed, judge(checks, observed))
    return [f.check.id for f in verdict.findings]


@pytest.mark.parametrize(("trust", "check"), OF_TRUST.items())
def test_each_fault_of_a_certificate_fails_its_own_check(trust: Trust, check: Check) -> None:
    found = outcome(check, handshake(trust))
    assert found.status == "failed"
    assert found.severity is Severity.BLOCKER
    assert found.detail == f"it is {trust}"
    assert (Handshake, trust) in check.prevents


@pytest.mark.parametrize(("trust", "check"), OF_TRUST.items())
def test_each_fault_of_a_certificate_is_one_root_cause(trust: Trust, check: Check) -> None:
    assert root_ids(handshake(trust)) == [check.id]


@pytest.mark.parametrize("check", OF_TRUST.values())
def test_a_trusted_certificate_passes(check: Check) -> None:
    assert outcome(check, handshake()).status == "passed"


@pytest.mark.parametrize("check", EVERY)
def test_a_handshake_that_was_not_observed_leaves_it_unknown(check: Check) -> None:
    because = Key(Resolution, HOST)
    found = outcome(check, gap(Handshake, HOST, because=because))
    assert found.status == "unknown"
    assert found.because == Key(Handshake, HOST)


@pytest.mark.parametrize("check", OF_TRUST.values())
def test_a_certificate_that_was_not_shown_is_not_judged(check: Check) -> None:
    assert outcome(check, refused()).status == "not_applicable"


@pytest.mark.parametrize("check", OF_TRUST.values())
def test_a_certificate_that_nobody_judged_is_no_pass(check: Check) -> None:
    assert outcome(check, handshake(None)).status == "unknown"


def test_an_expired_certificate_of_another_host_is_one_thing_to_fix() -> None:
    found = handshake("wrong-host", further=("expired",), chain=(certificate(days_left=-1),))
    assert outcome(certificate_expired, found).status == "failed"
    assert root_ids(found) == ["certificate-wrong-host"]


def test_a_missing_issuer_beside_an_expired_certificate_is_a_thing_of_its_own() -> None:
    found = handshake("expired", further=("incomplete",), chain=(certificate(days_left=-1),))
    assert sorted(root_ids(found)) == ["certificate-chain-incomplete", "certificate-expired"]


def test_how_many_addresses_show_the_fault_is_told() -> None:
    others = (
        OtherAnswer(address="203.0.113.6", accepted=True, trust="trusted"),
        OtherAnswer(address="203.0.113.7", accepted=True, trust="expired"),
    )
    found = outcome(certificate_expired, handshake("expired", others=others))
    assert found.failure is not None
    assert found.failure.evidence == "at 203.0.113.5 (2 of 3 addresses)"


def test_a_closed_port_443_is_a_blocker() -> None:
    found = outcome(https_refused, refused())
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "nothing listens on port 443"
    assert (Handshake, "refused") in https_refused.prevents


def test_an_open_port_443_passes() -> None:
    assert outcome(https_refused, handshake()).status == "passed"


def test_one_dead_address_of_several_is_a_risk() -> None:
    dead = OtherAnswer(address="203.0.113.6", accepted=False, trust=None, detail="closed")
    found = outcome(https_refused, handshake(others=(dead,)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == "1 of 2 addresses refuse HTTPS"


def soon(days_left: float, toml: str = "", **more: object) -> Outcome:
    text = f'[launch]\ndomain = "example.org"\n{toml}'
    shown = handshake(chain=(certificate(days_left=days_left, **more),))  # type: ignore[arg-type]
    return outcome(certificate_expires_soon, shown, declared(text))


def test_a_certificate_that_expires_on_the_threshold_day_passes() -> None:
    assert soon(21).status == "passed"


def test_a_certificate_one_second_past_the_threshold_is_a_risk() -> None:
    found = soon(21 - 1 / 86400)
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == "20 days left"
    assert found.failure is not None
    assert found.failure.wanted == "21 days"


def test_a_certificate_with_exactly_seven_days_left_is_a_risk() -> None:
    assert soon(7).severity is Severity.RISK


def test_a_certificate_with_less_than_seven_days_left_is_a_blocker() -> None:
    found = soon(7 - 1 / 86400)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_a_certificate_of_the_last_day_tells_the_hours() -> None:
    assert soon(0.5).detail == "12 hours left"


def test_an_expired_certificate_does_not_expire_soon() -> None:
    assert soon(-0.1).status == "not_applicable"


def test_the_threshold_is_the_manifests() -> None:
    assert soon(30, "[budgets]\nexpires_soon_days = 40\n").status == "failed"
    assert soon(10, "[budgets]\nexpires_soon_days = 5\n").status == "passed"


def test_a_short_test_certificate_is_held_to_the_whole_threshold() -> None:
    assert soon(5, lifetime_days=6).severity is Severity.BLOCKER


def test_a_public_short_lived_certificate_is_held_to_a_third_of_its_life() -> None:
    assert soon(5, lifetime_days=6.67, logged=True).status == "passed"
    assert soon(2, lifetime_days=6.67, logged=True).severity is Severity.RISK
    assert soon(0.5, lifetime_days=6.67, logged=True).severity is Severity.BLOCKER


def test_a_public_certificate_of_ninety_days_is_held_to_the_whole_threshold() -> None:
    assert soon(20.9, lifetime_days=90, logged=True).status == "failed"


def test_an_untrusted_certificate_that_expires_soon_is_one_thing_to_fix() -> None:
    found = handshake("untrusted", chain=(certificate(days_left=3),))
    assert root_ids(found) == ["certificate-untrusted"]


def old(tls10: bool | None, tls11: bool | None) -> OldProtocols:
    return OldProtocols(subject=HOST, at=AT, how="test", tls10=tls10, tls11=tls11)


@pytest.mark.parametrize(
    ("tls10", "tls11", "status"),
    [
        (True, True, "failed"), (False, True, "failed"), (None, True, "failed"),
        (False, False, "passed"), (None, False, "unknown"), (False, None, "unknown"),
        (None, None, "unknown"),
    ],
)  # fmt: skip
def test_old_versions_are_judged_together(
    tls10: bool | None, tls11: bool | None, status: str
) -> None:
    assert outcome(old_tls_accepted, old(tls10, tls11), handshake()).status == status


def test_only_the_accepted_version_is_named() -> None:
    found = outcome(old_tls_accepted, old(False, True), handshake())
    assert found.detail == "TLS 1.1 accepted"


def test_a_server_of_old_versions_only_is_one_thing_to_fix() -> None:
    assert root_ids(old(True, True), refused()) == ["https-refused"]


def test_old_versions_that_were_not_observed_are_unknown() -> None:
    found = outcome(old_tls_accepted, gap(OldProtocols, HOST), handshake())
    assert found.status == "unknown"


def answer(
    value: str | tuple[str, ...] | None, url: str = "https://example.org/", **more: object
) -> Exchange:
    values = (value,) if isinstance(value, str) else value or ()
    return exchange(url, headers=tuple(("Strict-Transport-Security", v) for v in values), **more)  # type: ignore[arg-type]


def entrance(*https: Exchange, http: Exchange | None = None, **more: object) -> Entrance:
    values: dict[str, object] = {
        "https_root": walk(*https) if https else None,
        "http_root": walk(http) if http else None, "http_deep": None, "https_deep": None,
        "deep_path": "/x", "deep_query": "", "http_closed": False,
    }  # fmt: skip
    values |= more
    return Entrance(subject=HOST, at=AT, how="test", **values)  # type: ignore[arg-type]


def hsts(check: Check, *found: Fact | Gap) -> Outcome:
    return outcome(check, *found, handshake())


def test_hsts_of_a_year_passes() -> None:
    sent = entrance(answer("max-age=31536000"))
    assert hsts(hsts_missing, sent).status == "passed"
    assert outcome(hsts_malformed, sent).status == "passed"
    assert outcome(hsts_too_short, sent).status == "passed"


def test_no_hsts_is_a_risk() -> None:
    found = hsts(hsts_missing, entrance(answer(None)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_hsts_over_http_only_does_not_count() -> None:
    over_http = answer("max-age=31536000", "http://example.org/")
    found = hsts(hsts_missing, entrance(answer(None), http=over_http))
    assert found.status == "failed"
    assert "over HTTP browsers ignore it" in found.detail


def test_hsts_of_another_host_on_the_way_does_not_count() -> None:
    here = exchange(status=301, headers={"Location": "https://www.example.org/"})
    there = answer("max-age=31536000", "https://www.example.org/")
    assert hsts(hsts_missing, entrance(here, there)).status == "failed"


def test_hsts_on_a_later_page_of_the_same_host_counts() -> None:
    here = exchange(status=302, headers={"Location": "/home"})
    there = answer("max-age=31536000", "https://example.org/home")
    assert hsts(hsts_missing, entrance(here, there)).status == "passed"


def test_max_age_of_zero_switches_hsts_off() -> None:
    found = hsts(hsts_missing, entrance(answer("max-age=0")))
    assert found.status == "failed"
    assert "switched off" in found.detail


def test_hsts_is_not_judged_by_a_servers_error() -> None:
    owed = Key(HostAnswers, HOST)
    found = hsts(hsts_missing, entrance(exchange(status=503), because=owed))
    assert (found.status, found.because) == ("unknown", owed)


def test_hsts_is_not_judged_where_everything_is_refused() -> None:
    assert hsts(hsts_missing, entrance(exchange(status=403))).status == "unknown"


def test_hsts_on_a_servers_error_counts() -> None:
    fields = {"Strict-Transport-Security": "max-age=31536000"}
    assert hsts(hsts_missing, entrance(exchange(status=503, headers=fields))).status == "passed"


def test_an_entrance_that_did_not_answer_leaves_hsts_unknown() -> None:
    assert hsts(hsts_missing, entrance(trouble="no answer")).status == "unknown"
    assert hsts(hsts_missing, gap(Entrance, HOST)).status == "unknown"
    assert outcome(hsts_malformed, gap(Entrance, HOST)).status == "unknown"
    assert outcome(hsts_too_short, gap(Entrance, HOST)).status == "unknown"


def test_a_challenge_page_leaves_hsts_unknown() -> None:
    assert hsts(hsts_missing, entrance(answer(None, challenge="a guard"))).status == "unknown"


def test_refused_https_has_no_hsts_to_miss() -> None:
    assert outcome(hsts_missing, entrance(), refused()).status == "not_applicable"


@pytest.mark.parametrize(
    "value",
    [
        "max-age", "max-age=", "max-age=a year", "max-age=-1", "includeSubDomains", "", "   ",
        "max-age=31536000; max-age=1", "max-age=31536000; includeSubDomains=yes",
        "max-age=31536000, includeSubDomains", 'max-age="31536000', "31536000",
        "max-age=31536000; MAX-AGE=31536000",
    ],
)  # fmt: skip
def test_a_header_that_browsers_ignore_is_malformed_and_nothing_else(value: str) -> None:
    sent = entrance(answer(value))
    assert outcome(hsts_malformed, sent).status == "failed"
    assert hsts(hsts_missing, sent).status == "passed"
    assert outcome(hsts_too_short, sent).status == "not_applicable"


@pytest.mark.parametrize(
    "value",
    [
        "max-age=31536000", 'max-age="31536000"', "MAX-AGE=31536000 ; includesubdomains",
        ";max-age=31536000;;", "max-age=31536000; preload; future=1", "max-age = 31536000",
        'max-age=31536000; note="a;b"',
    ],
)  # fmt: skip
def test_a_header_by_the_rfcs_grammar_is_read(value: str) -> None:
    assert outcome(hsts_malformed, entrance(answer(value))).status == "passed"


def test_only_the_first_of_several_headers_counts() -> None:
    sent = entrance(answer(("max-age=300", "max-age=31536000")))
    assert outcome(hsts_too_short, sent).status == "failed"
    assert outcome(hsts_malformed, sent).status == "passed"


@pytest.mark.parametrize(
    ("seconds", "status"), [(180 * 86400, "passed"), (180 * 86400 - 1, "failed")]
)
def test_hsts_is_too_short_below_180_days(seconds: int, status: str) -> None:
    assert outcome(hsts_too_short, entrance(answer(f"max-age={seconds}"))).status == status


def test_hsts_of_minutes_is_a_risk_and_of_weeks_advice() -> None:
    assert outcome(hsts_too_short, entrance(answer("max-age=300"))).severity is Severity.RISK
    weeks = entrance(answer("max-age=2592000"))
    assert outcome(hsts_too_short, weeks).severity is Severity.ADVICE


COVERING = "max-age=31536000; includeSubDomains"


def reach(*names: CoveredName) -> HstsReach:
    return HstsReach(subject=HOST, at=AT, how="test", names=names)


def covered(trouble: str = "", **more: object) -> CoveredName:
    values: dict[str, object] = {"declared": True} | more
    return CoveredName(name="old.example.org", trouble=trouble, **values)  # type: ignore[arg-type]


def breaks(value: str | None, *names: CoveredName) -> Outcome:
    return outcome(hsts_breaks_subdomain, entrance(answer(value)), reach(*names))


def test_a_declared_name_without_https_under_covering_hsts_is_a_blocker() -> None:
    found = breaks(COVERING, covered("nothing listens on port 443"))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert "old.example.org" in found.detail


def test_a_name_found_in_the_dns_without_https_under_covering_hsts_is_a_risk() -> None:
    found = breaks(COVERING, covered("closed", declared=False))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_names_that_can_follow_pass() -> None:
    assert breaks(COVERING, covered()).status == "passed"


@pytest.mark.parametrize("value", ["max-age=31536000", "max-age=0; includeSubDomains", None])
def test_hsts_that_covers_no_subdomains_breaks_none(value: str | None) -> None:
    assert breaks(value, covered("closed")).status == "not_applicable"


def test_names_that_were_not_observed_leave_it_unknown() -> None:
    found = outcome(hsts_breaks_subdomain, entrance(answer(COVERING)), gap(HstsReach, HOST))
    assert found.status == "unknown"


def test_a_web_host_that_refuses_https_is_the_one_root_cause() -> None:
    below = host_subject("old.example.org", DOMAIN)
    dead = Handshake(subject=below, at=AT, how="test", accepted=False, refusal="closed")
    names = reach(covered("closed", because=dead.key))
    roots = root_ids(entrance(answer(COVERING)), names, handshake(), dead)
    assert roots == ["https-refused"]


def test_every_failure_says_how_to_see_it() -> None:
    facts: Mapping[Check, tuple[Fact, ...]] = {
        **{check: (handshake(trust),) for trust, check in OF_TRUST.items()},
        https_refused: (refused(),),
        old_tls_accepted: (old(True, True), handshake()),
        hsts_missing: (entrance(answer(None)), handshake()),
    }
    for check, found in facts.items():
        failure = outcome(check, *found).failure
        assert failure is not None
        assert "example.org" in failure.see
        assert failure.means
        assert failure.fix
