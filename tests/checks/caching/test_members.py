"""What caches may keep of the private page as the test member got it."""

from __future__ import annotations

import pytest

from launchready.checks.caching.members import member_page_storable
from launchready.facts import Key, Subject
from launchready.facts.active import OPEN_TO_OTHERS, JourneyStep, SignIn
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import Outcome, Severity
from tests.making import AT, HOST, declared, exchange, gap, outcome, visit

URL = "https://example.org/members"
MEMBER = Subject("account", "member at https://example.org/login", HOST)
LED = visit(
    exchange(URL, status=302, headers={"Location": "/login", "Cache-Control": "private, no-store"}),
    exchange("https://example.org/login", headers={"Cache-Control": "no-store"}),
    kind="private",
)


def signed_in(opened: Exchange | None, *steps: JourneyStep) -> SignIn:
    return SignIn(
        subject=MEMBER, at=AT, how="test", entrance="https://example.org/login", steps=steps,
        opened=opened,
    )  # fmt: skip


def judged(seen: Visit = LED, *steps: JourneyStep, toml: str = "", **fields: str) -> Outcome:
    named = {n.replace("_", "-"): v for n, v in fields.items()}
    answer = exchange(URL, headers={"Content-Type": "text/html"} | named)
    launch = declared(f'[launch]\ndomain = "example.org"\n{toml}')
    return outcome(member_page_storable, signed_in(answer, *steps), launch, seen)


def test_a_page_that_says_nothing_may_be_kept_and_is_a_risk() -> None:
    found = judged()
    assert (found.status, found.severity) == ("failed", Severity.RISK)


@pytest.mark.parametrize("control", ["public, max-age=600", "s-maxage=60", "max-age=60"])
def test_a_page_that_asks_to_be_kept_is_a_blocker(control: str) -> None:
    found = judged(Cache_Control=control)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


@pytest.mark.parametrize("control", ["private", "no-store", "no-cache", "private, max-age=60"])
def test_a_page_that_no_cache_gives_to_others_passes(control: str) -> None:
    assert judged(Cache_Control=control).status == "passed"


def test_a_page_that_is_kept_for_the_same_session_alone_passes() -> None:
    assert judged(Vary="Cookie").status == "passed"


def test_a_page_that_asks_to_be_kept_beside_its_vary_is_a_risk() -> None:
    # Some CDNs take no notice of Vary.
    found = judged(Vary="Cookie", Cache_Control="public, max-age=600")
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_what_strangers_answers_tell_already_is_told_once() -> None:
    loose = visit(
        exchange(URL, status=302, headers={"Location": "/login", "Cache-Control": "max-age=60"}),
        exchange("https://example.org/login"),
        kind="private",
    )
    assert judged(loose).status == "not_applicable"


LOGIN = "https://example.org/login"
TOKEN = '<form><input type="hidden" name="csrf_token" value="7f3a91c04be2d85f">'


def test_a_header_that_the_whole_app_lacks_is_told_once() -> None:
    form = exchange(LOGIN, headers={"Content-Type": "text/html"}, body=TOKEN)
    assert judged(visit(form, kind="auth")).status == "not_applicable"


def test_a_lesser_finding_on_the_log_in_page_hides_nothing() -> None:
    form = exchange(LOGIN, headers={"Content-Type": "text/html"}, body="<form></form>")
    assert judged(visit(form, kind="auth")).status == "failed"


def test_a_copy_that_others_are_given_already_is_told_once() -> None:
    given = JourneyStep(name=OPEN_TO_OTHERS, passed=False, seen="200", wanted="refused")
    assert judged(LED, given).status == "not_applicable"


def test_a_page_that_the_manifest_lets_caches_keep_is_left_alone() -> None:
    toml = '[routes]\n"example.org/members" = { kind = "private", cacheable = true }\n'
    assert judged(toml=toml).status == "not_applicable"


def test_a_page_that_the_member_did_not_open_is_left_to_the_sign_in() -> None:
    found = outcome(member_page_storable, signed_in(None), LED)
    assert found.status == "not_applicable"


def test_without_a_sign_in_it_is_unknown() -> None:
    found = outcome(member_page_storable, gap(SignIn, MEMBER), LED)
    assert (found.status, found.because) == ("unknown", Key(SignIn, MEMBER))
