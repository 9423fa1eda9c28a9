from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.dmarc import DmarcResult, evaluate_dmarc
from launchready.mailauth.dmarc_record import parse_dmarc
from launchready.mailauth.dmarc_reports import audit_report_addresses
from launchready.mailauth.dmarc_walk import walk, walk_names
from launchready.mailauth.lookups import arun, run
from tests.mailauth.mail_zones import Zones


def _evaluate(
    domain: str,
    records: Mapping[str, str | list[str]],
    *,
    names: Iterable[str] = (),
    failing: Iterable[str] = (),
    **given_domains: Any,
) -> DmarcResult:
    zone: dict[str, dict[str, list[str | tuple[bytes, ...] | tuple[int, str]]]] = {
        f"_dmarc.{name}": {"TXT": [text] if isinstance(text, str) else [*text]}
        for name, text in records.items()
    }
    zone |= {name: {"A": ["192.0.2.1"]} for name in names}
    return run(evaluate_dmarc(domain, **given_domains), Zones(zone, failing=failing))


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


def test_the_author_domains_own_record_gives_p() -> None:
    found = _evaluate("example.test", {"example.test": "v=DMARC1; p=reject; sp=none; np=none"})
    assert (found.policy_domain, found.organizational_domain) == ("example.test", "example.test")
    assert (found.policy, found.policy_tag) == ("reject", "p")


