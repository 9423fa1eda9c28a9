"""What follows from guard's caching being off is folded under it, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.caching.cookies import cookie_in_cacheable_answer
from launchready.checks.caching.shared import private_answer_storable
from launchready.checks.caching.static import static_not_cached_long
from launchready.checks.guard import guard_part_off
from launchready.facts import Fact, Gap, host_subject, url_subject
from launchready.facts.guarding import GuardFigures
from launchready.facts.http import Repeat
from launchready.facts.ways import Visit
from launchready.judge import judge
from launchready.verdict import Verdict, decide
from tests.checks.test_guard import HOST, told, unreadable
from tests.making import AT, DOMAIN, declared, exchange, gap, visit

LOGIN = f"https://app.{DOMAIN}/login"
FILE = f"https://app.{DOMAIN}/assets/app.3f9c2d1a.js"
ROUTES = f'[launch]\ndomain = "{DOMAIN}"\n[routes]\n"app.{DOMAIN}/login" = "auth"\n'
STATIC = f'"app.{DOMAIN}/assets/app.3f9c2d1a.js" = "static"\n'
BY_GUARD = {"x-request-id": "0123456789abcdef"}
CHECKS = [
    guard_part_off,
    private_answer_storable,
    static_not_cached_long,
    cookie_in_cacheable_answer,
]


def login(**fields: str) -> Visit:
    """Return a visit of the log-in page, which sets a cookie."""
    said = (
        BY_GUARD | {"set-cookie": "session=1"} | {n.replace("_", "-"): v for n, v in fields.items()}
    )
    return visit(exchange(LOGIN, headers=said), kind="auth")


def file(url: str = FILE, **fields: str) -> Repeat:
    said = BY_GUARD | {n.replace("_", "-"): v for n, v in fields.items()}
    answer = exchange(url, headers=said)
    subject = url_subject(url, DOMAIN)
    return Repeat(subject=subject, at=AT, how="test", first=answer, second=answer)


def verdict(*found: Fact | Gap, routes: str = ROUTES + STATIC) -> Verdict:
    observed = {f.key: f for f in (declared(routes), *found)}
    return decide(observed, observed, judge(CHECKS, observed))


def causes(found: Verdict) -> list[str]:
    return [f.check.id for f in found.findings]


def test_pages_and_files_are_folded_under_a_guard_without_caching() -> None:
    found = verdict(told("caching"), login(), file())
    assert causes(found) == ["guard-part-off"]
    under = {c.check.id for c in found.findings[0].consequences}
    assert under == {"private-answer-storable", "static-not-cached-long"}


def test_it_weighs_as_much_as_the_gravest_thing_that_follows() -> None:
    members = visit(exchange(f"https://app.{DOMAIN}/members", headers=BY_GUARD), kind="private")
    assert not verdict(told("caching"), members).go


def test_a_page_for_everybody_whose_cookie_caches_may_keep_is_folded_too() -> None:
    front = exchange(f"https://app.{DOMAIN}/", headers=BY_GUARD | {"set-cookie": "session=1"})
    assert causes(verdict(told("caching"), visit(front))) == ["guard-part-off"]


@pytest.mark.parametrize(
    "figures",
    [told(), told("limits"), told("limits", "logs"), unreadable(404), gap(GuardFigures, HOST)],
)
def test_they_stand_for_themselves_unless_guards_caching_is_known_to_be_off(
    figures: Fact | Gap,
) -> None:
    found = verdict(figures, login(), file())
    assert {"private-answer-storable", "static-not-cached-long"} <= set(causes(found))
    assert all(not f.consequences for f in found.findings)


def test_limits_and_caching_that_are_both_off_are_one_finding() -> None:
    found = verdict(told("limits", "caching"), login(), file())
    assert causes(found) == ["guard-part-off"]
    assert len(found.findings[0].consequences) == 2


@pytest.mark.parametrize("name", ["cache_control", "cdn_cache_control"])
def test_what_somebody_says_to_caches_is_not_folded(name: str) -> None:
    found = verdict(told("caching"), login(**{name: "public, max-age=600"}))
    assert sorted(causes(found)) == ["guard-part-off", "private-answer-storable"]


def test_a_file_that_is_given_a_short_life_is_not_folded() -> None:
    found = verdict(told("caching"), file(cache_control="max-age=3600"))
    assert sorted(causes(found)) == ["guard-part-off", "static-not-cached-long"]


def test_a_page_of_which_one_answer_speaks_for_itself_is_not_folded() -> None:
    moved = exchange(LOGIN, status=301, headers=BY_GUARD | {"location": "/start"})
    kept = BY_GUARD | {"cache-control": "public, max-age=600"}
    start = exchange(f"https://app.{DOMAIN}/start", headers=kept)
    found = verdict(told("caching"), visit(moved, start, kind="auth"))
    assert sorted(causes(found)) == ["guard-part-off", "private-answer-storable"]
    assert "301" in found.findings[0].failure.observed + found.findings[1].failure.observed


def test_what_something_in_front_of_guard_answers_is_not_folded() -> None:
    found = verdict(told("caching"), login(x_request_id=""), file(x_request_id=""))
    assert len(causes(found)) == 3


def test_a_file_that_guard_would_not_keep_either_is_not_folded() -> None:
    found = verdict(told("caching"), file(), routes=ROUTES)
    assert sorted(causes(found)) == ["guard-part-off", "static-not-cached-long"]


def test_a_file_on_a_host_whose_guard_was_not_asked_is_not_folded() -> None:
    elsewhere = f"https://static.{DOMAIN}/assets/app.3f9c2d1a.js"
    declared_there = f'"static.{DOMAIN}/assets/app.3f9c2d1a.js" = "static"\n'
    found = verdict(told("caching"), file(elsewhere), routes=ROUTES + declared_there)
    assert sorted(causes(found)) == ["guard-part-off", "static-not-cached-long"]


def test_figures_of_another_host_that_are_off_explain_nothing_here() -> None:
    elsewhere = host_subject(f"static.{DOMAIN}", DOMAIN)
    found = verdict(replace(told("caching"), subject=elsewhere), login())
    assert sorted(causes(found)) == ["guard-part-off", "private-answer-storable"]
