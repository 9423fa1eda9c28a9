"""Which keys a launch implies: everything that is declared, and never fewer for knowing more."""

from __future__ import annotations

import pytest

from launchready.expected import (
    entrances,
    expected,
    mail_domain,
    zone_of,
)
from launchready.facts import (
    LAUNCH,
    Fact,
    Gap,
    Key,
    domain_subject,
    host_subject,
)
from launchready.facts.active import SignIn, Throttling
from launchready.facts.declared import Declared
from launchready.facts.dns import Caa, NeighbourNames, Registration, Resolution
from launchready.facts.exposure import (
    Cors,
    ErrorAnswers,
    Probe,
    Reach,
)
from launchready.facts.guarding import GuardFigures
from launchready.facts.http import HostAnswers
from launchready.facts.mail import (
    Dkim,
    Dmarc,
    MailServer,
    MtaSts,
    Mx,
    MxRecord,
    Selectors,
    Spf,
    TlsRpt,
)
from launchready.facts.services import HttpsRecord
from launchready.facts.tls import Handshake, HstsReach, OldProtocols
from launchready.facts.ways import Approach, Entrance, OldUrl, SecondVisitor, Visit
from launchready.facts.webhooks import WebhookTrial
from launchready.facts.zone import Zone
from launchready.manifest import ROUTE_KINDS, Manifest, parse_manifest

from .making import AT

LAUNCH_TOML = """
[launch]
domain = "example.org"
[hosts."www.example.org"]
redirects_to = "example.org"
[hosts."app.example.org"]
origin = ["203.0.113.7"]
[hosts."db.example.org"]
web = false
[routes]
"app.example.org/login" = "auth"
"app.example.org/api" = "api"
"app.example.org/hook" = "webhook"
[redirects]
"old.example.net/a" = "example.org/b"
[mail.domains."example.org"]
selectors = ["s1"]
[mail.domains."news.example.org"]
[mail.domains."example.net"]
sends = false
[accounts.member]
username_env = "A"
password_env = "B"
login = "app.example.org/login"
private = "app.example.org/me"
entrances = ["example.org/", "app.example.org/login"]
"""
MANIFEST = parse_manifest(LAUNCH_TOML)
HTML = {"Content-Type": "text/html"}


def names(kind: type[Fact], manifest: Manifest = MANIFEST, *found: Fact | Gap) -> set[str]:
    observed = {f.key: f for f in found}
    return {k.subject.name for k in expected(manifest, observed) if k.kind is kind}


def test_the_manifest_itself_is_expected() -> None:
    assert Key(Declared, LAUNCH) in expected(MANIFEST, {})


def test_every_host_is_resolved_whether_it_serves_pages_or_not() -> None:
    assert names(Resolution) == set(MANIFEST.all_hosts)


@pytest.mark.parametrize(
    "kind", [Caa, Handshake, OldProtocols, Entrance, HostAnswers, HstsReach, HttpsRecord]
)
def test_every_web_host_is_looked_at(kind: type[Fact]) -> None:
    assert names(kind) == {"example.org", "www.example.org", "app.example.org"}


@pytest.mark.parametrize("kind", [Probe, ErrorAnswers])
def test_a_host_that_only_redirects_is_not_probed(kind: type[Fact]) -> None:
    assert names(kind) == {"example.org", "app.example.org"}


def test_an_origin_is_tried_where_one_is_declared() -> None:
    assert names(Reach) == {"app.example.org"}


@pytest.mark.parametrize("kind", [Zone, Registration])
def test_every_domain_of_hosts_and_mail_is_looked_at_once(kind: type[Fact]) -> None:
    assert names(kind) == {"example.org", "example.net"}


def test_every_route_is_visited_and_the_root_of_every_host_too() -> None:
    assert names(Visit) == {
        "https://app.example.org/login",
        "https://app.example.org/api",
        "https://app.example.org/hook",
        "https://app.example.org/",
        "https://example.org/",
    }


def test_a_root_that_is_declared_is_visited_once() -> None:
    manifest = parse_manifest(
        '[launch]\ndomain = "example.org"\n[routes]\n"example.org/" = "auth"\n'
    )
    assert [r.kind for r in manifest.all_routes.values()] == ["auth"]


@pytest.mark.parametrize(
    ("more", "visited"),
    [
        ('[hosts."api.example.org"]', False),
        ('[hosts."cdn.example.org"]', False),
        ('[hosts."forum.example.org"]', True),
        ('[routes]\n"ai.example.org/chat" = "chat"', True),
        ('[routes]\n"api.example.org/chat" = "chat"', False),
        ('[routes]\n"id.example.org/login" = "auth"', True),
        ('[routes]\n"api.example.org/" = "page"', True),
    ],
)
def test_the_root_of_a_host_that_is_only_called_is_no_page_unless_declared(
    more: str, *, visited: bool
) -> None:
    """An API's root may answer 404 without any member noticing."""
    manifest = parse_manifest(f'[launch]\ndomain = "example.org"\n{more}\n')
    (host,) = set(manifest.all_hosts) - {"example.org"}
    assert (f"https://{host}/" in names(Visit, manifest)) is visited
    assert host in names(Handshake, manifest)


