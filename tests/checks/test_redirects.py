from __future__ import annotations

from launchready.checks.redirects import http_not_sent_to_https
from launchready.facts.http import Entrance
from launchready.finding import Severity
from tests.checks.web_making import chain, entrance
from tests.making import HOST, gap, outcome


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

    def test_no_answer_over_http_is_unknown(self) -> None:
        found = outcome(
            http_not_sent_to_https, entrance(http_root=None, http_deep=None, trouble="timed out")
        )
        assert found.status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        assert outcome(http_not_sent_to_https, gap(Entrance, HOST)).status == "unknown"
