from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from launchready.facts import Gap, Key, host_subject
from launchready.facts.dns import Resolution, ResolverAnswer
from launchready.manifest import parse_manifest
from launchready.report.progress import SPARSE_EVERY, Progress
from launchready.report.routing import TROUBLE, routing_map
from tests.report.sample_routes import handshake, resolution
from tests.report.unsafe import HOSTILE, assert_harmless


def plain() -> tuple[Progress, io.StringIO]:
    out = io.StringIO()
    return Progress("example.org", Console(file=out, width=80, force_terminal=False)), out


def test_the_first_useful_line_says_where_the_domain_leads() -> None:
    progress, out = plain()
    with progress:
        found = resolution("example.org", "203.0.113.5")
        progress.observed(found.key, found)
        assert "example.org resolves to 203.0.113.5\n" in out.getvalue()


def test_the_second_says_for_how_long_its_certificate_is_good() -> None:
    progress, out = plain()
    found = handshake("example.org", days=63)
    progress.observed(found.key, found)
    assert "example.org: TLS valid for 63 days\n" in out.getvalue()


def test_a_domain_that_does_not_resolve_is_said_at_once() -> None:
    progress, out = plain()
    found = resolution("example.org")
    progress.observed(found.key, found)
    assert "example.org does not resolve" in out.getvalue()


def test_a_limit_that_is_waited_for_is_told_once_a_place_with_its_reason() -> None:
    progress, out = plain()
    for seconds in (53.0, 20.0):
        progress.waiting("https://example.org/login", seconds)
    assert out.getvalue().count("\n") == 1
    assert "https://example.org/login asks to wait" in out.getvalue()
    assert "53 s" in out.getvalue()
    assert "shortly before this one" in out.getvalue()


def test_a_short_wait_is_not_told() -> None:
    progress, out = plain()
    progress.waiting("https://example.org/login", 1.0)
    assert out.getvalue() == ""


def test_every_way_not_to_resolve_has_words() -> None:
    loop = ResolverAnswer(resolver="127.0.0.1", rcode="NOERROR", loop=True)
    private = ResolverAnswer(resolver="127.0.0.1", rcode="NOERROR", v4=("10.9.9.9",))
    for answer, words in ((loop, "lead in a circle"), (private, "private addresses only")):
        progress, out = plain()
        found = replace(resolution("example.org"), answers=(answer,), private=answer.v4)
        assert found.fault in TROUBLE
        progress.observed(found.key, found)
        assert words in out.getvalue()
        host = parse_manifest('[launch]\ndomain = "example.org"\n')
        (route,) = routing_map(host, {found.key: found}, found.at)
        assert words in route.dns_note


def test_other_hosts_write_no_line_of_their_own() -> None:
    progress, out = plain()
    found = resolution("app.example.org", "203.0.113.7")
    progress.observed(found.key, found)
    assert out.getvalue() == ""


def test_without_a_terminal_lines_are_sparse_and_plain() -> None:
    progress, out = plain()
    key = Key(Resolution, host_subject("a.example.org", "example.org"))
    with progress:
        for _ in range(SPARSE_EVERY * 2):
            progress.observed(key, Gap(key=key, reason="no answer"))
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert (
        lines[-1]
        == f"{SPARSE_EVERY * 2} things looked at, {SPARSE_EVERY * 2} of them not to be seen"
    )
    assert "\x1b" not in out.getvalue()


def test_on_a_terminal_a_line_moves_and_leaves_nothing_behind() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None)
    with Progress("example.org", console) as progress:
        for name in ("example.org", "app.example.org"):
            found = resolution(name, "203.0.113.5")
            progress.observed(found.key, found)
    shown = out.getvalue()
    assert "example.org resolves to 203.0.113.5" in shown
    assert shown.rstrip().endswith("2 things looked at")


def test_on_a_narrow_terminal_the_time_is_whole() -> None:
    out = io.StringIO()
    console = Console(file=out, width=60, force_terminal=True, color_system=None)
    with Progress("example.org", console) as progress:
        found = resolution("a-host-with-a-long-name.example.org", "203.0.113.5")
        progress.observed(found.key, found)
    assert "0:00:00" in out.getvalue()
    assert "…" not in out.getvalue()


def test_hostile_answers_move_nothing() -> None:
    for text in HOSTILE:
        progress, out = plain()
        found = resolution("example.org", text)
        progress.observed(found.key, found)
        assert_harmless(out.getvalue(), lines=True)
