from __future__ import annotations

import pytest

from launchready.checks.caching.static import (
    static_not_cached_long,
    static_not_from_edge_cache,
    static_not_immutable,
)
from launchready.facts import url_subject
from launchready.facts.http import Repeat
from launchready.finding import Check, Severity
from tests.making import AT, DOMAIN, declared, exchange, gap, outcome

HASHED = "https://example.org/assets/app.3f9c2d1a.js"
EDGE = '[launch]\ndomain = "example.org"\nedge = "cloudflare"\n'
YEAR = "public, max-age=31536000, immutable"


def asset(url: str = HASHED, *, status: int = 200, **fields: str) -> Repeat:
    return twice({}, {}, url=url, status=status, **fields)


def twice(
    first: dict[str, str],
    second: dict[str, str],
    *,
    url: str = HASHED,
    status: int = 200,
    **fields: str,
) -> Repeat:
    both = {"content-type": "text/javascript"} | {n.replace("_", "-"): v for n, v in fields.items()}
    return Repeat(
        subject=url_subject(url, DOMAIN), at=AT, how="test",
        first=exchange(url, status=status, headers=both | first),
        second=exchange(url, status=status, headers=both | second),
    )  # fmt: skip


@pytest.mark.parametrize("check", [static_not_cached_long, static_not_immutable])
class TestFingerprintedFiles:
    def test_a_file_kept_for_a_year_passes(self, check: Check) -> None:
        assert outcome(check, asset(cache_control=YEAR)).status == "passed"

    def test_a_file_without_a_hash_in_its_name_is_not_judged(self, check: Check) -> None:
        plain = asset("https://example.org/style.css")
        assert outcome(check, plain).status == "not_applicable"

    def test_a_missing_file_is_judged_elsewhere(self, check: Check) -> None:
        assert outcome(check, asset(status=404)).status == "not_applicable"

    def test_a_page_in_its_place_is_judged_elsewhere(self, check: Check) -> None:
        assert outcome(check, asset(content_type="text/html")).status == "not_applicable"

    def test_a_gap_is_unknown(self, check: Check) -> None:
        assert outcome(check, gap(Repeat, url_subject(HASHED, DOMAIN))).status == "unknown"


class TestStaticNotCachedLong:
    @pytest.mark.parametrize(
        "control",
        ["max-age=31536000", "public, max-age=2592000", "max-age=31536000, s-maxage=60",
         'max-age="31536000"', "private, max-age=31536000"],
    )  # fmt: skip
    def test_a_month_or_more_passes(self, control: str) -> None:
        assert outcome(static_not_cached_long, asset(cache_control=control)).status == "passed"

    @pytest.mark.parametrize(
        "control",
        ["no-store", "no-cache", "public, max-age=0, must-revalidate", "max-age=2591999",
         "max-age=14400", "max-age=31536000, no-cache", "s-maxage=31536000", "max-age=a year",
         "max-age=31536000; immutable"],
    )  # fmt: skip
    def test_less_is_a_risk(self, control: str) -> None:
        found = outcome(static_not_cached_long, asset(cache_control=control))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_no_header_at_all_fails(self) -> None:
        assert outcome(static_not_cached_long, asset()).status == "failed"

    def test_an_expires_far_off_passes(self) -> None:
        far = asset(expires="Thu, 31 Dec 2037 23:55:55 GMT")
        assert outcome(static_not_cached_long, far).status == "passed"

    def test_files_of_one_folder_have_the_same_fix(self) -> None:
        one = outcome(static_not_cached_long, asset()).failure
        other = outcome(
            static_not_cached_long, asset("https://example.org/assets/style.0a1b2c3d.css")
        ).failure
        assert one
        assert other
        assert one.fix == other.fix


class TestStaticNotImmutable:
    def test_a_long_lifetime_without_it_is_advice(self) -> None:
        found = outcome(static_not_immutable, asset(cache_control="public, max-age=31536000"))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_short_lifetime_is_judged_elsewhere(self) -> None:
        found = outcome(static_not_immutable, asset(cache_control="max-age=60"))
        assert found.status == "not_applicable"


class TestStaticNotFromEdgeCache:
    def judged(self, second: dict[str, str], **fields: str) -> tuple[str, Severity]:
        both = {"CF-Ray": "8f1a-FRA", "Cache-Control": YEAR} | {
            n.replace("_", "-"): v for n, v in fields.items()
        }
        found = outcome(
            static_not_from_edge_cache, twice(both, both | second), declared(EDGE)
        )  # fmt: skip
        return found.status, found.severity

    @pytest.mark.parametrize(
        "second",
        [
            {"CF-Cache-Status": "HIT", "Age": "1"},
            {"CF-Cache-Status": "REVALIDATED"},
            {"Age": "3"},
            {"Cache-Status": '"Cloudflare"; hit'},
            {"X-Cache": "MISS, HIT"},
        ],
    )
    def test_a_hit_the_second_time_passes(self, second: dict[str, str]) -> None:
        assert self.judged(second)[0] == "passed"

    def test_a_copy_that_a_cache_behind_the_edge_stored_is_not_the_edges(self) -> None:
        behind = {"CF-Cache-Status": "DYNAMIC", "Age": "40", "X-Cache": "HIT"}
        assert self.judged(behind) == ("failed", Severity.RISK)

    @pytest.mark.parametrize("status", ["DYNAMIC", "BYPASS"])
    def test_an_edge_that_does_not_store_it_is_a_risk(self, status: str) -> None:
        assert self.judged({"CF-Cache-Status": status}) == ("failed", Severity.RISK)

    def test_a_second_miss_is_advice(self) -> None:
        assert self.judged({"CF-Cache-Status": "MISS"}) == ("failed", Severity.ADVICE)

    def test_an_edge_that_says_nothing_is_unknown(self) -> None:
        assert self.judged({})[0] == "unknown"

    def test_a_file_that_forbids_it_is_judged_elsewhere(self) -> None:
        status, _ = self.judged({"CF-Cache-Status": "BYPASS"}, **{"Cache-Control": "no-store"})
        assert status == "not_applicable"

    def test_a_host_without_an_edge_is_not_judged(self) -> None:
        assert outcome(static_not_from_edge_cache, asset()).status == "not_applicable"

    def test_an_absent_edge_is_judged_elsewhere(self) -> None:
        found = outcome(static_not_from_edge_cache, asset(cache_control=YEAR), declared(EDGE))
        assert found.status == "not_applicable"

    def test_a_gap_is_unknown(self) -> None:
        missing = gap(Repeat, url_subject(HASHED, DOMAIN))
        assert outcome(static_not_from_edge_cache, missing, declared(EDGE)).status == "unknown"
