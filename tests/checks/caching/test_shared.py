from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.caching.shared import (
    private_answer_served_from_cache,
    private_answer_storable,
)
from launchready.facts import route_subject
from launchready.facts.ways import Visit
from launchready.finding import Check, Severity
from launchready.manifest import RouteKind
from tests.making import DOMAIN, exchange, gap, outcome, visit

URL = "https://example.org/members"
SHELL = '<body><div id="root">Loading</div><script src="/assets/app.js"></script></body>'


def answer(
    *, status: int = 200, kind: RouteKind = "private", body: str = "", **fields: str
) -> Visit:
    headers = {n.replace("_", "-"): v for n, v in fields.items()}
    return visit(
        exchange(URL, status=status, body=body, headers={"Content-Type": "text/html"} | headers),
        kind=kind,
    )


@pytest.mark.parametrize("check", [private_answer_storable, private_answer_served_from_cache])
def test_an_error_says_nothing_of_what_caches_may_keep_once_it_is_mended(check: Check) -> None:
    broken = answer(status=502, cache_control="no-store")
    found = outcome(check, broken)
    assert (found.status, found.because) == ("unknown", broken.key)


class TestPrivateAnswerStorable:
    def test_a_page_that_forbids_it_passes(self) -> None:
        found = outcome(private_answer_storable, answer(cache_control="private, no-store"))
        assert found.status == "passed"

    def test_a_redirect_to_the_log_in_page_passes(self) -> None:
        login = exchange("https://example.org/login")
        first = exchange(URL, status=302, headers={"Location": "/login"})
        assert (
            outcome(private_answer_storable, visit(first, login, kind="private")).status == "passed"
        )

    def test_a_private_page_without_any_header_is_a_blocker(self) -> None:
        found = outcome(private_answer_storable, answer())
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_permanent_redirect_to_the_log_in_page_may_be_kept_and_is_a_risk(self) -> None:
        login = exchange("https://example.org/login")
        first = exchange(URL, status=301, headers={"Location": "/login"})
        found = outcome(private_answer_storable, visit(first, login, kind="private"))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_redirect_with_a_lifetime_is_a_blocker(self) -> None:
        headers = {"Location": "/login", "Cache-Control": "public, max-age=600"}
        first = exchange(URL, status=302, headers=headers)
        found = outcome(
            private_answer_storable,
            visit(first, exchange("https://example.org/login"), kind="private"),
        )
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_page_that_a_cache_says_it_stored_is_a_blocker_whatever_it_was_told(self) -> None:
        kept = answer(
            cache_control="private, no-store", cache_status="ExampleCDN; fwd=uri-miss; stored"
        )
        found = outcome(private_answer_storable, kept)
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
        assert "stored, in spite of Cache-Control: private, no-store" in found.detail

    @pytest.mark.parametrize(
        "said",
        ["ExampleCDN; fwd=uri-miss", "ExampleCDN; fwd=miss; stored=?0", '"x; stored"; fwd=miss'],
    )
    def test_a_page_that_no_cache_says_it_stored_passes(self, said: str) -> None:
        found = outcome(
            private_answer_storable, answer(cache_control="private, no-store", cache_status=said)
        )
        assert found.status == "passed"

    def test_a_page_that_varies_by_cookie_is_a_risk(self) -> None:
        found = outcome(private_answer_storable, answer(vary="Cookie, Accept-Encoding"))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_page_that_must_be_asked_about_each_time_is_advice(self) -> None:
        found = outcome(private_answer_storable, answer(cache_control="no-cache"))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    @pytest.mark.parametrize(
        "fields",
        [
            {"cache_control": "no-cache"},
            {"cache_control": "public, no-cache"},
            {"cache_control": "max-age=0, must-revalidate"},
            {"cache_control": "public, max-age=600", "vary": "*"},
        ],
    )
    @pytest.mark.parametrize("kind", ["private", "auth"])
    def test_what_the_server_confirms_each_time_is_not_said_to_be_shown_to_others(
        self, kind: RouteKind, fields: dict[str, str]
    ) -> None:
        headers = _named({"set_cookie": "sid=1"} | fields)
        found = outcome(private_answer_storable, visit(exchange(URL, headers=headers), kind=kind))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)
        assert "asked about before each use" in found.detail
        assert found.failure is not None
        assert "must ask your server" in found.failure.means

    def test_forms_of_several_kinds_are_one_thing_to_do_and_private_pages_another(self) -> None:
        kinds: tuple[RouteKind, ...] = ("auth", "signup", "invite", "reset", "checkout", "private")
        found = [outcome(private_answer_storable, answer(kind=k, set_cookie="a=1")) for k in kinds]
        fixes = [each.failure.fix for each in found if each.failure]
        assert len(fixes) == len(kinds)
        assert len(set(fixes[:-1])) == 1
        assert fixes[-1] not in fixes[:-1]

    def test_no_cache_for_one_field_alone_does_not_have_the_page_confirmed(self) -> None:
        control = 'public, max-age=600, no-cache="set-cookie"'
        found = outcome(private_answer_storable, answer(cache_control=control))
        assert found.severity is Severity.BLOCKER
        assert "kept for 10 minutes" in found.detail

    def test_the_field_that_speaks_to_cdns_is_named_where_it_is_the_one_at_fault(self) -> None:
        page = answer(cache_control="private, no-store", cdn_cache_control="max-age=600")
        found = outcome(private_answer_storable, page)
        assert found.severity is Severity.BLOCKER
        assert "CDN-Cache-Control: max-age=600" in found.detail
        assert found.failure is not None
        assert found.failure.fix[0].startswith("Send no CDN-Cache-Control with these pages")

    def test_a_redirect_that_only_adds_a_slash_passes(self) -> None:
        first = exchange(URL, status=301, headers={"Location": f"{URL}/"})
        second = exchange(f"{URL}/", status=401)
        assert (
            outcome(private_answer_storable, visit(first, second, kind="private")).status
            == "passed"
        )

    def test_a_log_in_form_with_a_session_and_a_lifetime_is_a_blocker(self) -> None:
        found = outcome(
            private_answer_storable,
            answer(kind="auth", cache_control="public, max-age=300", set_cookie="sid=1; Secure"),
        )
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_log_in_form_that_is_the_same_for_everybody_is_advice_and_said_to_grow_old(
        self,
    ) -> None:
        form = '<form><input type="email"><input type="password"></form>'
        page = answer(kind="auth", body=form, cache_control="s-maxage=31536000")
        found = outcome(private_answer_storable, page)
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)
        assert found.failure is not None
        assert "old copy of this form" in found.failure.means

    def test_a_log_in_form_with_a_token_and_no_header_is_a_risk(self) -> None:
        form = '<form><input type="hidden" name="csrfmiddlewaretoken" value="abcdefgh1234">'
        found = outcome(private_answer_storable, answer(kind="auth", body=form))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    @pytest.mark.parametrize("control", ["public, max-age=0, must-revalidate", "no-cache"])
    def test_the_shell_of_a_single_page_app_that_is_asked_for_each_time_passes(
        self, control: str
    ) -> None:
        shell = '<div id="root"></div>'
        found = outcome(
            private_answer_storable,
            answer(kind="auth", body=shell, cache_control=control, set_cookie="__cf_bm=x; Secure"),
        )
        assert found.status == "passed"

    def test_the_shell_that_a_visit_gets_where_scripts_send_the_log_in_passes(self) -> None:
        page = answer(kind="auth", body=SHELL)
        assert outcome(private_answer_storable, page).status == "failed"
        called = replace(page, route=page.route.model_copy(update={"json_body": True}))
        assert outcome(private_answer_storable, called).status == "passed"

    @pytest.mark.parametrize("control", ["s-maxage=31536000", "public, max-age=600", "max-age=60"])
    def test_an_empty_shell_that_may_be_stored_is_neither_a_fault_nor_proven(
        self, control: str
    ) -> None:
        found = outcome(private_answer_storable, answer(body=SHELL, cache_control=control))
        assert (found.status, found.severity) == ("unknown", Severity.BLOCKER)
        assert "shell" in found.detail
        assert "cacheable = true" in found.how_to_prove

    def test_a_redirect_that_may_be_stored_is_told_although_a_shell_follows(self) -> None:
        first = exchange(URL, status=301, headers={"Location": "/members?v=2"})
        headers = {"Content-Type": "text/html", "Cache-Control": "max-age=60"}
        shell = exchange(f"{URL}?v=2", body=SHELL, headers=headers)
        third = exchange(f"{URL}?v=3", status=301, headers={"Location": "/login"})
        page = visit(first, shell, third, exchange("https://example.org/login"), kind="private")
        assert outcome(private_answer_storable, page).status == "failed"

    def test_an_empty_shell_that_is_asked_about_each_time_passes(self) -> None:
        found = outcome(private_answer_storable, answer(body=SHELL, cache_control="no-cache"))
        assert found.status == "passed"

    def test_a_shell_that_opens_a_session_is_not_the_same_for_everybody(self) -> None:
        page = answer(body=SHELL, cache_control="max-age=60", set_cookie="sid=1; Secure")
        assert outcome(private_answer_storable, page).severity is Severity.BLOCKER
        assert outcome(private_answer_storable, page).status == "failed"

    def test_a_page_for_everybody_is_not_judged(self) -> None:
        found = outcome(private_answer_storable, answer(kind="page"))
        assert found.status == "not_applicable"

    def test_a_challenge_proves_nothing(self) -> None:
        page = visit(exchange(URL, challenge="Cloudflare"), kind="private")
        assert outcome(private_answer_storable, page).status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(private_answer_storable, gap(Visit, route_subject(URL, DOMAIN)))
        assert found.status == "unknown"


