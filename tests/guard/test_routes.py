from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.routes import Routes, fingerprinted, place_for
from launchready.manifest import parse_manifest

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/" = "page"
"willow.example/about" = "page"
"willow.example/login" = "auth"
"willow.example/members" = "private"
"willow.example/members/chat" = "chat"
"willow.example/static/app.css" = "static"
"willow.example/members/Static/app.js" = "static"
"willow.example/files/" = "private"
"api.willow.example/files/" = "api"
"willow.example/slow" = { kind = "api", timeout_s = 3, body_max_bytes = 7, cacheable = true }
"willow.example/caf%C3%A9" = "private"
""")
ROUTES = Routes(MANIFEST, {url: url for url in MANIFEST.routes}, "undeclared")


def found(path: str, host: bytes = b"willow.example") -> str:
    return ROUTES.find(path, host).removeprefix("https://")


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/", "willow.example/"),
        ("/about", "willow.example/about"),
        ("/about/us", "undeclared"),
        ("/login", "willow.example/login"),
        ("/login/", "willow.example/login"),
        ("/login/step/2", "willow.example/login"),
        ("/loginx", "undeclared"),
        ("/members/circles/3", "willow.example/members"),
        ("/members/chat/5", "willow.example/members/chat"),
        ("/static/fonts/a.woff2", "willow.example/static/app.css"),
        ("/café", "willow.example/café"),
        # Litestar answers it as /login.
        ("//login", "willow.example/login"),
        ("/members///chat//5", "willow.example/members/chat"),
        ("//static//..", "willow.example/static/app.css"),
        ("//", "willow.example/"),
        ("", "undeclared"),
        # Starlette and FastAPI answer it as /login.
        ("/login\n", "willow.example/login"),
        ("/login\n\n", "undeclared"),
        ("/members/3\n", "willow.example/members"),
        # BlackSheep, and Django with (?i).
        ("/LOGIN", "willow.example/login"),
        ("/log\u0131n", "willow.example/login"),
        ("/MEMBERS/Chat", "willow.example/members/chat"),
        ("/CAFÉ", "willow.example/café"),
        # Quart, where the server hands the target on as it came.
        ("https://willow.example/login", "willow.example/login"),
        ("https://x//login;y", "willow.example/login"),
        ("x:login", "willow.example/login"),
        ("https://[/login", "undeclared"),
        # No cache gets more by a spelling than nothing.
        ("/ABOUT", "undeclared"),
        ("/about\n", "undeclared"),
        ("/STATIC/x.css", "undeclared"),
        ("/static/Index-DiwrgTda.js", "willow.example/static/app.css"),
        ("/members/Static/x.js", "willow.example/members/Static/app.js"),
    ],
)
def test_a_path_belongs_to_the_nearest_declared_route(path: str, url: str) -> None:
    assert found(path).replace("caf%C3%A9", "café") == url


@pytest.mark.parametrize("path", ["/files/", "/files/a/b"])
def test_the_host_tells_which_of_two_routes_with_the_same_path_is_meant(path: str) -> None:
    assert found(path, b"api.willow.example:443") == "api.willow.example/files/"
    assert found(path, b"WILLOW.example") == "willow.example/files/"


@given(st.text(), st.binary())
def test_whatever_a_visitor_types_belongs_somewhere(path: str, host: bytes) -> None:
    assert found(path, host)


@given(st.lists(st.text(alphabet="ab/.%", max_size=9), max_size=5))
def test_what_lies_below_a_private_route_is_never_public(parts: list[str]) -> None:
    kind = {url.removeprefix("https://"): e.kind for url, e in MANIFEST.routes.items()}
    assert kind[found("/members/" + "/".join(parts))] in {"private", "chat"}


def test_an_undeclared_path_is_treated_with_care() -> None:
    place = place_for(None, MANIFEST)
    assert place.label == "(undeclared)"
    assert place.never_shared
    assert place.body_max_bytes > 0


def test_a_routes_own_figures_come_before_its_kinds() -> None:
    place = place_for(MANIFEST.routes["https://willow.example/slow"], MANIFEST)
    assert (place.answer_max_s, place.body_max_bytes, place.never_shared) == (3, 7, False)


def test_a_chats_deadline_lets_the_provider_have_its_own() -> None:
    place = place_for(MANIFEST.routes["https://willow.example/members/chat"], MANIFEST)
    assert place.answer_max_s > MANIFEST.chat.answer_s


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/static/app.3f9c2d1a.js", True),
        ("/static/app-3f9c2d1a99.css", True),
        ("/static/app.js", False),
        ("/static/application.js", False),
        ("/static/3f9c2d1a", False),
    ],
)
def test_a_file_named_by_its_content_is_told_by_its_name(path: str, named: bool) -> None:
    assert fingerprinted(path) is named


def test_a_log_in_is_limited_at_every_host_of_the_launch() -> None:
    assert found("/login", b"api.willow.example") == "willow.example/login"


def test_a_page_of_another_host_is_not_public_here() -> None:
    assert found("/about", b"api.willow.example") == "undeclared"


def test_at_a_host_that_nobody_knows_the_more_careful_of_two_routes_holds() -> None:
    assert found("/files/x", b"evil.example") == "willow.example/files/"


def test_at_localhost_pages_are_what_they_are() -> None:
    assert found("/about", b"localhost:8000") == "willow.example/about"


def test_what_visitors_ask_for_is_remembered_in_little_memory() -> None:
    routes = Routes(MANIFEST, dict.fromkeys(MANIFEST.routes, "declared"), "undeclared")
    for n in range(3_000):
        assert routes.find(f"/made/up/{n}", b"willow.example") == "undeclared"
        assert routes.find(f"/made/up/{n}" * 100, b"willow.example") == "undeclared"
        assert routes.find("/made/up", str(n).encode() * 100) == "undeclared"
    assert len(routes._found) <= 1_024
    assert all(len(path) + len(host) <= 300 for path, host in routes._found)
