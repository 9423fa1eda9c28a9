from __future__ import annotations

import pytest

from launchready.checks.redirects.entrances import (
    http_not_sent_to_https,
    redirect_leads_nowhere,
    redirect_loop,
    redirect_to_private_address,
)
from launchready.checks.redirects.lost import redirect_drops_path, redirect_drops_query
from launchready.facts.ways import Entrance
from launchready.finding import Check, Severity
from tests.checks.web_making import DEEP, QUERY, chain, entrance
from tests.making import HOST, declared, gap, outcome


class TestHttpNotSentToHttps:
    def test_a_host_that_redirects_http_passes(self) -> None:
        assert outcome(http_not_sent_to_https, entrance()).status == "passed"

    def test_a_page_served_over_plain_http_is_a_blocker(self) -> None:
        found = outcome(http_not_sent_to_https, entrance(http_root=chain("http://example.org/")))
        assert found.status == "failed"
        assert found.severity is Severity.BLOCKER
        assert entrance(http_root=chain("http://example.org/")).fault == "stays-plain"

    def test_a_deep_page_served_over_plain_http_fails_though_the_front_page_redirects(self) -> None:
        found = outcome(
            http_not_sent_to_https, entrance(http_deep=chain("http://example.org/deep"))
        )
        assert found.status == "failed"

    def test_an_error_over_plain_http_is_a_risk(self) -> None:
        plain = chain("http://example.org/", status=403)
        found = outcome(http_not_sent_to_https, entrance(http_root=plain))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    @pytest.mark.parametrize("kind", ["api", "chat", "webhook", "static", "health"])
    def test_a_host_without_pages_that_refuses_plain_http_is_only_advice(self, kind: str) -> None:
        toml = f'[launch]\ndomain = "example.org"\n[routes]\n"api.example.org/v1" = "{kind}"\n'
        plain = chain("http://api.example.org/", status=403)
        found = outcome(
            http_not_sent_to_https, entrance("api.example.org", http_root=plain), declared(toml)
        )
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_closed_port_80_is_only_advice(self) -> None:
        found = outcome(
            http_not_sent_to_https, entrance(http_root=None, http_deep=None, http_closed=True)
        )
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_hop_over_the_twin_host_on_http_passes(self) -> None:
        urls = ("http://www.example.org/", "http://example.org/", "https://example.org/")
        found = outcome(http_not_sent_to_https, entrance("www.example.org", http_root=chain(*urls)))
        assert found.status == "passed"

    def test_https_that_leads_back_to_http_is_reported_elsewhere(self) -> None:
        back = chain("http://example.org/", "https://example.org/", "http://example.org/home")
        found = outcome(http_not_sent_to_https, entrance(http_root=back))
        assert found.status == "not_applicable"

    def test_a_way_that_reached_https_passes_wherever_it_then_ends(self) -> None:
        urls = ("http://example.org/", "https://example.org/", "https://login.example.net/")
        found = outcome(
            http_not_sent_to_https,
            entrance(
                http_root=chain(*urls, end="gap", detail="login.example.net does not resolve")
            ),
        )
        assert found.status == "passed"

    def test_no_answer_over_http_is_unknown(self) -> None:
        found = outcome(
            http_not_sent_to_https, entrance(http_root=None, http_deep=None, trouble="timed out")
        )
        assert found.status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        assert outcome(http_not_sent_to_https, gap(Entrance, HOST)).status == "unknown"


WALKS = (redirect_loop, redirect_to_private_address, redirect_leads_nowhere)


