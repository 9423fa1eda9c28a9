from __future__ import annotations

import pytest

from launchready.checks.redirects.old_urls import old_url_broken, sign_in_path_lost
from launchready.facts import Key, Subject, host_subject, route_subject
from launchready.facts.ways import Approach, Entrance, OldUrl, Visit, Walk
from launchready.finding import Severity
from launchready.manifest import OldUrlEntry, RouteKind
from tests.checks.web_making import chain, entrance
from tests.making import AT, DOMAIN, HOST, declared, exchange, gap, outcome, route, visit, walk

OLD, NEW = "https://www.example.org/blog/one", "https://example.org/journal/one"
WWW = host_subject("www.example.org", DOMAIN)
LOGIN = "https://example.org/login"


def old(*urls: str, target: str = NEW, walked: Walk | None = None, **how: int) -> OldUrl:
    return OldUrl(
        subject=Subject("redirect", OLD, WWW), at=AT, how="test",
        entry=OldUrlEntry(source=OLD, target=target), walk=walked or chain(*urls, **how),  # type: ignore[arg-type]
    )  # fmt: skip


class TestOldUrlBroken:
    def test_a_permanent_redirect_to_the_target_passes(self) -> None:
        for status in (301, 308):
            assert outcome(old_url_broken, old(OLD, NEW, by=status)).status == "passed"

    def test_a_target_with_a_slash_or_a_campaign_behind_it_passes(self) -> None:
        assert outcome(old_url_broken, old(OLD, f"{NEW}/?utm_source=x")).status == "passed"

    def test_a_target_that_leads_on_to_the_log_in_passes(self) -> None:
        last = exchange(NEW, status=302, headers={"Location": LOGIN})
        walked = walk(*chain(OLD, NEW).hops[:1], last, exchange(LOGIN))
        assert outcome(old_url_broken, old(walked=walked)).status == "passed"

    def test_a_temporary_redirect_is_advice(self) -> None:
        found = outcome(old_url_broken, old(OLD, NEW, by=302))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_long_way_is_advice(self) -> None:
        found = outcome(old_url_broken, old(OLD, f"{OLD}/1", f"{OLD}/2", NEW))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_an_error_at_the_old_url_is_a_risk(self) -> None:
        found = outcome(old_url_broken, old(OLD, status=404))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_two_that_are_not_there_fail_alike_and_another_end_does_not(self) -> None:
        gone, too, led = (
            outcome(old_url_broken, old(url, *more, status=status))
            for url, more, status in (
                ("https://example.org/a", (), 404),
                ("https://example.org/b", (), 404),
                ("https://example.org/c", ("https://example.org/other",), 301),
            )
        )
        alike = [o.failure.alike if o.failure else "" for o in (gone, too, led)]
        assert alike[0] == alike[1] == "www.example.org: 404 without a redirect"
        assert alike[2] != alike[0]

    def test_a_target_that_is_missing_fails(self) -> None:
        assert outcome(old_url_broken, old(OLD, NEW, status=404)).status == "failed"

    def test_a_target_that_says_it_is_not_there_fails_whatever_its_status(self) -> None:
        page = exchange(
            NEW, headers={"Content-Type": "text/html"}, body=b"<title>Page not found</title>"
        )
        found = outcome(old_url_broken, old(walked=walk(*chain(OLD, NEW).hops[:1], page)))
        assert (found.status, found.severity) == ("failed", Severity.RISK)
        assert found.failure is not None
        assert found.failure.observed.endswith("answers 200 with a page titled “Page not found”")
        assert "Bring" in found.failure.fix[0]

    @pytest.mark.parametrize(
        ("source", "line"),
        [
            ("https://www.example.org/blog/one", "location = /blog/one {"),
            ("https://www.example.org/caf%C3%A9", "location = /café {"),
            ("https://www.example.org/a%20b", 'location = "/a b" {'),
            (
                "https://www.example.org/index.php?page_id=12",
                'if ($request_uri = "/index.php?page_id=12") {',
            ),
        ],
    )
    def test_the_line_for_nginx_is_about_this_url_alone(self, source: str, line: str) -> None:
        found = outcome(
            old_url_broken,
            OldUrl(
                subject=Subject("redirect", source, WWW), at=AT, how="test",
                entry=OldUrlEntry(source=source, target=NEW), walk=chain(source, status=404),
            ),
        )  # fmt: skip
        assert found.failure is not None
        assert found.failure.fix[1] == f"nginx: {line} return 308 {NEW}; }}"

    def test_another_end_fails(self) -> None:
        assert outcome(old_url_broken, old(OLD, "https://example.org/journal")).status == "failed"

    def test_a_lost_query_fails(self) -> None:
        found = outcome(old_url_broken, old(OLD, NEW, target=f"{NEW}?page=2"))
        assert found.status == "failed"

    def test_a_circle_is_explained_by_the_entrance(self) -> None:
        found = outcome(old_url_broken, old(OLD, OLD, walked=chain(OLD, OLD, end="loop")))
        assert found.because == Key(Entrance, WWW)

    def test_a_host_that_does_not_redirect_at_all_explains_it(self) -> None:
        toml = '[launch]\ndomain = "example.org"\n[hosts."www.example.org"]\nredirects_to = "example.org"\n'
        found = outcome(old_url_broken, old(OLD, status=404), declared(toml))
        assert found.because == Key(Entrance, WWW)

    def test_a_path_lost_on_the_way_explains_it(self) -> None:
        found = outcome(old_url_broken, old(OLD, "https://example.org/"))
        assert found.because == Key(Entrance, WWW)

    def test_a_rule_that_is_wrong_by_itself_is_its_own_cause(self) -> None:
        assert outcome(old_url_broken, old(OLD, "https://example.org/journal")).because is None
        assert outcome(old_url_broken, old(OLD, status=404)).because is None

    def test_a_challenge_proves_nothing(self) -> None:
        walked = walk(exchange(OLD, status=403, challenge="Cloudflare"))
        assert outcome(old_url_broken, old(walked=walked)).status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        missing = gap(OldUrl, Subject("redirect", OLD, WWW))
        assert outcome(old_url_broken, missing).status == "unknown"


