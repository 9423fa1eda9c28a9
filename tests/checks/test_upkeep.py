from __future__ import annotations

from launchready.checks.upkeep import (
    more_than_a_launch_needs,
    no_ai_spending_limit,
    no_rollback_named,
    nobody_named,
    only_one_person_can_reach,
)
from tests.making import declared, outcome

LAUNCH = '[launch]\ndomain = "example.org"\n'
CHAT = '[routes]\n"example.org/chat" = "chat"\n'


def test_a_launch_with_everybody_named_passes() -> None:
    people = '[people]\ndomain="A"\ndns="A"\nhosting="A"\nmail="A"\n'
    assert outcome(nobody_named, declared(LAUNCH + people)).status == "passed"


def test_a_thing_that_nobody_owns_fails_and_is_named() -> None:
    people = '[people]\ndomain="A"\nhosting="A"\nmail="A"\n'
    found = outcome(nobody_named, declared(LAUNCH + people))
    assert found.status == "failed"
    assert found.detail == "nobody named for dns"


def test_payments_need_an_owner_only_where_something_is_paid() -> None:
    people = '[people]\ndomain="A"\ndns="A"\nhosting="A"\nmail="A"\n'
    paid = LAUNCH + people + '[routes]\n"example.org/pay" = "checkout"\n'
    assert outcome(nobody_named, declared(paid)).detail == "nobody named for payments"


def test_without_a_manifest_the_owners_are_unknown() -> None:
    found = outcome(nobody_named, declared(from_file=False))
    assert (found.status, found.ours) == ("unknown", True)


def test_two_people_for_each_thing_pass() -> None:
    people = '[people]\ndomain=["A","B"]\ndns=["A","B"]\n'
    assert outcome(only_one_person_can_reach, declared(LAUNCH + people)).status == "passed"


def test_one_person_named_twice_is_one_person() -> None:
    people = '[people]\ndomain=["A","A"]\n'
    found = outcome(only_one_person_can_reach, declared(LAUNCH + people))
    assert found.detail == "one person for domain"


def test_nobody_named_at_all_is_left_to_the_other_check() -> None:
    assert outcome(only_one_person_can_reach, declared()).status == "not_applicable"


def test_who_can_reach_what_is_unknown_without_a_manifest() -> None:
    assert outcome(only_one_person_can_reach, declared(from_file=False)).status == "unknown"


def test_a_named_rollback_passes() -> None:
    toml = LAUNCH + '[deployment]\nrollback = "fly releases rollback"\n'
    assert outcome(no_rollback_named, declared(toml)).status == "passed"


def test_no_rollback_fails() -> None:
    assert outcome(no_rollback_named, declared()).status == "failed"


def test_a_rollback_is_unknown_without_a_manifest() -> None:
    assert outcome(no_rollback_named, declared(from_file=False)).status == "unknown"


def test_a_chat_with_a_spending_limit_passes() -> None:
    toml = LAUNCH + CHAT + "[budgets]\nai_monthly = 200\n"
    assert outcome(no_ai_spending_limit, declared(toml)).status == "passed"


def test_a_chat_without_a_spending_limit_fails() -> None:
    assert outcome(no_ai_spending_limit, declared(LAUNCH + CHAT)).status == "failed"


def test_a_limit_of_nothing_is_no_limit() -> None:
    toml = LAUNCH + CHAT + "[budgets]\nai_monthly = 0\n"
    assert outcome(no_ai_spending_limit, declared(toml)).status == "failed"


def test_a_found_chat_without_a_manifest_is_unknown() -> None:
    assert (
        outcome(no_ai_spending_limit, declared(LAUNCH + CHAT, from_file=False)).status == "unknown"
    )


def test_no_chatbot_needs_no_limit() -> None:
    assert outcome(no_ai_spending_limit, declared()).status == "not_applicable"


def test_one_of_each_is_enough_for_a_launch() -> None:
    assert outcome(more_than_a_launch_needs, declared()).status == "passed"


def test_regions_shards_and_caches_are_each_said() -> None:
    toml = LAUNCH + '[deployment]\nregions = 3\nshards = 4\ncaches = ["varnish", "redis"]\n'
    found = outcome(more_than_a_launch_needs, declared(toml))
    assert found.detail == "3 regions, a database in 4 pieces, 2 caches (varnish, redis)"


def test_the_set_up_is_unknown_without_a_manifest() -> None:
    assert outcome(more_than_a_launch_needs, declared(from_file=False)).status == "unknown"