@pytest.mark.parametrize("kind", ROUTE_KINDS)
def test_a_route_of_every_kind_is_visited(kind: str) -> None:
    manifest = parse_manifest(
        f'[launch]\ndomain = "example.org"\n[routes]\n"example.org/x" = "{kind}"\n'
    )
    assert "https://example.org/x" in names(Visit, manifest)


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        *((k, Throttling) for k in ("auth", "reset", "invite", "signup", "chat", "webhook")),
        *((k, Approach) for k in ("auth", "signup", "invite", "reset", "checkout")),
        ("webhook", WebhookTrial),
        *((k, SecondVisitor) for k in ("auth", "signup", "invite", "reset", "checkout", "private")),
        *((k, Cors) for k in ("api", "chat", "auth", "private")),
    ],
)
def test_a_route_is_tried_as_its_kind_needs(kind: str, fact: type[Fact]) -> None:
    manifest = parse_manifest(
        f'[launch]\ndomain = "example.org"\n[routes]\n"example.org/x" = "{kind}"\n'
    )
    assert names(fact, manifest) == {"https://example.org/x"}


@pytest.mark.parametrize("kind", ["static", "webhook", "health"])
def test_a_route_that_declares_origins_is_asked_about_them(kind: str) -> None:
    toml = f'"example.org/x" = {{ kind = "{kind}", cors = "https://app.example.org" }}'
    manifest = parse_manifest(f'[launch]\ndomain = "example.org"\n[routes]\n{toml}\n')
    assert names(Cors, manifest) == {"https://example.org/x"}


FIGURES = """
[launch]
domain = "example.org"
[routes]
"example.org/" = "page"
"app.example.org/login" = "auth"
"app.example.org/members" = "private"
"api.example.org/circles" = "api"
"shop.example.org/pay" = "checkout"
[guard]
metrics_token_env = "METRICS_TOKEN"
"""


def test_guards_figures_are_read_once_at_each_host_that_guard_limits_or_protects() -> None:
    assert names(GuardFigures, parse_manifest(FIGURES)) == {"app.example.org", "api.example.org"}


def test_guards_figures_are_read_where_the_manifest_says_that_its_app_answers() -> None:
    manifest = parse_manifest(FIGURES + 'hosts = "app.example.org"\n')
    assert names(GuardFigures, manifest) == {"app.example.org"}


def test_guards_figures_are_read_at_the_domain_where_no_route_says_more() -> None:
    toml = '[launch]\ndomain = "example.org"\n[guard]\nmetrics_token_env = "METRICS_TOKEN"\n'
    assert names(GuardFigures, parse_manifest(toml)) == {"example.org"}


def test_without_a_token_guards_figures_are_not_asked_for() -> None:
    assert names(GuardFigures) == set()


def test_every_line_of_the_map_of_old_urls_is_followed() -> None:
    assert names(OldUrl) == {"https://old.example.net/a"}


@pytest.mark.parametrize("kind", [Spf, Dmarc, Mx, MtaSts, TlsRpt])
def test_every_mail_domain_is_looked_at(kind: type[Fact]) -> None:
    assert names(kind) == {"example.org", "news.example.org", "example.net"}


def test_selectors_are_looked_for_where_mail_is_sent() -> None:
    assert names(Selectors) == {"example.org", "news.example.org"}
    assert names(Dkim) == {"s1._domainkey.example.org"}


def test_every_selector_that_was_found_is_looked_at() -> None:
    domain = mail_domain(MANIFEST, "news.example.org")
    entry = MANIFEST.mail_domains["news.example.org"]
    found = Selectors(subject=domain, at=AT, how="test", entry=entry, names=("a", "b"))
    assert names(Dkim, MANIFEST, found) >= {
        "a._domainkey.news.example.org",
        "b._domainkey.news.example.org",
    }


def test_a_domain_without_a_mail_section_counts_as_one_that_sends() -> None:
    assert names(Spf, parse_manifest('[launch]\ndomain = "example.org"\n')) == {"example.org"}


def test_every_mail_server_is_spoken_to_once_its_record_is_known() -> None:
    found = Mx(
        subject=domain_subject("example.org"), at=AT, how="test", null=False, implicit_address=False,
        entry=MANIFEST.mail_domains["example.org"],
        records=(MxRecord(preference=1, exchange="mx.example.net", addresses=("203.0.113.25",)),),
    )  # fmt: skip
    assert names(MailServer) == set()
    assert names(MailServer, MANIFEST, found) == {"mx.example.net"}


def test_a_member_signs_in_by_every_entrance() -> None:
    assert [s.name for s in entrances(MANIFEST)] == [
        "member at https://example.org/",
        "member at https://app.example.org/login",
    ]
    assert names(SignIn) == {s.name for s in entrances(MANIFEST)}


def test_without_a_member_the_sign_in_is_expected_all_the_same() -> None:
    bare = parse_manifest('[launch]\ndomain = "example.org"\n')
    assert names(SignIn, bare) == {"a test member"}


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("app.example.org", "example.org"),
        ("https://app.example.org/x", "example.org"),
        ("news.example.org", "example.org"),
        ("example.net", "example.net"),
        ("notexample.org", "notexample.org"),
        ("other.example.com", "other.example.com"),
    ],
)
def test_a_name_belongs_to_the_domain_of_the_launch_that_holds_it(name: str, zone: str) -> None:
    assert zone_of(MANIFEST, name) == zone


def test_the_names_beside_a_domain_are_looked_at_once() -> None:
    assert names(NeighbourNames) == {"example.org"}


def test_a_host_has_one_key_a_kind_whatever_names_it() -> None:
    subjects = {k.subject for k in expected(MANIFEST, {}) if k.kind is Resolution}
    assert host_subject("app.example.org", "example.org") in subjects
    assert len(subjects) == len(MANIFEST.all_hosts)
