from __future__ import annotations

import pytest

from launchready.checks.caching.cookies import cookie_in_cacheable_answer
from launchready.facts import route_subject
from launchready.facts.ways import Visit
from launchready.finding import Severity
from tests.making import DOMAIN, declared, exchange, gap, outcome, visit

URL = "https://example.org/members"


def _named(fields: dict[str, str]) -> dict[str, str]:
    return {n.replace("_", "-"): v for n, v in fields.items()}


def test_an_error_says_nothing_of_the_cookies_of_a_page() -> None:
    broken = visit(exchange(URL, status=502), kind="page")
    found = outcome(cookie_in_cacheable_answer, broken, declared())
    assert (found.status, found.because) == ("unknown", broken.key)


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"cache_control": "public, max-age=60", "set_cookie": "sid=1"}, Severity.BLOCKER),
        ({"cache_control": "s-maxage=60", "set_cookie": "PHPSESSID=1"}, Severity.BLOCKER),
        ({"cache_control": "max-age=60", "set_cookie": "seen=1"}, Severity.RISK),
        ({"set_cookie": "sessionid=1", "vary": "Cookie"}, Severity.ADVICE),
    ],
)
def test_a_cookie_that_a_cache_may_hand_on_fails(
    fields: dict[str, str], severity: Severity
) -> None:
    page = visit(exchange(URL, headers=_named(fields)), kind="page")
    found = outcome(cookie_in_cacheable_answer, page)
    assert (found.status, found.severity) == ("failed", severity)


@pytest.mark.parametrize(
    "fields",
    [
        {"cache_control": "public, max-age=60"},
        {"cache_control": "private", "set_cookie": "sid=1"},
        {"cache_control": "no-store", "set_cookie": "sid=1"},
        {"cache_control": "no-cache", "set_cookie": "sid=1"},
        {"cache_control": 'max-age=60, private="set-cookie"', "set_cookie": "sid=1"},
        {"cache_control": 'max-age=60, no-cache="etag, Set-Cookie"', "set_cookie": "sid=1"},
        {"cache_control": "public, max-age=60", "set_cookie": "__cf_bm=1; Secure"},
        {"cache_control": "public, max-age=60", "set_cookie": "AWSALBCORS=1"},
        {"cache_control": "public, max-age=60", "set_cookie": "sid=; Max-Age=0"},
    ],
)
def test_what_harms_nobody_passes(fields: dict[str, str]) -> None:
    page = visit(exchange(URL, headers=_named(fields)), kind="page")
    assert outcome(cookie_in_cacheable_answer, page).status == "passed"


def test_a_cookie_that_is_kept_from_other_caches_than_a_cdn_fails() -> None:
    fields = {
        "Cache-Control": 'max-age=60, private="set-cookie"',
        "CDN-Cache-Control": "max-age=60",
        "Set-Cookie": "sid=1",
    }
    page = visit(exchange(URL, headers=fields), kind="page")
    assert outcome(cookie_in_cacheable_answer, page).status == "failed"


def test_another_field_that_is_kept_back_is_no_cookie() -> None:
    fields = {"Cache-Control": 'max-age=60, private="x-name"', "Set-Cookie": "sid=1"}
    page = visit(exchange(URL, headers=fields), kind="page")
    assert outcome(cookie_in_cacheable_answer, page).status == "failed"


def test_a_route_that_it_leads_to_is_judged_there() -> None:
    to = exchange("https://example.org/", status=302, headers={"Location": "/login"})
    fields = {"Cache-Control": "public, max-age=60", "Set-Cookie": "sid=1"}
    there = exchange("https://example.org/login", headers=fields)
    routes = '[launch]\ndomain = "example.org"\n[routes]\n"example.org/login" = "auth"\n'
    page = visit(to, there, kind="page")
    assert outcome(cookie_in_cacheable_answer, page, declared(routes)).status == "passed"
    assert outcome(cookie_in_cacheable_answer, page).status == "failed"


def test_the_value_of_a_cookie_is_never_shown() -> None:
    fields = {"Cache-Control": "public, max-age=60", "Set-Cookie": "sid=topsecretvalue"}
    found = outcome(cookie_in_cacheable_answer, visit(exchange(URL, headers=fields)))
    assert found.failure
    assert "topsecretvalue" not in repr(found.failure)


def test_a_gap_is_unknown() -> None:
    found = outcome(cookie_in_cacheable_answer, gap(Visit, route_subject(URL, DOMAIN)))
    assert found.status == "unknown"
