"""What the demo's own servers were asked during an audit: nothing twice but where that is the point."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from launchready.audit import Audit, audit, choose
from launchready.collect.opening import open_world
from launchready.demo import Running, healthy, running
from launchready.demo.state import AskedPage
from launchready.expected import THROTTLED_KINDS
from launchready.facts.exposure import PageData, Probe
from launchready.facts.http import Repeat
from launchready.facts.ways import SecondVisitor
from launchready.manifest import load_manifest

PATIENT_S = 60.0


def audited(folder: Path, *, active: bool) -> tuple[Running, Audit]:
    async def whole() -> tuple[Running, Audit]:
        async with running(healthy(), folder) as demo:
            manifest = load_manifest(demo.manifest)
            # What is late is asked again, and on a busy machine much would be.
            async with open_world(
                manifest, ca=demo.ca, active=active, query_s=PATIENT_S, request_s=PATIENT_S
            ) as world:
                return demo, await audit(world, choose())

    return asyncio.run(whole())


def again(seen: Counter[AskedPage]) -> dict[str, int]:
    """Return the URLs asked more than once by the very same request, without their queries."""
    found: Counter[str] = Counter()
    for page, times in seen.items():
        if times > 1:
            found[page.url.partition("?")[0]] += times
    return dict(found)


@pytest.fixture(scope="module")
def passive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Running, Audit]:
    return audited(tmp_path_factory.mktemp("passive"), active=False)


@pytest.fixture(scope="module")
def active(tmp_path_factory: pytest.TempPathFactory) -> tuple[Running, Audit]:
    return audited(tmp_path_factory.mktemp("active"), active=True)


def static_files(done: Audit) -> set[str]:
    return {key.subject.name for key in done.observed if key.kind is Repeat}


def second_visitors(done: Audit) -> set[str]:
    """Return the pages that gave a first visitor something of their own, so that a second one came."""
    facts = (f for f in done.observed.values() if isinstance(f, SecondVisitor))
    return {f.first.url for f in facts if f.second is not None}


def data_at_probed_paths(done: Audit) -> set[str]:
    """Return the addresses of pages' data that are sensitive paths too: of those no answer is kept whole."""
    data = {url for f in done.observed.values() if isinstance(f, PageData) for url in f.asked}
    hosts = {f.subject.name: f.asked for f in done.observed.values() if isinstance(f, Probe)}
    return data & {f"https://{host}{path}" for host, paths in hosts.items() for path in paths}


def test_a_passive_audit_sends_no_question_to_a_name_server_twice(
    passive: tuple[Running, Audit],
) -> None:
    names = passive[0].state.names
    assert len(names) > 100
    assert not [name for name, times in names.items() if times > 1]


def test_an_active_audit_sends_no_question_to_a_name_server_twice(
    active: tuple[Running, Audit],
) -> None:
    names = active[0].state.names
    assert len(names) > 100
    assert not [name for name, times in names.items() if times > 1]


def test_a_passive_audit_repeats_only_what_caches_should_and_what_they_must_not_give_again(
    passive: tuple[Running, Audit],
) -> None:
    demo, done = passive
    assert len(demo.state.pages) > 100
    assert second_visitors(done)
    twice = static_files(done) | second_visitors(done) | data_at_probed_paths(done)
    assert again(demo.state.pages) == dict.fromkeys(twice, 2)


def test_an_active_audit_repeats_only_bursts_and_the_steps_of_the_test_member(
    active: tuple[Running, Audit],
) -> None:
    demo, done = active
    manifest = done.manifest
    bursts = {r.url for r in manifest.routes.values() if r.kind in THROTTLED_KINDS}
    steps = {
        url
        for account in manifest.accounts.values()
        for url in (account.login, account.private, account.logout, *account.entrances)
        if url
    }
    repeated = again(demo.state.pages)
    assert set(repeated) - bursts - steps - second_visitors(done) == static_files(
        done
    ) | data_at_probed_paths(done)
    assert all(repeated[url] == 2 for url in static_files(done))
