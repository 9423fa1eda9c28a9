from __future__ import annotations

import dataclasses
import io
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from launchready.facts import Gap, Key, host_subject
from launchready.report.html import html_text
from launchready.report.markdown import markdown_text
from launchready.report.model import Looking, Report
from launchready.report.terminal import print_report, terminal_text
from tests.report.sample_checks import Seen, checks, seen
from tests.report.samples import healthy, report
from tests.report.test_json import one_finding
from tests.report.unsafe import HOSTILE, assert_harmless


def first_screen(text: str) -> str:
    return "\n".join(text.split("\n")[:24])


def test_the_first_screen_has_verdict_count_effort_and_three_fixes() -> None:
    screen = first_screen(terminal_text(report()))
    assert screen.startswith("NO-GO: 4 things are broken\n")
    assert "10 of 33 proven" in screen
    assert "5 things to fix, about 105 minutes, 2 of them without a developer" in screen
    assert "\n3  Anybody can send mail in your community's name" in screen
    assert "your developer · 15 min · app.example.org" in screen


def test_the_longest_sentences_still_leave_three_fixes_on_the_first_screen() -> None:
    made = report()
    long = tuple(
        dataclasses.replace(
            f,
            outcome=dataclasses.replace(
                f.outcome,
                failure=dataclasses.replace(f.failure, means=f"cause {n} " + "very long " * 80),
            ),
        )
        for n, f in enumerate(made.verdict.findings, start=1)
    )
    verdict = dataclasses.replace(made.verdict, findings=long)
    screen = first_screen(terminal_text(dataclasses.replace(made, verdict=verdict)))
    assert "3  cause 3 very long" in screen


@pytest.mark.parametrize("kept", [1, 3])
def test_a_sentence_is_cut_by_the_screen_and_never_for_a_count_of_what_is_cut(kept: int) -> None:
    made = report()
    only = dataclasses.replace(made.looking, only=("tls",))
    means = "Sign-in codes and invitations land in spam or are refused by Gmail, Yahoo and Outlook."
    findings = tuple(
        dataclasses.replace(
            f,
            outcome=dataclasses.replace(
                f.outcome, failure=dataclasses.replace(f.failure, means=means)
            ),
        )
        for f in made.verdict.findings[:kept]
    )
    verdict = dataclasses.replace(made.verdict, findings=findings)
    screen = terminal_text(dataclasses.replace(made, verdict=verdict, looking=only))
    assert "more characters" not in first_screen(screen)
    assert ("Outlook." in first_screen(screen)) is (kept == 1)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = terminal_text(report(), width=width)
    assert max(cell_len(line) for line in text.split("\n")) <= width


def test_the_minimum_bar_has_ten_lines_with_an_answer_each() -> None:
    text = terminal_text(report())
    lines = text.split("The minimum bar\n")[1].split("\n\n")[0].split("\n")
    answers = [x for x in lines if x.startswith(("✓ yes", "✗ no", "? not proven"))]
    assert len(answers) == 10
    assert "✗ no         HTTPS everywhere: app.example.org: expired 2 days ago" in answers


def test_consequences_are_folded_into_a_line() -> None:
    assert "And 7 more checks could not run because of it" in " ".join(
        terminal_text(report()).split()
    )


def test_what_could_not_be_checked_says_how_to_prove_it() -> None:
    text = terminal_text(report()).split("Could not check (")[1]
    assert "a bot protection answered instead of the site (keeps from a go)" in " ".join(
        text.split()
    )
    assert "Allow this machine's address at the edge and run again." in text


def test_a_go_says_that_nothing_is_to_fix() -> None:
    text = terminal_text(healthy())
    assert text.startswith("GO, with ")
    assert "Nothing to fix before launch" in text
    assert "Fix first" not in text


def test_without_findings_the_first_screen_says_what_to_get_checked() -> None:
    key = Key(Seen, host_subject("example.org", "example.org"))
    gap = Gap(key=key, reason="no answer within 10 seconds", how_to_prove="Ask your host why.")
    screen = first_screen(terminal_text(report(catalogue=checks()[:1], facts=[gap])))
    assert screen.startswith("NOT PROVEN YET")
    assert "Get checked first" in screen
    assert "Ask your host why." in screen


def test_the_last_line_repeats_the_verdict() -> None:
    last = terminal_text(report()).rstrip().split("\n")[-1]
    assert last == "NO-GO: 4 things are broken · 10 of 33 proven"


