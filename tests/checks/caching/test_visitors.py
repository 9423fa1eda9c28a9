from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.caching.visitors import session_given_to_two_visitors
from launchready.facts import route_subject
from launchready.facts.http import Exchange, Headers
from launchready.facts.ways import SecondVisitor
from launchready.finding import Severity
from tests.making import AT, DOMAIN, exchange, gap, outcome, route

URL = "https://example.org/login"
ONE, OTHER = "7f3a91c04be2d85f6a1097c3", "0b1c2d94e7f8a6b5c3d2e1f0"


def page(value: str, *, status: int = 200, body: str = "", **fields: str) -> Exchange:
    named = {n.replace("_", "-"): v for n, v in fields.items()}
    cookie = {"Set-Cookie": f"session={value}; Secure; HttpOnly"} if value else {}
    html = {"Content-Type": "text/html"}
    return exchange(URL, status=status, body=body, headers=html | cookie | named)


def form(token: str) -> Exchange:
    return page("", body=f'<form><input type="hidden" name="csrf_token" value="{token}">')


def visitors(first: Exchange, second: Exchange | None, **entry: object) -> SecondVisitor:
    return SecondVisitor(
        subject=route_subject(URL, DOMAIN),
        at=AT,
        how="test",
        route=route(URL, "auth", **entry),
        first=first,
        second=second,
    )


def test_another_session_for_each_visitor_passes() -> None:
    found = outcome(session_given_to_two_visitors, visitors(page(ONE), page(OTHER)))
    assert found.status == "passed"


def test_a_page_that_gives_no_session_passes() -> None:
    assert outcome(session_given_to_two_visitors, visitors(page(""), None)).status == "passed"


def test_the_same_session_for_both_is_a_blocker_and_its_value_is_not_told() -> None:
    kept = page(ONE, cache_control="private, no-store")
    found = outcome(session_given_to_two_visitors, visitors(kept, kept))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert "the cookie session" in found.detail
    assert ONE not in repr(found.failure)


def test_the_same_form_token_alone_is_a_risk() -> None:
    found = outcome(session_given_to_two_visitors, visitors(form(ONE), form(ONE)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert outcome(session_given_to_two_visitors, visitors(form(ONE), form(OTHER))).status == (
        "passed"
    )


def test_a_first_answer_that_a_cache_tells_of_is_judged_by_what_it_tells() -> None:
    kept = page(ONE, x_cache_status="HIT")
    assert outcome(session_given_to_two_visitors, visitors(kept, kept)).status == "not_applicable"


def test_a_copy_that_the_first_visit_itself_put_into_a_cache_is_a_blocker() -> None:
    first, second = page(ONE, x_cache_status="MISS"), page(ONE, x_cache_status="HIT")
    found = outcome(session_given_to_two_visitors, visitors(first, second))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.failure is not None
    assert "x-cache-status: HIT" in found.failure.evidence


def test_a_token_in_a_copy_that_a_cache_tells_of_is_none_of_the_apps_own() -> None:
    second = replace(form(ONE), headers=Headers((("content-type", "text/html"), ("age", "3"))))
    found = outcome(session_given_to_two_visitors, visitors(form(ONE), second))
    assert found.severity is Severity.BLOCKER


def test_a_route_that_the_manifest_lets_caches_store_is_not_judged() -> None:
    found = visitors(page(ONE), page(ONE), cacheable=True)
    assert outcome(session_given_to_two_visitors, found).status == "not_applicable"


@pytest.mark.parametrize("second", [page("", status=429), exchange(URL, challenge="Cloudflare")])
def test_a_second_visitor_who_is_not_let_in_proves_nothing(second: Exchange) -> None:
    assert outcome(session_given_to_two_visitors, visitors(page(ONE), second)).status == "unknown"


def test_a_gap_is_unknown() -> None:
    missing = gap(SecondVisitor, route_subject(URL, DOMAIN))
    assert outcome(session_given_to_two_visitors, missing).status == "unknown"
