"""Walks up the tree of names: which domains are asked, and which one is the organizational domain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.dmarc import evaluate_dmarc
from launchready.mailauth.dmarc_walk import walk, walk_names
from launchready.mailauth.lookups import run
from tests.mailauth.mail_zones import Zones, evaluated

_RELAXED = {"example.test": "v=DMARC1; p=reject"}


def test_a_long_name_is_walked_in_the_eight_steps_of_the_rfc() -> None:
    assert walk_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


@pytest.mark.parametrize("labels", range(1, 40))
def test_a_walk_never_has_more_than_eight_steps(labels: int) -> None:
    names = walk_names(".".join("abcdefghijklmnopqrstuvwxyzabcdefghijklmn"[:labels]))
    assert len(names) == min(labels, 8)
    assert len(set(names)) == len(names)


def test_a_walk_alone_finds_the_organizational_domain() -> None:
    found = run(
        walk("a.mail.example.test"), Zones({"_dmarc.example.test": {"TXT": ["v=DMARC1; p=none"]}})
    )
    assert (found.organizational_domain, found.settled) == ("example.test", True)
    assert [stop.found for stop in found.stops] == ["none", "none", "record", "none"]


# The three examples of RFC 9989, 4.10.2.
def test_the_record_with_the_fewest_labels_marks_the_organizational_domain() -> None:
    found = evaluated(
        "a.mail.example.test",
        {"mail.example.test": "v=DMARC1; p=none", "example.test": "v=DMARC1; p=reject"},
    )
    assert found.organizational_domain == "example.test"
    assert found.policy_domain == "example.test"


def test_psd_n_marks_the_organizational_domain_and_ends_the_walk() -> None:
    found = evaluated(
        "a.mail.example.test",
        {
            "mail.example.test": "v=DMARC1; p=none; psd=n",
            "example.test": "v=DMARC1; p=reject",
        },
    )
    assert (found.organizational_domain, found.policy_domain) == (
        "mail.example.test",
        "mail.example.test",
    )
    assert [stop.domain for stop in found.walked] == ["a.mail.example.test", "mail.example.test"]


def test_psd_y_marks_the_domain_below_it() -> None:
    found = evaluated("a.mail.example.test", {"test": "v=DMARC1; p=reject; psd=y"})
    assert found.organizational_domain == "example.test"
    assert found.policy_domain == "test"


def test_a_public_suffix_that_sends_mail_is_its_own_organizational_domain() -> None:
    found = evaluated("gov.test", {"gov.test": "v=DMARC1; p=reject; psd=y; sp=none"})
    assert (found.organizational_domain, found.policy) == ("gov.test", "reject")


def test_a_public_suffixs_policy_is_not_used_beside_the_organizational_domains() -> None:
    found = evaluated(
        "a.example.gov.test",
        {"gov.test": "v=DMARC1; p=reject; psd=y", "example.gov.test": "v=DMARC1; p=none"},
        names=["a.example.gov.test"],
    )
    assert (found.organizational_domain, found.policy) == ("example.gov.test", "none")


def test_a_record_between_author_and_organizational_domain_gives_no_policy() -> None:
    found = evaluated(
        "a.b.example.test",
        {"b.example.test": "v=DMARC1; p=reject", "test": "v=DMARC1; p=none; psd=y"},
        names=["a.b.example.test"],
    )
    assert found.organizational_domain == "example.test"
    assert (found.policy_domain, found.policy) == ("test", "none")


def test_a_single_label_is_asked_once() -> None:
    zones = Zones({})
    assert run(evaluate_dmarc("localhost"), zones).result == "none"
    assert [question.name for question in zones.asked] == ["_dmarc.localhost", "localhost"]


def test_an_error_at_the_only_place_of_a_record_is_temporary() -> None:
    found = evaluated("example.test", {}, failing=["_dmarc.example.test"])
    assert (found.result, found.policy) == ("temperror", None)


def test_an_error_below_the_record_leaves_the_policy_open() -> None:
    found = evaluated(
        "a.example.test",
        _RELAXED,
        names=["a.example.test"],
        failing=["_dmarc.a.example.test"],
        spf_domain="b.example.test",
    )
    assert found.result == "temperror"


def test_a_top_level_domain_that_does_not_answer_hinders_nothing() -> None:
    found = evaluated(
        "example.test", _RELAXED, failing=["_dmarc.test"], spf_domain="b.example.test"
    )
    assert found.result == "pass"
    assert any("_dmarc.test could not be asked" in problem for problem in found.problems)


def test_no_more_than_eight_questions_are_asked_for_one_domain_and_its_existence() -> None:
    zones = Zones({})
    run(evaluate_dmarc(".".join("abcdefghijklmnop")), zones)
    assert len(zones.asked) == 9


def _by_the_letter(records: dict[str, str], start: str) -> str:
    """RFC 9989, 4.10 and 4.10.2, step by step; `records` says psd of each name that has one."""
    labels = start.split(".")
    labels = labels[1:] if len(labels) < 8 else labels[-7:]
    targets = [start, *(".".join(labels[at:]) for at in range(len(labels)))]
    found: list[str] = []
    for target in targets:
        if target in records:
            found.append(target)
            if records[target] != "u":
                break
    for domain in found:
        if records[domain] == "n":
            return domain
        if records[domain] == "y" and domain != start:
            return ".".join(start.split(".")[-(domain.count(".") + 2) :])
    return min(found, key=lambda domain: domain.count("."), default=start)


@given(
    depth=st.integers(1, 14),
    psd=st.lists(st.sampled_from(["", "", "u", "y", "n"]), min_size=14, max_size=14),
)
def test_any_tree_has_the_organizational_domain_that_the_rfc_reads_out(
    depth: int, psd: list[str]
) -> None:
    names = [".".join("abcdefghijklmn"[at:depth]) for at in range(depth)]
    records = {name: said for name, said in zip(names, psd, strict=False) if said}
    zones = Zones(
        {
            f"_dmarc.{name}": {"TXT": [f"v=DMARC1; p=none; psd={said}"]}
            for name, said in records.items()
        }
    )
    assert run(walk(names[0]), zones).organizational_domain == _by_the_letter(records, names[0])
