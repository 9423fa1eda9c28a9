"""What a server staples to its handshake: its authority's word that the certificate still holds (OCSP)."""

from __future__ import annotations

import pycurl

from launchready.collect.web.message import Failure
from launchready.collect.world import World
from launchready.derive.tls import certificate as certificates
from launchready.facts.tls import Hello, Staple

_BAD_STATUS = 91
"""CURLE_SSL_INVALIDCERTSTATUS, for which pycurl has no name."""


async def stapled(world: World, host: str, hello: Hello) -> Staple:
    """Return what an address that is verified staples (RFC 6066 section 8); empty when it was not asked.

    It is asked only where the certificate demands it, or names a place where a server could get it.
    """
    if hello.answer != "verified" or not hello.chain_der:
        return ""
    leaf = certificates.read(hello.chain_der[0])
    if not leaf.must_staple and not leaf.ocsp:
        return ""
    handle = world.http.handle(f"https://{host}/", [hello.address], deadline_s=world.request_s)
    if isinstance(handle, Failure):
        return ""
    try:
        handle.setopt(pycurl.CONNECT_ONLY, 1)
        handle.setopt(pycurl.SSL_VERIFYSTATUS, 1)
        handle.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
        handle.setopt(pycurl.FRESH_CONNECT, 1)
        handle.setopt(pycurl.FORBID_REUSE, 1)
        result = await world.http.perform(handle, host=host)
    finally:
        handle.close()
    if result.code == 0:
        return "good"
    if result.code != _BAD_STATUS:
        return ""
    said = result.message.lower()
    if "revo" in said:
        return "revoked"
    return "missing" if "no ocsp response" in said else "unusable"
