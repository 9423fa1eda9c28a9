"""One TLS connection by libcurl: what an address presents, and what OpenSSL says of it."""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pycurl

from launchready.collect.tls.offer import (
    AS_BROWSERS,
    AS_BROWSERS_ONCE,
    AS_LIBRARIES,
    UNCOMMON_KEYS,
    Offer,
    lacking,
)
from launchready.collect.web.client import HttpClient
from launchready.collect.web.message import Failure
from launchready.collect.web.outcome import BROKEN_OFF as ANSWER_BROKEN_OFF
from launchready.collect.web.outcome import PerformResult
from launchready.collect.world import World
from launchready.derive.tls import certificate as certificates
from launchready.derive.tls.algorithms import unsupported_key
from launchready.facts.tls import LARGE_HELLO, WANTS_CERTIFICATE, Hello

CHAIN_MAX = 20
_PORT_80_S = 2.0
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENETDOWN})
_BROKEN_OFF = frozenset({pycurl.E_SSL_CONNECT_ERROR, pycurl.E_SSL_CIPHER})
_OUR_BUNDLE = frozenset({pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_ENGINE_INITFAILED})
_ALERT = re.compile(r"alert ([a-z ]+)")
_WORDS = (
    (("wrong version number", "http request", "packet length too long", "record layer failure"),
     "something answers on port 443, but it is not TLS"),
    (("alert protocol version", "unsupported protocol", "version too low"),
     "the server speaks no TLS version that browsers still accept"),
    (("unrecognized name", "alert unrecognized"), "the server has no certificate for this name"),
    (("certificate required", "bad certificate"), WANTS_CERTIFICATE),
    (("excessive message size",),
     "its certificates are too large for browsers (more than 100 kB in one handshake)"),
    (("too many warn alerts",), "the server sends warnings without end in place of a handshake"),
    (("handshake failure", "no shared cipher"),
     "the server refuses the handshake (no cipher in common, or no certificate for this name)"),
    (("alert no application protocol",), "the server speaks neither HTTP/2 nor HTTP/1.1 (ALPN)"),
    (("alert internal error",), "the server breaks off the handshake with an internal error"),
    (("unexpected eof", "connection reset", "connection was reset", "ssl_error_syscall", "broken pipe"),
     "the server closes the connection during the handshake"),
)  # fmt: skip


async def connect(
    world: World,
    host: str,
    address: str,
    *,
    further_pem: Sequence[bytes] = (),
    any_name: bool = False,
    port: int = 443,
) -> Hello:
    """Return what one published address answers to a TLS hello for the host.

    `further_pem` are intermediates to build the chain with; they are not trusted themselves.
    With `any_name` the certificate may be for another host.
    """

    async def attempt(offer: Offer) -> tuple[Hello, _Seen]:
        return await _attempt(
            world, host, address, further_pem, any_name=any_name, offer=offer, port=port
        )

    theirs, seen = await attempt(AS_BROWSERS)
    if seen.wants_certificate and (
        seen.broken_off or await _turned_away(world, host, address, port)
    ):
        return Hello(address=address, answer="refused", message=WANTS_CERTIFICATE)
    if not (seen.broken_off or seen.stalled):
        return theirs
    small, _ = await attempt(AS_BROWSERS_ONCE)
    if small.answer in {"verified", "rejected"}:
        again, seen = await attempt(AS_BROWSERS)
        large = seen.broken_off or seen.stalled
        return replace(theirs, answer="refused", message=LARGE_HELLO) if large else again
    if not seen.broken_off:
        return theirs
    # No browser gets in; what others are shown tells why.
    hello, seen = await attempt(AS_LIBRARIES)
    if seen.broken_off:
        uncommon, _ = await attempt(UNCOMMON_KEYS)
        return replace(uncommon, for_browsers=False) if _not_taken(uncommon) else theirs
    if _not_taken(hello):
        return replace(hello, for_browsers=False)
    if hello.chain_der and (words := lacking(seen.cipher, seen.group)):
        return replace(theirs, message=words)
    return hello


def _not_taken(hello: Hello) -> bool:
    """Return whether an address shows a certificate whose key browsers do not take."""
    return bool(hello.chain_der) and bool(unsupported_key(certificates.read(hello.chain_der[0])))


async def _attempt(
    world: World,
    host: str,
    address: str,
    further_pem: Sequence[bytes],
    *,
    any_name: bool,
    offer: Offer,
    port: int,
) -> tuple[Hello, _Seen]:
    seen = _Seen()
    url = f"https://{host}:{port}/"
    handle = world.http.handle(url, [address], deadline_s=world.request_s)
    if isinstance(handle, Failure):
        nowhere = Hello(address=address, answer="silent", message=handle.reason, ours=handle.ours)
        return nowhere, seen
    try:
        handle.setopt(pycurl.CONNECT_ONLY, 1)
        handle.setopt(pycurl.OPT_CERTINFO, 1)
        handle.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
        handle.setopt(pycurl.FRESH_CONNECT, 1)
        handle.setopt(pycurl.FORBID_REUSE, 1)
        handle.setopt(pycurl.VERBOSE, 1)
        handle.setopt(pycurl.DEBUGFUNCTION, seen.line)
        offer.set_on(handle)
        if any_name:
            handle.setopt(pycurl.SSL_VERIFYHOST, 0)
        if further_pem:
            # libcurl accepts a chain that ends at any certificate of the bundle unless told not to.
            handle.setopt(pycurl.SSL_OPTIONS, pycurl.SSLOPT_NO_PARTIALCHAIN)
            handle.unsetopt(pycurl.CAINFO)
            handle.setopt(pycurl.CAINFO_BLOB, _bundle(world.http, further_pem))
        result = await world.http.perform(handle, host=host)
        if result.code in _OUR_BUNDLE:
            raise RuntimeError(f"the bundle of authorities cannot be used: {result.message}")
        seen.broken_off = result.code in _BROKEN_OFF
        seen.stalled = result.code == pycurl.E_OPERATION_TIMEDOUT and _connected(handle)
        return _hello(handle, address, result, seen, world.request_s), seen
    finally:
        handle.close()


