"""The DNS family against Knot and Unbound: what each faulty zone and record comes to."""

from __future__ import annotations

import pytest

from launchready.audit import Audit, audit, choose
from launchready.collect.opening import open_world
from launchready.facts import Key, domain_subject, host_subject
from launchready.facts.dns import Resolution
from launchready.facts.zone import Zone
from launchready.finding import Finding, Outcome, Severity
from launchready.manifest import parse_manifest

from .servers import Lab

pytestmark = pytest.mark.lab

# IPv6 and registration dates are not what the lab's zones are about.
CHECKS = choose(["dns"], ["no-ipv6", "registration-lapses-soon"])


async def audited(
    lab: Lab, domain: str, hosts: str = "", *, stale: bool = False, resolver: str = ""
) -> Audit:
    """Audit one domain's names; with the stale resolver as the second one where asked for."""
    manifest = parse_manifest(f'[launch]\ndomain = "{domain}"\n{hosts}')
    resolvers = [lab.resolver, lab.stale_resolver] if stale else [resolver or lab.resolver]
    async with open_world(
        manifest,
        resolvers=resolvers,
        dial=[f"{a}={b}" for a, b in lab.dial.items()],
        ca=lab.ca_file,
        query_s=5.0,
    ) as world:
        done = await audit(world, CHECKS)
    assert done.crashes == ()
    return done


async def found(lab: Lab, domain: str, hosts: str = "") -> list[str]:
    done = await audited(lab, domain, hosts)
    return [f.check.id for f in done.verdict.findings]


@pytest.mark.parametrize(
    ("domain", "causes"),
    [
        ("lab.test", []),
        ("insecure.test", []),
        ("brand.test", []),
        ("bogus.test", ["dnssec-bogus"]),
        ("lapsed.test", ["dnssec-bogus"]),
        ("wrong-ds.test", ["dnssec-bogus"]),
        ("wildcard.test", ["wildcard-record"]),
        ("stale.test", ["nameservers-disagree"]),
        ("lame.test", ["lame-delegation"]),
        ("half-lame.test", ["lame-delegation"]),
        ("silent.test", ["nameserver-silent"]),
        ("single.test", ["single-nameserver"]),
        ("one-address.test", ["single-nameserver"]),
        ("ns-alias.test", ["nameserver-is-alias"]),
        ("mismatch.test", ["delegation-mismatch", "nameserver-silent"]),
        ("apex-alias.test", ["alias-at-apex"]),
        ("hosting.test", ["does-not-resolve"]),
        ("not-registered.test", ["domain-does-not-exist"]),
    ],
)
async def test_each_zone_comes_to_its_root_cause(lab: Lab, domain: str, causes: list[str]) -> None:
    assert await found(lab, domain) == causes


@pytest.mark.parametrize(
    ("label", "causes"),
    [
        ("good", []),
        ("claimed", []),
        ("chain-0", []),
        ("many-addresses", []),
        ("dangling", ["dangling-alias"]),
        ("dangling-service", ["dangling-alias"]),
        ("loop-a", ["alias-loop"]),
        ("loop-self", ["alias-loop"]),
        ("private-address", ["private-address-published"]),
        ("link-local", ["private-address-published"]),
        ("only-text", ["does-not-resolve"]),
        ("no-such-name", ["does-not-resolve"]),
    ],
)
async def test_each_record_comes_to_its_root_cause(lab: Lab, label: str, causes: list[str]) -> None:
    assert await found(lab, "lab.test", f'[hosts."{label}.lab.test"]\nweb = false\n') == causes


@pytest.mark.parametrize(
    ("domain", "causes"),
    [("one-bogus.test", ["dnssec-host-bogus"]), ("lab.test", []), ("bogus.test", ["dnssec-bogus"])],
)
async def test_a_resolver_that_does_not_validate_hides_no_broken_signature(
    lab: Lab, domain: str, causes: list[str]
) -> None:
    hosts = f'[hosts."www.{domain}"]\n'
    done = await audited(lab, domain, hosts, resolver=lab.trusting_resolver)
    assert [f.check.id for f in done.verdict.findings] == causes


async def test_a_resolver_that_validates_refuses_the_host_with_the_broken_signature(
    lab: Lab,
) -> None:
    assert await found(lab, "one-bogus.test", '[hosts."www.one-bogus.test"]\n') == [
        "does-not-resolve"
    ]


