"""A plain visitor of the lab's hosts: libcurl, the lab's resolver and its dial map, nothing ours."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import dns.message
import dns.query
import dns.rdatatype
import pycurl

from .lab import Lab

_TIMEOUT_MS = 15_000
_DNS_TIMEOUT_S = 5.0
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; the names of the headers are in lower case, `cookies` keeps each Set-Cookie."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: str
    http_version: int


def resolve(lab: Lab, name: str) -> str:
    """Return the first address that the lab's resolver publishes for a name."""
    query = dns.message.make_query(name, "A")
    address, _, port = lab.resolver.rpartition(":")
    answer = dns.query.udp(query, address, timeout=_DNS_TIMEOUT_S, port=int(port))
    addresses = [
        str(rdata) for rrset in answer.answer if rrset.rdtype == dns.rdatatype.A for rdata in rrset
    ]
    if not addresses:
        raise LookupError(f"{name} has no address")
    return addresses[0]


def visit(
    lab: Lab,
    url: str,
    *,
    post: str | None = None,
    headers: Mapping[str, str] | None = None,
    verify: bool = True,
) -> Reply:
    """Return the answer to one request, redirects not followed.

    Raises pycurl.error where there is none: 7 refused, 35 no TLS, 60 a certificate not to trust.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = _PORTS[parts.scheme]
    address, dialled_port = lab.dialled(resolve(lab, host), port)
    body = io.BytesIO()
    lines: list[str] = []
    curl = pycurl.Curl()
    try:
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.CONNECT_TO, [f"{host}:{port}:{address}:{dialled_port}"])
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.CAINFO, str(lab.ca_file))
        curl.setopt(pycurl.SSL_VERIFYPEER, int(verify))
        curl.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)
        curl.setopt(pycurl.TIMEOUT_MS, _TIMEOUT_MS)
        curl.setopt(pycurl.ACCEPT_ENCODING, "gzip")
        curl.setopt(pycurl.WRITEDATA, body)
        curl.setopt(
            pycurl.HEADERFUNCTION, lambda line: lines.append(line.decode("iso-8859-1").strip())
        )
        curl.setopt(pycurl.HTTPHEADER, [f"{k}: {v}" for k, v in (headers or {}).items()])
        if post is not None:
            curl.setopt(pycurl.POSTFIELDS, post)
        curl.perform()
        fields = [line.partition(":")[::2] for line in lines if ":" in line]
        named = [(name.lower(), value.strip()) for name, value in fields]
        return Reply(
            status=curl.getinfo(pycurl.RESPONSE_CODE),
            headers=dict(named),
            cookies=tuple(value for name, value in named if name == "set-cookie"),
            body=body.getvalue().decode(errors="replace"),
            http_version=curl.getinfo(pycurl.INFO_HTTP_VERSION),
        )
    finally:
        curl.close()
