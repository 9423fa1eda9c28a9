from __future__ import annotations

from launchready.collect.web import approaches, walks
from launchready.collect.web import exchange as http
from launchready.collect.web.approaches import other_ways
from launchready.facts import route_subject
from launchready.facts.ways import Approach
from launchready.manifest import parse_manifest
from tests.collect.web.test_exchange import page
from tests.collect.web.test_walks import Hosts, to
from tests.collect.worlds import loopback_world, serving

MANIFEST = """
[launch]
domain = "example.org"
[hosts."www.example.org"]
redirects_to = "example.org"
[routes]
"example.org/login?from=mail" = "auth"
"""


def test_the_ways_are_plain_http_and_the_hosts_that_redirect_here() -> None:
    manifest = parse_manifest(MANIFEST)
    (route,) = manifest.routes.values()
    assert other_ways(manifest, route) == [
        "http://example.org/login?from=mail",
        "https://www.example.org/login?from=mail",
    ]


async def test_a_way_that_is_closed_is_none_and_no_trouble() -> None:
    answers = {
        "example.org/login": to("http://example.org/"),
        "example.org/": page(b"front page"),
    }
    async with (
        serving(Hosts(answers)) as port,
        loopback_world(
            {"203.0.113.5:80": port},
            manifest=MANIFEST,
            addresses={"example.org": ("203.0.113.5",)},
            collectors={**http.COLLECTORS, **walks.COLLECTORS, **approaches.COLLECTORS},
        ) as loopback,
    ):
        subject = route_subject("https://example.org/login?from=mail", "example.org")
        found = await loopback.gatherer.ask(Approach, subject)
    assert isinstance(found, Approach)
    (way,) = found.ways
    assert way.urls == ("http://example.org/login?from=mail", "http://example.org/")
    assert found.trouble == ""
