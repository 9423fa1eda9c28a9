from __future__ import annotations

from launchready.derive.caching.lists import cache_lists
from launchready.facts.ways import Visit
from launchready.manifest import RouteKind
from tests.making import exchange, manifest, visit

TOML = """
[launch]
domain = "example.org"
[routes]
"example.org/" = "page"
"example.org/app.js" = "static"
"example.org/login" = "auth"
"example.org/members" = "private"
"example.org/health" = "health"
"example.org/api" = "api"
"example.org/shop" = { kind = "page", cacheable = false }
"""


def page(path: str, kind: RouteKind = "page", **fields: str) -> Visit:
    headers = {"Content-Type": "text/html"} | {n.replace("_", "-"): v for n, v in fields.items()}
    return visit(exchange(f"https://example.org{path}", headers=headers, body="x"), kind=kind)


def lists(*visits: Visit) -> tuple[dict[str, str], dict[str, str]]:
    safe, dynamic = cache_lists(manifest(TOML), visits)
    return (
        {r.url.removeprefix("https://example.org"): r.reason for r in safe},
        {r.url.removeprefix("https://example.org"): r.reason for r in dynamic},
    )


def test_every_route_stands_in_exactly_one_list() -> None:
    safe, dynamic = lists(page("/"), page("/app.js", "static"))
    assert set(safe) == {"/", "/app.js"}
    assert set(dynamic) == {"/login", "/members", "/health", "/api", "/shop"}


def test_what_was_not_seen_stays_dynamic() -> None:
    safe, dynamic = lists()
    assert not safe
    assert "not seen" in dynamic["/"]


def test_a_page_that_sets_a_cookie_stays_dynamic() -> None:
    _, dynamic = lists(page("/", set_cookie="sid=1"))
    assert dynamic["/"] == "sets the cookie sid"


def test_a_page_that_forbids_it_stays_dynamic() -> None:
    _, dynamic = lists(page("/", cache_control="private"))
    assert "private" in dynamic["/"]


def test_a_page_that_varies_by_cookie_stays_dynamic() -> None:
    _, dynamic = lists(page("/", vary="Accept-Encoding, Cookie"))
    assert dynamic["/"] == "it varies by cookie"


def test_an_api_is_safe_only_when_it_says_so() -> None:
    safe, _ = lists(page("/api", "api", cache_control="public, max-age=60"))
    assert set(safe) == {"/api"}
