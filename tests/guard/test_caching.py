from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard import caching
from launchready.guard.asgi import RawHeaders
from launchready.guard.headers import value_of
from launchready.guard.routes import Place, place_for
from launchready.manifest import parse_manifest

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/" = "page"
"willow.example/api" = "api"
"willow.example/members" = "private"
"willow.example/app.css" = "static"
""")


def place(kind: str) -> Place:
    entry = next(e for e in MANIFEST.routes.values() if e.kind == kind)
    return place_for(entry, MANIFEST)


def said(headers: RawHeaders) -> bytes | None:
    assert len([n for n, _ in headers if n.lower() == b"cache-control"]) <= 1
    return value_of(headers, b"cache-control")


@pytest.mark.parametrize(
    "own",
    [
        [],
        [(b"Cache-Control", b"public, max-age=600")],
        [(b"cache-control", b"private, public")],
        [(b"cache-control", b"max-age=5"), (b"Cache-Control", b"public")],
        [(b"cache-control", b'private="x-name", max-age=600')],
        [(b"cache-control", b"x-no-store-hint, max-age=600")],
        [(b"expires", b"Thu, 01 Jan 2099 00:00:00 GMT"), (b"cache-control", b"s-maxage=60")],
    ],
)
def test_a_private_answer_is_kept_by_no_cache_whatever_the_app_says(own: RawHeaders) -> None:
    assert said(caching.kept_private(own)) == caching.NEVER


@pytest.mark.parametrize("own", [b"no-store", b"private, max-age=60", b"No-Store, max-age=0"])
def test_a_private_answer_that_says_so_itself_stays_as_it_is(own: bytes) -> None:
    assert said(caching.kept_private([(b"cache-control", own)])) == own


@given(st.sampled_from(sorted(caching.SAID - {b"cache-control", b"set-cookie", b"expires"})))
def test_what_edges_obey_first_is_dropped_from_a_private_answer(name: bytes) -> None:
    headers = [(name.title(), b"max-age=600"), (b"cache-control", b"private")]
    assert caching.kept_private(headers) == [(b"cache-control", b"private")]


def test_an_answer_with_a_cookie_is_private_on_any_route() -> None:
    for kind in ("page", "static", "api"):
        own = [(b"Set-Cookie", b"a=1"), (b"cache-control", b"public")]
        found = caching.shared(own, place(kind), "/app.3f9c2d1a.css", status=200, known=False)
        assert said(found) == caching.NEVER


def test_a_page_is_shared_with_strangers_only() -> None:
    assert said(caching.shared([], place("page"), "/", status=200, known=False)) == caching.PAGE
    assert said(caching.shared([], place("page"), "/", status=200, known=True)) == caching.OWN


def test_an_error_page_is_not_kept() -> None:
    assert said(caching.shared([], place("page"), "/", status=404, known=False)) == caching.OWN


def test_what_the_app_says_of_a_public_page_holds() -> None:
    own = [(b"cache-control", b"public, max-age=5")]
    assert caching.shared(own, place("page"), "/", status=200, known=False) == own


def test_a_file_is_kept_for_ever_only_when_its_name_changes_with_it() -> None:
    named = caching.shared([], place("static"), "/app.3f9c2d1a.css", status=200, known=False)
    assert said(named) == caching.FOREVER
    plain = caching.shared([], place("static"), "/app.css", status=200, known=False)
    assert said(plain) == caching.BRIEFLY
    missing = caching.shared([], place("static"), "/app.3f9c2d1a.css", status=404, known=False)
    assert said(missing) == caching.OWN


def test_silence_means_no_cache_on_routes_where_nothing_else_decides() -> None:
    assert caching.unsaid(place("private")) == (b"cache-control", caching.NEVER)
    assert caching.unsaid(place_for(None, MANIFEST)) == (b"cache-control", caching.NEVER)
    assert caching.unsaid(place("api")) == (b"cache-control", caching.OWN)
    assert caching.unsaid(place("page")) is None


@given(st.binary(), st.binary())
def test_a_validator_is_the_contents_own(one: bytes, other: bytes) -> None:
    assert (caching.etag(one) == caching.etag(other)) == (one == other)


@given(st.binary(max_size=50))
def test_who_has_the_content_is_told_that_nothing_changed(body: bytes) -> None:
    tag = caching.etag(body)
    for asked in (tag, tag[2:], b'"other", ' + tag, b"*", b" " + tag + b" "):
        assert caching.unchanged(tag, asked)


@given(st.binary(max_size=200))
def test_a_hostile_if_none_match_never_matches(asked: bytes) -> None:
    tag = caching.etag(b"the page")
    if asked.strip() != b"*":
        assert not caching.unchanged(tag, asked)
