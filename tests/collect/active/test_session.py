"""A session remembers which cookies were set and how, and never their values."""

from __future__ import annotations

import asyncio

from launchready.collect.active.session import Session
from launchready.facts import Key, Subject
from launchready.facts.active import SignIn
from launchready.facts.http import Exchange
from tests.collect.worlds import MANIFEST, loopback_world, serving

VALUE = "7f3a9c0d1e2b4a5f"
LINES = {
    "/": "Set-Cookie: visit=1; Path=/; SameSite=Lax\r\n",
    "/again": "Set-Cookie: test_cookie=WP%20Cookie%20check; Path=/\r\n",
    "/login": f"Set-Cookie: test_cookie=WP%20Cookie%20check; Path=/\r\nSet-Cookie: sid={VALUE}; Path=/; HttpOnly\r\nSet-Cookie: gone=x; Max-Age=0\r\n",
}


async def site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split()[1]
        writer.write(f"HTTP/1.1 200 OK\r\n{LINES[path]}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()


async def test_what_the_log_in_sets_is_told_from_what_came_before_it() -> None:
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        key = Key(SignIn, Subject("account", "member", loopback.host()))
        session = Session(world=loopback.world, ask=loopback.gatherer.ask, key=key)
        first = await session.send("http://example.org/")
        await session.send("http://example.org/again")
        session.logged_in = True
        second = await session.send("http://example.org/login")
    assert isinstance(first, Exchange)
    assert isinstance(second, Exchange)
    seen = {c.name: (c.at_login, c.secure, c.http_only, c.same_site, c.long_value)
            for c in session.cookies.values()}  # fmt: skip
    assert seen == {
        "visit": (False, False, False, "lax", False),
        # The same as before the log-in: whatever it is for, no session hangs on it.
        "test_cookie": (False, False, False, "", True),
        "sid": (True, False, True, "", True),
    }
    assert VALUE not in repr(session.cookies)


async def test_a_token_with_line_breaks_in_it_goes_back_as_one_field() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            token = "Set-Cookie: XSRF-TOKEN=a%00b%0D%0AX-More:%20yes; Path=/\r\n"
            writer.write(f"HTTP/1.1 200 OK\r\n{token}Content-Length: 0\r\n\r\n".encode())
            await writer.drain()

    text = '[hosts."example.org"]\n'
    async with (
        serving(serve) as port,
        loopback_world({"203.0.113.5:80": port}, manifest=MANIFEST + text, active=True) as loopback,
    ):
        key = Key(SignIn, Subject("account", "member", loopback.host()))
        session = Session(world=loopback.world, ask=loopback.gatherer.ask, key=key)
        await session.get("http://example.org/")
        await session.call("http://example.org/", b"")
    assert b"x-xsrf-token: a?b??x-more: yes\r\n" in heard[-1].lower()
