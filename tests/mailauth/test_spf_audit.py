from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.mailauth.lookups import Answer, Question, run
from launchready.mailauth.spf import evaluate_spf
from launchready.mailauth.spf_audit import audit_spf
from launchready.mailauth.spf_result import SpfAudit, SpfAuditNode
from tests.mailauth.mail_zones import Zones


def _audit(records: dict[str, Any], *, failing: Iterable[str] = ()) -> SpfAudit:
    zone = {
        name: {"TXT": [found]} if isinstance(found, str) else found
        for name, found in records.items()
    }
    return run(audit_spf("example.test"), Zones(zone, failing=failing))


def test_a_small_record_is_read_whole() -> None:
    found = _audit(
        {"example.test": "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -ip4:198.51.100.1 ~all"}
    )
    assert found.networks == ("192.0.2.0/24", "2001:db8::/32")
    assert (found.all_qualifier, found.lookups, found.void_lookups) == ("~", 0, 0)
    assert found.complete
    assert found.ends
    assert found.problems == ()


def test_the_whole_tree_is_counted() -> None:
    found = _audit(
        {
            "example.test": "v=spf1 include:a.test include:b.test mx -all",
            "a.test": "v=spf1 a:h.test exists:%{i}.e.test ?all",
            "b.test": "v=spf1 redirect=c.test",
            "c.test": "v=spf1 ptr ip4:192.0.2.9 ~all",
            "h.test": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
        }
    )
    assert found.lookups == 7
    assert [branch.lookups for branch in found.tree.branches] == [3, 3, 1, 0]
    assert found.void_lookups == 1
    assert found.includes == ("a.test", "b.test")
    assert found.networks == ("192.0.2.9/32",)
    assert found.addresses == ("192.0.2.1/32", "2001:db8::1/128")
    assert found.ptr_terms == ("c.test: ptr",)
    assert found.macro_terms == ("a.test: exists:%{i}.e.test",)
    assert found.all_qualifiers == (("example.test", "-"), ("a.test", "?"), ("c.test", "~"))
    assert found.complete


def test_more_than_ten_lookups_is_a_problem_with_the_number() -> None:
    records: dict[str, Any] = {f"i{n}.test": "v=spf1 a:h.test -all" for n in range(6)}
    records["example.test"] = "v=spf1 " + " ".join(f"include:i{n}.test" for n in range(6)) + " -all"
    records["h.test"] = {"A": ["192.0.2.1"]}
    found = _audit(records)
    assert found.lookups == 12
    assert found.problems == ("example.test: 12 look-ups, 10 are allowed",)


def test_more_than_two_void_lookups_is_a_problem() -> None:
    found = _audit({"example.test": "v=spf1 a:x.test mx:y.test exists:z.test -all"})
    assert found.void_lookups == 3
    assert found.problems == ("example.test: 3 void look-ups, 2 are allowed",)


def test_a_name_with_addresses_of_one_family_is_not_void() -> None:
    found = _audit({"example.test": "v=spf1 a:x.test -all", "x.test": {"AAAA": ["2001:db8::1"]}})
    assert found.void_lookups == 0


@pytest.mark.parametrize(
    ("record", "qualifier"),
    [
        ("v=spf1", ""),
        ("v=spf1 a", ""),
        ("v=spf1 +all", "+"),
        ("v=spf1 all", "+"),
        ("v=spf1 redirect=other.test", "-"),
        ("v=spf1 redirect=gone.test", ""),
    ],
)
def test_the_end_of_the_record_is_known(record: str, qualifier: str) -> None:
    found = _audit({"example.test": record, "other.test": "v=spf1 -all"})
    assert found.all_qualifier == qualifier
    assert found.ends == bool(qualifier)


def test_what_stands_after_all_is_named_and_neither_counted_nor_authorised() -> None:
    found = _audit(
        {"example.test": "v=spf1 -all include:a.test ip4:192.0.2.1 redirect=b.test exp=c.test"}
    )
    assert found.after_all == (
        "example.test: include:a.test",
        "example.test: ip4:192.0.2.1",
        "example.test: redirect=b.test",
    )
    assert (found.lookups, found.networks) == (0, ())


