"""Protective headers: judged by host, with the very line to add."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from launchready.checks.exposure.headers import (
    frame_protection_missing,
    nosniff_missing,
    permissions_policy_missing,
    referrer_policy_missing,
    referrer_policy_unsafe,
)
from launchready.checks.exposure.scripts import csp_missing, csp_unsafe
from launchready.facts import route_subject
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.finding import Check, Severity
from launchready.manifest import RouteKind
from tests.checks.web_making import entrance
from tests.making import DOMAIN, HOST, declared, exchange, gap, outcome, visit

CHECKS = (
    csp_missing, csp_unsafe, frame_protection_missing, nosniff_missing, referrer_policy_missing,
    referrer_policy_unsafe, permissions_policy_missing,
)  # fmt: skip
GOOD = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-type": "text/html",
}


def page(
    url: str = "https://example.org/",
    *,
    body: str = "<p>hello</p>",
    changed: Mapping[str, str | None] | None = None,
) -> Exchange:
    changed = changed or {}
    fields = GOOD | {n.replace("_", "-"): v for n, v in changed.items() if v is not None}
    gone = {n.replace("_", "-") for n, v in changed.items() if v is None}
    return exchange(url, headers={n: v for n, v in fields.items() if n not in gone}, body=body)


def seen(
    kind: RouteKind = "page", /, *, body: str = "<p>hello</p>", **changed: str | None
) -> Visit:
    return visit(page(body=body, changed=changed), kind=kind)


def failing(*visits: Visit) -> list[str]:
    return [c.id for c in CHECKS if outcome(c, entrance(), *visits).status == "failed"]


@pytest.mark.parametrize("check", CHECKS)
def test_a_page_with_every_header_passes(check: Check) -> None:
    assert outcome(check, entrance(), seen()).status == "passed"


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_without_a_page_is_not_judged(check: Check) -> None:
    data = visit(exchange(headers={"content-type": "application/json"}, body="{}"), kind="api")
    away = visit(exchange(status=302), exchange("https://login.example.net/", body="<p>"))
    for fact in (data, away):
        assert outcome(check, entrance(), fact).status == "not_applicable"


@pytest.mark.parametrize("check", CHECKS)
def test_of_a_host_whose_pages_all_fail_the_headers_are_unknown_because_of_that(
    check: Check,
) -> None:
    broken = visit(exchange(status=502, headers={"content-type": "text/html"}, body="<p>"))
    found = outcome(check, entrance(), broken)
    assert (found.status, found.because) == ("unknown", broken.key)


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_behind_bot_protection_is_unknown(check: Check) -> None:
    challenged = visit(
        exchange(status=403, headers={"content-type": "text/html"}, challenge="Cloudflare")
    )
    assert outcome(check, entrance(), challenged).status == "unknown"


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_that_could_not_be_entered_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Entrance, HOST)).status == "unknown"


@pytest.mark.parametrize("check", CHECKS)
def test_a_page_that_could_not_be_seen_leaves_it_unknown(check: Check) -> None:
    missing = gap(Visit, route_subject("https://example.org/x", DOMAIN))
    assert outcome(check, entrance(), seen(), missing).status == "unknown"


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"content_security_policy": None, "x_frame_options": "DENY"}, csp_missing),
        ({"content_security_policy": "frame-ancestors 'self'"}, csp_missing),
        ({"content_security_policy": "default-src * 'unsafe-inline'; frame-ancestors 'self'"}, csp_unsafe),
        ({"content_security_policy": "default-src 'self'"}, frame_protection_missing),
        ({"x_content_type_options": None}, nosniff_missing),
        ({"referrer_policy": None}, referrer_policy_missing),
        ({"referrer_policy": "unsafe-url"}, referrer_policy_unsafe),
        ({"referrer_policy": "no-referrer-when-downgrade"}, referrer_policy_unsafe),
        ({"permissions_policy": None}, permissions_policy_missing),
        ({"permissions_policy": "camera 'none'; microphone 'none'"}, permissions_policy_missing),
        ({"permissions_policy": "interest-cohort=()"}, permissions_policy_missing),
    ],
)  # fmt: skip
def test_each_missing_protection_is_one_finding(
    changed: dict[str, str | None], check: Check
) -> None:
    assert failing(visit(page(changed=changed))) == [check.id]


def test_one_page_without_the_header_fails_the_host_once() -> None:
    bad = visit(page("https://example.org/b", changed={"x_content_type_options": None}))
    found = outcome(nosniff_missing, entrance(), seen(), bad)
    assert found.detail == "none on 1 of 2 pages"


def test_a_policy_that_is_only_reported_is_advice_to_turn_it_on() -> None:
    found = outcome(
        csp_missing,
        entrance(),
        seen(
            "auth",
            content_security_policy=None,
            content_security_policy_report_only="script-src 'self'",
        ),
    )
    assert (found.detail, found.severity) == ("report only", Severity.ADVICE)
    assert found.failure is not None
    assert found.failure.fix[0].startswith("Rename")


@pytest.mark.parametrize("check", [csp_missing, frame_protection_missing])
@pytest.mark.parametrize(("kind", "severity"), [("auth", Severity.RISK), ("page", Severity.ADVICE)])
def test_it_weighs_more_where_members_sign_in(
    check: Check, kind: RouteKind, severity: Severity
) -> None:
    found = outcome(check, entrance(), seen(kind, content_security_policy=None))
    assert found.severity is severity


def test_the_policy_to_add_names_what_the_page_loads_and_the_launch_s_own_api() -> None:
    toml = '[launch]\ndomain = "example.org"\n[routes]\n"api.example.org/v1" = "api"\n'
    body = '<script src="https://cdn.example.net/a.js"></script>'
    failure = outcome(
        csp_missing, entrance(), seen(content_security_policy=None, body=body), declared(toml)
    ).failure
    assert failure is not None
    assert "script-src 'self' https://cdn.example.net;" in failure.fix[0]
    assert "https://api.example.org" in failure.fix[0]
    assert "Content-Security-Policy-Report-Only: " in failure.fix[0]


def test_a_page_with_inline_scripts_is_given_a_trial_first() -> None:
    body = "<script>go()</script>"
    failure = outcome(
        csp_missing, entrance(), seen(content_security_policy=None, body=body)
    ).failure
    assert failure is not None
    assert "Content-Security-Policy-Report-Only: " in failure.fix[0]


@pytest.mark.parametrize(
    ("header", "value", "where"),
    [
        ("server", "nginx", "add_header X-Content-Type-Options"),
        ("server", "Apache", "Header always set X-Content-Type-Options"),
        ("server", "Caddy", "Caddy: header"),
        ("server", "Vercel", "vercel.json"),
        ("server", "Netlify", "_headers"),
        ("x_powered_by", "Next.js", "next.config.js"),
        ("x_powered_by", "Express", "Express, before the routes"),
        ("server", "cloudflare", "Transform Rules"),
        ("server", "gws", "At the web server"),
    ],
)
def test_the_fix_says_where_the_line_goes(header: str, value: str, where: str) -> None:
    failure = outcome(
        nosniff_missing, entrance(), seen(x_content_type_options=None, **{header: value})
    ).failure
    assert failure is not None
    assert "X-Content-Type-Options: nosniff" in failure.fix[0]
    assert where in failure.fix[1]


def test_the_permissions_to_add_leave_a_page_what_it_uses() -> None:
    body = "<script>navigator.geolocation.watchPosition(show)</script>"
    failure = outcome(
        permissions_policy_missing, entrance(), seen(body=body, permissions_policy=None, server="nginx")
    ).failure  # fmt: skip
    assert failure is not None
    line = "camera=(), geolocation=(self), microphone=(), payment=()"
    assert failure.wanted == f"Permissions-Policy: {line}"
    assert f'add_header Permissions-Policy "{line}" always;' in failure.fix[1]
