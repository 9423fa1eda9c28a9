from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from launchready.guard.health import Probe
from launchready.guard.smtp import mail
from tests.guard.probing import answering, certified, closed_port, greeting, why

USER, PASSWORD = "app@example.org", "open sesame, please"


def _known(_server: Any, _session: Any, _envelope: Any, method: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and data == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    return AuthResult(success=known and method in {"PLAIN", "LOGIN"}, handled=False)


@pytest.fixture(name="tls", scope="module")
def _tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certified()


@asynccontextmanager
async def serving(*, wrapped: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """Yield the port of aiosmtpd's server; `wrapped` encrypts from the first byte."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Sink(), loop=loop, authenticator=_known, **options),
        "127.0.0.1",
        0,
        ssl=wrapped,
    )
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def logging_in(port: int, client: ssl.SSLContext, password: str = PASSWORD) -> Probe:
    return mail("127.0.0.1", port, username=USER, password=password, tls=client)


async def test_a_mail_server_that_encrypts_and_takes_the_log_in_passes(tls: Any) -> None:
    async with serving(tls_context=tls[0], require_starttls=True) as port:
        assert await why(logging_in(port, tls[1])) == ""


async def test_a_log_in_by_login_alone_passes(tls: Any) -> None:
    async with serving(tls_context=tls[0], auth_exclude_mechanism=["PLAIN"]) as port:
        assert await why(logging_in(port, tls[1])) == ""


async def test_a_mail_server_that_refuses_the_password_is_said(tls: Any) -> None:
    async with serving(tls_context=tls[0]) as port:
        found = await why(logging_in(port, tls[1], "wrong"))
    assert found == "refuses the user name or the password (535)"


async def test_a_mail_server_without_encryption_is_never_sent_a_password() -> None:
    async with serving(auth_require_tls=False) as port:
        found = await why(mail("127.0.0.1", port, username=USER, password=PASSWORD))
    assert found == "offers no encryption (STARTTLS)"


async def test_a_mail_server_without_encryption_passes_where_none_is_wanted() -> None:
    async with serving(auth_require_tls=False) as port:
        probe = mail("127.0.0.1", port, username=USER, password=PASSWORD, encryption="none")
        assert await why(probe) == ""
        assert await why(mail("127.0.0.1", port, encryption="none")) == ""


async def test_a_certificate_that_is_not_trusted_is_said(tls: Any) -> None:
    async with serving(tls_context=tls[0]) as port:
        assert await why(mail("127.0.0.1", port)) == "has a certificate that is not trusted"


async def test_a_server_that_encrypts_from_the_first_byte_passes(tls: Any) -> None:
    async with serving(wrapped=tls[0], auth_require_tls=False) as port:
        assert await why(mail("127.0.0.1", port, encryption="tls", tls=tls[1])) == ""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([b"554 go away\r\n"], "does not greet (554)"),
        ([b"HTTP/1.1 400\r\n"], "answers with something else than SMTP"),
        ([b"220 hi\r\n", b"502 no\r\n"], "refuses EHLO (502)"),
        ([b"220 hi\r\n", b"250-a\r\n" * 500], "answers with something else than SMTP"),
        ([b"220 " + b"x" * 100_000], "answers with something else than SMTP"),
        ([b"220 hi\r\n", b"250-a\r\n250 STARTTLS\r\n", b"454 no\r\n"], "refuses STARTTLS (454)"),
        ([b"220 hi\r\n"], "broke the connection off"),
    ],
)
async def test_a_server_that_talks_otherwise_is_said(lines: list[bytes], said: str) -> None:
    async with greeting(*lines) as port:
        assert await why(mail("127.0.0.1", port)) == said


async def test_a_server_that_offers_no_known_log_in_is_said() -> None:
    async with greeting(b"220 hi\r\n", b"250-a\r\n250 AUTH GSSAPI\r\n") as port:
        probe = mail("127.0.0.1", port, username=USER, password=PASSWORD, encryption="none")
        assert await why(probe) == "offers no log-in that guard knows (PLAIN, LOGIN)"


async def test_a_mail_server_that_is_down_or_hangs_is_said() -> None:
    assert await why(mail("127.0.0.1", await closed_port())) == "refuses connections"
    async with answering(None) as port:
        assert await why(mail("127.0.0.1", port), 0.3) == "no answer within 0.3 s"
