"""The issuers that a server forgot to send, from where they can be had."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pycurl
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from launchready.collect.dial import is_public
from launchready.collect.web.message import Failure
from launchready.collect.world import World
from launchready.derive.tls import certificate as certificates
from launchready.facts.tls import Hello

STEPS_MAX = 4
_BYTES_MAX = 100_000
_FETCH_S = 5.0
Pool = Callable[[], Awaitable[list[x509.Certificate]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuers:
    """The intermediates found for a chain.

    `intermediate` says that what is missing is one, as far as can be told; a missing root that
    OpenSSL does not know is one that nobody trusts.
    """

    pem: tuple[bytes, ...] = ()
    intermediate: bool = False


async def find_issuers(world: World, hello: Hello, siblings: Pool) -> Issuers:
    """Return the intermediates that a presented chain lacks, up to a root that is not among them.

    They come from what the launch's other hosts present (`siblings`), or from the place that the
    certificate itself names (RFC 5280 section 4.2.2.1), which must be a public address.
    """
    sent = [c for c in (certificates.load(der) for der in hello.chain_der) if c is not None]
    path = certificates.path(sent)
    if not path:
        return Issuers()
    pool: list[x509.Certificate] | None = None
    found: list[x509.Certificate] = []
    intermediate = False
    top = path[-1]
    for _ in range(STEPS_MAX):
        urls = certificates.issuer_urls(top)
        intermediate = bool(urls) or _by_an_intermediate(top, world.ca_file)
        if pool is None:
            pool = await siblings()
        above = certificates.issuer_of(top, pool)
        for url in urls if above is None else ():
            above = certificates.issuer_of(top, await _fetch(world, url))
            if above is not None:
                break
        # A root from outside must not reach the bundle: it would be trusted there.
        if above is not None and certificates.is_self_issued(above):
            intermediate = False
            break
        if above is None or above in found:
            break
        found.append(above)
        top = above
    # An issuer may be sent twice, once for each authority above it: browsers try both ways.
    found += [
        c
        for c in sent
        if c not in path
        and not certificates.is_self_issued(c)
        and any(certificates.issuer_of(below, [c]) for below in path)
    ]
    return Issuers(
        pem=tuple(c.public_bytes(Encoding.PEM) for c in found), intermediate=intermediate
    )


def _by_an_intermediate(certificate: x509.Certificate, ca_file: Path | None) -> bool:
    """Return whether the issuer's own certificate, which nobody has, is likely an intermediate.

    Public authorities always say where it lies; this is for those that a launch brings along.
    """
    above = certificates.issuers_issuer(certificate)
    if above is not None:
        return not above
    words = certificates.words_of(certificates.issuer_name(certificate))
    if words & {"root"}:
        return False
    if words & {"intermediate", "issuing", "subordinate", "sub"}:
        return True
    family = words - certificates.AUTHORITY_WORDS
    roots = _certificates(ca_file.read_bytes()) if ca_file is not None else []
    return bool(family) and any(
        family == certificates.words_of(certificates.common_name(r)) - certificates.AUTHORITY_WORDS
        for r in roots
    )


async def _fetch(world: World, url: str) -> list[x509.Certificate]:
    """Return the certificates at a URL that a certificate names; none when it cannot be had."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        return []
    addresses = await _public_addresses(world, host, port)
    if not addresses:
        return []
    handle = world.http.handle(url, addresses, deadline_s=min(_FETCH_S, world.request_s))
    if isinstance(handle, Failure):
        return []
    body = bytearray()

    def take(data: bytes) -> int:
        body.extend(data)
        return len(data) if len(body) <= _BYTES_MAX else 0

    lines = 0

    def head(_line: bytes) -> int:
        nonlocal lines
        lines += 1
        return len(_line) if lines <= 100 else 0

    try:
        handle.setopt(pycurl.WRITEFUNCTION, take)
        handle.setopt(pycurl.HEADERFUNCTION, head)
        result = await world.http.perform(handle, host=host)
        status = int(handle.getinfo(pycurl.RESPONSE_CODE))
    finally:
        handle.close()
    return _certificates(bytes(body)) if result.code == 0 and status == 200 else []


async def _public_addresses(world: World, host: str, port: int) -> list[str]:
    mapped = world.dial.by_host(host, port)
    if mapped is not None:
        return [mapped[0]]
    if not host or host.replace(".", "").isdigit() or ":" in host:
        return []  # an address instead of a name: no authority does that
    for kind in ("A", "AAAA"):
        reply = await world.names.ask(host, kind)
        found = reply.found.texts if reply.found is not None else ()
        public = [a for a in found if is_public(a)]
        if public:
            return public[:2]
    return []


def _certificates(body: bytes) -> list[x509.Certificate]:
    """Read DER, PEM, or a PKCS #7 bundle: authorities use all three."""
    single = certificates.load(body)
    if single is not None:
        return [single]
    for read in (x509.load_pem_x509_certificates, pkcs7.load_der_pkcs7_certificates):
        try:
            return list(read(body))[:10]
        except Exception:  # noqa: BLE001, S112 - the parser raises more than it documents; unreadable is unreadable
            continue
    return []
