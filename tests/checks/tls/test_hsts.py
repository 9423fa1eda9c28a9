from __future__ import annotations

import pytest

from launchready.checks.tls.hsts import (
    hsts_malformed,
    hsts_missing,
    hsts_too_short,
)
from launchready.facts import Fact, Gap, Key
from launchready.facts.http import HostAnswers
from launchready.facts.ways import Entrance
from launchready.finding import Check, Outcome, Severity
from tests.checks.tls.making import answer, entrance, handshake, refused
from tests.making import HOST, exchange, gap, outcome


def hsts(check: Check, *found: Fact | Gap) -> Outcome:
    return outcome(check, *found, handshake())


def test_hsts_of_a_year_passes() -> None:
    sent = entrance(answer("max-age=31536000"))
    assert hsts(hsts_missing, sent).status == "passed"
    assert outcome(hsts_malformed, sent).status == "passed"
    assert outcome(hsts_too_short, sent).status == "passed"


def test_no_hsts_is_a_risk() -> None:
    found = hsts(hsts_missing, entrance(answer(None)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_hsts_over_http_only_does_not_count() -> None:
    over_http = answer("max-age=31536000", "http://example.org/")
    found = hsts(hsts_missing, entrance(answer(None), http=over_http))
    assert found.status == "failed"
    assert "over HTTP browsers ignore it" in found.detail


def test_hsts_of_another_host_on_the_way_does_not_count() -> None:
    here = exchange(status=301, headers={"Location": "https://www.example.org/"})
    there = answer("max-age=31536000", "https://www.example.org/")
    assert hsts(hsts_missing, entrance(here, there)).status == "failed"


def test_hsts_on_a_later_page_of_the_same_host_counts() -> None:
    here = exchange(status=302, headers={"Location": "/home"})
    there = answer("max-age=31536000", "https://example.org/home")
    assert hsts(hsts_missing, entrance(here, there)).status == "passed"


def test_max_age_of_zero_switches_hsts_off() -> None:
    found = hsts(hsts_missing, entrance(answer("max-age=0")))
    assert found.status == "failed"
    assert "switched off" in found.detail


def test_hsts_is_not_judged_by_a_servers_error() -> None:
    owed = Key(HostAnswers, HOST)
    found = hsts(hsts_missing, entrance(exchange(status=503), because=owed))
    assert (found.status, found.because) == ("unknown", owed)


def test_hsts_is_not_judged_where_everything_is_refused() -> None:
    assert hsts(hsts_missing, entrance(exchange(status=403))).status == "unknown"


def test_hsts_on_a_servers_error_counts() -> None:
    fields = {"Strict-Transport-Security": "max-age=31536000"}
    assert hsts(hsts_missing, entrance(exchange(status=503, headers=fields))).status == "passed"


def test_an_entrance_that_did_not_answer_leaves_hsts_unknown() -> None:
    assert hsts(hsts_missing, entrance(trouble="no answer")).status == "unknown"
    assert hsts(hsts_missing, gap(Entrance, HOST)).status == "unknown"
    assert outcome(hsts_malformed, gap(Entrance, HOST)).status == "unknown"
    assert outcome(hsts_too_short, gap(Entrance, HOST)).status == "unknown"


def test_a_challenge_page_leaves_hsts_unknown() -> None:
    assert hsts(hsts_missing, entrance(answer(None, challenge="a guard"))).status == "unknown"


def test_refused_https_has_no_hsts_to_miss() -> None:
    assert outcome(hsts_missing, entrance(), refused()).status == "not_applicable"


@pytest.mark.parametrize(
    "value",
    [
        "max-age", "max-age=", "max-age=a year", "max-age=-1", "includeSubDomains", "", "   ",
        "max-age=31536000; max-age=1", "max-age=31536000; includeSubDomains=yes",
        "max-age=31536000, includeSubDomains", 'max-age="31536000', "31536000",
        "max-age=31536000; MAX-AGE=31536000",
    ],
)  # fmt: skip
def test_a_header_that_browsers_ignore_is_malformed_and_nothing_else(value: str) -> None:
    sent = entrance(answer(value))
    assert outcome(hsts_malformed, sent).status == "failed"
    assert hsts(hsts_missing, sent).status == "passed"
    assert outcome(hsts_too_short, sent).status == "not_applicable"


@pytest.mark.parametrize(
    "value",
    [
        "max-age=31536000", 'max-age="31536000"', "MAX-AGE=31536000 ; includesubdomains",
        ";max-age=31536000;;", "max-age=31536000; preload; future=1", "max-age = 31536000",
        'max-age=31536000; note="a;b"',
    ],
)  # fmt: skip
def test_a_header_by_the_rfcs_grammar_is_read(value: str) -> None:
    assert outcome(hsts_malformed, entrance(answer(value))).status == "passed"


def test_only_the_first_of_several_headers_counts() -> None:
    sent = entrance(answer(("max-age=300", "max-age=31536000")))
    assert outcome(hsts_too_short, sent).status == "failed"
    assert outcome(hsts_malformed, sent).status == "passed"


@pytest.mark.parametrize(
    ("seconds", "status"), [(180 * 86400, "passed"), (180 * 86400 - 1, "failed")]
)
def test_hsts_is_too_short_below_180_days(seconds: int, status: str) -> None:
    assert outcome(hsts_too_short, entrance(answer(f"max-age={seconds}"))).status == status


def test_hsts_of_minutes_is_a_risk_and_of_weeks_advice() -> None:
    assert outcome(hsts_too_short, entrance(answer("max-age=300"))).severity is Severity.RISK
    weeks = entrance(answer("max-age=2592000"))
    assert outcome(hsts_too_short, weeks).severity is Severity.ADVICE