class TestPrivateAnswerServedFromCache:
    @pytest.mark.parametrize(
        "fields",
        [
            {"age": "12"},
            {"cf_cache_status": "HIT"},
            {"x_cache": "Hit from cloudfront"},
            {"x_vercel_cache": "STALE"},
            {"cache_status": "ExampleCache; hit; ttl=30"},
            {"x_varnish": "32770 98305"},
        ],
    )
    def test_a_stored_copy_of_a_private_page_is_a_blocker(self, fields: dict[str, str]) -> None:
        page = visit(exchange(URL, headers=_named(fields)), kind="private")
        found = outcome(private_answer_served_from_cache, page)
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
        assert outcome(private_answer_storable, page).status == "not_applicable"

    @pytest.mark.parametrize(
        "fields",
        [
            {"age": "0"},
            {"cf_cache_status": "DYNAMIC"},
            {"x_cache": "Miss from cloudfront"},
            {"cache_status": '"Netlify Edge"; fwd=miss'},
            {"x_varnish": "32770"},
            {},
        ],
    )
    def test_a_fresh_answer_passes(self, fields: dict[str, str]) -> None:
        page = visit(exchange(URL, status=401, headers=_named(fields)), kind="private")
        assert outcome(private_answer_served_from_cache, page).status == "passed"

    def test_a_copy_that_the_server_confirmed_is_judged_by_whether_it_may_be_stored(self) -> None:
        fields = {"Cache-Control": "no-cache", "ETag": '"a"', "CF-Cache-Status": "REVALIDATED"}
        page = visit(exchange(URL, headers=fields), kind="private")
        assert outcome(private_answer_served_from_cache, page).status == "passed"
        assert outcome(private_answer_storable, page).severity is Severity.ADVICE

    def test_a_confirmed_copy_of_what_may_not_be_stored_is_a_blocker(self) -> None:
        fields = {"Cache-Control": "private", "ETag": '"a"', "CF-Cache-Status": "REVALIDATED"}
        page = visit(exchange(URL, headers=fields), kind="private")
        assert outcome(private_answer_served_from_cache, page).status == "failed"

    def test_a_stored_redirect_to_the_log_in_page_is_a_blocker(self) -> None:
        first = exchange(URL, status=302, headers={"Location": "/login", "Age": "30"})
        page = visit(first, exchange("https://example.org/login"), kind="private")
        assert outcome(private_answer_served_from_cache, page).status == "failed"

    def test_the_log_in_page_behind_it_may_come_from_a_cache(self) -> None:
        first = exchange(URL, status=302, headers={"Location": "/login"})
        login = exchange("https://example.org/login", headers={"Age": "30"})
        page = visit(first, login, kind="private")
        assert outcome(private_answer_served_from_cache, page).status == "passed"

    def test_a_prerendered_log_in_form_without_anything_personal_passes(self) -> None:
        form = answer(kind="auth", x_vercel_cache="HIT", body="<form></form>")
        assert outcome(private_answer_served_from_cache, form).status == "passed"

    @pytest.mark.parametrize("said", ["HIT", "PRERENDER", "STALE"])
    def test_a_stored_empty_shell_is_neither_a_fault_nor_proven(self, said: str) -> None:
        page = answer(body=SHELL, x_vercel_cache=said)
        found = outcome(private_answer_served_from_cache, page)
        assert (found.status, found.severity) == ("unknown", Severity.BLOCKER)
        assert "cacheable = true" in found.how_to_prove

    def test_a_stored_page_with_much_to_read_is_no_shell_for_its_scripts(self) -> None:
        body = SHELL.replace("Loading", "Dear Rose, your next watering day is Friday. " * 10)
        found = outcome(private_answer_served_from_cache, answer(body=body, age="9"))
        assert found.status == "failed"

    def test_a_stored_log_in_form_with_a_session_is_a_blocker(self) -> None:
        form = answer(kind="auth", age="9", set_cookie="sid=1; Secure")
        assert outcome(private_answer_served_from_cache, form).status == "failed"

    def test_a_page_for_everybody_is_not_judged(self) -> None:
        page = answer(kind="page", age="9")
        assert outcome(private_answer_served_from_cache, page).status == "not_applicable"

    def test_a_challenge_proves_nothing(self) -> None:
        page = visit(exchange(URL, challenge="Cloudflare"), kind="private")
        assert outcome(private_answer_served_from_cache, page).status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(private_answer_served_from_cache, gap(Visit, route_subject(URL, DOMAIN)))
        assert found.status == "unknown"


def _named(fields: dict[str, str]) -> dict[str, str]:
    return {n.replace("_", "-"): v for n, v in fields.items()}
