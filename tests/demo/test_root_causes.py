"""A fault that shows in many places is told once, with all that follows from it folded under it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from launchready.audit import audit, choose
from launchready.collect.opening import open_world
from launchready.demo import apply, healthy, running
from launchready.demo.answers import Answer
from launchready.demo.defects.redirects import lock
from launchready.demo.description import DemoLaunch
from launchready.demo.willow import DOMAIN
from launchready.finding import Severity
from launchready.manifest import load_manifest
from launchready.verdict import Verdict

DOWN = Answer(
    status=503,
    headers={"content-type": "text/html", "strict-transport-security": None},
    body="<h1>Service Unavailable</h1>",
    # Guard is down with the app: it answers nothing of its own either.
    guarded=True,
)


async def verdict(
    launch: DemoLaunch,
    folder: Path,
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    active: bool = True,
) -> Verdict:
    async with (
        running(launch, folder) as demo,
        open_world(load_manifest(demo.manifest), ca=demo.ca, active=active) as world,
    ):
        found = await audit(world, choose(only, skip), causes=choose(skip=skip))
    assert not found.crashes
    return found.verdict


def root_causes(found: Verdict) -> list[tuple[str, str]]:
    return [(f.check.id, f.subject.name) for f in found.findings]


async def nul_in_a_header() -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nhi"


async def hints_without_end() -> AsyncIterator[bytes]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
        await asyncio.sleep(0)


@pytest.mark.parametrize("garbage", [nul_in_a_header, hints_without_end])
async def test_a_host_that_answers_garbage_is_one_root_cause(
    tmp_path: Path, garbage: object
) -> None:
    launch = healthy()
    host = launch.host("app")
    host.http2 = False
    host.before.insert(0, Answer(raw=garbage))  # type: ignore[arg-type]
    found = await verdict(launch, tmp_path)
    name = f"app.{DOMAIN}"
    told = [cause for cause in root_causes(found) if cause[0] != "http2-missing"]
    assert told == [("host-answers-only-errors", name)]
    assert found.unchecked == ()
    folded = {c.subject.name for c in found.findings[0].consequences}
    assert {f"https://{name}/login", f"https://{name}/checkout"} <= folded


@pytest.mark.parametrize("label", ["", "www", "app", "community", "api", "static"])
async def test_a_host_that_fails_at_everything_is_one_root_cause(
    tmp_path: Path, label: str
) -> None:
    launch = healthy()
    launch.host(label).before.insert(0, DOWN)
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("host-answers-only-errors", launch.host(label).name)]
    assert found.unchecked == ()


@pytest.mark.parametrize("status", [404, 500])
async def test_a_log_in_page_that_does_not_answer_is_one_root_cause(
    tmp_path: Path, status: int
) -> None:
    launch = healthy()
    launch.host("app").serve("/login", Answer(status=status, body="<h1>Oops</h1>"))
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("route-answers-wrong", f"https://app.{DOMAIN}/login")]
    assert str(found.findings[0].check.impact) == "sign-in"
    assert "member-cannot-sign-in" in {c.check.id for c in found.findings[0].consequences}
    assert found.unchecked == ()


async def test_the_hops_behind_a_redirect_to_the_wrong_host_are_no_cause_of_their_own(
    tmp_path: Path,
) -> None:
    launch = healthy()
    redirect = launch.host("www").redirect
    assert redirect is not None
    redirect.to = f"https://app.{DOMAIN}/"
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("redirects-elsewhere-than-declared", f"www.{DOMAIN}")]


async def test_a_call_that_fails_is_told_once_with_its_limit_folded(tmp_path: Path) -> None:
    launch = healthy()
    failing = Answer(status=500, body="out of order")
    launch.host("app").serve("/chat", failing, methods="GET POST")
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("endpoint-answers-wrong", f"https://app.{DOMAIN}/chat")]
    assert found.unchecked == ()


async def test_a_host_that_takes_connections_and_never_shakes_hands_is_one_root_cause(
    tmp_path: Path,
) -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    name = f"community.{DOMAIN}"
    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        running(healthy(), tmp_path) as demo,
        open_world(
            load_manifest(demo.manifest),
            ca=demo.ca,
            dial=[f"{name}:443=127.0.0.1:{port}"],
            request_s=6,
            active=True,
        ) as world,
    ):
        found = (await audit(world, choose())).verdict
    server.close()
    assert root_causes(found) == [("https-refused", name)]
    assert not found.unchecked
    assert found.headline == "NO-GO: 1 thing is broken"


LETTERS = "willow-letters.example"


@pytest.mark.parametrize("only", [("mail",), ("spf-missing",), ()])
async def test_a_domain_that_sends_mail_and_does_not_exist_is_one_root_cause(
    tmp_path: Path, only: tuple[str, ...]
) -> None:
    launch = healthy()
    launch.manifest["mail"]["domains"][LETTERS] = {"sends": True}
    found = await verdict(launch, tmp_path, only=only)
    assert root_causes(found) == [("domain-does-not-exist", LETTERS)]
    assert found.findings[0].severity is Severity.BLOCKER
    assert "spf-missing" in {o.check.id for o in found.findings[0].consequences}
    assert not found.unchecked


async def test_a_launch_whose_domain_does_not_exist_is_no_go_for_its_mail_alone(
    tmp_path: Path,
) -> None:
    launch = healthy()
    apply(launch, ["domain-does-not-exist"])
    found = await verdict(launch, tmp_path, only=("mail",))
    assert root_causes(found) == [("domain-does-not-exist", DOMAIN)]
    assert found.headline == "NO-GO: 1 thing is broken"


async def test_a_cause_that_is_to_be_skipped_leaves_what_it_hides_unproven(tmp_path: Path) -> None:
    launch = healthy()
    apply(launch, ["domain-does-not-exist"])
    found = await verdict(launch, tmp_path, only=("mail",), skip=("domain-does-not-exist",))
    assert not found.go
    assert not found.findings
    spf = next(o for o in found.unchecked if o.check.id == "spf-missing")
    assert spf.severity is Severity.BLOCKER
    assert f"{DOMAIN} cannot be looked up" in spf.detail


async def test_a_healthy_launch_has_no_cause_to_tell_of(tmp_path: Path) -> None:
    found = await verdict(healthy(), tmp_path, only=("mail",))
    assert {o.check.family for o in found.outcomes} == {"mail"}


@pytest.mark.parametrize("label", ["", "www", "app", "community", "api", "static"])
async def test_a_host_behind_a_password_is_one_root_cause(tmp_path: Path, label: str) -> None:
    launch = healthy()
    lock(launch, label)
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("host-behind-password", launch.host(label).name)]
    assert found.unchecked == ()


async def test_several_hosts_behind_one_password_are_one_thing_to_do(tmp_path: Path) -> None:
    launch = healthy()
    for label in ("", "app", "community"):
        lock(launch, label)
    found = await verdict(launch, tmp_path)
    assert [f.check.id for f in found.findings] == ["host-behind-password"]
    assert len(found.findings[0].also) == 2
