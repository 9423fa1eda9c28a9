from __future__ import annotations

import pytest

from launchready.checks.redirects.hosts import (
    host_does_not_redirect,
    redirects_elsewhere_than_declared,
    www_and_apex_disagree,
)
from launchready.facts import host_subject
from launchready.facts.declared import Declared
from launchready.facts.ways import Entrance, Walk, WalkEnd
from launchready.finding import Check, Severity
from tests.checks.web_making import chain, entrance
from tests.making import DOMAIN, declared, gap, outcome

BOTH = '[launch]\ndomain = "example.org"\n[hosts."www.example.org"]\n'
WWW = host_subject("www.example.org", DOMAIN)


def www(root: Walk | None, **more: str) -> Entrance:
    return entrance("www.example.org", https_root=root, redirects_to="example.org", **more)


@pytest.mark.parametrize("check", [host_does_not_redirect, redirects_elsewhere_than_declared])
class TestARedirectingHost:
    def test_one_that_redirects_as_declared_passes(self, check: Check) -> None:
        good = www(chain("https://www.example.org/", "https://example.org/"))
        assert outcome(check, good).status == "passed"

    def test_one_whose_target_redirects_further_passes(self, check: Check) -> None:
        urls = ("https://www.example.org/", "https://example.org/", "https://app.example.org/")
        assert outcome(check, www(chain(*urls))).status == "passed"

    def test_a_site_of_its_own_is_not_judged(self, check: Check) -> None:
        assert outcome(check, entrance()).status == "not_applicable"

    def test_no_answer_is_unknown(self, check: Check) -> None:
        silent = entrance(
            "www.example.org", https_root=None, http_root=None, redirects_to="example.org"
        )
        assert outcome(check, silent).status == "unknown"

    def test_a_gap_is_unknown(self, check: Check) -> None:
        assert outcome(check, gap(Entrance, WWW)).status == "unknown"


class TestHostDoesNotRedirect:
    @pytest.mark.parametrize("status", [200, 404, 503])
    def test_a_host_that_answers_by_itself_fails(self, status: int) -> None:
        copy = www(chain("https://www.example.org/", status=status))
        assert outcome(host_does_not_redirect, copy).status == "failed"
        assert outcome(redirects_elsewhere_than_declared, copy).status == "not_applicable"
        assert copy.fault == "stays"

    def test_it_is_a_blocker_where_members_sign_in(self) -> None:
        toml = '[launch]\ndomain = "example.org"\n[routes]\n"example.org/login" = "auth"\n'
        copy = www(chain("https://www.example.org/"))
        assert outcome(host_does_not_redirect, copy).severity is Severity.RISK
        assert outcome(host_does_not_redirect, copy, declared(toml)).severity is Severity.BLOCKER


class TestRedirectsElsewhereThanDeclared:
    def test_a_host_that_leads_to_a_third_one_fails(self) -> None:
        astray = www(chain("https://www.example.org/", "https://parked.example.net/"))
        assert outcome(redirects_elsewhere_than_declared, astray).status == "failed"
        assert outcome(host_does_not_redirect, astray).status == "passed"


class TestPlainHttpLeadsToAnotherHost:
    """Where $server_name stands for $host, who comes without https:// ends at the first name."""

    def test_a_site_of_its_own_that_http_leads_away_from_fails(self) -> None:
        app = entrance(http_root=chain("http://example.org/", "https://www.example.org/"))
        found = outcome(redirects_elsewhere_than_declared, app)
        assert (found.status, found.severity) == ("failed", Severity.RISK)
        assert "www.example.org" in found.detail

    def test_it_is_a_blocker_where_members_sign_in(self) -> None:
        toml = '[launch]\ndomain = "example.org"\n[routes]\n"example.org/login" = "auth"\n'
        app = entrance(http_root=chain("http://example.org/", "https://www.example.org/"))
        found = outcome(redirects_elsewhere_than_declared, app, declared(toml))
        assert found.severity is Severity.BLOCKER

    def test_one_that_leads_away_by_https_too_is_not_judged(self) -> None:
        app = entrance(
            https_root=chain("https://example.org/", "https://www.example.org/"),
            http_root=chain("http://example.org/", "https://www.example.org/"),
        )
        assert outcome(redirects_elsewhere_than_declared, app).status == "not_applicable"

    def test_a_page_inside_that_leads_to_the_log_in_of_another_host_is_none(self) -> None:
        away = ("http://example.org/a", "https://example.org/a", "https://id.example.org/")
        app = entrance(http_deep=chain(*away, by=302), https_deep=chain(*away[1:], by=302))
        assert outcome(redirects_elsewhere_than_declared, app).status == "not_applicable"

    def test_one_that_comes_back_is_not_judged(self) -> None:
        urls = ("http://example.org/", "https://id.example.org/", "https://example.org/")
        app = entrance(http_root=chain(*urls))
        assert outcome(redirects_elsewhere_than_declared, app).status == "not_applicable"


