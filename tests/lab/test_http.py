"""The HTTP collectors against nginx."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from launchready.collect import collectors
from launchready.collect.opening import open_world
from launchready.collect.web.walks import walk
from launchready.derive.exposure.exposed_paths import exposed
from launchready.expected import zone_of
from launchready.facts import Fact, Gap, host_subject, route_subject, url_subject
from launchready.facts.dns import Resolution
from launchready.facts.exposure import Cors, ErrorAnswers, Probe
from launchready.facts.http import Exchange, Repeat
from launchready.facts.tls import Handshake
from launchready.facts.ways import Entrance, Visit, Walk
from launchready.gather import Gatherer
from launchready.manifest import parse_manifest

from .servers import Lab

pytestmark = pytest.mark.lab

T = TypeVar("T")
F = TypeVar("F", bound=Fact)


def in_lab(lab: Lab, work: Callable[[Gatherer], Awaitable[T]], routes: str = "") -> T:
    """Run work in a world that names every web host of the lab."""

    async def run() -> T:
        hosts = "".join(f'[hosts."{name}"]\n' for name in lab.web)
        manifest = parse_manifest(f'[launch]\ndomain = "lab.test"\n{hosts}[routes]\n{routes}')
        async with open_world(
            manifest,
            resolvers=[lab.resolver],
            dial=[f"{published}={to}" for published, to in lab.dial.items()],
            ca=Path(lab.ca_file),
        ) as world:
            gatherer = Gatherer(world=world, collectors=collectors())
            found = await work(gatherer)
            assert not gatherer.crashes, gatherer.crashes[0]
            return found

    return asyncio.run(run())


def get(lab: Lab, url: str) -> Exchange | Gap:
    return in_lab(lab, lambda g: g.ask(Exchange, url_subject(url, zone_of(g.world.manifest, url))))


def answer(lab: Lab, url: str) -> Exchange:
    found = get(lab, url)
    assert isinstance(found, Exchange), found
    return found


def about_host(lab: Lab, kind: type[F], label: str) -> F:
    subject = host_subject(f"{label}.lab.test", "lab.test")
    found = in_lab(lab, lambda g: g.ask(kind, subject))
    assert isinstance(found, kind), found
    return found


def walked(lab: Lab, url: str) -> Walk:
    async def work(gatherer: Gatherer) -> Walk:
        return (await walk(url, gatherer.world, gatherer.ask)).walk

    return in_lab(lab, work)


def test_the_healthy_host_answers_over_http2_compressed_and_verified(lab: Lab) -> None:
    found = answer(lab, "https://good.lab.test/")
    assert (found.status, found.http_version, found.verified) == (200, "2", True)
    assert found.headers.get("content-encoding") == "gzip"
    assert 0 < found.wire_bytes < len(found.body)
    assert "<html" in found.text
    assert (found.challenge, found.trouble) == ("", "")


def test_a_host_without_http2_answers_over_http_1(lab: Lab) -> None:
    assert answer(lab, "https://http-1.lab.test/").http_version == "1.1"


@pytest.mark.parametrize(
    "label", ["expired", "not-yet-valid", "self-signed", "untrusted", "incomplete"]
)
def test_pages_behind_a_certificate_that_is_not_accepted_are_seen_and_marked(
    lab: Lab, label: str
) -> None:
    found = answer(lab, f"https://{label}.lab.test/")
    assert (found.status, found.verified) == (200, False)


@pytest.mark.parametrize("label", ["wrong-host", "http-only", "not-tls"])
def test_pages_of_a_host_without_a_usable_handshake_are_gaps_that_it_explains(
    lab: Lab, label: str
) -> None:
    found = get(lab, f"https://{label}.lab.test/")
    assert isinstance(found, Gap)
    assert found.because is not None
    assert found.because.kind is Handshake
    assert found.because.subject.name == f"{label}.lab.test"


def test_pages_of_a_host_that_does_not_resolve_are_gaps_that_dns_explains(lab: Lab) -> None:
    found = get(lab, "https://no-such-host.lab.test/")
    assert isinstance(found, Gap)
    assert found.because is not None
    assert found.because.kind is Resolution


def test_the_healthy_entrance_leads_to_https_with_path_and_query(lab: Lab) -> None:
    found = about_host(lab, Entrance, "good")
    assert found.http_deep is not None
    assert found.http_deep.urls[-1] == (
        f"https://good.lab.test{found.deep_path}?{found.deep_query}"
    )
    assert (found.fault, found.http_closed, found.trouble) == ("", False, "")


@pytest.mark.parametrize(
    ("label", "fault"),
    [("redirect-loop", "loop"), ("redirect-to-private", "private-address"),
     ("http-copy", "stays-plain"), ("drops-path", "path-lost")],
)  # fmt: skip
def test_a_faulty_entrance_shows_its_fault(lab: Lab, label: str, fault: str) -> None:
    assert about_host(lab, Entrance, label).fault == fault


def test_four_hops_are_followed_and_counted(lab: Lab) -> None:
    found = walked(lab, "https://four-hops.lab.test/")
    assert (found.end, found.redirects) == ("answer", 4)


def test_the_metadata_address_is_not_asked(lab: Lab) -> None:
    found = walked(lab, "https://redirect-to-private.lab.test/metadata")
    assert (found.end, len(found.hops)) == ("private address", 1)


def test_a_downgrade_is_followed_and_stays_visible(lab: Lab) -> None:
    found = walked(lab, "https://downgrade.lab.test/login")
    assert found.urls[1] == "http://downgrade.lab.test/login"


def test_a_route_is_visited_without_a_session(lab: Lab) -> None:
    url = "https://good.lab.test/account"
    found = in_lab(
        lab,
        lambda g: g.ask(Visit, route_subject(url, "lab.test")),
        routes=f'"{url}" = "private"\n',
    )
    assert isinstance(found, Visit)
    assert found.answer is not None
    assert found.answer.status == 401


def test_every_exposed_file_is_found_and_nothing_of_a_single_page_app(lab: Lab) -> None:
    assert {p.path for p, _ in exposed(about_host(lab, Probe, "exposed"))} == {
        "/.env", "/.git/HEAD", "/.git/config", "/backup.sql",
    }  # fmt: skip
    assert exposed(about_host(lab, Probe, "spa")) == ()
    assert exposed(about_host(lab, Probe, "good")) == ()


def test_a_directory_listing_is_found(lab: Lab) -> None:
    assert {p.path for p, _ in exposed(about_host(lab, Probe, "autoindex"))} == {"/files/"}


def test_failing_requests_get_errors(lab: Lab) -> None:
    found = about_host(lab, ErrorAnswers, "good")
    assert [a.status // 100 for a in found.answers] == [4, 2, 4, 4]


@pytest.mark.parametrize(
    ("label", "origin", "allowed", "credentials"),
    [
        ("cors-reflected", "https://evil.example", "https://evil.example", True),
        ("cors-null", "null", "null", True),
        ("cors-public", "https://evil.example", "*", False),
    ],
)
def test_what_foreign_origins_are_allowed_is_recorded(
    lab: Lab, label: str, origin: str, allowed: str, credentials: bool
) -> None:
    url = f"https://{label}.lab.test/api"
    subject = route_subject(url, "lab.test")
    found = in_lab(lab, lambda g: g.ask(Cors, subject), routes=f'"{url}" = "api"\n')
    assert isinstance(found, Cors)
    one = next(a for a in found.answers if a.origin == origin and not a.preflight)
    assert (one.allow_origin, one.allow_credentials) == (allowed, credentials)


def test_a_repeat_of_an_asset_is_two_answers(lab: Lab) -> None:
    url = "https://good.lab.test/assets/app.js"
    found = in_lab(lab, lambda g: g.ask(Repeat, url_subject(url, "lab.test")))
    assert isinstance(found, Repeat)
    assert found.first.headers.get("cache-control") == found.second.headers.get("cache-control")


def test_many_hosts_at_once_are_all_answered(lab: Lab) -> None:
    async def work(gatherer: Gatherer) -> list[Entrance | Gap]:
        subjects = [host_subject(name, "lab.test") for name in lab.web]
        return await asyncio.gather(*(gatherer.ask(Entrance, s) for s in subjects))

    found = in_lab(lab, work)
    without = {f.key.subject.name for f in found if isinstance(f, Gap)}
    assert without == {
        "wrong-host.lab.test", "http-only.lab.test", "http-only.hsts-subdomains.lab.test",
        "not-tls.lab.test",
    }  # fmt: skip


def test_a_real_application_is_asked_for_sensitive_paths_without_false_alarm(
    lab: Lab, application: str
) -> None:
    assert application == "https://app.lab.test/"
    found = about_host(lab, Probe, "app")
    assert (exposed(found), found.unanswered) == ((), ())


def test_a_real_applications_errors_are_answers(lab: Lab, application: str) -> None:
    assert answer(lab, application).status == 200
    assert all(a.status for a in about_host(lab, ErrorAnswers, "app").answers)
