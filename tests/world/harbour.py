"""A launch of its own on loopback, unlike the demo: a test changes one thing and audits it by the CLI."""

from __future__ import annotations

import asyncio
import copy
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.collect import nameserver
from tests.collect.certificates import authority, leaf, server_context
from tests.collect.worlds import serving

DOMAIN, APP, WWW = "harbour.test", "app.harbour.test", "www.harbour.test"
ADDRESS, PRIVATE = "203.0.113.20", "10.9.9.9"
BUNDLE = "/assets/app.4f8a1b2c.js"
MANIFEST = f"""
[launch]
domain = "{DOMAIN}"
[hosts."{DOMAIN}"]
[hosts."{WWW}"]
redirects_to = "{DOMAIN}"
[hosts."{APP}"]
login = true
[routes]
"{DOMAIN}/" = "page"
"{DOMAIN}{BUNDLE}" = "static"
"{APP}/login" = "auth"
"{APP}/berths" = {{ kind = "api", cors = ["https://{DOMAIN}"] }}
[redirects]
"{DOMAIN}/signin" = "https://{APP}/login"
"""
ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[str, Mapping[str, str]], Reply]


def page(text: str, *, head: str = "", cache: str = "no-cache") -> Reply:
    body = (
        f"<!doctype html><html><head><title>Harbour</title>{head}"
        f'<script src="{BUNDLE}"></script></head><body>{text}</body></html>'
    )
    return Reply(body, headers={"Content-Type": "text/html", "Cache-Control": cache})


def to(location: str, status: int = 301) -> Reply:
    return Reply(status=status, headers={"Location": location, "Cache-Control": "no-store"})


def script(text: str) -> Reply:
    kept = "public, max-age=31536000, immutable"
    return Reply(text, headers={"Content-Type": "text/javascript", "Cache-Control": kept})


LOG_IN = (
    '<form method="post" action="/login"><input name="email"><input name="password" '
    'type="password"><button>Log in</button></form>'
)


NOT_HERE = (
    f'<h1>Not here</h1><p>This page is gone. <a href="https://{DOMAIN}/">To the harbour</a></p>'
)


@dataclass(slots=True)
class Harbour:
    """The good launch; a test changes `answers` (host and path, or host alone) or `records`."""

    answers: dict[str, Answer | Reply] = field(
        default_factory=lambda: {
            f"{DOMAIN}/": page("<h1>Harbour</h1>"),
            f"{DOMAIN}/signin": to(f"https://{APP}/login"),
            f"{APP}/": to("/login", 302),
            f"{APP}/login": page(LOG_IN, cache="private, no-store"),
            f"{APP}/berths": Reply('{"berths": [1, 2]}', headers={
                "Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Origin",
                "Access-Control-Allow-Origin": f"https://{DOMAIN}",
            }),
            WWW: lambda target, _: to(f"https://{DOMAIN}{target}"),
            BUNDLE: script("addEventListener('load', () => 1);"),
        }
    )  # fmt: skip
    records: dict[str, dict[str, Sequence[str]]] = field(
        default_factory=lambda: {
            name: {"A": [ADDRESS], "AAAA": ["2001:db8:77::20"]} for name in (DOMAIN, APP, WWW)
        }
    )

    def answer(self, host: str, target: str, fields: Mapping[str, str]) -> Reply:
        path = target.partition("?")[0]
        for where in (host + path, host, path):
            found = self.answers.get(where)
            if found is not None:
                return found if isinstance(found, Reply) else found(target, fields)
        return Reply(NOT_HERE, 404, {"Content-Type": "text/html"})

    async def audit(self, folder: Path, *options: str) -> dict[str, Any]:
        """Return the JSON report of `launchready audit` on the launch as it now is."""
        async with AsyncExitStack() as opened:
            root = authority("Harbour Root")
            shown = server_context(leaf(DOMAIN, APP, WWW, by=root))
            (folder / "ca.pem").write_bytes(root.pem)
            (folder / "launchready.toml").write_text(MANIFEST)
            https = await opened.enter_async_context(serving(self._web, tls=shown))
            http = await opened.enter_async_context(serving(_to_https))
            names = await opened.enter_async_context(
                nameserver.serving(nameserver.resolver(copy.deepcopy(self.records)))
            )
            arguments = ["--ca", "ca.pem", "--resolver", f"127.0.0.1:{names.port}"]
            for address in (ADDRESS, "[2001:db8:77::20]"):
                arguments += ["--dial", f"{address}:443=127.0.0.1:{https}"]
                arguments += ["--dial", f"{address}:80=127.0.0.1:{http}"]
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "launchready", "audit", "-f", "json", *arguments, *options,
                cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, errors = await process.communicate()
        assert process.returncode in {0, 1}, errors.decode()
        report: dict[str, Any] = json.loads(output)
        return report

    async def _web(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            method, target, fields = await _request(reader)
            reply = self.answer(fields.get("host", ""), target, fields)
            body = reply.body.encode()
            lines = [f"{n}: {v}" for n, v in {**ALWAYS, **reply.headers}.items()]
            head = "\r\n".join(
                [f"HTTP/1.1 {reply.status} X", *lines, f"Content-Length: {len(body)}"]
            )
            writer.write(f"{head}\r\n\r\n".encode() + (b"" if method == "HEAD" else body))
            await writer.drain()


async def _to_https(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        _, target, fields = await _request(reader)
        location = f"https://{fields.get('host', '')}{target}"
        writer.write(
            f"HTTP/1.1 301 X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        await writer.drain()


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    pairs = (line.partition(":") for line in lines[1:])
    return method, target, {n.strip().lower(): v.strip() for n, _, v in pairs}


def root_causes(report: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return check and subject of every finding."""
    return {(f["check"], f["subject"]) for f in report["findings"]}
