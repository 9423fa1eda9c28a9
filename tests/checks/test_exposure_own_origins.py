"""Pages that are declared to read a route: refused, let in, or not to be told."""

from __future__ import annotations

import pytest

from launchready.checks.exposure.own_origins import cors_declared_origin_refused
from launchready.facts import route_subject
from launchready.facts.exposure import Cors, CorsAnswer
from launchready.finding import Outcome, Severity
from launchready.manifest import RouteKind
from tests.making import AT, DOMAIN, gap, outcome, route

URL = "https://api.example.org/v1"
APP = "https://app.example.org"
EVIL = "https://evil.example"


def answer(
    allow: str | None, status: int = 200, origin: str = APP, *, preflight: bool = False,
    methods: str = "", headers: str = "",
) -> CorsAnswer:  # fmt: skip
    return CorsAnswer(
        origin=origin, allow_origin=allow, allow_credentials=False, status=status,
        vary_origin=True, preflight=preflight, allow_methods=methods, allow_headers=headers,
    )  # fmt: skip


def before(allow: str | None, status: int = 204, **more: str) -> CorsAnswer:
    return answer(allow, status, preflight=True, **more)


def judged(
    *answers: CorsAnswer, declares: tuple[str, ...] = (APP,), kind: RouteKind = "api",
    method: str = "GET", json: bool = False, foreign: tuple[CorsAnswer, ...] = (),
) -> Outcome:  # fmt: skip
    fact = Cors(
        subject=route_subject(URL, DOMAIN), at=AT, how="curl", method=method, answers=foreign,
        route=route(URL, kind, cors=declares, json_body=json), declared=answers,
    )  # fmt: skip
    return outcome(cors_declared_origin_refused, fact)


@pytest.mark.parametrize("allow", [APP, "*", f" {APP} "])
def test_an_answer_that_the_page_may_read_passes(allow: str) -> None:
    assert judged(answer(allow), before(None, 405)).status == "passed"


@pytest.mark.parametrize("allow", [None, "null", f"{APP}/", "https://www.example.org"])
def test_an_answer_that_browsers_keep_back_fails(allow: str | None) -> None:
    found = judged(answer(allow), before(APP))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert f"Access-Control-Allow-Origin: {APP}" in found.failure.fix[0]


def test_one_refused_origin_of_two_fails() -> None:
    other = "https://www.example.org"
    assert judged(answer(APP), answer(None, origin=other), declares=(APP, other)).status == "failed"


@pytest.mark.parametrize("status", [302, 401, 403])
def test_a_refusal_of_visitors_leaves_it_to_the_preflight(status: int) -> None:
    assert judged(answer(None, status), before(APP)).status == "passed"
    assert judged(answer(None, status), before(None, 401)).status == "failed"


@pytest.mark.parametrize(
    ("preflight", "status"),
    [
        (before(APP, methods="PUT", headers="Content-Type"), "passed"),
        (before("*", 200, methods="*", headers="*"), "passed"),
        (before(APP, methods="GET, POST", headers="content-type"), "failed"),
        (before(APP, methods="PUT"), "failed"),
        (before(APP, 302, methods="PUT", headers="content-type"), "failed"),
        (before(None, methods="PUT", headers="content-type"), "failed"),
    ],
)
def test_a_call_that_browsers_ask_about_first_stands_or_falls_with_that(
    preflight: CorsAnswer, status: str
) -> None:
    assert judged(answer(APP), preflight, method="PUT", json=True).status == status


def test_a_plain_form_needs_no_preflight() -> None:
    assert judged(answer(APP), before(None, 405), kind="chat", method="POST").status == "passed"


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_an_answer_that_is_an_error_tells_nothing_of_origins(status: int) -> None:
    found = judged(answer(None, status), before(None, status))
    assert found.status == "unknown"
    assert found.because is not None


def test_without_an_answer_it_is_unknown() -> None:
    assert judged().status == "unknown"
    missing = gap(Cors, route_subject(URL, DOMAIN))
    assert outcome(cors_declared_origin_refused, missing).status == "unknown"


def test_a_route_that_declares_no_origins_is_not_judged() -> None:
    assert judged(declares=()).status == "not_applicable"


@pytest.mark.parametrize(("allow", "status"), [("*", "passed"), (EVIL, "passed"), (None, "failed")])
def test_a_route_for_everybody_is_judged_by_a_stranger(allow: str | None, status: str) -> None:
    stranger = (answer(allow, origin=EVIL), answer(None, origin="null"))
    assert judged(declares=("*",), foreign=stranger).status == status