@pytest.mark.parametrize("check", [*WALKS, redirect_drops_path, redirect_drops_query])
class TestEveryEntrance:
    def test_a_clean_entrance_passes(self, check: Check) -> None:
        assert outcome(check, entrance()).status == "passed"

    def test_a_closed_port_80_passes(self, check: Check) -> None:
        closed = entrance(http_root=None, http_deep=None, http_closed=True)
        assert outcome(check, closed).status == "passed"

    def test_a_way_that_could_not_be_followed_is_unknown(self, check: Check) -> None:
        unseen = entrance(https_deep=None, http_deep=None, trouble="https_deep: timed out")
        assert outcome(check, unseen).status == "unknown"

    def test_a_gap_is_unknown(self, check: Check) -> None:
        assert outcome(check, gap(Entrance, HOST)).status == "unknown"


class TestRedirectLoop:
    def test_a_page_that_redirects_to_itself_is_a_blocker(self) -> None:
        circle = chain("https://example.org/", "https://example.org/", end="loop")
        found = outcome(redirect_loop, entrance(https_root=circle))
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_both_hosts_of_a_circle_have_the_same_fix(self) -> None:
        there = chain(
            "https://example.org/", "https://www.example.org/", "https://example.org/", end="loop"
        )
        back = chain(
            "https://www.example.org/",
            "https://example.org/",
            "https://www.example.org/",
            end="loop",
        )
        one = outcome(redirect_loop, entrance(https_root=there)).failure
        other = outcome(redirect_loop, entrance("www.example.org", https_root=back)).failure
        assert one
        assert other
        assert one.fix == other.fix

    def test_redirects_without_end_fail(self) -> None:
        urls = [f"https://example.org/{n}" for n in range(22)]
        endless = chain(*urls, end="too many hops")
        assert outcome(redirect_loop, entrance(https_root=endless)).status == "failed"

    def test_a_circle_hides_the_other_faults_of_the_same_way(self) -> None:
        circle = chain(
            "http://example.org/", "https://example.org/", "http://example.org/", end="loop"
        )
        looping = entrance(http_root=circle, https_root=circle, http_deep=circle, https_deep=circle)
        for check in (http_not_sent_to_https, redirect_drops_path, redirect_drops_query):
            assert outcome(check, looping).status == "not_applicable"


class TestRedirectToPrivateAddress:
    def test_a_redirect_into_the_own_network_is_a_blocker(self) -> None:
        inside = chain("https://example.org/", "http://10.0.0.5/", end="private address")
        found = outcome(redirect_to_private_address, entrance(https_root=inside))
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
        assert found.failure
        assert "10.0.0.5" in found.failure.observed


class TestRedirectLeadsNowhere:
    def test_plain_http_that_leads_nowhere_is_that_one_finding(self) -> None:
        urls = ("http://example.org/", "https://example.org:8443/")
        nowhere = chain(*urls, end="gap", detail="nothing listens")
        found = entrance(http_root=nowhere)
        assert outcome(redirect_leads_nowhere, found).status == "failed"
        assert outcome(http_not_sent_to_https, found).status == "not_applicable"

    @pytest.mark.parametrize("end", ["bad location", "gap"])
    def test_a_redirect_to_nothing_is_a_blocker(self, end: str) -> None:
        nowhere = chain("https://example.org/", "https://gone.example.net/", end=end, detail="x")  # type: ignore[arg-type]
        found = outcome(redirect_leads_nowhere, entrance(https_root=nowhere))
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


