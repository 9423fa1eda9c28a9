from __future__ import annotations

from launchready.checks.redirects.chains import redirect_downgrades_to_http, too_many_hops
from launchready.facts import route_subject
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.finding import Severity
from tests.checks.web_making import DEEP, chain, entrance
from tests.making import DOMAIN, HOST, declared, exchange, gap, outcome, visit

_APP = '[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\n'
PAGE = route_subject("https://example.org/page", DOMAIN)


def visited(*urls: str) -> Visit:
    hops: tuple[Exchange, ...] = chain(*urls).hops
    return visit(*hops)


class TestTooManyHops:
    def test_two_redirects_pass(self) -> None:
        ways = chain("http://www.example.org/", "https://www.example.org/", "https://example.org/")
        assert outcome(too_many_hops, entrance(http_root=ways)).status == "passed"

    def test_three_redirects_are_a_risk(self) -> None:
        found = outcome(too_many_hops, entrance(http_root=chain(*_chain_of(3))))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_route_below_the_host_counts(self) -> None:
        assert outcome(too_many_hops, entrance(), visited(*_chain_of(3))).status == "failed"

    def test_a_slash_that_an_application_adds_to_a_path_of_ours_does_not_count(self) -> None:
        urls = [
            f"http://www.example.org{DEEP}?x=1", f"https://www.example.org{DEEP}?x=1",
            f"https://example.org{DEEP}?x=1", f"https://example.org{DEEP}/?x=1",
        ]  # fmt: skip
        www = declared(_APP.replace("app.", "www."))
        assert outcome(too_many_hops, entrance(http_deep=chain(*urls)), www).status == "passed"
        real = [url.replace(DEEP, "/join") for url in urls]
        assert outcome(too_many_hops, entrance(http_root=chain(*real)), www).status == "failed"

    def test_the_hops_of_a_log_in_service_do_not_count(self) -> None:
        urls = [
            "https://example.org/login", "https://id.example.net/a", "https://id.example.net/b",
            "https://id.example.net/c", "https://id.example.net/d",
        ]  # fmt: skip
        assert outcome(too_many_hops, entrance(), visited(*urls)).status == "passed"

    def test_the_way_back_up_after_a_step_down_to_http_is_not_told_twice(self) -> None:
        ways = chain(
            "http://www.example.org/", "https://www.example.org/", "http://example.org/",
            "https://example.org/",
        )  # fmt: skip
        found = entrance(http_root=ways)
        assert outcome(too_many_hops, found).status != "failed"
        assert outcome(redirect_downgrades_to_http, found).status == "failed"

    def test_what_lies_behind_a_redirect_to_the_wrong_host_is_owed_to_it(self) -> None:
        urls = (
            "http://example.org/",
            "https://example.org/",
            "https://app.example.org/",
            "https://app.example.org/login",
        )
        found = entrance(
            http_root=chain(*urls), https_root=chain(*urls[1:]), redirects_to="www.example.org"
        )
        assert outcome(too_many_hops, found, declared(_APP)).because == found.key

    def test_a_circle_is_reported_elsewhere(self) -> None:
        endless = chain(*_chain_of(20), end="too many hops")
        assert outcome(too_many_hops, entrance(https_root=endless)).status == "passed"

    def test_a_gap_is_unknown(self) -> None:
        assert outcome(too_many_hops, gap(Entrance, HOST)).status == "unknown"
        assert outcome(too_many_hops, entrance(), gap(Visit, PAGE)).status == "unknown"


class TestRedirectDowngradesToHttp:
    def test_ways_that_stay_on_https_pass(self) -> None:
        assert outcome(redirect_downgrades_to_http, entrance()).status == "passed"

    def test_a_slash_added_by_way_of_http_is_a_risk(self) -> None:
        urls = ("https://example.org/a", "http://example.org/a/", "https://example.org/a/")
        found = outcome(redirect_downgrades_to_http, entrance(), visited(*urls))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_page_that_ends_on_http_is_a_blocker(self) -> None:
        urls = ("https://example.org/login", "http://example.org/login")
        found = outcome(redirect_downgrades_to_http, entrance(), visited(*urls))
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_circle_between_http_and_https_is_reported_elsewhere(self) -> None:
        circle = chain("https://example.org/", "http://example.org/", end="loop")
        found = outcome(redirect_downgrades_to_http, entrance(https_root=circle))
        assert found.status == "passed"

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(redirect_downgrades_to_http, entrance(), gap(Visit, PAGE))
        assert found.status == "unknown"


def _chain_of(hops: int) -> list[str]:
    return [f"https://example.org/{n}" for n in range(hops + 1)]


def test_a_step_that_the_page_itself_makes_is_shown_by_its_markup() -> None:
    page = exchange(
        "https://example.org/page",
        headers={"Content-Type": "text/html"},
        body=b'<meta http-equiv="refresh" content="0; url=http://example.org/home">',
    )
    there = exchange("http://example.org/home")
    found = outcome(redirect_downgrades_to_http, entrance(), visit(page, there))
    assert found.failure is not None
    assert found.failure.see == "curl -sSi https://example.org/page | grep -aiE 'refresh|location'"
