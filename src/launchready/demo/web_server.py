"""A small web server for ASGI applications: HTTP/1.1 and, by ALPN, HTTP/2, certificates by SNI.

Beyond ASGI 3 an application may send `{"type": "demo.raw", "body": bytes, "more_body": bool}`:
over HTTP/1.1 these bytes go out as they are and the connection closes after the last, over
HTTP/2 the stream is reset.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

from launchready.demo.listening import Connections
from launchready.demo.web_http1 import serve_http1
from launchready.demo.web_http2 import serve_http2
from launchready.demo.web_scope import Application, Arrival


class WebListener:
    """One address's port 443 or 80, on a free loopback port.

    `contexts` maps host names to their TLS contexts, the first being that of clients without
    SNI; without contexts it speaks plain HTTP. `garbled` answers with bytes that are no TLS.
    """

    def __init__(
        self,
        application: Application,
        contexts: Mapping[str, ssl.SSLContext] | None = None,
        *,
        garbled: bool = False,
    ) -> None:
        self._application = application
        self._contexts = contexts or {}
        self._garbled = garbled
        self._connections = Connections()
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` says where."""
        context = None
        if self._contexts and not self._garbled:
            context = next(iter(self._contexts.values()))
            context.sni_callback = self._choose
        self.port = await self._connections.listen(self._serve, context)

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        await self._connections.close()

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        chosen = self._contexts.get((name or "").lower())
        if chosen is not None:
            connection.context = chosen

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._garbled:
            writer.write(b"\x16\x7f\x7fthis is not the TLS you are looking for\r\n" * 4)
            await writer.drain()
            return
        tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        arrival = Arrival(
            scheme="http" if tls is None else "https",
            client=_address(writer.get_extra_info("peername")),
            server=_address(writer.get_extra_info("sockname")),
        )
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            await serve_http2(self._application, arrival, reader, writer)
        else:
            await serve_http1(self._application, arrival, reader, writer)


def _address(name: Any) -> tuple[str, int]:
    return (str(name[0]), int(name[1])) if name else ("", 0)