class TestRedirectDropsPath:
    @pytest.mark.parametrize(
        "urls",
        [
            (f"http://example.org{DEEP}?{QUERY}", "https://example.org/"),
            (f"http://example.org{DEEP}?{QUERY}", "https://www.example.org/"),
            (f"http://example.org{DEEP}?{QUERY}", "https://example.org/index.html"),
            (f"https://example.org{DEEP}?{QUERY}", "https://app.example.org/"),
        ],
    )
    def test_a_deep_link_that_ends_at_the_front_page_fails(self, urls: tuple[str, ...]) -> None:
        lost = entrance(http_deep=chain(*urls))
        assert outcome(redirect_drops_path, lost).status == "failed"
        assert outcome(redirect_drops_query, lost).status == "not_applicable"
        assert lost.fault == "path-lost"

    @pytest.mark.parametrize(
        "urls",
        [
            # an app that sends strangers to its log-in page
            (f"https://example.org{DEEP}?{QUERY}", "https://example.org/login?next=%2F"),
            (f"https://example.org{DEEP}?{QUERY}", "https://example.org/"),
            # the way back is handed on, also percent-encoded
            (
                f"http://example.org{DEEP}?{QUERY}",
                f"https://example.org/login?next=%2F{DEEP[1:]}%3Ffrom%3Dnewsletter",
            ),
            # a language is put in front, a slash behind
            (f"http://example.org{DEEP}?{QUERY}", f"https://example.org/en{DEEP}/?{QUERY}"),
        ],
    )
    def test_what_an_application_does_with_a_page_is_no_fault(self, urls: tuple[str, ...]) -> None:
        kept = entrance(http_deep=chain(*urls), https_deep=chain(*urls, by=302))
        assert outcome(redirect_drops_path, kept).status == "passed"
        assert outcome(redirect_drops_query, kept).status == "passed"

    def test_a_temporary_redirect_to_a_single_sign_on_is_no_fault(self) -> None:
        urls = (f"https://app.example.org{DEEP}?{QUERY}", "https://login.example.org/authorize")
        sso = entrance("app.example.org", https_deep=chain(*urls, by=302))
        assert outcome(redirect_drops_path, sso).status == "passed"

    def test_a_redirecting_host_that_drops_the_path_fails_even_by_302(self) -> None:
        urls = (f"https://old.example.net{DEEP}?{QUERY}", "https://example.org/")
        brand = entrance(
            "old.example.net",
            redirects_to="example.org",
            https_root=chain("https://old.example.net/", "https://example.org/", by=302),
            https_deep=chain(*urls, by=302),
        )
        assert outcome(redirect_drops_path, brand).status == "failed"

    def test_it_is_a_blocker_where_members_sign_in(self) -> None:
        toml = '[launch]\ndomain = "example.org"\n[routes]\n"example.org/login" = "auth"\n'
        lost = entrance(http_deep=chain(f"http://example.org{DEEP}", "https://example.org/"))
        assert outcome(redirect_drops_path, lost, declared(toml)).severity is Severity.BLOCKER
        assert outcome(redirect_drops_path, lost).severity is Severity.RISK

    def test_a_name_that_leads_to_somebody_elses_site_is_advice(self) -> None:
        lost = entrance(
            https_deep=chain(f"https://example.org{DEEP}", "https://club.example.net/a")
        )
        assert outcome(redirect_drops_path, lost).severity is Severity.ADVICE


class TestRedirectDropsQuery:
    def test_a_lost_query_fails(self) -> None:
        urls = (f"http://example.org{DEEP}?{QUERY}", f"https://example.org{DEEP}")
        lost = entrance(http_deep=chain(*urls))
        assert outcome(redirect_drops_query, lost).status == "failed"
        assert outcome(redirect_drops_path, lost).status == "passed"

    def test_a_query_that_is_encoded_twice_is_told_as_that(self) -> None:
        urls = (
            f"http://example.org{DEEP}?to=a%40b.example",
            f"https://example.org{DEEP}?to=a%2540b.example",
        )
        lost = entrance(http_deep=chain(*urls), deep_query="to=a%40b.example")
        found = outcome(redirect_drops_query, lost)
        assert found.failure is not None
        assert found.failure.observed.endswith("(encoded twice)")
        assert "encodeURI" in found.failure.fix[0]

    def test_a_query_in_another_order_or_with_more_in_it_passes(self) -> None:
        urls = (f"http://example.org{DEEP}?a=1&b=2", f"https://example.org{DEEP}?b=2&c=3&a=1")
        kept = entrance(http_deep=chain(*urls), deep_query="a=1&b=2")
        assert outcome(redirect_drops_query, kept).status == "passed"
