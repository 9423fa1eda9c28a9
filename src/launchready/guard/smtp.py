"""The probe of a mail server: as far as an app goes before it sends (RFC 5321, 3207, 4954)."""

from __future__ import annotations

import asyncio
import base64
import ssl
from typing import Literal

from launchready.guard.health import Probe, UnwellError, rarely
from launchready.guard.http_status import trusted

LINE_MAX = 4096
LINES_MAX = 100

Encryption = Literal["starttls", "tls", "none"]


def mail(
    host: str,
    port: int = 587,
    *,
    username: str | None = None,
    password: str | None = None,
    encryption: Encryption = "starttls",
    tls: ssl.SSLContext | None = None,
) -> Probe:
    """Return a probe that the server greets, encrypts, and takes the log-in when one is given.

    Nothing is sent, and while all is well a minute passes between two tries. `encryption` is how the app connects: `tls` from the first byte (port 465),
    `starttls` (587), or `none`, where a password goes over the wire as it is.
    """
    # Made here: to read what is trusted takes a while, in which nobody is answered.
    context = tls or trusted()

    async def probe() -> None:
        reader, writer = await asyncio.open_connection(
            host, port, ssl=context if encryption == "tls" else None, limit=LINE_MAX
        )
        talk = _Talk(reader, writer)
        try:
            await talk.said(220, "does not greet")
            offers = await talk.hello()
            if encryption == "starttls":
                if "STARTTLS" not in offers:
                    raise UnwellError("offers no encryption (STARTTLS)")
                await talk.say("STARTTLS", 220, "refuses STARTTLS")
                await writer.start_tls(context, server_hostname=host)
                offers = await talk.hello()
            if username is not None and password is not None:
                await talk.log_in(username, password, offers)
            await talk.say("QUIT", 221, "refuses QUIT")
        finally:
            writer.transport.abort()

    return rarely(probe)


class _Talk:
    """One SMTP conversation. The caller has the deadline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, line: str, wanted: int, else_: str) -> list[str]:
        """Send a line and return the lines of the answer; UnwellError when it has another code."""
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()
        return await self.said(wanted, else_)

    async def said(self, wanted: int, else_: str) -> list[str]:
        """Return the lines of an answer without their code (RFC 5321, 4.2)."""
        lines = []
        for _ in range(LINES_MAX):
            try:
                raw = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                break
            text = raw.decode("latin-1").rstrip("\r\n")
            if not text[:3].isdecimal():
                break
            lines.append(text[4:])
            if text[3:4] != "-":
                if int(text[:3]) != wanted:
                    raise UnwellError(f"{else_} ({text[:3]})")
                return lines
        raise UnwellError("answers with something else than SMTP")

    async def hello(self) -> dict[str, str]:
        """Greet; return what the server offers, each keyword in capitals with its parameters."""
        # An address in place of a name, as clients without one say it (RFC 5321, 4.1.4).
        lines = await self.say("EHLO [127.0.0.1]", 250, "refuses EHLO")
        words = (line.partition(" ") for line in lines[1:])
        return {word.upper(): rest.upper() for word, _, rest in words}

    async def log_in(self, username: str, password: str, offers: dict[str, str]) -> None:
        """Authenticate by PLAIN, or by LOGIN where only that is offered."""
        refused = "refuses the user name or the password"
        methods = offers.get("AUTH", "").split()
        if "PLAIN" in methods:
            both = _b64(f"\0{username}\0{password}")
            await self.say(f"AUTH PLAIN {both}", 235, refused)
        elif "LOGIN" in methods:
            await self.say("AUTH LOGIN", 334, "refuses to log anyone in")
            await self.say(_b64(username), 334, refused)
            await self.say(_b64(password), 235, refused)
        else:
            raise UnwellError("offers no log-in that guard knows (PLAIN, LOGIN)")


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
