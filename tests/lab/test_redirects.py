"""Redirects, caching and edge judged on nginx: each host has the fault that it was given, and no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from launchready.audit import Audit, audit, choose
from launchready.collect.opening import open_world
from launchready.facts.hops import host
from launchready.finding import Severity
from launchready.manifest import parse_manifest

from .servers import Lab

pytestmark = pytest.mark.lab

FAULTS = {
    ("http-not-sent-to-https", "http-copy"),
    # Its port 80 serves the pages, to which its log-in page sends visitors back.
    ("http-not-sent-to-https", "downgrade"),
    ("redirect-downgrades-to-http", "downgrade"),
    ("redirect-loop", "redirect-loop"),
    ("redirect-to-private-address", "redirect-to-private"),
    ("redirect-drops-path", "drops-path"),
    ("redirect-drops-query", "drops-query"),
    ("too-many-hops", "four-hops"),
    # That host has nothing but its redirects in its configuration.
    ("static-not-cached-long", "four-hops"),
    ("compression-missing", "four-hops"),
    # They answer with nginx's own pages.
    ("error-page-bare", "four-hops"),
    ("error-page-bare", "bare"),
    ("mixed-content", "mixed"),
    ("private-answer-storable", "private-cached"),
    ("static-not-cached-long", "static-uncached"),
    ("static-not-cached-long", "bare"),
    ("compression-missing", "bare"),
    ("http2-missing", "http-1"),
}
HEALTHY = ("good", "spa")
MANIFEST = """
[launch]
domain = "lab.test"
[hosts."lab.test"]
redirects_to = "good.lab.test"
[hosts."www.lab.test"]
redirects_to = "good.lab.test"
{hosts}
[routes]
"good.lab.test/login" = "auth"
"good.lab.test/account" = "private"
"downgrade.lab.test/login" = "auth"
"redirect-to-private.lab.test/metadata" = "page"
"private-cached.lab.test/account" = "private"
[redirects]
"lab.test/events/" = "https://good.lab.test/events/"
"""


@pytest.fixture(scope="module")
def done(lab: Lab) -> Audit:
    async def run() -> Audit:
        labels = dict.fromkeys([*HEALTHY, *(label for _, label in sorted(FAULTS))])
        hosts = "".join(f'[hosts."{label}.lab.test"]\n' for label in labels)
        async with open_world(
            parse_manifest(MANIFEST.format(hosts=hosts)),
            resolvers=[lab.resolver],
            dial=[f"{published}={to}" for published, to in lab.dial.items()],
            ca=Path(lab.ca_file),
        ) as world:
            return await audit(world, choose(["redirects", "caching", "edge"]))

    return asyncio.run(run())


def test_each_host_has_the_fault_that_it_was_given_and_no_other(done: Audit) -> None:
    found = {
        (finding.check.id, (host(subject.name) or subject.name).removesuffix(".lab.test"))
        for finding in done.verdict.findings
        for subject in (finding.subject, *finding.also)
    }
    assert found == FAULTS


def test_nothing_is_left_unchecked_but_what_a_member_sees(done: Audit) -> None:
    assert [str(o.detail) for o in done.verdict.unchecked] == [
        "could not check the sign-in: no test member is declared"
    ]
    assert done.crashes == ()


def test_the_second_way_to_a_private_address_is_folded_under_the_first(done: Audit) -> None:
    (finding,) = [
        f for f in done.verdict.findings if f.check.id == "redirect-to-private-address"
    ]  # fmt: skip
    folded = {(c.check.id, c.subject.name) for c in finding.consequences}
    route = "https://redirect-to-private.lab.test/metadata"
    assert ("route-redirects-to-private-address", route) in folded


def test_a_private_page_that_any_cache_may_keep_is_a_blocker(done: Audit) -> None:
    (finding,) = [f for f in done.verdict.findings if f.check.id == "private-answer-storable"]
    assert finding.severity is Severity.BLOCKER
