"""What error answers tell strangers: debug pages, stack traces, inner names, version numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from shlex import quote

from launchready.derive.pages.error_pages import Leak, debug_page, inner_detail, stack_trace
from launchready.facts.exposure import ErrorAnswers
from launchready.facts.hops import host
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import (
    Below,
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
)

_SWITCHES = (
    "Django: DEBUG = False. Flask: no --debug, app.run(debug=False). Rails: RAILS_ENV=production. "
    "Laravel: APP_DEBUG=false. Symfony: APP_ENV=prod. Express: NODE_ENV=production. "
    'PHP: display_errors = Off. ASP.NET: <customErrors mode="RemoteOnly"/>, ASPNETCORE_ENVIRONMENT=Production.'
)
_VERSION = re.compile(r"[A-Za-z][\w.+ -]{0,40}?/v?\d+(?:\.\d+)+|\b\d+\.\d+\.\d+\b")
_VERSION_FIELDS = (
    "server",
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-generator",
)


def _answers(errors: ErrorAnswers, visits: Iterable[Visit]) -> list[Exchange]:
    """Return every answer that this host gave, to routes and to requests that must fail, once each."""
    own = [hop for v in visits for hop in v.walk.hops if host(hop.url) == errors.subject.name]
    return [a for a in (*errors.answers, *own) if not a.challenge and not a.trouble]


def _first(
    answers: Iterable[Exchange], look: Callable[[Exchange], Leak | None]
) -> tuple[Exchange, Leak] | None:
    return next(((a, leak) for a in answers if (leak := look(a)) is not None), None)


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def framework_debug_page(errors: ErrorAnswers, visits: Below[Visit]) -> Result:
    """The framework runs in debug mode and shows its debug page to everyone.

    Why: Debug pages print settings, source code and the data of the request; some of them run code for whoever asks.

    Fix: Turn debug mode off in production, and show a plain error page.
    """
    answers = _answers(errors, visits)
    found = _first(answers, debug_page)
    if found is None:
        return Passed(evidence=f"{len(answers)} answers, none is a debug page")
    answer, leak = found
    return Failed(
        means="Whenever something fails, visitors see your app's settings and source code.",
        observed=f"a debug page of {leak.by} ({answer.status})",
        wanted="a plain error page",
        evidence=f"{answer.method} {answer.url}: {leak.seen}",
        fix=(
            f"Turn debug mode off where the app runs. {_SWITCHES}",
            "Serve a production build, not the development server.",
            "Count the settings that the page showed as known: change the session secret and the passwords in them.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see=_see(answer),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="private")
def stack_trace_in_error(errors: ErrorAnswers, visits: Below[Visit]) -> Result:
    """An error answer shows a stack trace.

    Why: A trace tells which libraries run and where the code can be tripped; to a member it is a wall of text in place of help.

    Fix: Catch errors in one place, log them, and answer with a plain page.
    """
    answers = _answers(errors, visits)
    if _first(answers, debug_page) is not None:
        return NotApplicable(reason="the framework's debug page is shown; see framework-debug-page")
    found = _first(answers, stack_trace)
    if found is None:
        return Passed(evidence=f"{len(answers)} answers, none shows a stack trace")
    answer, leak = found
    return Failed(
        means="When something fails, visitors see lines of your app's code in place of a page that helps.",
        observed=f"a stack trace of {leak.by} ({answer.status})",
        wanted="a plain error page",
        evidence=f"{answer.method} {answer.url}: {leak.seen}",
        fix=(
            f"Switch the display of errors off in production. {_SWITCHES}",
            "Log the error with an id, and show members only a sentence and that id.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see=_see(answer),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def internal_id_in_error(errors: ErrorAnswers, visits: Below[Visit]) -> Result:
    """An error answer names something of the inside: a path, a database error, an inner server.

    Why: A database error in an answer is what attackers look for first; paths and inner names are their map.

    Fix: Answer errors with a sentence of your own, and write the details to the log.
    """
    answers = _answers(errors, visits)
    if _first(answers, debug_page) or _first(answers, stack_trace):
        return NotApplicable(
            reason="it shows a debug page or a stack trace; see framework-debug-page, stack-trace-in-error"
        )
    found = _first(answers, inner_detail)
    if found is None:
        return Passed(evidence=f"{len(answers)} answers, none names anything of the inside")
    answer, leak = found
    return Failed(
        severity=None if leak.by == "a database error" else Severity.ADVICE,
        means="Error pages tell strangers how your app is built inside.",
        observed=f"{leak.by} ({answer.status})",
        wanted="an error page that names nothing of the inside",
        evidence=f"{answer.method} {answer.url}: {leak.seen}",
        fix=(
            "Handle the error where it is thrown: refuse malformed input with 400 and a sentence of your own.",
            f"Switch the display of errors off in production. {_SWITCHES}",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see=_see(answer),
    )


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def version_in_headers(errors: ErrorAnswers, visits: Below[Visit]) -> Result:
    """The server tells its exact version with every answer.

    Why: When a hole in that version becomes known, robots already have the list of who runs it.

    Fix: Turn the version off; update the server whatever it says.
    """
    answers = _answers(errors, visits)
    for answer in answers:
        for name in _VERSION_FIELDS:
            value = answer.headers.get(name) or ""
            bare = name.startswith("x-aspnet") and value
            if bare or _VERSION.search(value):
                return _version(answer, name, value)
    return Passed(evidence="no header tells a version")


def _version(answer: Exchange, name: str, value: str) -> Failed:
    return Failed(
        means="Strangers know exactly which version of the server to attack when a hole becomes known.",
        observed=f"{name}: {value[:80]}",
        wanted=f"no version in {name}",
        evidence=answer.url,
        fix=(
            'nginx: server_tokens off; Apache: ServerTokens Prod and ServerSignature Off; PHP: expose_php = Off; Express: app.disable(\'x-powered-by\'); IIS: removeServerHeader="true", enableVersionHeader="false".',
        ),
        who="your developer",
        effort_min=5,
        takes_effect="at once",
        see=f"curl -sS -o /dev/null -D - {quote(answer.url)} | grep -i '^{name}:'",
    )


def _see(answer: Exchange) -> str:
    if answer.method == "GET":
        return f"curl -sS -g {quote(answer.url)} | head -c 2000"
    sent = "-H 'Content-Type: application/json' -d '{'" if answer.method == "POST" else ""
    return f"curl -sS -g -X {quote(answer.method)} {sent} {quote(answer.url)} | head -c 2000"
