"""Mail audited from end to end against Knot, Unbound, nginx and Postfix: a fault, a finding."""

from __future__ import annotations

import asyncio

import pytest

from launchready.audit import Audit, audit, choose
from launchready.collect.opening import open_world
from launchready.manifest import parse_manifest

from .servers import Lab

pytestmark = pytest.mark.lab

ABSENT = {"mta-sts-missing", "tls-rpt-missing"}
"""Advice on every domain of the lab but brand.test."""


def audited(lab: Lab, domain: str, keys: str) -> Audit:
    manifest = f'[launch]\ndomain = "{domain}"\n[mail.domains."{domain}"]\n{keys}\n'

    async def run() -> Audit:
        async with open_world(
            parse_manifest(manifest),
            resolvers=[lab.resolver],
            dial=[f"{where}={to}" for where, to in lab.dial.items()],
            ca=lab.ca_file,
        ) as world:
            return await audit(world, choose(["mail"]))

    return asyncio.run(run())


def roots(found: Audit) -> dict[str, str]:
    """The root causes by their check, with what was observed."""
    assert not found.crashes
    return {f.check.id: f.failure.observed for f in found.verdict.findings}


FAULTS = {
    "spf-missing.test": {"spf-missing"},
    "spf-two.test": {"spf-several-records"},
    "spf-eleven.test": {"spf-too-many-lookups"},
    "spf-deep.test": {"spf-too-many-lookups"},
    "spf-ten.test": set(),
    "spf-void.test": {"spf-too-many-void-lookups"},
    "spf-plus-all.test": {"spf-allows-everyone"},
    "spf-no-all.test": {"spf-no-all"},
    "spf-itself.test": {"spf-includes-itself"},
    "spf-syntax.test": {"spf-syntax-error"},
    "spf-include-none.test": {"spf-include-broken"},
    "dkim-revoked.test": {"dkim-key-revoked"},
    "dkim-testing.test": {"dkim-testing"},
    "dkim-1024.test": {"dkim-key-weak"},
    "dkim-garbage.test": {"dkim-key-broken"},
    "dkim-two.test": {"dkim-several-records"},
    "dmarc-missing.test": {"dmarc-missing"},
    "dmarc-none.test": {"dmarc-not-enforced"},
    "dmarc-no-reports.test": {"dmarc-without-reports"},
    "dmarc-invalid.test": {"dmarc-broken"},
    "dmarc-two.test": {"dmarc-several-records"},
    "dmarc-external.test": {"dmarc-report-address-not-authorised"},
    "authorised.test": set(),
    "dmarc-leftovers.test": {"dmarc-leftovers"},
    "mx-missing.test": {"mx-missing"},
    "mx-plain.test": {"mail-server-without-starttls"},
    "mx-self-signed.test": {"mail-server-certificate"},
    "mx-silent.test": {"mail-server-unreachable"},
    "mx-dangling.test": {"mx-unresolvable"},
    "mx-alias.test": {"mx-is-alias"},
    "mx-address.test": {"mx-is-address"},
}


@pytest.mark.parametrize("domain", FAULTS)
def test_each_fault_is_the_one_root_cause(lab: Lab, domain: str) -> None:
    found = audited(lab, domain, 'selectors = ["s1"]')
    assert set(roots(found)) - ABSENT == FAULTS[domain]


def test_the_healthy_domain_has_no_fault(lab: Lab) -> None:
    found = audited(
        lab, "brand.test", 'selectors = ["s1", "ed"]\nsenders = ["include:_spf.mailer.test"]'
    )
    assert not roots(found)


def test_selectors_are_found_by_their_usual_names(lab: Lab) -> None:
    found = audited(lab, "dkim-1024.test", "")
    assert "dkim-key-weak" in roots(found)


def test_a_sender_that_the_record_leaves_out_is_found(lab: Lab) -> None:
    found = audited(lab, "spf-other-sender.test", 'selectors = ["s1"]\nsenders = ["203.0.113.25"]')
    assert roots(found)["spf-sender-not-authorised"] == "203.0.113.25 gets fail"


def test_a_domain_that_says_that_it_never_sends_passes(lab: Lab) -> None:
    assert not roots(audited(lab, "never-sends.test", "sends = false"))


def test_a_parked_domain_that_says_nothing_is_found(lab: Lab) -> None:
    assert set(roots(audited(lab, "parked.test", "sends = false"))) == {"never-sending-domain-open"}


def test_a_bogus_zone_leaves_mail_unknown_and_not_missing(lab: Lab) -> None:
    found = audited(lab, "bogus.test", 'selectors = ["s1"]')
    assert not roots(found)
    unchecked = {o.check.id: o for o in found.verdict.unchecked}
    assert {"spf-missing", "dmarc-missing", "dkim-key-missing", "mx-missing"} <= set(unchecked)
    assert not any(o.ours for o in unchecked.values())
