"""Cross-origin permissions: the dangerous ones, each found once, and the harmless ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.exposure.cors import (
    cors_allows_null,
    cors_reflects_origin,
    cors_reflects_origin_with_credentials,
    cors_wider_than_declared,
    cors_wildcard_with_credentials,
)
from launchready.collect.web.cors import foreign_origins
from launchready.facts import route_subject
from launchready.facts.exposure import Cors, CorsAnswer
from launchready.finding import Check, Severity
from launchready.manifest import RouteKind
from tests.making import AT, DOMAIN, gap, outcome, route

URL = "https://example.org/api"
EVIL = "https://evil.example"
CHECKS = (
    cors_reflects_origin_with_credentials, cors_reflects_origin, cors_allows_null,
    cors_wildcard_with_credentials, cors_wider_than_declared,
)  # fmt: skip


def cors(
    allow: dict[str, str | None] | str | None,
    *,
    credentials: bool = False,
    kind: RouteKind = "api",
    status: int = 200,
    declares: tuple[str, ...] = (),
    preflight: bool = False,
) -> Cors:
    """Answers by origin, or the same to all; `reflect` repeats the origin."""
    answers = []
    for origin in foreign_origins("example.org"):
        said = allow.get(origin) if isinstance(allow, dict) else allow
        answers.append(
            CorsAnswer(
                origin=origin, allow_origin=origin if said == "reflect" else said,
                allow_credentials=credentials and said is not None, status=status,
                vary_origin=False, preflight=preflight,
            )
        )  # fmt: skip
    return Cors(
        subject=route_subject(URL, DOMAIN), at=AT, how="curl",
        route=route(URL, kind, cors=declares), answers=tuple(answers),
    )  # fmt: skip


def failing(fact: Cors) -> list[str]:
    return [c.id for c in CHECKS if outcome(c, fact).status == "failed"]


@pytest.mark.parametrize("check", CHECKS)
def test_a_route_that_allows_no_other_site_passes(check: Check) -> None:
    assert outcome(check, cors(None, declares=("https://app.example.org",))).status == "passed"


@pytest.mark.parametrize("check", CHECKS)
def test_a_route_that_could_not_be_asked_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Cors, route_subject(URL, DOMAIN))).status == "unknown"


def test_a_public_star_never_alarms() -> None:
    assert failing(cors("*")) == []


def test_a_fixed_origin_of_ones_own_never_alarms() -> None:
    own = "https://app.example.org"
    assert failing(cors(own, credentials=True, declares=(own,))) == []


@pytest.mark.parametrize("preflight", [False, True])
def test_every_origin_with_credentials_is_a_blocker_and_one_finding(preflight: bool) -> None:
    fact = cors("reflect", credentials=True, preflight=preflight)
    assert failing(fact) == ["cors-reflects-origin-with-credentials"]
    assert outcome(cors_reflects_origin_with_credentials, fact).severity is Severity.BLOCKER


@pytest.mark.parametrize("origin", ["https://example.org.evil.example", "https://evilexample.org"])
def test_a_careless_pattern_with_credentials_is_found(origin: str) -> None:
    fact = cors({origin: "reflect"}, credentials=True)
    assert failing(fact) == ["cors-reflects-origin-with-credentials"]


@pytest.mark.parametrize(
    ("kind", "status", "severity"),
    [
        ("private", 401, Severity.RISK), ("api", 401, Severity.RISK), ("chat", 200, Severity.RISK),
        ("api", 200, Severity.ADVICE),
    ],
)  # fmt: skip
def test_every_origin_without_credentials_is_weighed_by_what_it_reads(
    kind: RouteKind, status: int, severity: Severity
) -> None:
    fact = cors("reflect", kind=kind, status=status)
    assert failing(fact) == ["cors-reflects-origin"]
    assert outcome(cors_reflects_origin, fact).severity is severity


def test_every_origin_declared_as_open_passes() -> None:
    assert failing(cors("reflect", declares=("*",))) == []


@pytest.mark.parametrize(
    ("credentials", "severity"), [(False, Severity.RISK), (True, Severity.BLOCKER)]
)
def test_null_is_found_and_weighed_by_credentials(credentials: bool, severity: Severity) -> None:
    fact = cors({"null": "null"}, credentials=credentials)
    assert failing(fact) == ["cors-allows-null"]
    assert outcome(cors_allows_null, fact).severity is severity


def test_a_constant_null_is_found() -> None:
    assert failing(cors("null")) == ["cors-allows-null"]


def test_a_star_with_credentials_is_advice() -> None:
    fact = cors("*", credentials=True)
    assert failing(fact) == ["cors-wildcard-with-credentials"]
    assert outcome(cors_wildcard_with_credentials, fact).severity is Severity.ADVICE


def test_a_star_where_an_origin_is_declared_is_wider() -> None:
    assert failing(cors("*", declares=("https://app.example.org",))) == ["cors-wider-than-declared"]


def test_a_subdomain_over_plain_http_is_wider_where_origins_are_declared() -> None:
    plain = "http://launchready.example.org"
    fact = cors({plain: "reflect"}, credentials=True, declares=("https://app.example.org",))
    assert failing(fact) == ["cors-wider-than-declared"]


def test_the_fix_is_the_same_for_all_routes_of_a_host() -> None:
    one = outcome(cors_reflects_origin, cors("reflect", kind="private")).failure
    other = outcome(cors_reflects_origin, cors("reflect", kind="chat")).failure
    assert one is not None
    assert other is not None
    assert one.fix == other.fix


def test_the_command_asks_as_the_check_did() -> None:
    failure = outcome(cors_reflects_origin, cors("reflect", preflight=True)).failure
    assert failure is not None
    assert "-X OPTIONS" in failure.see
    assert f"Origin: {EVIL}" in failure.see


def test_patterns_for_the_domain_and_for_trusted_origins_are_tried_as_those_for_the_host() -> None:
    tried = foreign_origins(
        "app.example.org", domain="example.org", trusted=("https://studio.example.net",)
    )
    assert {
        "https://app.example.org.evil.example", "https://example.org.evil.example",
        "https://studio.example.net.evil.example", "https://evilexample.org",
    } <= set(tried)  # fmt: skip


def test_a_pattern_whose_dots_stand_for_any_letter_is_tried() -> None:
    tried = foreign_origins(
        "api.example.org", domain="example.org", trusted=("https://app.example.org",)
    )
    assert {"https://apixexample.org", "https://appxexample.org"} <= set(tried)
    assert not [o for o in foreign_origins("a.b.example.org", domain="example.org") if "axb" in o]


def test_no_origin_that_counts_as_foreign_lies_below_the_domain() -> None:
    tried = foreign_origins("app.example.org", domain="example.org")
    below = [o for o in tried if o.startswith("https://") and o.endswith(".example.org")]
    assert below == []


def test_reflection_is_a_risk_where_members_were_seen_to_use_a_token_alone() -> None:
    found = outcome(
        cors_reflects_origin_with_credentials,
        replace(cors("reflect", credentials=True), by_token=True),
    )
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert "token" in found.failure.means


def test_null_is_a_risk_where_members_were_seen_to_use_a_token_alone() -> None:
    found = outcome(
        cors_allows_null, replace(cors({"null": "null"}, credentials=True), by_token=True)
    )
    assert (found.status, found.severity) == ("failed", Severity.RISK)
