from __future__ import annotations

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.sign_in.throttle import LIMIT_SHOWS_BY
from launchready.expected import THROTTLED_KINDS
from launchready.guard.limits.rules import Rule, account_name, hits, is_attempt, rules_for
from launchready.guard.limits.throttle import Throttle
from launchready.manifest import RouteEntry, RouteKind

KINDS = sorted(THROTTLED_KINDS)


def route(kind: str, **more: typing.Any) -> RouteEntry:
    return RouteEntry(kind=typing.cast("RouteKind", kind), **more)


async def let_in(rules: tuple[Rule, ...], tries: int, *, each: bool = False) -> int:
    """Return how many tries of a stranger are let in; `each` time with another account's name."""
    throttle = Throttle()
    number = 0
    for number in range(tries):
        account = f"nobody{number if each else ''}@example.org"
        tally = await throttle.hit_all(hits(rules, client="203.0.113.7", account=account))
        if not tally.allowed:
            return number
    return tries


@pytest.mark.parametrize("kind", KINDS)
async def test_a_limit_shows_within_what_the_audit_tries(kind: RouteKind) -> None:
    tries = LIMIT_SHOWS_BY[kind]
    assert await let_in(rules_for(route(kind)), tries) < tries
    assert await let_in(rules_for(route(kind)), tries, each=True) < tries


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [2, 10, 60])
async def test_a_declared_limit_shows_by_its_number_and_not_much_before(
    kind: str, limit: int
) -> None:
    rules = rules_for(route(kind, limit=limit))
    assert await let_in(rules, 60, each=True) == limit - 1


def test_the_kinds_that_the_audit_tries_are_those_with_limits() -> None:
    kinds = typing.get_args(RouteKind)
    assert {kind for kind in kinds if rules_for(route(kind))} == THROTTLED_KINDS


def test_a_limit_declared_for_any_other_route_holds_too() -> None:
    (rule,) = rules_for(route("api", limit=30))
    assert (rule.requests, rule.window_s, rule.by) == (29, 60, "address")


def test_routes_of_a_kind_share_their_counts_unless_one_has_a_limit_of_its_own() -> None:
    names = [{r.name for r in rules_for(route("auth", **more))} for more in ({}, {"limit": 5})]
    assert names == [{"auth-address", "auth-account"}, {"auth-address-4", "auth-account"}]


async def test_an_office_behind_one_address_logs_in_together() -> None:
    throttle, rules = Throttle(), rules_for(route("auth"))
    for number in range(100):
        attempt = hits(rules, client="203.0.113.7", account=f"member{number}@example.org")
        assert (await throttle.hit_all(attempt)).allowed
        for rule, who in attempt:
            assert rule.counts == "wrong"
            await throttle.forgive(rule, who)


async def test_a_member_mistypes_five_times_and_gets_in() -> None:
    assert await let_in(rules_for(route("auth")), 6) == 6


async def test_a_guesser_with_an_account_gains_nothing_by_logging_in_between() -> None:
    throttle, rules = Throttle(), rules_for(route("auth"))
    guesses = 0
    for number in range(200):
        own = hits(rules, client="203.0.113.7", account="guesser@example.org")
        if (await throttle.hit_all(own)).allowed:
            for rule, who in own:
                await throttle.forgive(rule, who)
        guess = hits(rules, client="203.0.113.7", account=f"victim{number}@example.org")
        guesses += (await throttle.hit_all(guess)).allowed
    assert guesses == 15


async def test_many_addresses_do_not_get_around_the_count_by_account() -> None:
    throttle, rules = Throttle(), rules_for(route("auth"))
    allowed = 0
    for number in range(100):
        attempt = hits(rules, client=f"203.0.113.{number}", account="ana@example.org")
        allowed += (await throttle.hit_all(attempt)).allowed
    assert allowed == 10


def test_chat_counts_by_member_and_by_address_only_of_who_is_not_signed_in() -> None:
    rules = rules_for(route("chat"))
    member = hits(rules, client="203.0.113.7", member="17")
    assert [(r.name, who) for r, who in member] == [("chat-member", "17")]
    stranger = hits(rules, client="203.0.113.7")
    assert [(r.name, who) for r, who in stranger] == [("chat-address", "203.0.113.7")]


def test_an_ipv6_visitor_counts_by_network() -> None:
    rules = rules_for(route("webhook"))
    assert hits(rules, client="2001:db8::1")[0][1] == hits(rules, client="2001:db8::2")[0][1]


def test_without_a_name_typed_only_the_address_counts() -> None:
    found = hits(rules_for(route("auth")), client="203.0.113.7", account=" ")
    assert [rule.name for rule, _ in found] == ["auth-address"]


def test_a_form_that_is_only_shown_is_no_attempt() -> None:
    login, link = route("auth"), route("invite", method="GET")
    attempts = [m for m in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "X") if is_attempt(login, m)]
    assert attempts == ["POST", "PUT", "X"]
    assert is_attempt(link, "GET")
    assert is_attempt(link, "HEAD")


@given(st.text(max_size=40), st.integers(0, 1000))
def test_blanks_around_a_name_do_not_make_it_another(name: str, blanks: int) -> None:
    assert account_name(" " * blanks + name + "\n") == account_name(name)


def test_capitals_and_wide_letters_are_the_same_account() -> None:
    wide = "\uff41\uff4e\uff41@example.ORG"
    assert account_name("Ana@Example.org") == account_name(wide) == "ana@example.org"


def test_a_name_of_any_length_is_counted_by_its_beginning() -> None:
    assert len(account_name("a" * 10_000)) == 320


@pytest.mark.parametrize(
    "unseen", ["\x00", "\x1f", "\x7f", "\x85", "\u200b", "\u202e", "\u2066", "\ud800"]
)
def test_what_nobody_sees_in_a_name_gives_no_count_of_its_own(unseen: str) -> None:
    assert account_name(f"a{unseen}na@{unseen * 400}example.org") == "ana@example.org"