def approach(*ways: Walk, kind: RouteKind = "auth", trouble: str = "") -> Approach:
    return Approach(
        subject=route_subject(LOGIN, DOMAIN), at=AT, how="test", route=route(LOGIN, kind),
        ways=ways, trouble=trouble,
    )  # fmt: skip


class TestSignInPathLost:
    page = visit(exchange(LOGIN), kind="auth")

    def judged(self, found: Approach) -> str:
        return outcome(sign_in_path_lost, found, self.page, entrance()).status

    def test_ways_that_keep_the_path_pass(self) -> None:
        ways = (
            chain("http://example.org/login", LOGIN),
            chain("https://www.example.org/login", "https://example.org/login/"),
        )
        assert self.judged(approach(*ways)) == "passed"

    def test_a_way_that_ends_at_the_front_page_is_a_blocker(self) -> None:
        lost = approach(chain("http://example.org/login", "https://example.org/"))
        found = outcome(sign_in_path_lost, lost, self.page, entrance())
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
        assert found.because == Key(Entrance, HOST)

    def test_a_page_that_itself_leads_on_is_compared_by_its_end(self) -> None:
        sso = "https://id.example.net/authorize"
        page = visit(*chain(LOGIN, sso, by=302).hops, kind="auth")
        ways = approach(chain("http://example.org/login", sso))
        assert outcome(sign_in_path_lost, ways, page, entrance()).status == "passed"

    def test_plain_http_that_answers_itself_is_reported_elsewhere(self) -> None:
        assert self.judged(approach(chain("http://example.org/login"))) == "not_applicable"

    def test_a_way_that_could_not_be_followed_is_unknown(self) -> None:
        assert self.judged(approach(trouble="timed out")) == "unknown"

    def test_without_other_ways_nothing_is_judged(self) -> None:
        assert self.judged(approach()) == "not_applicable"

    def test_a_gap_is_unknown(self) -> None:
        subject = route_subject(LOGIN, DOMAIN)
        found = outcome(sign_in_path_lost, gap(Approach, subject), self.page, entrance())
        assert found.status == "unknown"
        found = outcome(sign_in_path_lost, approach(), gap(Visit, subject), entrance())
        assert found.status == "unknown"
