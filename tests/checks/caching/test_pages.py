from __future__ import annotations

import pytest

from launchready.checks.caching.pages import (
    html_cached_long_without_validator,
    html_cached_too_long,
)
from launchready.facts import route_subject
from launchready.facts.ways import Visit
from launchready.finding import Check
from tests.making import DOMAIN, exchange, gap, outcome, visit

URL = "https://example.org/"
BOTH = (html_cached_long_without_validator, html_cached_too_long)


def page(**fields: str) -> Visit:
    headers = {"Content-Type": "text/html"} | {n.replace("_", "-"): v for n, v in fields.items()}
    return visit(exchange(URL, headers=headers, body="x"))


@pytest.mark.parametrize("check", BOTH)
class TestPages:
    @pytest.mark.parametrize(
        "control",
        ["no-cache", "no-store", "max-age=600", "public, max-age=0, must-revalidate",
         "s-maxage=31536000, stale-while-revalidate", "private, no-store"],
    )  # fmt: skip
    def test_the_usual_headers_of_pages_do_not_fail(self, check: Check, control: str) -> None:
        tagged = page(cache_control=control, etag='W/"1"')
        assert outcome(check, tagged).status == "passed"
        assert outcome(check, page(cache_control=control)).status != "failed"

    def test_what_is_no_page_is_not_judged(self, check: Check) -> None:
        other = page(content_type="text/css", cache_control="max-age=31536000")
        assert outcome(check, other).status == "not_applicable"

    def test_a_challenge_proves_nothing(self, check: Check) -> None:
        found = outcome(check, visit(exchange(URL, challenge="Cloudflare")))
        assert found.status == "unknown"

    def test_an_error_in_place_of_the_page_proves_nothing(self, check: Check) -> None:
        broken = visit(exchange(URL, status=502, headers={"Content-Type": "text/html"}))
        found = outcome(check, broken)
        assert (found.status, found.because) == ("unknown", broken.key)

    def test_a_gap_is_unknown(self, check: Check) -> None:
        assert outcome(check, gap(Visit, route_subject(URL, DOMAIN))).status == "unknown"


def test_a_day_without_a_validator_fails() -> None:
    kept = page(cache_control="max-age=86400")
    assert outcome(html_cached_long_without_validator, kept).status == "failed"
    assert outcome(html_cached_too_long, kept).status == "not_applicable"


def test_a_day_with_a_validator_passes() -> None:
    kept = page(cache_control="max-age=86400", etag='"1"')
    assert all(outcome(check, kept).status == "passed" for check in BOTH)


def test_a_year_fails_even_with_a_validator() -> None:
    kept = page(cache_control="max-age=31536000", last_modified="Thu, 01 Jan 2026 00:00:00 GMT")
    assert outcome(html_cached_too_long, kept).status == "failed"
    assert outcome(html_cached_long_without_validator, kept).status == "passed"
