"""An address that does not exist: a page for people, a bare error, or not to be told."""

from __future__ import annotations

import pytest

from launchready.checks.redirects.missing_pages import error_page_bare
from launchready.facts import route_subject
from launchready.facts.exposure import ErrorAnswers
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import Outcome
from tests.making import AT, DOMAIN, HOST, exchange, gap, outcome, visit

NOWHERE = "https://example.org/launchready-1/path"
HTML = {"content-type": "text/html"}
JSON = {"content-type": "application/json"}
OWN = exchange(NOWHERE, status=404, headers=HTML, body='<title>Willow</title><a href="/">Start</a>')
BARE = exchange(NOWHERE, status=404, headers=JSON, body='{"detail":"Not Found"}')
HOME = visit(exchange(headers=HTML, body="<h1>Hello</h1>"))
TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 41, in b\n'


def judged(missing: Exchange, *more: Exchange, seen: Visit = HOME) -> Outcome:
    errors = ErrorAnswers(subject=HOST, at=AT, how="curl", answers=(missing, *more))
    return outcome(error_page_bare, errors, seen)


def test_a_page_of_the_communitys_own_passes() -> None:
    found = judged(OWN)
    assert (found.status, found.detail) == ("passed", "404, Willow")


def test_a_line_of_json_fails() -> None:
    found = judged(BARE)
    assert found.detail == "404: JSON in place of a page"


def test_the_fix_is_that_of_the_server_whose_default_page_it_is() -> None:
    page = exchange(NOWHERE, status=404, headers=HTML, body="<hr><center>nginx</center>")
    failure = judged(page).failure
    assert failure is not None
    assert failure.fix[1].endswith("where an app is behind it.")


def test_error_pages_that_could_not_be_asked_are_unknown() -> None:
    assert outcome(error_page_bare, gap(ErrorAnswers, HOST), HOME).status == "unknown"


def test_a_page_that_could_not_be_seen_leaves_a_pass_unknown() -> None:
    errors = ErrorAnswers(subject=HOST, at=AT, how="curl", answers=(OWN,))
    missing = gap(Visit, route_subject("https://example.org/boom", DOMAIN))
    assert outcome(error_page_bare, errors, HOME, missing).status == "unknown"


def test_a_host_that_asks_to_wait_is_unknown() -> None:
    assert judged(exchange(NOWHERE, status=429)).status == "unknown"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {}), (302, {"location": "/login"}), (401, {}), (407, {})],
)
def test_a_host_that_says_of_no_address_that_it_does_not_exist_is_not_judged(
    status: int, headers: dict[str, str]
) -> None:
    assert judged(exchange(NOWHERE, status=status, headers=headers)).status == "not_applicable"


@pytest.mark.parametrize(
    "seen",
    [
        visit(exchange("https://example.org/v1", headers=JSON, body="{}"), kind="api"),
        visit(exchange(status=302), exchange("https://app.example.org/", headers=HTML, body="x")),
        visit(exchange(status=503, headers=HTML, body="down")),
    ],
    ids=["api", "elsewhere", "down"],
)
def test_a_host_that_shows_no_page_is_not_judged(seen: Visit) -> None:
    assert judged(BARE, seen=seen).status == "not_applicable"


def test_a_host_whose_errors_show_a_trace_has_the_graver_finding() -> None:
    trace = exchange("https://example.org/x", status=500, body=TRACE)
    assert judged(BARE, trace).status == "not_applicable"