def test_a_loop_is_found_and_ends() -> None:
    found = _audit(
        {"example.test": "v=spf1 include:a.test", "a.test": "v=spf1 include:example.test"}
    )
    assert found.loops == ("example.test > a.test > example.test",)
    assert any("leads to itself" in problem for problem in found.problems)


def test_several_records_are_shown() -> None:
    found = _audit({"example.test": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]}})
    assert found.records == ("v=spf1 -all", "v=spf1 ~all")
    assert found.problems == ("example.test: 2 SPF records, one is allowed",)


def test_no_record_is_a_fact_and_no_problem_of_syntax() -> None:
    found = _audit({"example.test": "hello"})
    assert (found.records, found.tree.found, found.problems) == ((), "none", ())


def test_an_include_without_record_is_a_problem() -> None:
    found = _audit({"example.test": "v=spf1 include:gone.test -all"})
    assert found.problems == ("gone.test: there is no SPF record",)
    assert found.void_lookups == 1


def test_every_syntax_fault_of_every_record_is_told() -> None:
    found = _audit(
        {
            "example.test": "v=spf1 ipv4:192.0.2.1 include:a.test 192.0.2.2 -all",
            "a.test": "v=spf1 a:",
        }
    )
    assert found.problems == (
        "example.test: ipv4:192.0.2.1: no mechanism has this name",
        "example.test: 192.0.2.2: an address needs ip4: before it",
        "a.test: a:: the domain is empty",
    )


def test_unknown_modifiers_are_told() -> None:
    found = _audit({"example.test": "v=spf1 ip4=192.0.2.1 -all"})
    assert found.unknown_modifiers == ("example.test: ip4=192.0.2.1",)


def test_what_the_dns_did_not_say_makes_the_audit_incomplete() -> None:
    found = _audit({"example.test": "v=spf1 include:a.test -all"}, failing=["a.test"])
    assert found.unseen == ("a.test: TXT could not be asked for (SERVFAIL)",)
    assert not found.complete


def test_an_include_that_depends_on_the_sender_is_unseen() -> None:
    found = _audit({"example.test": "v=spf1 include:%{l}.test include:i.%{d} -all"})
    assert found.unseen == ("example.test: include:%{l}.test depends on the sender",)
    assert found.lookups == 2


def test_only_mail_that_would_pass_is_authorised() -> None:
    found = _audit(
        {
            "example.test": "v=spf1 ?include:a.test include:b.test -all",
            "a.test": "v=spf1 ip4:192.0.2.1",
            "b.test": "v=spf1 ~ip4:192.0.2.2 ip4:192.0.2.3",
        }
    )
    assert found.networks == ("192.0.2.3/32",)
    assert found.includes == ("b.test",)


@pytest.mark.parametrize(
    ("network", "allowed"),
    [
        ("192.0.2.7", True),
        ("192.0.2.0/25", True),
        ("192.0.0.0/16", False),
        ("198.51.100.4", True),
        ("198.51.100.5", False),
        ("2001:db8::1", True),
        ("::1", False),
        ("mail.test", False),
    ],
)
def test_an_address_is_allowed_by_what_is_authorised(network: str, allowed: bool) -> None:
    found = _audit(
        {
            "example.test": "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a:h.test -all",
            "h.test": {"A": ["198.51.100.4"]},
        }
    )
    assert found.allows(network) is allowed


def test_too_many_mail_servers_are_a_problem() -> None:
    zone: dict[str, Any] = {
        "example.test": {"TXT": ["v=spf1 mx -all"], "MX": [(n, f"m{n}.test") for n in range(11)]}
    }
    zone |= {f"m{n}.test": {"A": ["192.0.2.1"]} for n in range(11)}
    assert _audit(zone).problems == ("example.test: mx leads to 11 MX records, 10 are allowed",)


