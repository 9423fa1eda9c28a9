"""A mail exchange that greets, offers STARTTLS and refuses every mail (RFC 5321, RFC 3207)."""

from __future__ import annotations

import asyncio
import ssl

from launchready.demo.description import MailHost
from launchready.demo.listening import Connections

_IDLE_S = 30.0
_LINE_MAX_BYTES = 512
_COMMANDS_MAX = 100


class MailListener:
    """One mail exchange on a free loopback port."""

    def __init__(self, host: MailHost, context: ssl.SSLContext) -> None:
        self._host = host
        self._context = context
        self._connections = Connections()
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` says where."""
        self.port = await self._connections.listen(self._serve)

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        await self._connections.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = self._host.name
        await _say(writer, self._host.banner or f"220 {name} ESMTP")
        secure = False
        for _ in range(_COMMANDS_MAX):
            try:
                async with asyncio.timeout(_IDLE_S):
                    line = await reader.readline()
            except ValueError:
                # More than the reader's buffer without an end of line.
                return
            if not line:
                return
            if len(line) > _LINE_MAX_BYTES:
                await _say(writer, "500 5.5.2 Line too long")
                continue
            verb = line.strip().upper().partition(b" ")[0].decode("latin-1")
            if verb == "QUIT":
                await _say(writer, f"221 2.0.0 {name} closing")
                return
            if verb == "STARTTLS" and self._host.starttls and not secure:
                await _say(writer, "220 2.0.0 Ready to start TLS")
                await writer.start_tls(self._context, ssl_handshake_timeout=10)
                secure = True
                continue
            await _say(writer, *self._replies(verb, secure=secure))

    def _replies(self, verb: str, *, secure: bool) -> list[str]:
        match verb:
            case "EHLO":
                words = [self._host.name, "PIPELINING", "SIZE 10240000", "8BITMIME"]
                if self._host.starttls and not secure:
                    words.append("STARTTLS")
                return [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
            case "HELO":
                return [f"250 {self._host.name}"]
            case "NOOP" | "RSET":
                return ["250 2.0.0 OK"]
            case "MAIL":
                return ["250 2.1.0 OK"]
            case "RCPT":
                return ["550 5.7.1 This demo takes no mail"]
            case "DATA":
                return ["503 5.5.1 No recipient was accepted"]
            case _:
                return ["502 5.5.1 Not known here"]


async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode("latin-1", errors="replace"))
    await writer.drain()
