"""The TLS and mail collectors against nginx and Postfix."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from launchready.collect import collectors
from launchready.collect.opening import open_world
from launchready.expected import mail_domain, zone_of
from launchready.facts import Fact, Gap, Subject, host_subject
from launchready.facts.mail import MailServer
from launchready.facts.tls import Handshake, HstsReach, OldProtocols, Trust
from launchready.gather import Gatherer
from launchready.manifest import parse_manifest

from .servers import Lab

pytestmark = pytest.mark.lab

HEALTHY = ("www.lab.test", "good.lab.test")


def look(lab: Lab, kind: type[Fact], *names: str, mail: str = "") -> list[Fact | Gap]:
    """Return the facts of a kind about hosts of the lab, or about mail exchanges of a domain."""

    async def gather() -> list[Fact | Gap]:
        hosts = "".join(f'[hosts."{n}"]\n' for n in dict.fromkeys((*names, *HEALTHY)) if not mail)
        brand = f'[mail.domains."{mail}"]\n' if mail else ""
        manifest = parse_manifest(f'[launch]\ndomain = "{mail or "lab.test"}"\n{hosts}{brand}')
        async with open_world(
            manifest,
            resolvers=[lab.resolver],
            dial=[f"{published}={to}" for published, to in lab.dial.items()],
            ca=Path(lab.ca_file),
        ) as world:
            gatherer = Gatherer(world=world, collectors=collectors())
            subjects = [
                Subject("mail server", n, mail_domain(manifest, mail))
                if mail
                else host_subject(n, zone_of(manifest, n))
                for n in names
            ]
            found = await asyncio.gather(*(gatherer.ask(kind, s) for s in subjects))
            assert not gatherer.crashes, gatherer.crashes[0]
            return list(found)

    return asyncio.run(gather())


def shake(lab: Lab, label: str) -> Handshake:
    (found,) = look(lab, Handshake, f"{label}.lab.test")
    assert isinstance(found, Handshake), found
    return found


@pytest.mark.parametrize(
    ("label", "trust"),
    [
        ("good", "trusted"), ("expires-in-5-days", "trusted"), ("expired", "expired"),
        ("not-yet-valid", "not-yet-valid"), ("self-signed", "untrusted"),
        ("untrusted", "untrusted"), ("wrong-host", "wrong-host"), ("incomplete", "incomplete"),
        ("weak-key", "weak-key"), ("sha1", "weak-signature"), ("p521", "unsupported-algorithm"),
        ("legacy-tls", "trusted"),
    ],
)  # fmt: skip
def test_nginx_is_trusted_as_browsers_would(lab: Lab, label: str, trust: Trust) -> None:
    found = shake(lab, label)
    assert (found.accepted, found.trust) == (True, trust), found.trust_detail


def test_the_healthy_host_speaks_http_2_over_tls_1_3(lab: Lab) -> None:
    found = shake(lab, "good")
    assert (found.protocol, found.alpn) == ("TLSv1.3", "h2")


def test_a_host_without_tls_1_3_and_http_2_is_told(lab: Lab) -> None:
    found = shake(lab, "http-1")
    assert (found.protocol, found.alpn) == ("TLSv1.2", "http/1.1")


@pytest.mark.parametrize("label", ["http-only", "not-tls"])
def test_a_host_without_https_is_refused(lab: Lab, label: str) -> None:
    found = shake(lab, label)
    assert found.fault == "refused"
    assert found.refusal


@pytest.mark.parametrize(
    ("label", "expected"), [("legacy-tls", (True, True)), ("good", (False, False))]
)
def test_old_versions_are_told_as_nginx_is_configured(
    lab: Lab, label: str, expected: tuple[bool, bool]
) -> None:
    (found,) = look(lab, OldProtocols, f"{label}.lab.test")
    assert isinstance(found, OldProtocols), found
    assert (found.tls10, found.tls11) == expected


def test_a_subdomain_without_https_under_covering_hsts_is_told(lab: Lab) -> None:
    below = "http-only.hsts-subdomains.lab.test"
    found, _ = look(lab, HstsReach, "hsts-subdomains.lab.test", below)
    assert isinstance(found, HstsReach), found
    assert [n.name for n in found.names if n.trouble] == [below]


def exchange(lab: Lab, name: str) -> MailServer:
    (found,) = look(lab, MailServer, name, mail="brand.test")
    assert isinstance(found, MailServer), found
    return found


def test_postfix_with_starttls_is_talked_to(lab: Lab) -> None:
    found = exchange(lab, "mx.brand.test")
    assert (found.reachable, found.starttls, found.tls_accepted) == (True, True, True)
    assert found.name_matches
    assert "Postfix" in found.banner


def test_postfix_without_starttls_is_told(lab: Lab) -> None:
    found = exchange(lab, "mx-plain.brand.test")
    assert (found.reachable, found.starttls) == (True, False)


def test_postfix_with_a_self_signed_certificate_is_talked_to(lab: Lab) -> None:
    found = exchange(lab, "mx-self-signed.brand.test")
    assert (found.starttls, found.tls_accepted) == (True, True)


def test_an_exchange_that_refuses_connections_is_not_reachable(lab: Lab) -> None:
    found = exchange(lab, "mx-silent.brand.test")
    assert not found.reachable
