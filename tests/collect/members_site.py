"""A small site with members on loopback, whose every answer a test decides and counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from urllib.parse import parse_qsl

import pytest

from launchready.collect.active import sign_in, throttling
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.dns import Ownership
from launchready.gather import Collector

from .worlds import PUBLISHED, Loopback, loopback_world, serving

HTML = (("Content-Type", "text/html; charset=utf-8"),)
MANIFEST = """
[launch]
domain = "example.org"
token = "lr-test"
[hosts."example.org"]
[hosts."app.example.org"]
[routes]
"http://example.org/login" = "auth"
[accounts.member]
username_env = "LR_TEST_NAME"
password_env = "LR_TEST_PASSWORD"
login = "http://example.org/login"
private = "http://example.org/members"
logout = "http://example.org/logout"
"""
NAME, PASSWORD = "ada@example.org", "correct horse 7f3a91"


@pytest.fixture(autouse=True)
def member(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment holds the test member's name and password, wherever this is imported."""
    monkeypatch.setenv("LR_TEST_NAME", NAME)
    monkeypatch.setenv("LR_TEST_PASSWORD", PASSWORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body, keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (p.strip().partition("=") for p in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = HTML
    after_s: float = 0


def to(location: str, *headers: tuple[str, str]) -> Reply:
    return Reply(302, "", (("Location", location), *headers))


Site = Callable[[Asked], Reply | None]


@dataclass(slots=True)
class Running:
    """The site while it runs: the world that looks at it, and what was asked of it."""

    seen: Loopback
    asked: list[Asked] = field(default_factory=list)

    def posts(self, path: str = "") -> list[Asked]:
        return [a for a in self.asked if a.method == "POST" and path in ("", a.path)]


@asynccontextmanager
async def running(
    site: Site,
    *,
    manifest: str = MANIFEST,
    active: bool = True,
    from_file: bool = True,
    dialled: bool = True,
    owned: bool = False,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
    extra: Mapping[type[Fact], Collector] | None = None,
    tls: SSLContext | None = None,
) -> AsyncIterator[Running]:
    """Yield the site; `None` for a reply closes the connection without a word.

    With `tls` it is served at port 443, by a certificate that no test's world trusts.
    """
    asked: list[Asked] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, target, _ = head[0].split(" ", 2)
            headers = {
                n.strip().lower(): v.strip() for n, _, v in (h.partition(":") for h in head[1:])
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Asked(method=method, target=target, headers=headers, body=body.decode())
            asked.append(request)
            reply = site(request)
            if reply is None:
                return
            await asyncio.sleep(reply.after_s)
            content = reply.body.encode()
            fields = "".join(f"{n}: {v}\r\n" for n, v in reply.headers)
            writer.write(
                f"HTTP/1.1 {reply.status} X\r\n{fields}Content-Length: {len(content)}\r\n\r\n".encode()
                + content
            )
            await writer.drain()

    async def ownership(subject: Subject, world: World, _ask: object) -> Ownership | Gap:
        if not owned:
            return Gap(key=Key(Ownership, subject), reason="no TXT record holds the token")
        return Ownership(
            subject=subject, at=world.now(), how="test", proven=True, detail="TXT record"
        )

    async with serving(peer, tls=tls) as port:
        # Where nothing is dialled the published address itself is asked: nothing answers there.
        servers = {f"{PUBLISHED}:{443 if tls else 80}": port} if dialled else {}
        async with loopback_world(
            servers,
            manifest=manifest,
            addresses=addresses,
            request_s=5.0,
            collectors={
                Ownership: ownership,
                **sign_in.COLLECTORS,
                **throttling.COLLECTORS,
                **(extra or {}),
            },
        ) as seen:
            seen.world.active = active
            seen.world.from_file = from_file
            yield Running(seen, asked)


def login_page(*, note: str = "", token: str = "", action: str = "/login", more: str = "") -> str:
    hidden = f'<input type="hidden" name="csrf" value="{token}">' if token else ""
    return (
        f"<!doctype html><html><head><title>Log in</title></head><body><h1>Log in</h1><p>{note}</p>"
        f'<form method="post" action="{action}">{hidden}'
        '<input name="email" type="email"><input name="password" type="password">'
        f"<button>Log in</button></form>{more}</body></html>"
    )
