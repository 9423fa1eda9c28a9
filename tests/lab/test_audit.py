"""Whole audits over the lab: every fault is one finding, and the healthy hosts have none."""

import pytest

from launchready.audit import Audit
from launchready.facts.active import Throttling

from .audits import UPKEEP, Root, audited, consequences, looked_at, roots, unproven
from .servers import Lab
from .servers.web_hosts import HOSTS

pytestmark = pytest.mark.lab

_REDIRECTING = {"www"}
_APART = {"app", *_REDIRECTING}
_NAMED = "".join(f'[hosts."{h.name}"]\n' for h in HOSTS if h.label not in _APART)
_MAIL = """
[mail.domains."lab.test"]
sends = false
[mail.domains."brand.test"]
senders = ["203.0.113.25"]
selectors = ["s1", "ed"]
"""
_SITES = """
[launch]
domain = "lab.test"
[hosts."lab.test"]
redirects_to = "good.lab.test"
[hosts."www.lab.test"]
redirects_to = "good.lab.test"
"""
HEALTHY = f"""{_SITES}
[hosts."good.lab.test"]
[routes]
"good.lab.test/account" = "private"
"good.lab.test/events/" = "page"
[mail.domains."lab.test"]
sends = false
{UPKEEP}"""
EVERYTHING = f"""{_SITES}{_NAMED}
[routes]
"good.lab.test/account" = "private"
"limited.lab.test/login" = "auth"
"throttled.lab.test/login" = "auth"
"unlimited.lab.test/login" = "auth"
"drops-path.lab.test/login" = "auth"
"downgrade.lab.test/login" = "auth"
"cookies.lab.test/login" = {{ kind = "auth", limit = 1 }}
"private-cached.lab.test/account" = "private"
"cors-reflected.lab.test/api" = "api"
"cors-null.lab.test/api" = "api"
"cors-public.lab.test/api" = "api"
"stack-trace.lab.test/boom" = "api"
{_MAIL}{UPKEEP}"""

_UNPROTECTED = (
    "csp-missing", "frame-protection-missing", "nosniff-missing", "referrer-policy-missing",
    "permissions-policy-missing",
)  # fmt: skip
FOUND: dict[str, set[str]] = {
    "hsts-short": {"hsts-too-short"},
    # Its subdomain without HTTPS is the fault; that members cannot follow HSTS there comes of it.
    "hsts-subdomains": set(),
    "http-copy": {"http-not-sent-to-https"},
    "redirect-loop": {"redirect-loop", "version-in-headers"},
    "four-hops": {
        *("too-many-hops", "static-not-cached-long", "compression-missing", "version-in-headers"),
        "error-page-bare",
        # The redirect keeps HSTS alone.
        *_UNPROTECTED,
    },
    "drops-path": {"redirect-drops-path"},
    "drops-query": {"redirect-drops-query"},
    "downgrade": {"http-not-sent-to-https", "redirect-downgrades-to-http"},
    "redirect-to-private": {"redirect-to-private-address", "version-in-headers"},
    "autoindex": {"directory-listing"},
    "exposed": {"environment-file-exposed", "repository-exposed", "backup-exposed"},
    "spa": {"version-in-headers"},
    "cors-public": {"https-record-misleads"},
    "bare": {
        *("hsts-missing", "static-not-cached-long", "compression-missing", "version-in-headers"),
        "error-page-bare",
        *_UNPROTECTED,
    },
    "cookies": {
        "session-cookie-readable-by-scripts",
        "session-cookie-without-secure",
        "session-cookie-without-samesite",
    },
    "mixed": {
        *_UNPROTECTED,
    },
    "stack-trace": {"stack-trace-in-error"},
    "locked": {"host-behind-password"},
    "limited": set(),
    "throttled": set(),
    "expired": {"certificate-expired"},
    "expires-in-5-days": {"certificate-expires-soon"},
    "expires-in-15-days": {"certificate-expires-soon"},
    "not-yet-valid": {"certificate-not-yet-valid"},
    "self-signed": {"certificate-untrusted"},
    "untrusted": {"certificate-untrusted"},
    "wrong-host": {"certificate-wrong-host"},
    "incomplete": {"certificate-chain-incomplete"},
    "weak-key": {"certificate-weak-key"},
    "p521": {"certificate-unsupported-algorithm"},
    "sha1": {"certificate-weak-signature"},
    "legacy-tls": {"old-tls-accepted", "http2-missing"},
    "http-1": {"http2-missing"},
    "http-only": {"https-refused"},
    "http-only.hsts-subdomains": {"https-refused"},
    "not-tls": {"https-refused"},
}
"""The findings on each host itself, by hand from what `web_hosts.py` says of it."""

