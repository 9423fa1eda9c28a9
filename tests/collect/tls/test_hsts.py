"""Which names below a host its HSTS covers, and whether they can follow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from launchready.collect.tls import hosts as tls
from launchready.collect.tls import hsts
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.dns import NeighbourNames
from launchready.facts.tls import Handshake, HstsReach
from launchready.facts.ways import Entrance
from launchready.gather import Collector
from tests.collect.certificates import Authority, leaf, server_context
from tests.collect.handshakes import ca, hang_up, root
from tests.collect.worlds import PUBLISHED, Loopback, loopback_world, serving
from tests.making import exchange, walk

__all__ = ["ca", "root"]

COVERING = "max-age=31536000; includeSubDomains"
MANIFEST = """
[launch]
domain = "example.org"
[hosts."old.example.org"]
web = false
[redirects]
"http://blog.example.org/a" = "https://example.org/a"
"""


def entering(value: str | None) -> Collector:
    async def entrance(subject: Subject, world: World, _ask: object) -> Entrance:
        headers = {} if value is None else {"Strict-Transport-Security": value}
        return Entrance(
            subject=subject, at=world.now(), how="test",
            https_root=walk(exchange(f"https://{subject.name}/", headers=headers)),
            http_root=None, http_deep=None, https_deep=None, deep_path="", deep_query="",
            http_closed=False,
        )  # fmt: skip

    return entrance


def neighbouring(*found: tuple[str, tuple[str, ...]]) -> Collector:
    async def neighbours(subject: Subject, world: World, _ask: object) -> NeighbourNames:
        return NeighbourNames(subject=subject, at=world.now(), how="test", addresses=found)

    return neighbours


@asynccontextmanager
async def world_with(
    value: str | None,
    servers: Mapping[str, int],
    ca: Path | None = None,
    *,
    neighbours: Collector | None = None,
    manifest: str = MANIFEST,
) -> AsyncIterator[Loopback]:
    known: dict[type[Fact], Collector] = {
        **tls.COLLECTORS,
        HstsReach: hsts.hsts_reach,
        Entrance: entering(value),
        NeighbourNames: neighbours or neighbouring(),
    }
    async with loopback_world(
        servers, manifest=manifest, ca=ca, request_s=5.0, collectors=known
    ) as here:
        yield here


async def reach(here: Loopback) -> HstsReach:
    found = await here.gatherer.ask(HstsReach, here.host())
    assert isinstance(found, HstsReach), found
    return found


@pytest.mark.parametrize("value", [None, "max-age=31536000", "max-age=0; includeSubDomains"])
async def test_without_covering_hsts_no_name_is_looked_at(value: str | None) -> None:
    async with world_with(value, {"old.example.org:443": 1, "old.example.org:80": 1}) as here:
        assert (await reach(here)).names == ()


async def test_declared_names_that_answer_only_http_cannot_follow() -> None:
    async with (
        serving(hang_up) as http,
        world_with(
            COVERING,
            {
                "old.example.org:80": http, "old.example.org:443": 1,
                "blog.example.org:80": http, "blog.example.org:443": 1,
            },
        ) as here,
    ):  # fmt: skip
        found = await reach(here)
    assert [(n.name, n.declared, n.because) for n in found.names] == [
        ("blog.example.org", True, None),
        ("old.example.org", True, None),
    ]
    assert all(n.trouble == "nothing listens on port 443" for n in found.names)


async def test_a_declared_name_with_good_https_can_follow(root: Authority, ca: Path) -> None:
    context = server_context(leaf("old.example.org", by=root))
    async with (
        serving(hang_up) as http,
        serving(hang_up, tls=context) as port,
        world_with(
            COVERING,
            {
                "old.example.org:80": http, "old.example.org:443": port,
                "blog.example.org:80": 1, "blog.example.org:443": 1,
            },
            ca,
        ) as here,
    ):  # fmt: skip
        found = await reach(here)
    assert [(n.name, n.trouble) for n in found.names] == [("old.example.org", "")]


async def test_a_neighbour_of_the_dns_with_a_foreign_certificate_cannot_follow(
    root: Authority, ca: Path
) -> None:
    context = server_context(leaf("hosting.example.net", by=root))
    near = neighbouring(("mail.example.org", ("203.0.113.9",)))
    async with (
        serving(hang_up) as http,
        serving(hang_up, tls=context) as port,
        world_with(
            COVERING,
            {"203.0.113.9:80": http, "203.0.113.9:443": port},
            ca,
            neighbours=near,
            manifest='[launch]\ndomain = "example.org"\n',
        ) as here,
    ):
        found = await reach(here)
    assert [(n.name, n.declared) for n in found.names] == [("mail.example.org", False)]
    assert "hosting.example.net" in found.names[0].trouble


async def test_a_neighbour_with_a_private_address_is_not_dialled() -> None:
    near = neighbouring(("intern.example.org", ("127.0.0.1",)))
    async with world_with(
        COVERING, {}, neighbours=near, manifest='[launch]\ndomain = "example.org"\n'
    ) as here:
        assert (await reach(here)).names == ()


async def test_a_web_host_below_points_to_its_own_handshake(ca: Path) -> None:
    async with world_with(
        COVERING,
        {f"{PUBLISHED}:443": 1},
        ca,
        manifest='[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\n',
    ) as here:
        found = await reach(here)
        below = Key(Handshake, here.host("app.example.org"))
    assert [(n.name, n.because) for n in found.names] == [("app.example.org", below)]


async def test_an_entrance_that_was_not_observed_is_the_reason_of_the_gap() -> None:
    async def nothing(subject: Subject, _world: World, _ask: object) -> Gap:
        return Gap(key=Key(Entrance, subject), reason="no answer")

    known: dict[type[Fact], Collector] = {HstsReach: hsts.hsts_reach, Entrance: nothing}
    async with loopback_world({}, collectors=known) as here:
        found = await here.gatherer.ask(HstsReach, here.host())
        assert isinstance(found, Gap)
        assert found.because == Key(Entrance, here.host())
