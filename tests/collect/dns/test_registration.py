"""Registrations by RDAP, through the exchanges of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import pytest

from launchready.collect.dns.registration import COLLECTORS
from launchready.collect.opening import open_world
from launchready.facts import Fact, Gap, Key, Subject, domain_subject
from launchready.facts.dns import Registration
from launchready.facts.http import Exchange
from launchready.gather import Collector, Gatherer
from launchready.manifest import parse_manifest
from tests.making import exchange

FOUND = json.dumps(
    {
        "objectClassName": "domain",
        "events": [{"eventAction": "expiration", "eventDate": "2027-05-01T00:00:00Z"}],
    }
)
BOOTSTRAP = "https://rdap.org/domain/"
REGISTRY = "https://rdap.registry.test/domain/"


async def registered(
    pages: Mapping[str, Exchange], domain: str = "example.org"
) -> Registration | Gap:
    async def page(subject: Subject, _world: object, _ask: object) -> Exchange | Gap:
        known = pages.get(subject.name)
        return known or Gap(key=Key(Exchange, subject), reason="no answer")

    collectors: dict[type[Fact], Collector] = {Exchange: page, **COLLECTORS}
    manifest = parse_manifest(f'[launch]\ndomain = "{domain}"\n')
    async with open_world(manifest, resolvers=["127.0.0.1:1"]) as world:
        gatherer = Gatherer(world=world, collectors=collectors)
        return await gatherer.ask(Registration, domain_subject(domain))


def moved(url: str, to: str) -> tuple[str, Exchange]:
    return url, exchange(url, status=302, headers={"Location": to})


def said(url: str, body: str = FOUND, **more: object) -> tuple[str, Exchange]:
    return url, exchange(url, body=body, **more)  # type: ignore[arg-type]


async def test_the_bootstrap_leads_to_the_registry() -> None:
    pages = [
        moved(f"{BOOTSTRAP}example.org", f"{REGISTRY}example.org"),
        said(f"{REGISTRY}example.org"),
    ]
    found = await registered(dict(pages))
    assert isinstance(found, Registration)
    assert found.expires == date(2027, 5, 1)


async def test_a_name_inside_a_registered_domain_is_found_by_it() -> None:
    pages = [
        said(f"{BOOTSTRAP}club.example.org", "{}", status=404),
        said(f"{BOOTSTRAP}example.org"),
    ]
    found = await registered(dict(pages), "club.example.org")
    assert isinstance(found, Registration)
    assert found.expires == date(2027, 5, 1)


@pytest.mark.parametrize(
    "pages",
    [
        [],
        [said(f"{BOOTSTRAP}example.org", status=404)],
        [said(f"{BOOTSTRAP}example.org", "<html>")],
        [said(f"{BOOTSTRAP}example.org", verified=False)],
        [moved(f"{BOOTSTRAP}example.org", f"{BOOTSTRAP}example.org")],
        [moved(f"{BOOTSTRAP}example.org", "ftp://example.org/")],
    ],
    ids=["no answer", "not found", "no rdap", "not verified", "loop", "elsewhere"],
)
async def test_what_tells_nothing_is_a_gap_of_our_own(pages: list[tuple[str, Exchange]]) -> None:
    found = await registered(dict(pages))
    assert isinstance(found, Gap)
    assert found.ours
