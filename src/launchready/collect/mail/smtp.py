"""One conversation with a mail server: greeting, EHLO, STARTTLS, QUIT. No mail is ever sent."""

from __future__ import annotations

import asyncio
import errno
import functools
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from launchready.derive.tls import certificate as certificates

_LINE_MAX_BYTES = 4096
_LINES_MAX = 100
_TEXT_MAX = 200
_CONNECT_SHARE = 0.6
_QUIT_S = 0.5
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
# A server older than RFC 1869: it takes mail, but offers nothing.
_KNOWS_NO_EHLO = frozenset({500, 502, 504})


class ReplyError(Exception):
    """The server's answer is not SMTP, or it ended the conversation."""


@dataclass(slots=True, kw_only=True)
class Talk:
    """How far a conversation came. `end` is `no connection` until something answers."""

    end: Literal["talked", "refused", "no greeting", "no connection"] = "no connection"
    banner: str = ""
    code: int = 0
    """Of the greeting, or of the answer to EHLO where that is refused (RFC 5321 section 4.2)."""
    starttls: bool = False
    tls_accepted: bool = False
    tls_detail: str = ""
    name_matches: bool | None = None
    trusted: bool | None = None
    trust_detail: str = ""
    detail: str = ""
    no_route: bool = False
    """Our own machine knows no way to the address, as to IPv6 on many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply of the server (RFC 5321 section 4.2.1)."""

    code: int
    lines: tuple[str, ...]


