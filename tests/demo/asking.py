"""Asks a running demo as a visitor would: by name, through its dial map."""

import asyncio
import io
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import dns.asyncquery
import dns.flags
import dns.message
import pycurl

from launchready.demo import Running

BODY_MAX_BYTES = 4_000_000


@dataclass
class Reply:
    status: int
    version: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str] = field(default_factory=list)


async def ask(demo: Running, url: str, **options: object) -> Reply:
    """Return the answer to one request; raises pycurl.error when there is none."""
    return await asyncio.to_thread(_ask, demo, url, options)


def _ask(demo: Running, url: str, options: dict[str, object]) -> Reply:
    host = urlsplit(url).hostname or ""
    address = str(
        options.get("at") or next(h for h in demo.launch.hosts if h.name == host).addresses[0]
    )
    port = 443 if url.startswith("https:") else 80
    body = io.BytesIO()
    lines: list[str] = []

    def keep(data: bytes) -> None:
        if body.tell() < BODY_MAX_BYTES:
            body.write(data)

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.CAINFO, str(demo.ca))
    curl.setopt(pycurl.CONNECT_TO, [f"{host}:{port}:127.0.0.1:{demo.port(address, port)}"])
    curl.setopt(pycurl.WRITEFUNCTION, keep)
    curl.setopt(pycurl.HEADERFUNCTION, lambda line: lines.append(line.decode("latin-1")))
    curl.setopt(pycurl.TIMEOUT, 20)
    method = str(options.get("method", "GET"))
    if "data" in options:
        curl.setopt(pycurl.POSTFIELDS, str(options["data"]))
    elif method == "HEAD":
        curl.setopt(pycurl.NOBODY, True)
    elif method != "GET":
        curl.setopt(pycurl.CUSTOMREQUEST, method)
    version = options.get("version", 2)
    curl.setopt(
        pycurl.HTTP_VERSION,
        pycurl.CURL_HTTP_VERSION_1_1 if version == 1 else pycurl.CURL_HTTP_VERSION_2_0,
    )
    headers = options.get("headers", {})
    assert isinstance(headers, dict)
    curl.setopt(pycurl.HTTPHEADER, [f"{n}: {v}" for n, v in headers.items()])
    if "tls" in options:
        curl.setopt(pycurl.SSLVERSION, options["tls"])
        curl.setopt(pycurl.SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0")
    if options.get("insecure"):
        curl.setopt(pycurl.SSL_VERIFYPEER, 0)
        curl.setopt(pycurl.SSL_VERIFYHOST, 0)
    try:
        curl.perform()
        status, spoken = curl.getinfo(pycurl.RESPONSE_CODE), curl.getinfo(pycurl.INFO_HTTP_VERSION)
    finally:
        curl.close()
    pairs = [line.split(":", 1) for line in lines if ":" in line]
    return Reply(
        status=int(status),
        version={2: 1, 3: 2}.get(int(spoken), 0),
        headers={n.strip().lower(): v.strip() for n, v in pairs},
        body=body.getvalue(),
        cookies=[v.strip() for n, v in pairs if n.strip().lower() == "set-cookie"],
    )


async def resolve(
    demo: Running, name: str, type_: str = "A", *, resolver: int = 0, cd: bool = False
) -> dns.message.Message:
    """Return what a resolver of the demo says, with DNSSEC asked for."""
    query = dns.message.make_query(name, type_, want_dnssec=True)
    if cd:
        query.flags |= dns.flags.CD
    address, port = demo.resolvers[resolver]
    answer, _ = await dns.asyncquery.udp_with_fallback(query, address, port=port, timeout=20)
    return answer


async def ask_server(
    demo: Running, server: str, name: str, type_: str = "A", *, tcp: bool = False
) -> dns.message.Message:
    """Return what the authoritative server at a published address says."""
    query = dns.message.make_query(name, type_, want_dnssec=True)
    exchange = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await exchange(query, "127.0.0.1", port=demo.port(server, 53), timeout=20)


def texts(answer: dns.message.Message, type_: str) -> list[str]:
    """Return the texts of the answer's records of a type."""
    wanted = dns.rdatatype.from_text(type_)
    return [r.to_text() for rrset in answer.answer if rrset.rdtype == wanted for r in rrset]
