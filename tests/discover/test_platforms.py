"""Platforms and edges are recognised by what they leave in names and headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.discover.platforms import edge, platform
from launchready.facts.http import Headers


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("cname.circle.so", "Circle"),
        ("example.ghost.io", "Ghost"),
        ("ext-cust.squarespace.com", "Squarespace"),
        ("cname.vercel-dns.com", "Vercel"),
        ("notcircle.so", ""),
        ("circle.so.example.net", ""),
    ],
)
def test_a_platform_is_known_by_the_name_that_it_tells_customers_to_use(
    alias: str, name: str
) -> None:
    assert platform([alias], Headers()) == name


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("X-Vercel-Id", "fra1::x", "Vercel"),
        ("Link", '<https://example.org/wp-json/>; rel="https://api.w.org/"', "WordPress"),
        ("Server", "Squarespace", "Squarespace"),
        ("Server", "nginx", ""),
    ],
)
def test_a_platform_is_known_by_a_header_of_its_servers(field: str, value: str, name: str) -> None:
    assert platform([], Headers(((field, value),))) == name


def test_an_edge_is_known_by_its_own_header() -> None:
    assert edge(Headers((("CF-Ray", "8f"),))) == "cloudflare"
    assert edge(Headers((("Server", "nginx"),))) == ""


@given(
    aliases=st.lists(st.text()),
    headers=st.lists(st.tuples(st.text(), st.text())).map(tuple),
)
def test_any_alias_and_header_comes_to_a_name_or_none(
    aliases: list[str], headers: tuple[tuple[str, str], ...]
) -> None:
    assert isinstance(platform(aliases, Headers(headers)), str)
    assert edge(Headers(headers)) in {
        "", "cloudflare", "cloudfront", "fastly", "bunny", "vercel", "netlify"
    }  # fmt: skip
