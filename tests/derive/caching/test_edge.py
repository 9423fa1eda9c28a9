from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.caching.edge import (
    CacheAnswer,
    cache_said,
    edge_cache_said,
    in_ranges,
    sign_of,
)
from launchready.facts.http import Headers
from launchready.manifest.model import EdgeName
from tests.hostile import at_once, repeated


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("cf-cache-status", "HIT", "hit"),
        ("cf-cache-status", "STALE", "hit"),
        ("cf-cache-status", "UPDATING", "hit"),
        ("cf-cache-status", "MISS", "miss"),
        ("cf-cache-status", "EXPIRED", "miss"),
        ("cf-cache-status", "DYNAMIC", "bypass"),
        ("cf-cache-status", "BYPASS", "bypass"),
        ("x-vercel-cache", "PRERENDER", "hit"),
        ("x-vercel-cache", "MISS", "miss"),
        ("x-cache", "Hit from cloudfront", "hit"),
        ("x-cache", "RefreshHit from cloudfront", "hit"),
        ("x-cache", "Miss from cloudfront", "miss"),
        ("x-cache", "Error from cloudfront", "miss"),
        ("x-cache", "FunctionGeneratedResponse from cloudfront", "unsaid"),
        ("x-cache", "MISS, HIT", "hit"),
        ("x-cache", "TCP_MEM_HIT from a23-1-2-3.deploy.akamaitechnologies.com", "hit"),
        ("x-cache", "CONFIG_NOCACHE", "bypass"),
        ("x-cache", "PRIVATE_NOSTORE", "bypass"),
        ("x-cache", "PARTIAL_HIT", "hit"),
        ("x-cache", "TCP_REMOTE_HIT", "hit"),
        ("x-cache", "TCP_REFRESH_MISS from a1.deploy.akamaitechnologies.com (AkamaiGHost)", "miss"),
        ("x-cache-status", "REVALIDATED", "hit"),
        ("x-cache-status", "EXPIRED", "miss"),
        ("x-vercel-cache", "REVALIDATED", "hit"),
        ("x-77-cache", "HIT", "hit"),
        ("x-hcdn-cache-status", "HIT", "hit"),
        ("server-timing", "edge; dur=1, cdn-cache; desc=HIT, origin; dur=0", "hit"),
        ("server-timing", "cdn-cache; desc=MISS", "miss"),
        ("server-timing", "db;dur=5, cache;desc=HIT", "unsaid"),
        ("cache-status", "Fly; fwd=stale; fwd-status=304; stored", "hit"),
        ("cache-status", "Fly; fwd=stale; fwd-status=200; stored", "miss"),
        ("x-cache", "TCP_REFRESH_UNMODIFIED from proxy", "hit"),
        ("cache-status", '"Netlify Durable"; fwd=bypass, "Netlify Edge"; hit', "hit"),
        ("cdn-cache", "HIT", "hit"),
        ("x-litespeed-cache", "hit", "hit"),
        ("x-fastcgi-cache", "BYPASS", "bypass"),
        ("x-drupal-cache", "UNCACHEABLE (request policy)", "bypass"),
        ("x-drupal-dynamic-cache", "HIT", "unsaid"),
        ("cache-status", '"Netlify Edge"; fwd=miss', "miss"),
        ("cache-status", '"Netlify Edge"; hit', "hit"),
        ("cache-status", "Origin; fwd=uri-miss, CDN; hit; ttl=1100", "hit"),
        ("cache-status", 'ReverseProxy; fwd=miss; detail="; hit"', "miss"),
        ("cache-status", "ExampleCache; fwd=bypass", "bypass"),
        ("x-varnish", "1000 900", "hit"),
        ("x-varnish", "1000", "unsaid"),
        ("age", "7", "hit"),
        ("age", "0", "unsaid"),
        ("age", "soon", "unsaid"),
        ("x-powered-by", "Express", "unsaid"),
    ],
)
def test_what_caches_say_is_understood(field: str, value: str, answer: CacheAnswer) -> None:
    assert cache_said(Headers(((field, value),))).answer == answer