def test_it_says_where_the_other_reports_are() -> None:
    assert "Written to out/report.html" in terminal_text(
        report(), written=[Path("out/report.html")]
    )


def test_it_says_that_the_dns_was_not_followed() -> None:
    looking = Looking(dial=("example.org:443=127.0.0.1:8443",))
    text = " ".join(terminal_text(report(looking=looking)).split())
    assert "Connections went where the dial map sent them" in text


@pytest.mark.parametrize("text_of", [terminal_text, html_text, markdown_text])
def test_before_the_findings_it_says_which_commands_look_elsewhere_than_the_run_did(
    text_of: Callable[[Report], str],
) -> None:
    said = "dig, curl and openssl ask the DNS of the machine"
    plain = " ".join(text_of(report()).split())
    assert said not in plain
    text = " ".join(text_of(dataclasses.replace(report(), see_astray=True)).split())
    assert text.count(said) == 1
    assert text.index(said) < text.index("Fix before launch")


def test_a_run_of_a_part_says_so_on_the_first_screen() -> None:
    made = report(looking=Looking(only=("mail",), skip=("dmarc-missing",)))
    screen = first_screen(terminal_text(made))
    assert "Only a part of the checks ran: only mail; without dmarc-missing." in screen


def test_a_run_that_was_stopped_says_so_on_the_first_screen() -> None:
    made = report()
    stopped = dataclasses.replace(made, verdict=dataclasses.replace(made.verdict, partial=True))
    assert "This run was stopped early" in first_screen(terminal_text(stopped))


def test_our_own_bugs_are_not_hidden() -> None:
    text = " ".join(terminal_text(report(crashes=("Traceback",))).split())
    assert "Launch Ready itself failed once; please report it." in text


def test_one_second_is_not_told_as_several() -> None:
    made = report()
    second = dataclasses.replace(made, finished=made.started + timedelta(seconds=1))
    assert ", 1 second." in terminal_text(second)
    assert "for 1 second" in html_text(second)


def test_times_are_shown_in_the_zone_of_the_launch() -> None:
    assert "2026-11-21 13:00 CET" in terminal_text(report())


def test_a_terminal_without_unicode_gets_ascii_alone() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    print_report(report(name="Bienenzüchter"), Console(file=out, width=80, color_system=None))
    out.flush()
    text = raw.getvalue().decode("ascii")
    assert "x no" in text
    assert "+ yes" not in text


def test_colour_changes_no_word() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system="standard")
    print_report(report(), console)
    assert "\x1b[" in out.getvalue()
    plain = Console(file=io.StringIO(), width=80, color_system=None)
    with plain.capture() as captured:
        print_report(report(), plain)
    from rich.text import Text

    assert Text.from_ansi(out.getvalue()).plain.split() == captured.get().split()


def hostile(text: str) -> str:
    made = one_finding(
        means=text, observed=text, wanted=text, fix=(text, text), see=text, evidence=text,
        takes_effect=text,
    )  # fmt: skip
    changes: dict[str, Any] = {"name": text, "cache_safe": ((text, text),)}
    return terminal_text(dataclasses.replace(made, **changes))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_reaches_the_terminal_without_controls(text: str) -> None:
    assert_harmless(hostile(text), lines=True)


def test_square_brackets_are_text_not_markup() -> None:
    assert "[bold red]markup[/]" in hostile("[bold red]markup[/]")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_fits_the_terminal_without_controls(text: str) -> None:
    shown = hostile(text)
    assert_harmless(shown, lines=True)
    assert max(cell_len(line) for line in shown.split("\n")) <= 80


def test_a_subject_of_the_world_is_neutralised_too() -> None:
    nasty = host_subject("a\x1b[2Jb.example.org", "example.org")
    made = report(facts=[seen(nasty, "broken")])
    assert_harmless(terminal_text(made), lines=True)


def test_a_command_with_a_word_longer_than_the_screen_runs_as_it_is_copied() -> None:
    see = f"curl -sS 'https://app.example.org/{'a' * 90}?q=1'"
    text = terminal_text(one_finding(see=see), width=60)
    assert max(len(line) for line in text.split("\n")) <= 60
    copied = text[text.index("curl -sS") :].partition("'\n")[0] + "'"
    assert shlex.split(copied.replace("\\\n", "")) == shlex.split(see)
