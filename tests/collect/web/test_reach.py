"""Whether the server behind the edge serves the site to whoever asks it directly."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from launchready.collect.web import exchange as http
from launchready.collect.web import reach
from launchready.facts import Gap
from launchready.facts.exposure import Reach
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import (
    HTML,
    Answer,
    Https,
    context,
    https_world,
    only,
    root,
)
from tests.collect.worlds import loopback_world, serving

__all__ = ["root"]


ORIGIN = "[hosts.'example.org']\norigin = '198.51.100.7'\n"
HOME = page(b"<title>Our community</title>Welcome to all members", HTML)


async def reached(root: Path, direct: Answer | None, public: bytes = HOME) -> Reach | Gap:
    origins = {"198.51.100.7": direct}
    async with https_world(only({"/": public}), root, more=ORIGIN, origins=origins) as (
        loopback,
        _,
    ):
        return await loopback.gatherer.ask(Reach, loopback.host())


async def test_an_origin_that_serves_the_site_around_the_edge_is_seen(root: Path) -> None:
    found = await reached(root, only({"/": HOME}))
    assert isinstance(found, Reach)
    assert (found.reachable, found.same_site, found.origin) == (True, True, "198.51.100.7")


async def test_an_origin_that_refuses_strangers_is_not_the_site(root: Path) -> None:
    found = await reached(root, only({}, page(b"no", status="403 Forbidden")))
    assert isinstance(found, Reach)
    assert (found.reachable, found.same_site) == (True, False)


async def test_an_origin_with_another_site_is_not_the_site(root: Path) -> None:
    found = await reached(root, only({"/": page(b"<title>Welcome to nginx!</title>", HTML)}))
    assert isinstance(found, Reach)
    assert not found.same_site


@pytest.mark.parametrize(
    ("to", "same"),
    [
        ("https://www.example.org/", True),
        ("//www.example.org", True),
        ("https://parking.example.net/", False),
        ("/", False),
        ("https://[broken/", False),
    ],
)
async def test_an_origin_that_redirects_is_the_site_where_it_leads_to_the_host_that_the_site_does(
    to: str, same: bool, root: Path
) -> None:
    def leading(to: str) -> bytes:
        return page(b"", f"Location: {to}", status="301 Moved Permanently")

    public = leading("https://www.example.org/")
    found = await reached(root, only({"/": leading(to)}), public)
    assert isinstance(found, Reach)
    assert (found.reachable, found.same_site) == (True, same)


async def by_plain_http(root: Path, origin: Https, *, https: Https | None = None) -> Reach:
    """Return how an origin is reached that serves this by plain HTTP; by HTTPS nothing, as a rule."""
    async with AsyncExitStack() as stack:
        edge = Https(only({"/": HOME}))
        ports = {
            "203.0.113.5:443": await stack.enter_async_context(serving(edge, tls=context())),
            "203.0.113.5:80": 1,
            "198.51.100.7:443": 1,
            "198.51.100.7:80": await stack.enter_async_context(serving(origin)),
        }
        if https is not None:
            closed = serving(https, tls=context())
            ports["198.51.100.7:443"] = await stack.enter_async_context(closed)
        loopback = await stack.enter_async_context(
            loopback_world(
                ports,
                manifest=f'[launch]\ndomain = "example.org"\n{ORIGIN}', ca=root,
                collectors={**http.COLLECTORS, **reach.COLLECTORS},
            )
        )  # fmt: skip
        found = await loopback.gatherer.ask(Reach, loopback.host())
    assert isinstance(found, Reach), found
    return found


async def test_an_origin_that_refuses_https_and_serves_plain_http_is_open(root: Path) -> None:
    refusing = Https(only({}, page(b"no", status="403 Forbidden")))
    found = await by_plain_http(root, Https(only({"/": HOME})), https=refusing)
    assert found.same_site
    assert found.how.endswith(" http://example.org/")


async def test_a_closed_origin_is_not_reachable(root: Path) -> None:
    found = await reached(root, None)
    assert isinstance(found, Reach)
    assert not found.reachable


async def test_an_origin_that_leads_nowhere_over_plain_http_is_not_the_site(root: Path) -> None:
    nowhere = Https(only({"/": page(b"", "Location: https://[broken/", status="302 Found")}))
    assert not (await by_plain_http(root, nowhere)).same_site


def test_an_origin_with_an_ipv6_address_is_quoted_for_shells_that_expand_brackets() -> None:
    assert reach._there("2001:db8::7") == "'::[2001:db8::7]:'"
    assert reach._there("198.51.100.7") == "::198.51.100.7:"