class TestWwwAndApexDisagree:
    def both(self, bare: Walk, other: Walk, manifest: Declared | None = None) -> str:
        return outcome(
            www_and_apex_disagree,
            entrance(https_root=bare),
            entrance("www.example.org", https_root=other),
            manifest or declared(BOTH),
        ).status

    def test_one_that_redirects_to_the_other_passes(self) -> None:
        www = chain("https://www.example.org/", "https://example.org/")
        assert self.both(chain("https://example.org/"), www) == "passed"

    def test_both_answering_by_themselves_fails(self) -> None:
        assert (
            self.both(chain("https://example.org/"), chain("https://www.example.org/")) == "failed"
        )

    def test_an_error_on_one_of_them_fails(self) -> None:
        www = chain("https://www.example.org/", status=404)
        assert self.both(chain("https://example.org/"), www) == "failed"

    def test_different_ends_fail(self) -> None:
        bare = chain("https://example.org/", "https://app.example.org/")
        www = chain("https://www.example.org/", "https://shop.example.org/")
        assert self.both(bare, www) == "failed"

    def test_a_circle_is_reported_elsewhere(self) -> None:
        circle = chain("https://example.org/", "https://www.example.org/", end="loop")
        assert self.both(circle, circle) == "not_applicable"

    def test_one_that_leads_to_another_site_fails_though_it_was_found_so(self) -> None:
        away = entrance(
            "www.example.org",
            https_root=chain("https://www.example.org/", "https://old.example.net/"),
            redirects_to="old.example.net",
        )
        found = outcome(www_and_apex_disagree, entrance(), away, declared(BOTH))
        assert found.status == "failed"
        assert found.failure is not None
        assert "old.example.net" in found.failure.observed

    def test_two_that_refuse_everybody_prove_nothing(self) -> None:
        www = chain("https://www.example.org/", status=403)
        assert self.both(chain("https://example.org/", status=403), www) == "unknown"

    @pytest.mark.parametrize("end", ["loop", "answer"])
    def test_a_pair_that_tells_nothing_does_not_hide_another(self, end: WalkEnd) -> None:
        manifest = declared(f'{BOTH}[hosts."app.example.org"]\n[hosts."www.app.example.org"]\n')
        refused = chain("https://www.example.org/", status=403, end=end)
        found = outcome(
            www_and_apex_disagree,
            entrance(https_root=chain("https://example.org/", status=403)),
            entrance("www.example.org", https_root=refused),
            entrance("app.example.org"),
            entrance("www.app.example.org"),
            manifest,
        )
        assert found.status == "failed"
        assert found.failure is not None
        assert "app.example.org" in found.failure.observed

    def test_a_domain_without_www_is_not_judged(self) -> None:
        found = outcome(www_and_apex_disagree, entrance(), declared())
        assert found.status == "not_applicable"

    def test_a_declared_redirect_is_judged_elsewhere(self) -> None:
        copy = entrance(
            "www.example.org",
            https_root=chain("https://www.example.org/"),
            redirects_to="example.org",
        )
        found = outcome(www_and_apex_disagree, entrance(), copy, declared(BOTH))
        assert found.status == "not_applicable"

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(www_and_apex_disagree, entrance(), gap(Entrance, WWW), declared(BOTH))
        assert found.status == "unknown"
