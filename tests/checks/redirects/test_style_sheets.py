"""What style sheets load over plain HTTP."""

from __future__ import annotations

import pytest

from launchready.checks.redirects.style_sheets import style_sheet_loads_over_http
from launchready.expected import expected
from launchready.facts import Key, url_subject
from launchready.facts.http import StyleSheet
from launchready.finding import Outcome, Severity
from tests.making import AT, exchange, gap, manifest, outcome, visit

URL = "https://example.org/site.css"
SUBJECT = url_subject(URL, "example.org")
PAGE = '<!doctype html><title>Home</title><link rel="stylesheet" href="/site.css"><p>Welcome'


def sheet(css: str, *, status: int = 200, kind: str = "text/css") -> StyleSheet:
    answer = exchange(URL, status=status, headers={"Content-Type": kind}, body=css)
    return StyleSheet(subject=SUBJECT, at=AT, how="curl", answer=answer)


def judged(css: str) -> Outcome:
    return outcome(style_sheet_loads_over_http, sheet(css))


@pytest.mark.parametrize(
    ("css", "severity"),
    [
        ('@import url("http://fonts.example/inter.css");', Severity.RISK),
        ("@import 'http://fonts.example/inter.css';", Severity.RISK),
        ("@font-face{src:url(http://cdn.example/inter.woff2?v=3)}", Severity.RISK),
        ("body{background:url( 'http://cdn.example/paper.png' )}", Severity.ADVICE),
    ],
)
def test_what_a_style_sheet_loads_over_http_fails_as_browsers_take_it(
    css: str, severity: Severity
) -> None:
    found = judged(css)
    assert (found.status, found.severity) == ("failed", severity)


@pytest.mark.parametrize(
    "css",
    [
        "body{background:url(/paper.png)}",
        "@import url(https://fonts.example/inter.css);",
        "/* from http://example.net, url(http://old.example/a.png) */ body{color:red}",
        "a[href='http://example.net']{color:red}",
        "body{background:url(http://localhost/a.png)}",
        "@namespace svg url(http://www.w3.org/2000/svg);",
    ],
)
def test_what_loads_nothing_over_http_passes(css: str) -> None:
    assert judged(css).status == "passed"


def test_what_is_no_style_sheet_is_not_judged() -> None:
    for other in (sheet("@import 'http://a.example/'", status=404), sheet("x", kind="text/html")):
        assert outcome(style_sheet_loads_over_http, other).status == "not_applicable"


def test_a_style_sheet_that_could_not_be_read_is_unknown() -> None:
    assert outcome(style_sheet_loads_over_http, gap(StyleSheet, SUBJECT)).status == "unknown"


def test_style_sheets_are_expected_where_the_page_leaves_plain_http_as_it_is() -> None:
    own = manifest('[launch]\ndomain = "example.org"\n')
    kind = {"Content-Type": "text/html"}
    upgrading = {**kind, "Content-Security-Policy": "upgrade-insecure-requests"}
    for headers, wanted in ((kind, True), (upgrading, False)):
        seen = visit(exchange("https://example.org/", headers=headers, body=PAGE))
        assert (Key(StyleSheet, SUBJECT) in expected(own, {seen.key: seen})) is wanted