def test_an_existing_subdomain_gets_sp() -> None:
    found = _evaluate(
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
    found = _evaluate(
        "no.example.test", {"example.test": "v=DMARC1; p=none; sp=quarantine; np=reject"}
    )
    assert (found.policy, found.policy_tag) == ("reject", "np")


@pytest.mark.parametrize(
    ("tags", "policy"), [("sp=quarantine", "quarantine"), ("p=reject", "reject")]
)
def test_without_np_a_missing_subdomain_gets_sp_and_else_p(tags: str, policy: str) -> None:
    record = f"v=DMARC1; p=reject; {tags}" if tags.startswith("sp") else f"v=DMARC1; {tags}"
    assert _evaluate("no.example.test", {"example.test": record}).policy == policy


def test_a_name_that_only_has_names_below_exists() -> None:
    found = _evaluate(
        "ent.example.test",
        {"example.test": "v=DMARC1; p=none; sp=quarantine; np=reject"},
        names=["deep.ent.example.test"],
    )
    assert found.policy_tag == "sp"


@pytest.mark.parametrize(
    ("p", "policy"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")]
)
def test_test_mode_asks_for_one_level_less(p: str, policy: str) -> None:
    found = _evaluate("example.test", {"example.test": f"v=DMARC1; p={p}; t=y"})
    assert (found.published_policy, found.policy, found.testing) == (p, policy, True)


def test_a_removed_percentage_has_no_effect() -> None:
    found = _evaluate("example.test", {"example.test": "v=DMARC1; p=reject; pct=0"})
    assert found.policy == "reject"
    assert found.leftovers == (("pct", "0"),)


@pytest.mark.parametrize("tags", ["", "p=x;", "p=reject; sp=x;", "p=reject; np=x;", "sp=reject;"])
def test_an_unsound_policy_with_reports_counts_as_none(tags: str) -> None:
    found = _evaluate(
        "example.test", {"example.test": f"v=DMARC1; {tags} rua=mailto:a@example.test"}
    )
    assert (found.policy, found.result) == ("none", "fail")


@pytest.mark.parametrize("rua", ["", "rua=a@example.test"])
def test_an_unsound_policy_without_reports_means_no_dmarc(rua: str) -> None:
    found = _evaluate("example.test", {"example.test": f"v=DMARC1; p=x; {rua}"})
    assert (found.policy, found.result) == (None, "none")
    assert found.problems


def test_no_record_anywhere_means_no_dmarc() -> None:
    found = _evaluate("a.example.test", {}, spf_domain="a.example.test")
    assert (found.policy_domain, found.policy, found.result) == (None, None, "none")
    assert found.organizational_domain == "a.example.test"


def test_several_records_at_one_name_are_all_ignored() -> None:
    found = _evaluate(
        "a.example.test",
        {
            "a.example.test": ["v=DMARC1; p=none", "v=DMARC1; p=none"],
            "example.test": "v=DMARC1; p=reject",
        },
    )
    assert found.policy_domain == "example.test"
    assert any("2 records" in problem for problem in found.problems)


def test_other_text_beside_the_record_does_not_matter() -> None:
    found = _evaluate("example.test", {"example.test": ["v=spf1 -all", "v=DMARC1; p=reject"]})
    assert found.policy == "reject"


# The three examples of RFC 9989, 4.10.2.
def test_the_record_with_the_fewest_labels_marks_the_organizational_domain() -> None:
    found = _evaluate(
        "a.mail.example.test",
        {"mail.example.test": "v=DMARC1; p=none", "example.test": "v=DMARC1; p=reject"},
    )
    assert found.organizational_domain == "example.test"
    assert found.policy_domain == "example.test"


def test_psd_n_marks_the_organizational_domain_and_ends_the_walk() -> None:
    found = _evaluate(
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
    found = _evaluate("a.mail.example.test", {"test": "v=DMARC1; p=reject; psd=y"})
    assert found.organizational_domain == "example.test"
    assert found.policy_domain == "test"


def test_a_public_suffix_that_sends_mail_is_its_own_organizational_domain() -> None:
    found = _evaluate("gov.test", {"gov.test": "v=DMARC1; p=reject; psd=y; sp=none"})
    assert (found.organizational_domain, found.policy) == ("gov.test", "reject")


def test_a_public_suffixs_policy_is_not_used_beside_the_organizational_domains() -> None:
    found = _evaluate(
        "a.example.gov.test",
        {"gov.test": "v=DMARC1; p=reject; psd=y", "example.gov.test": "v=DMARC1; p=none"},
        names=["a.example.gov.test"],
    )
    assert (found.organizational_domain, found.policy) == ("example.gov.test", "none")


def test_a_record_between_author_and_organizational_domain_gives_no_policy() -> None:
    found = _evaluate(
        "a.b.example.test",
        {"b.example.test": "v=DMARC1; p=reject", "test": "v=DMARC1; p=none; psd=y"},
        names=["a.b.example.test"],
    )
    assert found.organizational_domain == "example.test"
    assert (found.policy_domain, found.policy) == ("test", "none")


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
    found = _evaluate(author, records, spf_domain=spf)
    assert found.spf_aligned is aligned
    assert found.result == ("pass" if aligned else "fail")
    dkim = _evaluate(author, records, dkim_domains=["evil.test", spf])
    assert dkim.dkim_aligned is aligned
    assert dkim.result == found.result


def test_strictness_is_a_matter_of_each_method() -> None:
    record: dict[str, str | list[str]] = {"example.test": "v=DMARC1; p=reject; aspf=s"}
    found = _evaluate(
        "example.test", record, spf_domain="a.example.test", dkim_domains=["a.example.test"]
    )
    assert (found.spf_aligned, found.dkim_aligned, found.result) == (False, True, "pass")


def test_without_authenticated_domains_the_result_is_fail_and_alignment_unknown() -> None:
    found = _evaluate("example.test", _RELAXED)
    assert (found.result, found.spf_aligned, found.dkim_aligned) == ("fail", None, None)


@pytest.mark.parametrize(
    "domain",
    ["", ".", "[192.0.2.1]", "192.0.2.1", "2001:db8::1", "a..b", "-a.test", "a b.test", "a" * 300],
)
def test_what_is_no_domain_is_a_permanent_error(domain: str) -> None:
    found = _evaluate(domain, {})
    assert (found.result, found.policy) == ("permerror", None)


@pytest.mark.parametrize("domain", ["EXAMPLE.Test", "example.test.", " example.test "])
def test_a_domain_is_compared_without_case_and_final_dot(domain: str) -> None:
    assert _evaluate(domain, _RELAXED).policy_domain == "example.test"


def test_a_name_of_another_script_becomes_a_labels() -> None:
    found = _evaluate(
        "faß.test", {"xn--fa-hia.test": "v=DMARC1; p=reject"}, spf_domain="xn--fa-hia.test"
    )
    assert (found.policy_domain, found.result) == ("xn--fa-hia.test", "pass")


def test_a_single_label_is_asked_once() -> None:
    zones = Zones({})
    assert run(evaluate_dmarc("localhost"), zones).result == "none"
    assert [question.name for question in zones.asked] == ["_dmarc.localhost", "localhost"]


def test_an_error_at_the_only_place_of_a_record_is_temporary() -> None:
    found = _evaluate("example.test", {}, failing=["_dmarc.example.test"])
    assert (found.result, found.policy) == ("temperror", None)


def test_an_error_below_the_record_leaves_the_policy_open() -> None:
    found = _evaluate(
        "a.example.test",
        _RELAXED,
        names=["a.example.test"],
        failing=["_dmarc.a.example.test"],
        spf_domain="b.example.test",
    )
    assert found.result == "temperror"


def test_an_equal_domain_is_aligned_whatever_the_dns_hides() -> None:
    found = _evaluate(
        "a.example.test",
        {"a.example.test": "v=DMARC1; p=reject"},
        failing=["_dmarc.example.test"],
        dkim_domains=["a.example.test"],
    )
    assert found.result == "pass"


def test_when_existence_is_unknown_the_domain_counts_as_existing_and_that_is_told() -> None:
    found = _evaluate(
        "a.example.test",
        {"example.test": "v=DMARC1; p=none; sp=quarantine; np=reject"},
        failing=["a.example.test"],
    )
    assert (found.policy, found.policy_tag) == ("quarantine", "sp")
    assert "whether the domain exists could not be asked; np= may apply instead" in found.problems


def test_a_top_level_domain_that_does_not_answer_hinders_nothing() -> None:
    found = _evaluate(
        "example.test", _RELAXED, failing=["_dmarc.test"], spf_domain="b.example.test"
    )
    assert found.result == "pass"
    assert any("_dmarc.test could not be asked" in problem for problem in found.problems)


def test_a_record_of_the_wrong_case_is_reported() -> None:
    found = _evaluate("example.test", {"example.test": "v=dmarc1; p=reject"})
    assert found.result == "none"
    assert any("no policy record" in problem for problem in found.problems)


def test_no_more_than_eight_questions_are_asked_for_one_domain_and_its_existence() -> None:
    zones = Zones({})
    run(evaluate_dmarc(".".join("abcdefghijklmnop")), zones)
    assert len(zones.asked) == 9


async def test_the_asynchronous_driver_gives_the_same() -> None:
    zones = Zones({"_dmarc.example.test": {"TXT": ["v=DMARC1; p=reject"]}})
    later = await arun(evaluate_dmarc("a.example.test", spf_domain="example.test"), zones.later)
    assert later == run(evaluate_dmarc("a.example.test", spf_domain="example.test"), zones)


def test_the_result_can_be_written_as_plain_data() -> None:
    found = asdict(_evaluate("a.example.test", _RELAXED, dkim_domains=["example.test"]))
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
    one = _evaluate(author, {**records}, spf_domain=other)
    two = _evaluate(other, {**records}, spf_domain=author)
    assert author == one.organizational_domain or author.endswith(f".{one.organizational_domain}")
    if one.spf_aligned is not None and two.spf_aligned is not None:
        assert one.spf_aligned == two.spf_aligned


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=40), max_size=4))
def test_no_input_makes_the_evaluation_raise(author: str, spf: str, dkim: list[str]) -> None:
    found = _evaluate(author, {"test": "v=DMARC1; p=none"}, spf_domain=spf, dkim_domains=dkim)
    assert found.result in {"pass", "fail", "none", "permerror"}


