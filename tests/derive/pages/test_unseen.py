"""An error tells nothing of what a route gives once it is mended."""

from __future__ import annotations

import pytest

from launchready.derive.pages.unseen import unseen
from launchready.manifest import RouteKind
from tests.making import exchange, visit

URL = "https://example.org/login"
HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    ("kind", "status"), [("page", 502), ("auth", 404), ("private", 500), ("api", 503)]
)
def test_a_route_that_answers_with_an_error_was_not_seen(kind: RouteKind, status: int) -> None:
    assert str(status) in unseen(visit(exchange(URL, status=status, headers=HTML), kind=kind))


@pytest.mark.parametrize(
    ("kind", "status"), [("page", 200), ("auth", 405), ("private", 401), ("private", 404)]
)
def test_what_a_stranger_may_rightly_get_was_seen(kind: RouteKind, status: int) -> None:
    assert unseen(visit(exchange(URL, status=status, headers=HTML), kind=kind)) == ""


def test_a_log_in_that_takes_json_alone_says_nothing_to_a_visit_and_was_seen() -> None:
    assert unseen(visit(exchange(URL, status=404), kind="auth", json_body=True)) == ""


def test_a_page_behind_a_loop_was_not_seen() -> None:
    assert unseen(visit(exchange(URL, status=301), end="loop"))


def test_a_page_behind_bot_protection_was_not_seen() -> None:
    assert "Cloudflare" in unseen(visit(exchange(URL, status=403, challenge="Cloudflare")))