async def talk(name: str, target: tuple[str, int], deadline_s: float, ca_file: str = "") -> Talk:
    """Return how far the conversation with an exchange came within `deadline_s` seconds.

    The certificate is verified against the authorities of `ca_file`, if given. One that is not
    accepted costs a second conversation, which takes any certificate as most senders do.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + deadline_s
    if not ca_file:
        return await _talk(name, target, deadline_s, _any_certificate())
    first = await _talk(name, target, deadline_s, _verifying(ca_file))
    if first.trusted is not False:
        return first
    said = await _talk(name, target, max(0.1, until - clock()), _any_certificate())
    if said.end != "talked":
        return first
    said.trusted, said.trust_detail = False, first.trust_detail
    return said


async def _talk(
    name: str, target: tuple[str, int], deadline_s: float, context: ssl.SSLContext
) -> Talk:
    said = Talk()
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(deadline_s):
            async with asyncio.timeout(deadline_s * _CONNECT_SHARE):
                reader, writer = await asyncio.open_connection(*target, limit=_LINE_MAX_BYTES)
            said.end = "no greeting"
            await _converse(name, reader, writer, said, context)
    except TimeoutError:
        said.detail = said.detail or f"{_waiting_for(said)} within {deadline_s:.0f} seconds"
    except ConnectionRefusedError:
        said.end = "refused"
        said.detail = "nothing listens on port 25"
    except ssl.SSLCertVerificationError as error:
        said.trusted, said.trust_detail = False, error.verify_message
        said.tls_detail = f"the certificate is not accepted: {error.verify_message}"
    except ssl.SSLError as error:
        said.tls_detail = f"the TLS handshake fails: {_reason(error)}"
    except OSError as error:
        if said.end == "no greeting":
            said.end = "refused"
        said.no_route = said.end == "no connection" and error.errno in _NO_ROUTE
        said.detail = f"{_broken_off(said)} ({error.strerror or type(error).__name__})"
    except UnicodeError:
        # The DNS takes names that TLS does not (RFC 6066 section 3).
        said.tls_detail = "no handshake can be asked for by a name with such labels"
    except ReplyError as error:
        said.end = "refused" if said.end == "no greeting" else said.end
        said.detail = str(error)
    finally:
        if writer is not None:
            writer.transport.abort()
    if said.starttls and not said.tls_accepted and not said.tls_detail:
        said.tls_detail = said.detail
    return said


async def _converse(
    name: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    said: Talk,
    context: ssl.SSLContext,
) -> None:
    greeting = await _reply(reader)
    said.code = greeting.code
    said.banner = greeting.lines[0] if greeting.lines else ""
    if greeting.code != 220:
        said.end = "refused"
        said.detail = f"it greets with {greeting.code} {said.banner}".strip()
        return
    hello = await _ask(reader, writer, f"EHLO {_own_name(writer)}")
    said.end = "talked"
    if hello.code != 250:
        said.detail = f"EHLO is answered with {hello.code} {' '.join(hello.lines[:1])}".strip()
        if hello.code not in _KNOWS_NO_EHLO:
            said.end, said.code = "refused", hello.code
        await _quit(reader, writer)
        return
    offers = {line.split()[0].upper() for line in hello.lines[1:] if line.split()}
    if "STARTTLS" not in offers:
        await _quit(reader, writer)
        return
    said.starttls = True
    ready = await _ask(reader, writer, "STARTTLS")
    if ready.code != 220:
        said.tls_detail = f"STARTTLS is answered with {ready.code} {' '.join(ready.lines[:1])}"
        return
    await writer.start_tls(context, server_hostname=name)
    said.trusted = True if context.verify_mode is ssl.CERT_REQUIRED else None
    _read_certificate(name, writer, said)
    await _quit(reader, writer)


@functools.lru_cache(maxsize=4)
def _verifying(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    # Whether it names the exchange is said apart.
    context.check_hostname = False
    # From Python 3.13 on certificates are refused that every mail server takes, for a missing
    # authority key identifier for one.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _any_certificate() -> ssl.SSLContext:
    # Senders encrypt to mail servers whatever the certificate says (RFC 7435), so does this.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _read_certificate(name: str, writer: asyncio.StreamWriter, said: Talk) -> None:
    said.tls_accepted = True
    session: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    der = session.getpeercert(binary_form=True) if session is not None else None
    version = (session.version() if session is not None else None) or "TLS"
    if not der:
        said.tls_detail = f"{version}, no certificate"
        return
    found = certificates.load(der)
    # Senders still read the common name where there is no subjectAltName (RFC 6125 section 6.4.4).
    names = certificates.alternative_names(found) or (certificates.common_name(found),)
    said.name_matches = certificates.matches(name, names)
    shown = ", ".join(n for n in names[:3] if n) or "no name"
    whose = "names it" if said.name_matches else f"is for {shown}, not for {name}"
    said.tls_detail = f"{version}, the certificate {whose}"[: 2 * _TEXT_MAX]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str) -> Reply:
    writer.write(command.encode("ascii") + b"\r\n")
    await writer.drain()
    return await _reply(reader)


async def _quit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(_QUIT_S):
            await _ask(reader, writer, "QUIT")
    except (OSError, TimeoutError, ReplyError):
        return  # everything is known by now; how it says goodbye does not matter


async def _reply(reader: asyncio.StreamReader) -> Reply:
    """Read one reply of at most 100 lines. Raises ReplyError when it is none."""
    lines: list[str] = []
    code = b""
    for _ in range(_LINES_MAX):
        try:
            raw = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise ReplyError("it sends a line without end") from None
        except asyncio.IncompleteReadError:
            raise ReplyError("it closes the connection without an answer") from None
        line = raw.rstrip(b"\r\n")
        digits = line[:3]
        if len(digits) != 3 or not digits.isdigit() or line[3:4] not in {b"", b" ", b"-"}:
            raise ReplyError("something answers on port 25, but it is not SMTP")
        if code and digits != code:
            raise ReplyError("it contradicts itself within one reply")
        code = digits
        lines.append(_printable(line[4:]))
        if line[3:4] != b"-":
            return Reply(code=int(code), lines=tuple(lines))
    raise ReplyError("its reply never ends")


def _own_name(writer: asyncio.StreamWriter) -> str:
    """Return our address as a literal (RFC 5321 section 4.1.3): a name might give somebody away."""
    try:
        address = ip_address(str(writer.get_extra_info("sockname")[0]).partition("%")[0])
    except (TypeError, ValueError):
        return "[127.0.0.1]"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _waiting_for(said: Talk) -> str:
    if said.end == "no connection":
        return "no connection to port 25"
    if said.end == "no greeting":
        return "no answer to EHLO" if said.banner else "it takes the connection but does not greet"
    return "no TLS handshake"


def _broken_off(said: Talk) -> str:
    if said.end == "no connection":
        return "no connection to port 25"
    return "it breaks off the connection"


def _reason(error: ssl.SSLError) -> str:
    return _printable(str(error.reason or error).encode()).replace("_", " ").lower()


def _printable(raw: bytes) -> str:
    text = raw[:_TEXT_MAX].decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else "�" for c in text).strip()
