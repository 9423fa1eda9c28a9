"""Guard's figures read with their token: what is told, and that the token goes nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from launchready.collect.active import guard_figures
from launchready.facts import Gap
from launchready.facts.guarding import GuardFigures
from launchready.guard.figures import Figures
from launchready.guard.parts import PARTS
from tests.collect.certificates import authority
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import Https, https_world, root
from tests.collect.worlds import Loopback

__all__ = ["root"]

TOKEN = "figures-token-4471-of-this-test"
GUARD = '[hosts."example.org"]\n[guard]\nmetrics_token_env = "FIGURES_TOKEN"\n'
NOT_FOUND = page(b"", "Content-Type: application/problem+json", status="404 Not Found")
PLAIN = "Content-Type: text/plain; version=0.0.4; charset=utf-8"

Answer = Callable[[str, str, dict[str, str]], bytes]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGURES_TOKEN", TOKEN)


def figures(*off: str) -> bytes:
    """Return the page of a guard that does without some parts."""
    made = Figures()
    for part in PARTS:
        made.parts.labels(part).set(part not in off)
    return made.page()[0]


def guarded(*off: str) -> Answer:
    """Answer as guard does: the figures for whoever holds the token, and nothing for others."""

    def answer(_method: str, target: str, fields: dict[str, str]) -> bytes:
        allowed = fields.get("authorization") == f"Bearer {TOKEN}"
        return page(figures(*off), PLAIN) if target == "/metrics" and allowed else NOT_FOUND

    return answer


@asynccontextmanager
async def asked(
    answer: Answer, ca: Path, *, active: bool = True, more: str = GUARD
) -> AsyncIterator[tuple[Loopback, Https]]:
    async with https_world(answer, ca, more=more) as (loopback, site):
        loopback.world.active = active
        loopback.gatherer.collectors = {
            **loopback.gatherer.collectors,
            **guard_figures.COLLECTORS,
        }
        yield loopback, site


async def told(answer: Answer, ca: Path) -> GuardFigures | Gap:
    async with asked(answer, ca) as (loopback, _):
        return await loopback.gatherer.ask(GuardFigures, loopback.host())


async def fact(answer: Answer, ca: Path) -> GuardFigures:
    found = await told(answer, ca)
    assert isinstance(found, GuardFigures), found
    return found


def answering(whole: bytes) -> Answer:
    return lambda _method, target, _fields: whole if target == "/metrics" else NOT_FOUND


async def test_each_part_is_read_with_the_token(root: Path) -> None:
    found = await fact(guarded("logs", "framing"), root)
    assert dict(found.parts) == {
        "start-up": True, "limits": True, "submissions": True, "bodies": True, "websockets": True,
        "caching": True, "logs": False,
    }  # fmt: skip
    assert found.off == ("logs",)


async def test_each_part_that_is_off_is_a_fault_of_its_own(root: Path) -> None:
    found = await fact(guarded("limits", "caching"), root)
    assert found.faults == ("limits-off", "caching-off")
    # Whatever else goes wrong at the host is owed to none of them.
    assert found.explains == ""


async def test_a_run_that_only_looks_sends_no_token(root: Path) -> None:
    async with asked(guarded(), root, active=False) as (loopback, site):
        found = await loopback.gatherer.ask(GuardFigures, loopback.host())
    assert isinstance(found, Gap)
    assert "--active" in found.how_to_prove
    assert site.asked == []


async def test_a_host_that_the_manifest_does_not_name_gets_no_token(root: Path) -> None:
    async with asked(guarded(), root) as (loopback, site):
        found = await loopback.gatherer.ask(GuardFigures, loopback.host("other.example.org"))
    assert isinstance(found, Gap)
    assert "does not name it" in found.reason
    assert site.asked == []


async def test_a_host_that_only_guard_names_gets_no_token_and_is_said_to_want_declaring(
    root: Path,
) -> None:
    more = f'{GUARD}hosts = "other.example.org"\n'
    async with asked(guarded(), root, more=more) as (loopback, site):
        found = await loopback.gatherer.ask(GuardFigures, loopback.host("other.example.org"))
    assert isinstance(found, Gap)
    assert "[guard] names it, but [hosts] does not" in found.reason
    assert '[hosts."other.example.org"]' in found.how_to_prove
    assert site.asked == []


@pytest.mark.parametrize("value", ["", "two\r\nX-More: 1", "with a space", "schlüssel-schlüssel"])
async def test_without_a_token_that_can_be_sent_nothing_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("FIGURES_TOKEN", value)
    async with asked(guarded(), root) as (loopback, site):
        found = await loopback.gatherer.ask(GuardFigures, loopback.host())
    assert isinstance(found, Gap)
    assert found.how_to_prove == "Set FIGURES_TOKEN for this run, as the app has it."
    assert not value or value not in repr(found)
    assert site.asked == []


async def test_a_certificate_that_browsers_refuse_gets_no_token(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(authority("Another Root").pem)
    async with asked(guarded(), other) as (loopback, site):
        # Asked before without that demand, so that a connection stands open.
        await loopback.get("https://example.org/")
        found = await loopback.gatherer.ask(GuardFigures, loopback.host())
    assert isinstance(found, Gap)
    assert site.asked == ["GET /"]


async def test_a_redirect_is_not_followed(root: Path) -> None:
    moved = page(b"", "Location: https://example.org/elsewhere", status="302 Found")
    async with asked(answering(moved), root) as (loopback, site):
        found = await loopback.gatherer.ask(GuardFigures, loopback.host())
    assert isinstance(found, GuardFigures)
    assert (found.status, found.parts) == (302, ())
    assert site.asked == ["GET /metrics"]


@pytest.mark.parametrize(
    ("whole", "seen"),
    [
        (NOT_FOUND, "404"),
        (page(b"<!doctype html><p>Hi", "Content-Type: text/html"), "200, but no Prometheus page"),
        (
            page(b"# HELP up Up\nup 1\n", PLAIN),
            "200, figures that do not tell of guard's parts",
        ),
        (page(figures(), "Content-Type: text/html"), "200, but no Prometheus page"),
    ],
)
async def test_what_is_not_guards_page_tells_of_no_part(
    root: Path, whole: bytes, seen: str
) -> None:
    found = await fact(answering(whole), root)
    assert (found.seen, found.parts) == (seen, ())


ECHOES = [
    lambda sent: page(sent, "Content-Type: text/html"),
    lambda sent: page(b"# " + sent, PLAIN),
    lambda sent: page(b'# \nlaunchready_guard_part{part="' + sent + b'"} 0\n' + figures(), PLAIN),
    lambda sent: page(b"", "Content-Type: " + sent.decode()),
    lambda sent: page(b"", "Location: /?" + sent.decode(), status="302 Found"),
    lambda sent: page(b"", status="404 " + sent.decode()),
    lambda sent: page(sent, status="500 " + sent.decode()),
    lambda sent: b"HTTP/1.1 200 OK\r\nX: " + sent + b"\0\r\n\r\n",
    lambda sent: sent + b"\r\n\r\n",
    lambda sent: page(sent, "Content-Encoding: gzip"),
]


@pytest.mark.parametrize("echo", ECHOES)
async def test_a_token_that_the_server_repeats_is_kept_nowhere(
    root: Path, echo: Callable[[bytes], bytes]
) -> None:
    def answer(_method: str, target: str, fields: dict[str, str]) -> bytes:
        sent = fields.get("authorization", "").removeprefix("Bearer ").encode()
        return echo(sent) if target == "/metrics" else NOT_FOUND

    async with asked(answer, root) as (loopback, site):
        await loopback.gatherer.ask(GuardFigures, loopback.host())
    assert "GET /metrics" in site.asked
    assert TOKEN not in repr(loopback.gatherer.observed)
    assert TOKEN not in repr(loopback.gatherer.crashes)
    assert loopback.gatherer.crashes == []


async def test_a_server_that_fails_leaves_it_open(root: Path) -> None:
    found = await told(answering(page(b"", status="503 Service Unavailable")), root)
    assert isinstance(found, Gap)
    assert found.reason == "the server answered with 503"


async def test_bot_protection_in_front_leaves_it_open(root: Path) -> None:
    wall = page(b"", "cf-mitigated: challenge", status="403 Forbidden")
    found = await told(answering(wall), root)
    assert isinstance(found, Gap)
    assert "Cloudflare" in found.reason
