"""What the scripts of a page load once they run, asked level by level of a real server."""

from __future__ import annotations

from pathlib import Path

from launchready.collect.web import loaded_later
from launchready.facts import url_subject
from launchready.facts.exposure import LoadedLater
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import HTML, NOT_FOUND, Answer, https_world, root

__all__ = ["root"]

SCRIPT = "Content-Type: text/javascript"
SITE: dict[str, tuple[str, bytes]] = {
    "/": (
        HTML,
        b'<script type=module src="/assets/index.js"></script><link rel=manifest href=/app.json>',
    ),
    "/assets/index.js": (
        SCRIPT,
        b'import("./chat.js");fetch("/config.json");import("./gone.js");"vue.js"',
    ),
    "/assets/chat.js": (
        SCRIPT,
        b"import(`./deep.js`);import(`./index.js`);import('https://cdn.example/x.js')",
    ),
    "/assets/deep.js": (SCRIPT, b"navigator.serviceWorker.register('/sw.js')"),
    "/sw.js": (SCRIPT, b"1"),
    "/config.json": ("Content-Type: application/json", b"{}"),
    "/app.json": ("Content-Type: application/json", b"{}"),
}


def site(_method: str, target: str, _fields: dict[str, str]) -> bytes:
    if target not in SITE:
        return NOT_FOUND
    kind, body = SITE[target]
    return page(body, kind)


def single_page(method: str, target: str, fields: dict[str, str]) -> bytes:
    return site(method, target if target in SITE else "/", fields)


async def found(answer: Answer, root: Path, path: str = "/") -> LoadedLater:
    async with https_world(answer, root) as (loopback, _):
        loopback.gatherer.collectors = {**loopback.gatherer.collectors, **loaded_later.COLLECTORS}
        subject = url_subject(f"https://example.org{path}", "example.org")
        later = await loopback.gatherer.ask(LoadedLater, subject)
    assert isinstance(later, LoadedLater), later
    return later


async def test_chunks_of_chunks_are_followed_and_what_is_not_there_is_left_out(root: Path) -> None:
    later = await found(site, root)
    paths = [url.removeprefix("https://example.org") for url in later.scripts]
    assert paths == ["/assets/chat.js", "/assets/deep.js", "/sw.js"]
    assert [url.removeprefix("https://example.org") for url in later.others] == [
        "/app.json",
        "/config.json",
    ]


async def test_a_page_that_is_answered_in_a_chunks_place_is_none(root: Path) -> None:
    later = await found(single_page, root)
    assert "https://example.org/assets/gone.js" not in later.scripts


async def test_a_script_that_names_thousands_is_not_followed_without_end(root: Path) -> None:
    def endless(_method: str, target: str, _fields: dict[str, str]) -> bytes:
        if target == "/":
            return page(b'<script src="/a/0.js"></script>', HTML)
        number = int("".join(c for c in target if c.isdigit()) or 0) * 100
        return page(b",".join(b'"./%d.js"' % (number + i) for i in range(1, 100)), SCRIPT)

    later = await found(endless, root)
    assert len(later.scripts) == loaded_later.ASKED_MAX


async def test_a_script_that_is_a_route_is_read_as_such(root: Path) -> None:
    later = await found(site, root, "/assets/chat.js")
    assert "https://example.org/assets/deep.js" in later.scripts


CDN: dict[str, dict[str, tuple[str, bytes]]] = {
    "example.org": {
        "/": (HTML, b'<script type=module src="https://cdn.files.example/app/index.js"></script>'),
    },
    "cdn.files.example": {
        "/app/index.js": (SCRIPT, b'import("./chat.js");import("https://stranger.example/x.js")'),
        "/app/chat.js": (SCRIPT, b'import("./deep.js")'),
        "/app/deep.js": (SCRIPT, b"1"),
    },
}
PLACES = {"cdn.files.example": ("203.0.113.7",), "stranger.example": ("203.0.113.8",)}


def of_host(host: str) -> Answer:
    def answer(_method: str, target: str, _fields: dict[str, str]) -> bytes:
        kind, body = CDN[host].get(target, ("", b""))
        return page(body, kind) if kind else NOT_FOUND

    return answer


async def test_the_chunks_of_a_bundle_on_a_host_of_others_are_followed(root: Path) -> None:
    origins = {"203.0.113.7": of_host("cdn.files.example"), "203.0.113.8": None}
    async with https_world(of_host("example.org"), root, origins=origins, addresses=PLACES) as (
        loopback,
        _,
    ):
        loopback.gatherer.collectors = {**loopback.gatherer.collectors, **loaded_later.COLLECTORS}
        subject = url_subject("https://example.org/", "example.org")
        later = await loopback.gatherer.ask(LoadedLater, subject)
    assert isinstance(later, LoadedLater), later
    assert later.scripts == (
        "https://cdn.files.example/app/chat.js",
        "https://cdn.files.example/app/deep.js",
    )


async def test_a_host_of_others_is_not_asked_without_end(root: Path) -> None:
    def endless(_method: str, target: str, _fields: dict[str, str]) -> bytes:
        number = int("".join(c for c in target if c.isdigit()) or 0) * 100
        return page(b",".join(b'"./%d.js"' % (number + i) for i in range(1, 100)), SCRIPT)

    async with https_world(
        of_host("example.org"), root, origins={"203.0.113.7": endless}, addresses=PLACES
    ) as (loopback, _):
        loopback.gatherer.collectors = {**loopback.gatherer.collectors, **loaded_later.COLLECTORS}
        subject = url_subject("https://example.org/", "example.org")
        later = await loopback.gatherer.ask(LoadedLater, subject)
    assert isinstance(later, LoadedLater), later
    assert len(later.scripts) == loaded_later.FOREIGN_MAX
