"""What can be wrong with the launch's DMARC policy, its mail servers and the way to them."""

from __future__ import annotations

import json

from launchready.demo.answers import Answer
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch
from launchready.demo.willow import DKIM_KEY, addresses

_POLICY = "/.well-known/mta-sts.txt"


def _set_dmarc(launch: DemoLaunch, tags: str) -> None:
    launch.zone().replace("TXT", "_dmarc", f"v=DMARC1; {tags}")


def _reports(launch: DemoLaunch) -> str:
    return f"rua=mailto:dmarc@{launch.domain}"


def _declare(launch: DemoLaunch, name: str, **keys: object) -> None:
    launch.manifest["mail"]["domains"][name] = keys


@defect("dmarc-missing")
def dmarc_missing(launch: DemoLaunch) -> None:
    """The domain has no DMARC record."""
    launch.zone().drop("TXT", "_dmarc")


@defect("dmarc-several-records")
def dmarc_several_records(launch: DemoLaunch) -> None:
    """A reporting service's record was added beside the domain's own."""
    launch.zone().add("TXT", "_dmarc", "v=DMARC1; p=none")


@defect("dmarc-broken")
def dmarc_broken(launch: DemoLaunch) -> None:
    """The policy is a word that DMARC does not know."""
    _set_dmarc(launch, f"p=block; {_reports(launch)}")


@defect("dmarc-broken", variant="lookalike")
def dmarc_lookalike(launch: DemoLaunch) -> None:
    """The record begins with something else than its version."""
    launch.zone().replace("TXT", "_dmarc", f"v=DMARC 1; p=reject; {_reports(launch)}")


@defect("dmarc-lookup-fails")
def dmarc_lookup_fails(launch: DemoLaunch) -> None:
    """The name servers fail for the DMARC record."""
    for resolver in launch.resolvers:
        resolver.say(f"_dmarc.{launch.domain}", "TXT", "SERVFAIL")


@defect("dmarc-without-reports")
def dmarc_without_reports(launch: DemoLaunch) -> None:
    """The DMARC record names no address for reports."""
    _set_dmarc(launch, "p=reject")


@defect("dmarc-report-address-not-authorised")
def dmarc_report_address_not_authorised(launch: DemoLaunch) -> None:
    """Reports go to a service that has not agreed to receive them."""
    _set_dmarc(launch, "p=reject; rua=mailto:reports@post.example")


@defect("dmarc-leftovers")
def dmarc_leftovers(launch: DemoLaunch) -> None:
    """The DMARC record has tags of RFC 7489."""
    _set_dmarc(launch, f"p=reject; pct=50; ri=86400; {_reports(launch)}")


@defect("dmarc-not-enforced")
def dmarc_not_enforced(launch: DemoLaunch) -> None:
    """The DMARC policy is still none."""
    _set_dmarc(launch, f"p=none; {_reports(launch)}")


@defect("dmarc-test-mode")
def dmarc_test_mode(launch: DemoLaunch) -> None:
    """The DMARC policy is in test mode."""
    _set_dmarc(launch, f"p=reject; t=y; {_reports(launch)}")


@defect("dmarc-subdomain-open")
def dmarc_subdomain_open(launch: DemoLaunch) -> None:
    """The DMARC policy does not hold for subdomains."""
    _set_dmarc(launch, f"p=reject; sp=none; {_reports(launch)}")


@defect("dmarc-says-public-suffix")
def dmarc_says_public_suffix(launch: DemoLaunch) -> None:
    """The DMARC record calls the domain a public suffix."""
    _set_dmarc(launch, f"p=reject; psd=y; {_reports(launch)}")


@defect("from-not-aligned")
def from_not_aligned(launch: DemoLaunch) -> None:
    """The sign-in codes come from a domain that members do not know."""
    post = launch.zone("post.example")
    post.add("TXT", "@", "v=spf1 include:_spf.post.example -all")
    post.add("TXT", "p1._domainkey", f"v=DKIM1; k=rsa; p={DKIM_KEY}")
    post.add("TXT", "_dmarc", "v=DMARC1; p=reject; rua=mailto:dmarc@post.example")
    _declare(launch, "post.example", receives=False, selectors=["p1"])
    # The rest of the domain is in order: it has an address, and a registration that lasts.
    for kind, address in zip(("A", "AAAA"), addresses("community"), strict=True):
        post.add(kind, "@", address)
    launch.manifest["hosts"]["post.example"] = {"web": False}
    event = {"eventAction": "expiration", "eventDate": launch.registration.until()}
    registration = {
        "objectClassName": "domain",
        "ldhName": "post.example",
        "status": launch.registration.status,
        "events": [event],
    }
    launch.host("rdap.org").serve(
        "/domain/post.example",
        Answer(body=json.dumps(registration), headers={"content-type": "application/rdap+json"}),
    )


