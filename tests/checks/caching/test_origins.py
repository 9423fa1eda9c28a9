"""Answers to one origin that a cache may give to another."""

from __future__ import annotations

import pytest

from launchready.checks.caching.origins import cors_answer_kept_for_one_origin
from launchready.facts import route_subject
from launchready.facts.exposure import Cors, CorsAnswer
from launchready.finding import Outcome, Severity
from tests.making import AT, DOMAIN, gap, outcome, route

URL = "https://api.example.org/v1"
APP, WWW = "https://app.example.org", "https://www.example.org"
EVIL = "https://evil.example"


def answer(
    origin: str,
    allow: str | None,
    *,
    kept: bool = True,
    vary: bool = False,
    preflight: bool = False,
) -> CorsAnswer:
    return CorsAnswer(
        origin=origin, allow_origin=allow, allow_credentials=False, status=200, kept=kept,
        vary_origin=vary, preflight=preflight,
    )  # fmt: skip


def judged(*declared: CorsAnswer, foreign: CorsAnswer | None = None) -> Outcome:
    fact = Cors(
        subject=route_subject(URL, DOMAIN), at=AT, how="curl", answers=(foreign or answer(EVIL, None),),
        route=route(URL, "api", cors=(APP, WWW)), declared=declared,
    )  # fmt: skip
    return outcome(cors_answer_kept_for_one_origin, fact)


def test_a_name_without_vary_that_caches_may_keep_is_a_risk() -> None:
    found = judged(answer(APP, APP), answer(WWW, WWW))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert "Vary" in found.detail


def test_the_answer_without_a_name_needs_the_vary_as_much() -> None:
    found = judged(answer(APP, APP, vary=True), foreign=answer(EVIL, None))
    assert found.status == "failed"


@pytest.mark.parametrize("more", [{"vary": True}, {"kept": False}])
def test_what_varies_or_is_not_kept_passes(more: dict[str, bool]) -> None:
    found = judged(answer(APP, APP, **more), foreign=answer(EVIL, None, **more))
    assert found.status == "passed"


def test_a_preflight_is_kept_by_no_shared_cache() -> None:
    heard = answer(APP, APP, vary=True), answer(APP, APP, preflight=True)
    assert judged(*heard, foreign=answer(EVIL, None, vary=True)).status == "passed"


def test_one_name_for_everybody_needs_no_vary() -> None:
    assert judged(answer(APP, APP), foreign=answer(EVIL, APP)).status == "passed"


@pytest.mark.parametrize("allow", [None, "*"])
def test_where_no_origin_is_named_there_is_nothing_to_mix_up(allow: str | None) -> None:
    found = judged(answer(APP, allow), foreign=answer(EVIL, allow))
    assert found.status == "not_applicable"


def test_a_route_that_names_whoever_asks_is_judged_for_that() -> None:
    found = judged(answer(APP, APP), foreign=answer(EVIL, EVIL))
    assert found.status == "not_applicable"


def test_a_gap_is_unknown() -> None:
    missing = gap(Cors, route_subject(URL, DOMAIN))
    assert outcome(cors_answer_kept_for_one_origin, missing).status == "unknown"
