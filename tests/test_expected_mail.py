"""Which keys a mail domain implies, before and after its selectors and exchanges are known."""

from __future__ import annotations

from launchready.expected import expected, mail_domain
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.mail import Dkim, Dmarc, MailServer, MtaSts, Mx, Selectors, Spf, TlsRpt
from tests.checks.mail_making import exchange, mx, selectors
from tests.making import gap, manifest

LAUNCH = '[launch]\ndomain = "example.org"\n'
SELECTORS = '[mail.domains."example.org"]\nselectors = ["s1"]\n'
NEVER = '[mail.domains."example.org"]\nsends = false\n'


def keys(toml: str, *found: Fact | Gap) -> set[Key]:
    return expected(manifest(LAUNCH + toml), {each.key: each for each in found})


def names(kind: type[Fact], of: set[Key]) -> set[str]:
    return {key.subject.name for key in of if key.kind is kind}


def test_every_mail_domain_is_looked_at_in_full() -> None:
    for kind in (Spf, Selectors, Dmarc, Mx, MtaSts, TlsRpt):
        assert names(kind, keys("")) == {"example.org"}


def test_declared_selectors_are_expected_at_once() -> None:
    assert names(Dkim, keys(SELECTORS)) == {"s1._domainkey.example.org"}


def test_selectors_that_were_found_are_expected_once_they_are_known() -> None:
    assert names(Dkim, keys("")) == set()
    assert names(Dkim, keys("", selectors("google"))) == {"google._domainkey.example.org"}


def test_declared_selectors_stay_expected_when_looking_failed() -> None:
    failed = gap(Selectors, selectors().subject)
    assert names(Dkim, keys(SELECTORS, failed)) == {"s1._domainkey.example.org"}


def test_a_domain_that_never_sends_needs_no_keys() -> None:
    assert not names(Dkim, keys(NEVER)) | names(Selectors, keys(NEVER))


def test_mail_servers_are_expected_once_the_mx_is_known() -> None:
    found = keys("", mx(exchange("a.example.org"), exchange("b.example.org")))
    assert names(MailServer, found) == {"a.example.org", "b.example.org"}


def test_a_subdomain_that_sends_lies_below_the_launchs_own_domain() -> None:
    inside = mail_domain(manifest(LAUNCH), "mail.example.org")
    assert inside.parent == Subject(
        "domain", "example.org", inside.parent.parent if inside.parent else None
    )