async def _turned_away(world: World, host: str, address: str, port: int) -> bool:
    """Return whether a server that asked for a visitor's certificate refuses one who has none.

    In TLS 1.3 the handshake is over for the visitor before the server says so (RFC 8446 section 4.4.2.4),
    and the alert that says why may be lost with the connection.
    """
    handle = world.http.handle(
        f"https://{host}:{port}/", [address], deadline_s=world.request_s, verify="none"
    )
    if isinstance(handle, Failure):
        return False
    try:
        handle.setopt(pycurl.NOBODY, 1)
        handle.setopt(pycurl.FRESH_CONNECT, 1)
        handle.setopt(pycurl.HEADERFUNCTION, lambda line: len(line) if line.strip() else 0)
        result = await world.http.perform(handle, host=host)
    finally:
        handle.close()
    return result.code in ANSWER_BROKEN_OFF


async def answers_on_port_80(world: World, host: str, address: str) -> bool:
    """Return whether an address takes a connection on port 80, which shows that our network is fine."""
    target, port = world.dial.target(host, address, 80)
    try:
        async with asyncio.timeout(_PORT_80_S):
            _reader, writer = await asyncio.open_connection(target, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PORT_80_S):
            await writer.wait_closed()
    return True


class _Seen:
    """What libcurl tells of the handshake only in its own log."""

    def __init__(self) -> None:
        self.protocol = ""
        self.cipher = ""
        self.group = ""
        self.alpn = ""
        self.wants_certificate = False
        """The server asked for a certificate of the visitor, which need not be a demand."""
        self.broken_off = False
        """No handshake came about although something answered."""
        self.stalled = False
        """The connection was taken, and nothing followed."""

    def line(self, kind: int, data: bytes) -> None:
        if kind != pycurl.INFOTYPE_TEXT:
            return
        text = data[:200].decode("ascii", errors="replace").strip()
        if text.startswith("SSL connection using "):
            # TLSv1.2 / ECDHE-RSA-AES128-SHA / x25519 / RSASSA-PSS; older ones end earlier.
            told = [*text.removeprefix("SSL connection using ").split(" / "), "", ""]
            self.protocol, self.cipher = told[:2]
            self.group = "" if told[2].startswith("[") else told[2]
        elif text.startswith("TLS") and "(IN), TLS handshake, Request CERT" in text:
            self.wants_certificate = True
        elif text.startswith("ALPN: server accepted "):
            self.alpn = text.removeprefix("ALPN: server accepted ")


def _hello(
    handle: pycurl.Curl, address: str, result: PerformResult, seen: _Seen, deadline_s: float
) -> Hello:
    code = result.code
    chain = _chain(handle)
    if code == 0:
        return Hello(
            address=address, answer="verified", chain_der=chain,
            protocol=seen.protocol, alpn=seen.alpn, cipher=seen.cipher,
        )  # fmt: skip
    said = "".join(c if c.isprintable() else "�" for c in result.message[:200])
    if code == pycurl.E_PEER_FAILED_VERIFICATION and chain:
        return Hello(
            address=address, answer="rejected", message=said,
            verify_code=int(handle.getinfo(pycurl.SSL_VERIFYRESULT)), chain_der=chain,
            protocol=seen.protocol, alpn=seen.alpn, cipher=seen.cipher,
        )  # fmt: skip
    number = int(handle.getinfo(pycurl.OS_ERRNO))
    if code == pycurl.E_OPERATION_TIMEDOUT and _connected(handle):
        said = f"the connection is taken, but no TLS handshake follows within {deadline_s:.0f} s"
    elif code == pycurl.E_COULDNT_CONNECT and number == errno.ECONNREFUSED:
        said = "nothing listens on port 443"
    elif code in {pycurl.E_OPERATION_TIMEDOUT, pycurl.E_COULDNT_CONNECT}:
        return Hello(
            address=address, answer="silent", ours=number in _NO_WAY,
            message="no connection to port 443 within the time allowed"
            if number in {0, errno.EINPROGRESS, errno.ETIMEDOUT}
            else f"no connection to port 443 ({errno.errorcode.get(number, number)})",
        )  # fmt: skip
    else:
        said = _plainly(said)
    return Hello(address=address, answer="refused", message=said, chain_der=chain)


def _connected(handle: pycurl.Curl) -> bool:
    return float(handle.getinfo(pycurl.CONNECT_TIME)) > 0


def _chain(handle: pycurl.Curl) -> tuple[bytes, ...]:
    # Raw: the decoded form fails on names that are not UTF-8.
    found: list[bytes] = []
    for fields in handle.getinfo_raw(pycurl.INFO_CERTINFO)[:CHAIN_MAX]:
        for name, value in fields:
            if name == b"Cert":
                with suppress(ValueError):
                    found.append(ssl.PEM_cert_to_DER_cert(value.decode("ascii").strip()))
    return tuple(found)


def _plainly(message: str) -> str:
    lowered = message.lower()
    for marks, words in _WORDS:
        if any(mark in lowered for mark in marks):
            return words
    if alert := _ALERT.search(lowered):
        return f"the server breaks off the handshake (alert: {alert[1]})"
    return message


def _bundle(http: HttpClient, further_pem: Sequence[bytes]) -> bytes:
    return b"\n".join([Path(http.ca_file).read_bytes(), *further_pem])