ON_URLS: set[Root] = {
    ("cors-reflects-origin-with-credentials", "https://cors-reflected.lab.test/api"),
    ("cors-allows-null", "https://cors-null.lab.test/api"),
    ("private-answer-storable", "https://private-cached.lab.test/account"),
    # The page itself is shown to everybody.
    ("private-page-open", "https://private-cached.lab.test/account"),
    ("mixed-content", "https://mixed.lab.test/"),
    ("source-map-public", "https://source-map.lab.test/assets/app.js"),
    ("secret-in-page", "https://leaky-bundle.lab.test/assets/app.js"),
    ("endpoint-answers-wrong", "https://stack-trace.lab.test/boom"),
    ("static-not-cached-long", "https://static-uncached.lab.test/assets/app.3f9a1c2b.js"),
    ("static-not-cached-long", "https://bare.lab.test/assets/app.3f9a1c2b.js"),
    ("static-not-cached-long", "https://four-hops.lab.test/assets/app.3f9a1c2b.js"),
    ("wrong-passwords-not-limited", "https://unlimited.lab.test/login"),
    # These have no limit either.
    ("wrong-passwords-not-limited", "https://drops-path.lab.test/login"),
    ("wrong-passwords-not-limited", "https://downgrade.lab.test/login"),
    ("wrong-passwords-not-limited", "https://cookies.lab.test/login"),
    ("from-not-aligned", "brand.test"),
}
WITHOUT_IPV6 = "no-ipv6"
"""True of every host but good.lab.test: the lab publishes one AAAA record."""
_URL_CHECKS = {check for check, _ in ON_URLS}


@pytest.fixture(scope="module")
def everything(lab: Lab) -> Audit:
    """The audit of every web host of the lab, knocking included."""
    return audited(lab, EVERYTHING)


def test_the_healthy_hosts_have_nothing_to_fix(lab: Lab) -> None:
    done = audited(lab, HEALTHY)
    assert roots(done) == {(WITHOUT_IPV6, "lab.test"), (WITHOUT_IPV6, "www.lab.test")}
    assert not done.verdict.to_fix


def test_without_a_test_member_only_the_sign_in_is_not_proven(lab: Lab) -> None:
    left = unproven(audited(lab, HEALTHY))
    assert {subject for _, subject in left} == {"a test member"}


def test_every_host_has_the_findings_of_its_fault_and_no_others(everything: Audit) -> None:
    found: dict[str, set[str]] = {}
    for check, subject in roots(everything):
        if subject.endswith(".lab.test") and check != WITHOUT_IPV6:
            found.setdefault(subject.removesuffix(".lab.test"), set()).add(check)
    wanted = {label: checks - _URL_CHECKS for label, checks in FOUND.items()}
    assert found == {label: checks for label, checks in wanted.items() if checks}


def test_every_url_has_the_findings_of_its_fault_and_no_others(everything: Audit) -> None:
    on_hosts = {h.name for h in HOSTS} | {"lab.test"}
    assert {(c, s) for c, s in roots(everything) if s not in on_hosts} == ON_URLS


def test_what_an_expired_certificate_entails_is_not_listed_beside_it(everything: Audit) -> None:
    assert FOUND["expired"] == {
        check for check, subject in roots(everything)
        if subject == "expired.lab.test" and check != WITHOUT_IPV6
    }  # fmt: skip


def test_what_could_not_be_seen_without_https_is_folded_under_it(everything: Audit) -> None:
    folded = consequences(everything, "https-refused", "http-only.lab.test")
    assert ("environment-file-exposed", "http-only.lab.test") in folded
    assert ("csp-missing", "http-only.lab.test") in folded


def test_the_lost_log_in_path_is_folded_under_the_redirect_that_loses_it(
    everything: Audit,
) -> None:
    folded = consequences(everything, "redirect-drops-path", "drops-path.lab.test")
    assert ("sign-in-path-lost", "https://drops-path.lab.test/login") in folded


def test_limits_are_recognised_by_429_and_by_403(everything: Audit) -> None:
    after = {
        f.route.host.removesuffix(".lab.test"): f.throttled_after
        for f in everything.observed.values()
        if isinstance(f, Throttling)
    }
    # nginx counts a burst of five above the first.
    assert (after["limited"], after["throttled"], after["unlimited"]) == (6, 6, None)


