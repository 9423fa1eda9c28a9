"""Hosts that refuse, challenge or ask for a password: what was seen of them, and what was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready.derive.exposure.exposed_paths import exposed
from launchready.facts import Fact, Gap, Key
from launchready.facts.exposure import ErrorAnswers, Probe
from launchready.facts.http import Exchange, HostAnswers
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import Answer, https_world, only, probed, root

__all__ = ["root"]


async def test_a_host_that_answers_only_errors_shows_nothing_and_its_error_page_is_judged(
    root: Path,
) -> None:
    failing = page(b"Traceback (most recent call last):", status="500 Oops")
    async with https_world(only({}, failing), root) as (loopback, _):
        host = loopback.host()
        found = await loopback.gatherer.ask(Probe, host)
        errors = await loopback.gatherer.ask(ErrorAnswers, host)
    assert isinstance(found, Gap)
    assert found.because == Key(HostAnswers, host)
    assert isinstance(errors, ErrorAnswers)


async def test_a_challenge_in_place_of_the_site_is_a_gap(root: Path) -> None:
    wall = page(b"", "cf-mitigated: challenge", status="403 Forbidden")
    async with https_world(only({}, wall), root) as (loopback, _):
        found = await loopback.gatherer.ask(Probe, loopback.host())
    assert isinstance(found, Gap)
    assert found.because is not None
    assert found.because.kind is Exchange


REFUSED = page(b"<h1>403 Forbidden</h1>", status="403 Forbidden")


@pytest.mark.parametrize("kind", [Probe, ErrorAnswers])
async def test_a_host_that_refuses_everything_shows_nothing_to_judge(
    kind: type[Fact], root: Path
) -> None:
    async with https_world(only({}, REFUSED), root) as (loopback, site):
        found = await loopback.gatherer.ask(kind, loopback.host())
        assert not any(".env" in line for line in site.asked)
    assert isinstance(found, Gap)
    assert "403" in found.reason
    assert found.how_to_prove


API = "api.example.org"
HOOK = f"[routes]\n'https://{API}/hook' = 'webhook'\n"


async def shown_by_api(root: Path, answer: Answer, more: str = "") -> Probe | Gap:
    """Return what shows at a host that is only called, so that nobody expects a page at its root."""
    declared = f"[hosts.'{API}']\n{more}"
    at = {API: ("203.0.113.5",)}
    async with https_world(answer, root, more=declared, addresses=at) as (loopback, _):
        return await loopback.gatherer.ask(Probe, loopback.host(API))


@pytest.mark.parametrize("more", ["", HOOK])
async def test_a_host_without_a_front_page_that_refuses_everything_shows_nothing_to_judge(
    root: Path, more: str
) -> None:
    found = await shown_by_api(root, only({}, REFUSED), more)
    assert isinstance(found, Gap)
    assert "403" in found.reason


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (only({"/hook": page(b"POST it", status="405 Method Not Allowed")}, REFUSED), HOOK),
        (only({}, page(b'{"message":"Missing Authentication Token"}', "Content-Type: application/json", status="403 Forbidden")), ""),
        (only({}, REFUSED), HOOK.replace("'webhook'", "{ kind = 'webhook', status = 403 }")),
    ],
    ids=["one route answers", "its gateway speaks JSON", "declared"],
)  # fmt: skip
async def test_a_host_without_a_front_page_that_refuses_for_a_reason_is_judged(
    root: Path, answer: Answer, more: str
) -> None:
    assert isinstance(await shown_by_api(root, answer, more), Probe)


LOCKED = page(b"soon", 'WWW-Authenticate: Basic realm="soon"', status="401 Unauthorized")


@pytest.mark.parametrize("kind", [Probe, ErrorAnswers])
async def test_what_lies_behind_a_password_was_not_seen(kind: type[Fact], root: Path) -> None:
    async with https_world(only({}, LOCKED), root) as (loopback, site):
        host = loopback.host()
        found = await loopback.gatherer.ask(kind, host)
        assert not any(".env" in line for line in site.asked)
    assert isinstance(found, Gap)
    assert found.because == Key(HostAnswers, host)


async def test_a_host_that_asks_for_a_password_beside_its_pages_is_judged(root: Path) -> None:
    files = {"/": page(b"<h1>Welcome</h1>"), "/.env": page(b"A_KEY=1\nB_KEY=2\n")}
    found, _ = await probed(only(files, LOCKED), root)
    assert [path.path for path, _ in exposed(found)] == ["/.env"]


async def test_a_host_that_refuses_only_what_is_not_there_is_judged(root: Path) -> None:
    files = {"/": page(b"<h1>Welcome</h1>"), "/.env": page(b"A_KEY=1\nB_KEY=2\n")}
    found, _ = await probed(only(files, REFUSED), root)
    assert [path.path for path, _ in exposed(found)] == ["/.env"]


async def test_a_host_that_is_declared_to_refuse_is_judged(root: Path) -> None:
    declared = "[routes]\n'https://example.org/' = { kind = 'page', status = 403 }\n"
    async with https_world(only({}, REFUSED), root, more=declared) as (loopback, _):
        found = await loopback.gatherer.ask(Probe, loopback.host())
    assert isinstance(found, Probe), found
