"""The guarded community behind TLS on loopback, with a scripted AI provider and a mail folder."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from sqlalchemy import func, select

from launchready.community import Settings, guarded
from launchready.community.running import Community
from launchready.community.seed import add_member, seed
from launchready.community.tables import Comment, Post
from launchready.demo.certificates import Authority
from launchready.demo.description import CertificateOptions
from launchready.demo.provider import ScriptedProvider
from launchready.guard import Guard
from launchready.manifest import parse_manifest

HOST = "app.test"
ORIGIN = f"https://{HOST}"
ADA, GUEST, ADMIN = "ada@willow.example", "guest@willow.example", "admin@willow.example"
SECRET = "whsec_test_0123456789abcdef"
MANIFEST = """
[launch]
domain = "app.test"
[guard]
proxies = "127.0.0.1"
[environment]
PAYMENTS_SECRET = "secret"
[chat]
base_url = "{provider}"
first_token_s = 5
answer_s = 30
[routes]
"app.test/" = "page"
"app.test/pricing" = "page"
"app.test/community" = "page"
"app.test/journal/first-evening" = "page"
"app.test/login" = {{ kind = "auth", fields = {{ username = "email", password = "password" }} }}
"app.test/signup" = "signup"
"app.test/confirm" = "auth"
"app.test/reset" = {{ kind = "reset", limit = 3 }}
"app.test/invite" = "invite"
"app.test/checkout" = "checkout"
"app.test/webhooks/payments" = {{ kind = "webhook", json_body = true, signature = "stripe", secret_env = "PAYMENTS_SECRET" }}
"app.test/chat" = {{ kind = "chat", fields = {{ message = "message" }}, limit = 8 }}
"app.test/members" = "private"
"app.test/guide" = "private"
"app.test/circles/" = "private"
"app.test/posts/" = "private"
"app.test/people/" = "private"
"app.test/write" = "private"
"app.test/profile" = "private"
"app.test/logout" = "private"
"app.test/admin" = "private"
"app.test/assets/" = "static"
"""
_WITHIN_S = 20.0


@dataclass(slots=True, kw_only=True)
class House:
    """What the tests reach besides the pages: the data, the mail and the provider."""

    running: Community
    provider: ScriptedProvider
    port: int
    key_pin: str
    """What Chromium trusts the server by: its public key's SHA-256 in base64 (RFC 7469's pin)."""
    mail_folder: Path
    cookies: dict[str, list[Any]] = field(default_factory=dict)
    """Of members who have logged in."""

    async def link_in_mail(self, recipient: str, path: str) -> str:
        """Wait for a letter with a link to a path, and return the link."""
        until = time.monotonic() + _WITHIN_S
        while time.monotonic() < until:
            for file in self.mail_folder.glob("*.eml"):
                letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                text = letter.get_content()
                found = re.search(rf"{ORIGIN}{path}\S*", text)
                if letter["To"] == recipient and found:
                    return found[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no letter to {recipient} leads to {path}")

    async def posts_called(self, title: str) -> int:
        async with self.running.database.read() as session:
            wanted = select(func.count()).select_from(Post).where(Post.title == title)
            return await session.scalar(wanted) or 0

    async def comments_that_say(self, body: str) -> int:
        async with self.running.database.read() as session:
            wanted = select(func.count()).select_from(Comment).where(Comment.body == body)
            return await session.scalar(wanted) or 0


@contextlib.asynccontextmanager
async def open_house(folder: Path, password_hash: str) -> AsyncIterator[House]:
    """Serve the sample community with a paying member, a guest and an admin until left."""
    chain, key = Authority().issue(CertificateOptions(names=[HOST]))
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(key)
    async with ScriptedProvider() as provider:
        settings = Settings(
            database_url=f"sqlite+aiosqlite:///{folder}/community.db", app_url=ORIGIN,
            payments_secret=SECRET, mail_folder=folder / "mail",
        )  # fmt: skip
        manifest = parse_manifest(MANIFEST.format(provider=provider.base_url))
        app = guarded(settings, manifest, environ={"PAYMENTS_SECRET": SECRET})
        running = await _filled(app, password_hash)
        async with _served(app, folder) as port:
            yield House(
                running=running, provider=provider, port=port, key_pin=_pin(chain),
                mail_folder=folder / "mail",
            )  # fmt: skip
        await app.close()


async def _filled(app: Guard, password_hash: str) -> Community:
    bare = app.app

    async def broken() -> None:
        raise RuntimeError("a mistake of ours")

    bare.add_api_route("/broken", broken)  # type: ignore[attr-defined]
    running: Community = bare.state.community  # type: ignore[attr-defined]
    async with running.database.write() as session:
        await seed(session)
        for address, name, plan, role in (
            (ADA, "Ada", "willow", "member"),
            (GUEST, "Gil", "", "member"),
            (ADMIN, "Noor", "willow", "admin"),
        ):
            await add_member(
                session, address, name, plan=plan, role=role, password_hash=password_hash,
                now=running.now(),
            )  # fmt: skip
    return running


@contextlib.asynccontextmanager
async def _served(app: Guard, folder: Path) -> AsyncIterator[int]:
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="critical", lifespan="on", proxy_headers=False,
            ssl_certfile=folder / "chain.pem", ssl_keyfile=folder / "key.pem",
            timeout_graceful_shutdown=3,
        )
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


def _pin(chain: bytes) -> str:
    from base64 import b64encode

    key = x509.load_pem_x509_certificate(chain).public_key()
    public = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public)
    return b64encode(digest.finalize()).decode()