def test_a_hostile_tree_is_bounded() -> None:
    asked: list[Question] = []

    def resolve(question: Question) -> Answer:
        asked.append(question)
        if question.rdtype != "TXT":
            return Answer(status="nodata")
        terms = b" ".join(b"include:%d.%%{d}" % n for n in range(30))
        return Answer(status="answer", records=((b"v=spf1 " + terms + b" -all",),))

    found = run(audit_spf("example.test"), resolve)
    assert not found.complete
    assert len(asked) <= 256


def test_too_many_questions_make_the_audit_incomplete() -> None:
    zone: dict[str, Any] = {
        "example.test": {
            "TXT": ["v=spf1 " + " ".join(f"mx:x{n}.test" for n in range(40)) + " -all"]
        }
    }
    zone |= {f"x{n}.test": {"MX": [(i, f"m{i}.test") for i in range(10)]} for n in range(40)}
    found = _audit(zone)
    assert not found.complete
    assert found.lookups == 40


def test_very_many_terms_make_the_audit_incomplete() -> None:
    found = _audit({"example.test": "v=spf1 " + "ip4:192.0.2.1 " * 600 + "-all"})
    assert found.unseen == ("example.test: more than 512 terms",)


def test_terms_that_lead_to_no_name_are_problems() -> None:
    found = _audit({"example.test": "v=spf1 a:a..test redirect=b..test"})
    assert found.problems == (
        "example.test: a:a..test does not lead to a domain name",
        "example.test: redirect=b..test does not lead to a domain name",
    )


def test_an_mx_that_accepts_no_mail_allows_nobody() -> None:
    found = _audit({"example.test": {"TXT": ["v=spf1 mx -all"], "MX": [(0, ".")]}})
    assert (found.addresses, found.void_lookups, found.problems) == ((), 0, ())


def test_a_domain_that_is_none_is_a_problem() -> None:
    assert run(audit_spf("a..b"), Zones({})).problems == ("a..b: this is not a domain name",)


def test_the_audit_can_be_written_as_plain_data() -> None:
    found = _audit({"example.test": "v=spf1 include:a.test -all", "a.test": "v=spf1 -all"})
    assert asdict(found)["tree"]["branches"][0]["child"]["domain"] == "a.test"


_TERM = st.sampled_from(
    ["a", "mx", "ptr", "-all", "?all", "all", "a:b.test", "mx:b.test", "include:a.test",
     "-include:b.test", "include:c.test", "include:%{d2}", "redirect=b.test", "ip4:192.0.2.0/25",
     "bogus", "x=y", "exists:%{i}.test", "a:b..test"]
)  # fmt: skip
_RECORD = st.lists(_TERM, max_size=6).map(lambda terms: " ".join(["v=spf1", *terms]))
_NAME = st.sampled_from(["example.test", "a.test", "b.test", "c.test"])
_ZONE: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    _NAME,
    st.fixed_dictionaries(
        {"TXT": st.lists(_RECORD, max_size=2)},
        optional={"A": st.just(["192.0.2.200"]), "MX": st.lists(st.tuples(st.just(1), _NAME))},
    ),
)


def _sums(node: SpfAuditNode) -> bool:
    return node.lookups == sum(branch.lookups for branch in node.branches) and all(
        _sums(branch.child) for branch in node.branches if branch.child is not None
    )


@settings(max_examples=200)
@given(_ZONE)
def test_no_evaluation_uses_more_lookups_than_the_audit_says(zone: dict[str, Any]) -> None:
    found = run(audit_spf("example.test"), Zones(zone))
    assert _sums(found.tree)
    used = run(evaluate_spf(ip="203.0.113.9", helo="", domain="example.test"), Zones(zone))
    if used.result not in {"permerror", "temperror"}:
        assert used.lookups <= found.lookups
    if found.loops == () and found.problems == () and found.complete and not found.after_all:
        assert used.result != "permerror" or "void" in used.problem


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_octets_make_the_audit_raise(raw: bytes, domain: str) -> None:
    def resolve(_: Question) -> Answer:
        return Answer(status="answer", records=((b"v=spf1 " + raw,),))

    assert run(audit_spf(domain), resolve).tree.found in {"none", "record", "loop"}
