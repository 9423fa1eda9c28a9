from __future__ import annotations

import pytest

from launchready.checks.redirects.failing_hosts import (
    host_answers_only_errors,
    host_behind_password,
    host_never_answers,
)
from launchready.facts import Subject, host_subject
from launchready.facts.http import Exchange, HostAnswers
from launchready.finding import Severity
from tests.making import AT, DOMAIN, HOST, declared, exchange, gap, outcome

ROUTES = '[launch]\ndomain = "example.org"\n[routes]\n'
DOWN = exchange(status=503)


def answers(*found: Exchange, subject: Subject = HOST) -> HostAnswers:
    return HostAnswers(subject=subject, at=AT, how="test", answers=found)


@pytest.mark.parametrize("status", [200, 301, 401, 404, 429])
def test_one_answer_that_is_no_servers_error_passes(status: int) -> None:
    found = answers(DOWN, exchange(status=status))
    assert outcome(host_answers_only_errors, found).status == "passed"


def test_a_challenge_is_the_bot_protections_answer_and_passes() -> None:
    found = answers(exchange(status=503, challenge="Cloudflare"))
    assert outcome(host_answers_only_errors, found).status == "passed"


def test_nothing_but_servers_errors_is_a_blocker() -> None:
    found = outcome(host_answers_only_errors, answers(DOWN, exchange(status=500)))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "500 and 503, at each of 2 addresses asked"


def test_what_is_no_http_is_named() -> None:
    garbled = exchange(status=0, trouble="the answer is not HTTP")
    found = outcome(host_answers_only_errors, answers(garbled, DOWN))
    assert answers(garbled, DOWN).fault == "garbled"
    assert "the answer is not HTTP" in found.detail


def test_a_host_that_only_programs_call_is_a_risk() -> None:
    called = declared(f'{ROUTES}"example.org/hook" = "webhook"\n')
    assert outcome(host_answers_only_errors, answers(DOWN), called).severity is Severity.RISK


def test_a_redirecting_host_weighs_as_much_as_where_it_leads() -> None:
    www = answers(DOWN, subject=host_subject("www.example.org", DOMAIN))
    redirecting = f'{ROUTES}[hosts."www.example.org"]\nredirects_to = "example.org"\n'
    log_in = redirecting.replace("[routes]", '[routes]\n"example.org/login" = "auth"')
    assert outcome(host_answers_only_errors, www, declared(redirecting)).severity is Severity.RISK
    assert outcome(host_answers_only_errors, www, declared(log_in)).severity is Severity.BLOCKER


def test_a_gap_is_unknown() -> None:
    assert outcome(host_answers_only_errors, gap(HostAnswers, HOST)).status == "unknown"


def silent(*urls: str, subject: Subject = HOST) -> HostAnswers:
    return HostAnswers(
        subject=subject, at=AT, how="test", answers=(),
        unanswered=urls, silence="no answer within 10 seconds",
    )  # fmt: skip


def test_a_host_that_answers_nothing_is_a_blocker() -> None:
    found = outcome(host_never_answers, silent("https://example.org/", "https://example.org/a"))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "no answer within 10 seconds, at each of 2 addresses asked"


def test_silence_is_no_matter_of_errors() -> None:
    found = outcome(host_answers_only_errors, silent("https://example.org/"))
    assert found.status == "not_applicable"


@pytest.mark.parametrize("answer", [exchange(status=200), DOWN])
def test_a_host_that_answers_anything_is_not_silent(answer: Exchange) -> None:
    assert outcome(host_never_answers, answers(answer)).status == "passed"


def test_a_silent_host_that_only_programs_call_is_a_risk() -> None:
    called = declared(f'{ROUTES}"example.org/hook" = "webhook"\n')
    found = outcome(host_never_answers, silent("https://example.org/"), called)
    assert found.severity is Severity.RISK


def test_what_else_kept_a_host_from_being_asked_leaves_its_silence_unknown() -> None:
    assert outcome(host_never_answers, gap(HostAnswers, HOST)).status == "unknown"


def locked(subject: Subject = HOST) -> HostAnswers:
    asks = exchange(status=401)
    return HostAnswers(
        subject=subject, at=AT, how="test", answers=(asks,), lock="401, Basic authentication"
    )


def test_a_host_that_opens_without_a_password_passes() -> None:
    assert outcome(host_behind_password, answers(exchange())).status == "passed"


def test_a_host_behind_a_password_is_a_blocker_that_says_what_it_often_is() -> None:
    found = outcome(host_behind_password, locked())
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "401, Basic authentication, at each of 1 addresses asked"
    assert found.failure is not None
    assert "auth_basic" in found.failure.fix[0]


def test_a_host_behind_a_password_answers_no_errors() -> None:
    assert outcome(host_answers_only_errors, locked()).status == "not_applicable"
    assert outcome(host_never_answers, locked()).status == "passed"


def test_whether_a_host_is_locked_is_unknown_when_it_was_not_reached() -> None:
    assert outcome(host_behind_password, gap(HostAnswers, HOST)).status == "unknown"