ZONES: dict[str, set[Root]] = {
    "bogus.test": {("dnssec-bogus", "bogus.test")},
    "lapsed.test": {("dnssec-bogus", "lapsed.test")},
    "wrong-ds.test": {("dnssec-bogus", "wrong-ds.test")},
    "lame.test": {("lame-delegation", "lame.test")},
    "half-lame.test": {("lame-delegation", "half-lame.test")},
    "silent.test": {("nameserver-silent", "silent.test")},
    "stale.test": {("nameservers-disagree", "stale.test")},
    "wildcard.test": {("wildcard-record", "wildcard.test")},
    "nowhere.test": {("domain-does-not-exist", "nowhere.test")},
}
_WEB_OF_OTHERS = {"certificate-wrong-host", "never-sending-domain-open", WITHOUT_IPV6}
"""The lab's nginx has no certificate for these domains, and their mail is left open: both true."""


@pytest.mark.parametrize("domain", ZONES)
def test_a_fault_of_the_dns_is_one_finding(lab: Lab, domain: str) -> None:
    done = audited(
        lab,
        f'[launch]\ndomain = "{domain}"\n[hosts."{domain}"]\n[hosts."www.{domain}"]\n'
        f'[mail.domains."{domain}"]\nsends = false\n{UPKEEP}',
    )
    assert {(c, s) for c, s in roots(done) if c not in _WEB_OF_OTHERS} == ZONES[domain]


NAMES: dict[str, str] = {
    "moved": "resolvers-disagree",
    "vanished": "resolvers-disagree",
    "private-address": "private-address-published",
    "dangling": "dangling-alias",
    "loop-a": "alias-loop",
    "only-text": "does-not-resolve",
}


@pytest.fixture(scope="module")
def named(lab: Lab) -> Audit:
    """The audit of names with faults of their own, asked of both resolvers."""
    hosts = "".join(f'[hosts."{label}.lab.test"]\nweb = false\n' for label in NAMES)
    return audited(
        lab,
        f'{_SITES}{hosts}[mail.domains."lab.test"]\nsends = false\n{UPKEEP}',
        resolvers=(lab.resolver, lab.stale_resolver),
    )


@pytest.mark.parametrize("label", NAMES)
def test_a_name_with_a_fault_is_one_finding(named: Audit, label: str) -> None:
    name = f"{label}.lab.test"
    assert {c for c, s in roots(named) if s == name and c != WITHOUT_IPV6} == {NAMES[label]}


def test_names_that_the_resolvers_agree_on_pass(named: Audit) -> None:
    agreed = [o for o in named.verdict.outcomes if o.check.id == "resolvers-disagree"]
    assert {o.status for o in agreed if o.subject.name in {"lab.test", "www.lab.test"}} == {
        "passed"
    }


def test_a_bare_domain_is_audited_with_the_hosts_that_it_leads_to(lab: Lab) -> None:
    text, done = looked_at(lab, "lab.test")
    # Where the lab's application runs as well, its log-in is found first.
    logins = ('"good.lab.test/login" = "auth"', '"app.lab.test/" = "auth"')
    assert any(line in text for line in logins), text
    hosts = done.manifest.all_hosts
    assert hosts["lab.test"].redirects_to == "good.lab.test"
    assert hosts["www.lab.test"].redirects_to == "good.lab.test"
    assert "good.lab.test" in hosts
    assert not {s for _, s in roots(done, advice=False)} & {"lab.test", "good.lab.test"}


def test_a_bare_domain_with_a_broken_certificate_is_not_passed_over(lab: Lab) -> None:
    _, done = looked_at(lab, "insecure.test")
    assert {("certificate-wrong-host", d) for d in ("insecure.test", "www.insecure.test")} <= roots(
        done
    )


def test_nothing_is_knocked_at_without_a_manifest(lab: Lab) -> None:
    _, done = looked_at(lab, "lab.test")
    assert not any(isinstance(f, Throttling) for f in done.observed.values())


def test_nothing_is_knocked_at_unless_asked(lab: Lab) -> None:
    done = audited(lab, EVERYTHING, active=False)
    assert not any(isinstance(f, Throttling) for f in done.observed.values())
    assert "wrong-passwords-not-limited" not in {check for check, _ in roots(done)}