@pytest.mark.parametrize(
    ("fields", "confirmed"),
    [
        ((("cf-cache-status", "REVALIDATED"),), True),
        ((("x-cache", "RefreshHit from cloudfront"),), True),
        ((("x-cache", "TCP_REFRESH_HIT from a1.deploy.akamaitechnologies.com"),), True),
        ((("cache-status", "Fly; fwd=stale; fwd-status=304"),), True),
        ((("cf-cache-status", "REVALIDATED"), ("age", "3")), True),
        ((("cf-cache-status", "REVALIDATED"), ("x-cache", "HIT")), False),
        ((("cache-status", "Origin; fwd=stale; fwd-status=304, CDN; hit"),), False),
        # Vercel makes the page anew, for everybody.
        ((("x-vercel-cache", "REVALIDATED"),), False),
        ((("x-cache", "HIT"),), False),
        ((("age", "3"),), False),
    ],
)
def test_a_copy_that_the_server_confirmed_for_this_very_answer_is_told_apart(
    fields: tuple[tuple[str, str], ...], confirmed: bool
) -> None:
    said = cache_said(Headers(fields))
    assert (said.answer, said.confirmed) == ("hit", confirmed)


def test_a_stored_copy_further_back_counts_too() -> None:
    headers = Headers((("cf-cache-status", "DYNAMIC"), ("age", "120")))
    assert cache_said(headers).answer == "hit"


@pytest.mark.parametrize(
    ("edge", "headers", "answer"),
    [
        ("cloudflare", (("cf-cache-status", "DYNAMIC"), ("age", "120")), "bypass"),
        ("cloudflare", (("cf-cache-status", "MISS"), ("x-cache", "HIT")), "miss"),
        ("cloudflare", (("cf-cache-status", "HIT"), ("x-cache", "MISS")), "hit"),
        ("bunny", (("cdn-cache", "MISS"), ("x-varnish", "10 9")), "miss"),
        ("fastly", (("x-cache", "MISS, HIT"), ("age", "5")), "hit"),
        ("cloudfront", (("x-cache", "Hit from cloudfront"),), "hit"),
    ],
)
def test_what_a_cache_behind_the_edge_stored_is_no_copy_of_the_edge(
    edge: EdgeName, headers: tuple[tuple[str, str], ...], answer: CacheAnswer
) -> None:
    assert edge_cache_said(edge, Headers(headers)).answer == answer


@given(st.lists(st.tuples(
    st.sampled_from(["cache-status", "x-cache", "age", "x-varnish", "cf-cache-status", "via"]),
    st.text(max_size=60),
), max_size=4))  # fmt: skip
def test_no_header_makes_it_fail(items: list[tuple[str, str]]) -> None:
    headers = Headers(tuple(items))
    said = cache_said(headers)
    assert bool(said.line) == (said.answer != "unsaid")
    assert len(said.line) <= 80
    for edge in ("cloudflare", "fastly", "cloudfront", "bunny", "vercel", "netlify"):
        assert isinstance(sign_of(edge, headers), str)


def test_a_plain_varnish_is_not_fastly() -> None:
    headers = Headers((("via", "1.1 varnish (Varnish/7.1)"), ("x-varnish", "32770")))
    assert sign_of("fastly", headers) == ""


def test_addresses_are_held_against_the_published_ranges() -> None:
    assert in_ranges("cloudflare", "104.16.132.229")
    assert in_ranges("cloudflare", "2606:4700::6810:84e5")
    assert in_ranges("fastly", "151.101.1.6")
    assert in_ranges("cloudflare", "203.0.113.5") is False
    assert in_ranges("cloudflare", "not an address") is False
    assert in_ranges("vercel", "76.76.21.21") is None


@pytest.mark.parametrize("of", ['\\"', '"\\', 'a;"'])
def test_a_field_of_nothing_but_quotes_is_read_at_once(of: str) -> None:
    with at_once():
        cache_said(Headers((("Cache-Status", repeated(of)),)))


def test_what_stands_in_quotes_is_no_parameter() -> None:
    said = cache_said(Headers((("Cache-Status", 'cdn; detail="a; hit, b"; fwd=uri-miss'),)))
    assert said.answer == "miss"
