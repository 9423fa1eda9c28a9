"""Entrances and their walks made by hand, for the tests of redirects and edge."""

from __future__ import annotations

from launchready.facts import host_subject
from launchready.facts.dns import Resolution, ResolverAnswer
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Walk, WalkEnd
from tests.making import AT, DOMAIN, exchange, walk

DEEP = "/launchready-7f3a"
QUERY = "from=newsletter"


def chain(
    *urls: str, status: int = 200, by: int = 301, end: WalkEnd = "answer", detail: str = ""
) -> Walk:
    """Return a walk along the URLs; the last one answers with the status."""
    hops: list[Exchange] = [
        exchange(url, status=by, headers={"Location": urls[at + 1]})
        for at, url in enumerate(urls[:-1])
    ]
    if end == "answer":
        hops.append(exchange(urls[-1], status=status, headers={"Content-Type": "text/html"}))
    return walk(*hops, end=end, detail=detail)


def entrance(name: str = "example.org", **walks: Walk | bool | str | None) -> Entrance:
    """Return a clean entrance: HTTP is sent to HTTPS, path and query kept; fields may be replaced."""
    http, https = f"http://{name}", f"https://{name}"
    deep = f"{DEEP}?{QUERY}"
    values: dict[str, object] = {
        "http_root": chain(f"{http}/", f"{https}/"),
        "https_root": chain(f"{https}/"),
        "http_deep": chain(http + deep, https + deep, status=404),
        "https_deep": chain(https + deep, status=404),
        "deep_path": DEEP, "deep_query": QUERY, "http_closed": False,
    }  # fmt: skip
    values |= walks
    subject = host_subject(name, DOMAIN)
    return Entrance(subject=subject, at=AT, how="test", **values)  # type: ignore[arg-type]


def resolution(name: str = "example.org", *addresses: str) -> Resolution:
    answer = ResolverAnswer(resolver="test", rcode="NOERROR", v4=addresses or ("203.0.113.5",))
    return Resolution(
        subject=host_subject(name, DOMAIN), at=AT, how="dig", answers=(answer,)
    )  # fmt: skip
