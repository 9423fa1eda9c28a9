"""The policy that DMARC finds for a domain, and whose authentication is aligned (RFC 9989)."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.dmarc import evaluate_dmarc
from launchready.mailauth.lookups import arun, run
from tests.mailauth.mail_zones import Zones, evaluated


def test_the_author_domains_own_record_gives_p() -> None:
    found = evaluated("example.test", {"example.test": "v=DMARC1; p=reject; sp=none; np=none"})
    assert (found.policy_domain, found.organizational_domain) == ("example.test", "example.test")
    assert (found.policy, found.policy_tag) == ("reject", "p")


def test_an_existing_subdomain_gets_sp() -> None:
    found = evaluated(
        "news.example.test",
        {"example.test": "v=DMARC1; p=reject; sp=quarantine; np=none"},
        names=["news.example.test"],
    )
    assert (found.policy_domain, found.policy, found.policy_tag) == (
        "example.test",
        "quarantine",
        "sp",
    )


def test_a_subdomain_that_does_not_exist_gets_np() -> None:
    found = evaluated(
        "no.example.test", {"example.test": "v=DMARC1; p=none; sp=quarantine; np=reject"}
    )
    assert (found.policy, found.policy_tag) == ("reject", "np")


@pytest.mark.parametrize(
    ("tags", "policy"), [("sp=quarantine", "quarantine"), ("p=reject", "reject")]
)
def test_without_np_a_missing_subdomain_gets_sp_and_else_p(tags: str, policy: str) -> None:
    record = f"v=DMARC1; p=reject; {tags}" if tags.startswith("sp") else f"v=DMARC1; {tags}"
    assert evaluated("no.example.test", {"example.test": record}).policy == policy


def test_a_name_that_only_has_names_below_exists() -> None:
    found = evaluated(
        "ent.example.test",
        {"example.test": "v=DMARC1; p=none; sp=quarantine; np=reject"},
        names=["deep.ent.example.test"],
    )
    assert found.policy_tag == "sp"


@pytest.mark.parametrize(
    ("p", "policy"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")]
)
def test_test_mode_asks_for_one_level_less(p: str, policy: str) -> None:
    found = evaluated("example.test", {"example.test": f"v=DMARC1; p={p}; t=y"})
    assert (found.published_policy, found.policy, found.testing) == (p, policy, True)


def test_a_removed_percentage_has_no_effect() -> None:
    found = evaluated("example.test", {"example.test": "v=DMARC1; p=reject; pct=0"})
    assert found.policy == "reject"
    assert found.leftovers == (("pct", "0"),)


@pytest.mark.parametrize("tags", ["", "p=x;", "p=reject; sp=x;", "p=reject; np=x;", "sp=reject;"])
def test_an_unsound_policy_with_reports_counts_as_none(tags: str) -> None:
    found = evaluated(
        "example.test", {"example.test": f"v=DMARC1; {tags} rua=mailto:a@example.test"}
    )
    assert (found.policy, found.result) == ("none", "fail")


@pytest.mark.parametrize("rua", ["", "rua=a@example.test"])
def test_an_unsound_policy_without_reports_means_no_dmarc(rua: str) -> None:
    found = evaluated("example.test", {"example.test": f"v=DMARC1; p=x; {rua}"})
    assert (found.policy, found.result) == (None, "none")
    assert found.problems


def test_no_record_anywhere_means_no_dmarc() -> None:
    found = evaluated("a.example.test", {}, spf_domain="a.example.test")
    assert (found.policy_domain, found.policy, found.result) == (None, None, "none")
    assert found.organizational_domain == "a.example.test"


def test_several_records_at_one_name_are_all_ignored() -> None:
    found = evaluated(
        "a.example.test",
        {
            "a.example.test": ["v=DMARC1; p=none", "v=DMARC1; p=none"],
            "example.test": "v=DMARC1; p=reject",
        },
    )
    assert found.policy_domain == "example.test"
    assert any("2 records" in problem for problem in found.problems)


def test_other_text_beside_the_record_does_not_matter() -> None:
    found = evaluated("example.test", {"example.test": ["v=spf1 -all", "v=DMARC1; p=reject"]})
    assert found.policy == "reject"


_RELAXED = {"example.test": "v=DMARC1; p=reject"}
_STRICT = {"example.test": "v=DMARC1; p=reject; aspf=s; adkim=s"}


@pytest.mark.parametrize(
    ("records", "author", "spf", "aligned"),
    [
        (_RELAXED, "example.test", "example.test", True),
        (_RELAXED, "example.test", "bounce.example.test", True),
        (_RELAXED, "news.example.test", "bounce.example.test", True),
        (_RELAXED, "news.example.test", "example.test", True),
        (_RELAXED, "example.test", "EXAMPLE.TEST.", True),
        (_RELAXED, "example.test", "badexample.test", False),
        (_RELAXED, "example.test", "example.test.evil.test", False),
        (_RELAXED, "example.test", "test", False),
        (_RELAXED, "example.test", "", False),
        (_RELAXED, "example.test", "[192.0.2.1]", False),
        (_STRICT, "example.test", "example.test", True),
        (_STRICT, "example.test", "bounce.example.test", False),
        (
            {**_RELAXED, "own.example.test": "v=DMARC1; p=none; psd=n"},
            "example.test",
            "own.example.test",
            False,
        ),
        ({"test": "v=DMARC1; p=none; psd=y"}, "a.example.test", "b.example.test", True),
        ({"test": "v=DMARC1; p=none; psd=y"}, "a.example.test", "a.other.test", False),
    ],
)
def test_alignment_compares_organizational_domains(
    records: dict[str, str | list[str]], author: str, spf: str, aligned: bool
) -> None:
    found = evaluated(author, records, spf_domain=spf)
    assert found.spf_aligned is aligned
    assert found.result == ("pass" if aligned else "fail")
    dkim = evaluated(author, records, dkim_domains=["evil.test", spf])
    assert dkim.dkim_aligned is aligned
    assert dkim.result == found.result


def test_strictness_is_a_matter_of_each_method() -> None:
    record: dict[str, str | list[str]] = {"example.test": "v=DMARC1; p=reject; aspf=s"}
    found = evaluated(
        "example.test", record, spf_domain="a.example.test", dkim_domains=["a.example.test"]
    )
    assert (found.spf_aligned, found.dkim_aligned, found.result) == (False, True, "pass")


def test_without_authenticated_domains_the_result_is_fail_and_alignment_unknown() -> None:
    found = evaluated("example.test", _RELAXED)
    assert (found.result, found.spf_aligned, found.dkim_aligned) == ("fail", None, None)


@pytest.mark.parametrize(
    "domain",
    ["", ".", "[192.0.2.1]", "192.0.2.1", "2001:db8::1", "a..b", "-a.test", "a b.test", "a" * 300],
)
def test_what_is_no_domain_is_a_permanent_error(domain: str) -> None:
    found = evaluated(domain, {})
    assert (found.result, found.policy) == ("permerror", None)


@pytest.mark.parametrize("domain", ["EXAMPLE.Test", "example.test.", " example.test "])
def test_a_domain_is_compared_without_case_and_final_dot(domain: str) -> None:
    assert evaluated(domain, _RELAXED).policy_domain == "example.test"


def test_a_name_of_another_script_becomes_a_labels() -> None:
    found = evaluated(
        "faß.test", {"xn--fa-hia.test": "v=DMARC1; p=reject"}, spf_domain="xn--fa-hia.test"
    )
    assert (found.policy_domain, found.result) == ("xn--fa-hia.test", "pass")


def test_an_equal_domain_is_aligned_whatever_the_dns_hides() -> None:
    found = evaluated(
        "a.example.test",
        {"a.example.test": "v=DMARC1; p=reject"},
        failing=["_dmarc.example.test"],
        dkim_domains=["a.example.test"],
    )
    assert found.result == "pass"


def test_when_existence_is_unknown_the_domain_counts_as_existing_and_that_is_told() -> None:
    found = evaluated(
        "a.example.test",
        {"example.test": "v=DMARC1; p=none; sp=quarantine; np=reject"},
        failing=["a.example.test"],
    )
    assert (found.policy, found.policy_tag) == ("quarantine", "sp")
    assert "whether the domain exists could not be asked; np= may apply instead" in found.problems


def test_a_record_of_the_wrong_case_is_reported() -> None:
    found = evaluated("example.test", {"example.test": "v=dmarc1; p=reject"})
    assert found.result == "none"
    assert any("no policy record" in problem for problem in found.problems)


async def test_the_asynchronous_driver_gives_the_same() -> None:
    zones = Zones({"_dmarc.example.test": {"TXT": ["v=DMARC1; p=reject"]}})
    later = await arun(evaluate_dmarc("a.example.test", spf_domain="example.test"), zones.later)
    assert later == run(evaluate_dmarc("a.example.test", spf_domain="example.test"), zones)


def test_the_result_can_be_written_as_plain_data() -> None:
    found = asdict(evaluated("a.example.test", _RELAXED, dkim_domains=["example.test"]))
    assert found["alignments"][0]["aligned"] is True


_LABEL = st.sampled_from(["a", "b", "mail", "example", "com"])
_NAME = st.lists(_LABEL, min_size=1, max_size=11).map(".".join)
_RECORD = st.sampled_from(
    [
        "v=DMARC1; p=reject",
        "v=DMARC1; p=none; psd=y",
        "v=DMARC1; p=none; psd=n",
        "v=DMARC1; rua=mailto:a@b.test",
        "v=DMARC1",
        "other",
    ]
)


@given(_NAME, st.dictionaries(_NAME, st.lists(_RECORD, max_size=2), max_size=6), _NAME)
def test_relaxed_alignment_is_the_same_from_both_sides(
    author: str, records: dict[str, list[str]], other: str
) -> None:
    one = evaluated(author, {**records}, spf_domain=other)
    two = evaluated(other, {**records}, spf_domain=author)
    assert author == one.organizational_domain or author.endswith(f".{one.organizational_domain}")
    if one.spf_aligned is not None and two.spf_aligned is not None:
        assert one.spf_aligned == two.spf_aligned


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=40), max_size=4))
def test_no_input_makes_the_evaluation_raise(author: str, spf: str, dkim: list[str]) -> None:
    found = evaluated(author, {"test": "v=DMARC1; p=none"}, spf_domain=spf, dkim_domains=dkim)
    assert found.result in {"pass", "fail", "none", "permerror"}