async def test_a_caa_record_that_lets_nobody_issue_is_found(lab: Lab) -> None:
    causes = await found(lab, "lab.test", '[hosts."caa-forbids.lab.test"]\n')
    assert causes == ["caa-forbids-issuer"]


async def test_a_critical_caa_property_that_nobody_knows_is_found(lab: Lab) -> None:
    causes = await found(lab, "lab.test", '[hosts."caa-unknown-critical.lab.test"]\n')
    assert causes == ["caa-forbids-issuer"]


async def test_a_takeover_at_a_known_service_is_named(lab: Lab) -> None:
    done = await audited(lab, "lab.test", '[hosts."dangling-service.lab.test"]\nweb = false\n')
    (finding,) = done.verdict.findings
    assert "Heroku" in finding.failure.evidence


async def test_an_address_that_differs_at_one_resolver_is_found(lab: Lab) -> None:
    host = '[hosts."moved.lab.test"]\nweb = false\n'
    (finding,) = (await audited(lab, "lab.test", host, stale=True)).verdict.findings
    assert (finding.check.id, finding.severity) == ("resolvers-disagree", Severity.RISK)


async def test_a_name_that_one_resolver_denies_is_a_blocker(lab: Lab) -> None:
    host = '[hosts."vanished.lab.test"]\nweb = false\n'
    (finding,) = (await audited(lab, "lab.test", host, stale=True)).verdict.findings
    assert (finding.check.id, finding.severity) == ("resolvers-disagree", Severity.BLOCKER)


async def test_an_https_record_that_hints_at_an_address_without_https_is_found(lab: Lab) -> None:
    done = await audited(lab, "lab.test", '[hosts."cors-public.lab.test"]\n')
    (finding,) = [f for f in done.verdict.findings if f.check.id != "caa-forbids-issuer"]
    assert finding.check.id == "https-record-misleads"
    assert finding.failure.observed == "203.0.113.12:443 refuses TLS for cors-public.lab.test"


async def test_an_https_record_that_says_what_the_addresses_say_is_no_fault(lab: Lab) -> None:
    done = await audited(lab, "lab.test", '[hosts."good.lab.test"]\n')
    (told,) = [
        o
        for o in done.verdict.outcomes
        if o.check.id == "https-record-misleads" and "good" in o.subject.name
    ]
    assert told.status == "passed"


async def test_a_ttl_of_a_week_before_a_switch_is_found(lab: Lab) -> None:
    hosts = 'switches_dns = true\n[hosts."long-ttl.lab.test"]\nweb = false\n'
    (finding,) = (await audited(lab, "lab.test", hosts)).verdict.findings
    assert finding.check.id == "ttl-too-long"
    assert "604800 seconds" in finding.failure.observed


async def test_a_host_elsewhere_than_declared_is_found(lab: Lab) -> None:
    hosts = '[hosts."good.lab.test"]\nweb = false\naddresses = ["203.0.113.77"]\n'
    assert await found(lab, "lab.test", hosts) == ["points-elsewhere"]


async def test_everything_below_a_bogus_zone_is_a_consequence(lab: Lab) -> None:
    done = await audited(lab, "bogus.test", '[hosts."www.bogus.test"]\n')
    (finding,) = done.verdict.findings
    assert done.verdict.unchecked == ()
    assert consequences(finding, "does-not-resolve") == ["bogus.test", "www.bogus.test"]


def consequences(finding: Finding, check: str) -> list[str]:
    return sorted(o.subject.name for o in finding.consequences if o.check.id == check)


async def test_a_signed_zone_is_proven_secure_with_its_end(lab: Lab) -> None:
    done = await audited(lab, "lab.test")
    zone = done.observed[Key(Zone, domain_subject("lab.test"))]
    assert isinstance(zone, Zone)
    assert zone.dnssec == "secure"
    assert zone.signatures_until is not None
    assert passed(done, "dnssec-bogus").detail == "resolvers that validate accept lab.test"


def passed(done: Audit, check: str) -> Outcome:
    (only,) = [o for o in done.verdict.outcomes if o.check.id == check]
    assert only.status == "passed"
    return only


async def test_a_hundred_hosts_are_looked_up_within_their_deadlines(lab: Lab) -> None:
    hosts = "".join(f'[hosts."h{n}.lab.test"]\nweb = false\n' for n in range(100))
    done = await audited(lab, "lab.test", hosts)
    keys = [Key(Resolution, host_subject(f"h{n}.lab.test", "lab.test")) for n in range(100)]
    assert all(isinstance(done.observed[k], Resolution) for k in keys)