@defect("mx-missing")
def mx_missing(launch: DemoLaunch) -> None:
    """The domain has no MX record."""
    launch.zone().drop("MX", "@")


@defect("mx-null-beside-others")
def mx_null_beside_others(launch: DemoLaunch) -> None:
    """A null MX stands beside the mail server's."""
    launch.zone().add("MX", "@", "0 .")


@defect("mx-is-address")
def mx_is_address(launch: DemoLaunch) -> None:
    """The MX record holds the mail server's address."""
    launch.zone().replace("MX", "@", "10 198.51.100.25.")


@defect("mx-unresolvable")
def mx_unresolvable(launch: DemoLaunch) -> None:
    """The second MX record leads to a server that is gone."""
    launch.zone().add("MX", "@", f"20 mx2.{launch.domain}.")


@defect("mx-is-alias")
def mx_is_alias(launch: DemoLaunch) -> None:
    """The mail server's name is an alias."""
    zone = launch.zone()
    addresses = {kind: zone.texts(kind, "mx1") for kind in ("A", "AAAA")}
    zone.drop("*", "mx1")
    zone.add("CNAME", "mx1", f"post.{launch.domain}.")
    for kind, texts in addresses.items():
        zone.add(kind, "post", *texts)


@defect("mx-lookup-fails")
def mx_lookup_fails(launch: DemoLaunch) -> None:
    """The name servers fail for the MX records."""
    for resolver in launch.resolvers:
        resolver.say(launch.domain, "MX", "SERVFAIL")


@defect("mail-server-unreachable")
def mail_server_unreachable(launch: DemoLaunch) -> None:
    """The mail server is down."""
    launch.mail_host().reachable = False


@defect("mail-server-without-starttls")
def mail_server_without_starttls(launch: DemoLaunch) -> None:
    """The mail server does not offer encryption."""
    launch.mail_host().starttls = False


@defect("mail-server-certificate")
def mail_server_certificate(launch: DemoLaunch) -> None:
    """The mail server shows the certificate of another host."""
    launch.mail_host().certificate.names = [f"old-mail.{launch.domain}"]


@defect("never-sending-domain-open")
def never_sending_domain_open(launch: DemoLaunch) -> None:
    """A domain that never sends mail does not say so."""
    name = f"archive.{launch.domain}"
    launch.zone().add("TXT", name, "archived in 2025")
    _declare(launch, name, sends=False)


@defect("mta-sts-missing")
def mta_sts_missing(launch: DemoLaunch) -> None:
    """The domain has no MTA-STS record."""
    launch.zone().drop("TXT", "_mta-sts")


@defect("mta-sts-broken")
def mta_sts_broken(launch: DemoLaunch) -> None:
    """The MTA-STS policy names the mail server of last year."""
    text = f"version: STSv1\r\nmode: enforce\r\nmx: old-mail.{launch.domain}\r\nmax_age: 604800\r\n"
    launch.host("mta-sts").serve(_POLICY, Answer(body=text, headers={"content-type": "text/plain"}))


@defect("mta-sts-broken", variant="redirect")
def mta_sts_redirect(launch: DemoLaunch) -> None:
    """The MTA-STS policy is only reached by a redirect."""
    launch.host("mta-sts").send(_POLICY, f"https://{launch.domain}{_POLICY}")


@defect("mta-sts-broken", variant="certificate")
def mta_sts_certificate(launch: DemoLaunch) -> None:
    """The certificate of the MTA-STS policy's host has expired."""
    launch.host("mta-sts").certificate.days_left = -3


@defect("tls-rpt-missing")
def tls_rpt_missing(launch: DemoLaunch) -> None:
    """The domain gets no reports on failed encryption."""
    launch.zone().drop("TXT", "_smtp._tls")


@defect("tls-rpt-broken")
def tls_rpt_broken(launch: DemoLaunch) -> None:
    """The address for reports on failed encryption lacks its scheme."""
    launch.zone().replace("TXT", "_smtp._tls", f"v=TLSRPTv1; rua=tls@{launch.domain}")
