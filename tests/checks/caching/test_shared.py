from __future__ import annotations

import pytest

from launchready.checks.caching.shared import private_answer_storable
from launchready.facts import route_subject
from launchready.facts.http import Visit
from launchready.finding import Severity
from launchready.manifest import RouteKind
from tests.making import DOMAIN, exchange, gap, outcome, visit

URL = "https://example.org/members"


def answer(
    *, status: int = 200, kind: RouteKind = "private", body: str = "", **fields: str
) -> Visit:
    headers = {n.replace("_", "-"): v for n, v in fields.items()}
    return visit(
        exchange(URL, status=status, body=body, headers={"Content-Type": "text/html"} | headers),
        kind=kind,
    )


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

    def test_a_page_for_everybody_is_not_judged(self) -> None:
        found = outcome(private_answer_storable, answer(kind="page"))
        assert found.status == "not_applicable"

    def test_a_challenge_proves_nothing(self) -> None:
        page = visit(exchange(URL, challenge="Cloudflare"), kind="private")
        assert outcome(private_answer_storable, page).status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(private_answer_storable, gap(Visit, route_subject(URL, DOMAIN)))
        assert found.status == "unknown"