def _audit(rua: str, zone: dict[str, str], failing: Iterable[str] = ()) -> list[tuple[str, str]]:
    record = parse_dmarc(f"v=DMARC1; p=none; rua={rua}")
    assert record is not None
    zones = Zones({name: {"TXT": [text]} for name, text in zone.items()}, failing=failing)
    found = run(audit_report_addresses("example.test", record), zones)
    return [(each.consent, each.asked) for each in found]


_CONSENT = "example.test._report._dmarc.reports.other"


def test_an_address_of_another_organization_needs_its_consent() -> None:
    assert _audit("mailto:a@reports.other", {}) == [("missing", _CONSENT)]
    assert _audit("mailto:a@reports.other", {_CONSENT: "v=DMARC1"}) == [("given", _CONSENT)]
    assert _audit("mailto:a@reports.other", {_CONSENT: "v=DMARC1; rua=mailto:b@reports.other"}) == [
        ("given", _CONSENT)
    ]
    assert _audit("mailto:a@reports.other", {_CONSENT: "yes"}) == [("missing", _CONSENT)]
    assert _audit("mailto:a@reports.other", {}, [_CONSENT]) == [("unknown", _CONSENT)]


def test_an_address_of_the_same_organization_needs_no_consent() -> None:
    zone = {"_dmarc.example.test": "v=DMARC1; p=none"}
    assert _audit("mailto:a@example.test,mailto:a@sub.example.test", zone) == [
        ("not needed", ""),
        ("not needed", ""),
    ]


def test_nothing_is_asked_for_a_policy_domain_that_is_none() -> None:
    record = parse_dmarc("v=DMARC1; p=none; rua=mailto:a@other.test; ruf=mailto:b@other.test")
    assert record is not None
    zones = Zones({})
    found = run(audit_report_addresses("a..b", record), zones)
    assert [(each.tag, each.consent) for each in found] == [
        ("rua", "not checkable"),
        ("ruf", "not checkable"),
    ]
    assert zones.asked == []


def test_an_address_that_is_no_mail_address_cannot_be_checked() -> None:
    assert _audit("https://other.test/x,nonsense", {}) == [
        ("not checkable", ""),
        ("not checkable", ""),
    ]
