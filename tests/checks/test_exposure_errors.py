"""Error answers: one host, one finding, and nothing counted twice."""

from __future__ import annotations

import pytest

from launchready.checks.exposure.errors import (
    framework_debug_page,
    internal_id_in_error,
    stack_trace_in_error,
    version_in_headers,
)
from launchready.facts import route_subject
from launchready.facts.exposure import ErrorAnswers
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import Check, Severity
from tests.making import AT, DOMAIN, HOST, exchange, gap, outcome, visit

PLAIN = exchange("https://example.org/nowhere", status=404, body="<h1>Not found</h1>")
TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 41, in b\n'
DJANGO = "You're seeing this error because you have <code>DEBUG = True</code> in your settings"
SQL = "You have an error in your SQL syntax"
CHECKS = (framework_debug_page, stack_trace_in_error, internal_id_in_error, version_in_headers)


def errors(*answers: Exchange) -> ErrorAnswers:
    return ErrorAnswers(subject=HOST, at=AT, how="curl", answers=(PLAIN, *answers))


def failing(body: str = "", status: int = 500, **headers: str) -> Exchange:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return exchange("https://example.org/x", status=status, headers=fields, body=body)


@pytest.mark.parametrize("check", CHECKS)
def test_plain_error_pages_pass(check: Check) -> None:
    assert outcome(check, errors(), visit(exchange(body="hello"))).status == "passed"


@pytest.mark.parametrize("check", CHECKS)
def test_error_pages_that_could_not_be_asked_are_unknown(check: Check) -> None:
    assert outcome(check, gap(ErrorAnswers, HOST)).status == "unknown"


@pytest.mark.parametrize("check", CHECKS)
def test_a_route_that_could_not_be_seen_leaves_a_pass_unknown(check: Check) -> None:
    missing = gap(Visit, route_subject("https://example.org/boom", DOMAIN))
    assert outcome(check, errors(), missing).status == "unknown"


@pytest.mark.parametrize(
    ("body", "check"),
    [
        (DJANGO + TRACE, framework_debug_page),
        (TRACE + SQL, stack_trace_in_error),
        (SQL, internal_id_in_error),
    ],
)
def test_one_answer_is_one_finding(body: str, check: Check) -> None:
    failed = [c.id for c in CHECKS if outcome(c, errors(failing(body))).status == "failed"]
    assert failed == [check.id]


def test_a_debug_page_is_a_blocker() -> None:
    assert outcome(framework_debug_page, errors(failing(DJANGO))).severity is Severity.BLOCKER


def test_a_stack_trace_on_a_declared_route_is_found() -> None:
    boom = exchange("https://example.org/boom", status=500, body=TRACE)
    found = outcome(stack_trace_in_error, errors(), visit(boom))
    assert found.status == "failed"
    assert found.failure is not None
    assert "https://example.org/boom" in found.failure.see


def test_the_answer_of_another_host_is_not_counted() -> None:
    away = exchange("https://login.example.net/", status=500, body=TRACE)
    there = visit(exchange("https://example.org/", status=302), away)
    assert outcome(stack_trace_in_error, errors(), there).status == "passed"


def test_a_database_error_is_a_risk_and_a_path_is_advice() -> None:
    assert outcome(internal_id_in_error, errors(failing(SQL))).severity is Severity.RISK
    path = failing("cannot open /var/www/site/mail.php")
    assert outcome(internal_id_in_error, errors(path)).severity is Severity.ADVICE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server", "nginx/1.22.1"), ("server", "Apache/2.4.57 (Debian)"),
        ("x_powered_by", "PHP/8.1.2"), ("x_aspnet_version", "4.0.30319"),
        ("server", "Microsoft-IIS/10.0"), ("x_powered_by", "Phusion Passenger 6.0.18"),
    ],
)  # fmt: skip
def test_a_version_in_a_header_is_advice(name: str, value: str) -> None:
    found = outcome(version_in_headers, errors(failing(status=404, **{name: value})))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)


@pytest.mark.parametrize(
    "value", ["cloudflare", "nginx", "Apache", "Vercel", "ECS (dcb/7F83)", "gws"]
)
def test_the_bare_name_of_a_server_passes(value: str) -> None:
    assert outcome(version_in_headers, errors(failing(status=404, server=value))).status == "passed"


def test_the_command_repeats_a_request_that_was_posted() -> None:
    posted = exchange("https://example.org/x?a='b", status=500, body=TRACE, method="POST")
    failure = outcome(stack_trace_in_error, errors(posted)).failure
    assert failure is not None
    assert "-X POST" in failure.see
    assert """'https://example.org/x?a='"'"'b'""" in failure.see
