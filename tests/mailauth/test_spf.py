from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.mailauth.lookups import Answer, arun, run
from launchready.mailauth.spf import evaluate_spf
from launchready.mailauth.spf_macros import SpfSyntaxError, expand, parse_macro_string
from launchready.mailauth.spf_record import parse_spf
from launchready.mailauth.spf_result import SpfResult
from tests.mailauth.mail_zones import Zones


def _check(
    records: dict[str, Any],
    *,
    ip: str = "192.0.2.1",
    mail_from: str = "ann@example.test",
    failing: Iterable[str] = (),
    **more: Any,
) -> SpfResult:
    zone = {
        name: {"TXT": [found]} if isinstance(found, str) else found
        for name, found in records.items()
    }
    evaluation = evaluate_spf(ip=ip, helo="mx.example.test", mail_from=mail_from, **more)
    return run(evaluation, Zones(zone, failing=failing))


def test_a_second_ptr_counts_its_void_look_up_again() -> None:
    found = _check({"example.test": "v=spf1 ptr:a.test ptr:b.test ptr:c.test ip4:192.0.2.1 -all"})
    assert (found.result, found.void_lookups) == ("permerror", 3)


def test_the_deciding_mechanism_and_the_steps_are_told() -> None:
    found = _check({"example.test": "v=spf1 ip4:192.0.2.0/24 -all"})
    assert (found.result, found.mechanism) == ("pass", "ip4:192.0.2.0/24")
    assert found.steps == (
        "example.test publishes: v=spf1 ip4:192.0.2.0/24 -all",
        "ip4:192.0.2.0/24 matches: pass",
        "Result: pass.",
    )


def test_the_tree_shows_where_the_lookups_go() -> None:
    found = _check(
        {
            "example.test": "v=spf1 include:a.test mx -all",
            "a.test": "v=spf1 include:b.test a:none.test ~all",
            "b.test": "v=spf1 ip4:198.51.100.1",
        }
    )
    assert (found.result, found.lookups, found.void_lookups) == ("fail", 4, 2)
    include, mx, rest = found.tree.terms
    assert (include.text, include.lookups, include.void_lookups) == ("include:a.test", 3, 1)
    assert (mx.lookups, mx.void_lookups, rest.outcome) == (1, 1, "match")
    assert include.child is not None
    assert [term.lookups for term in include.child.terms] == [1, 1, 0]


def test_terms_after_the_match_are_not_reached() -> None:
    found = _check({"example.test": "v=spf1 ip4:192.0.2.1 include:gone.test -all"})
    assert [term.outcome for term in found.tree.terms] == ["match", "not reached", "not reached"]
    assert found.lookups == 0


def test_the_eleventh_lookup_is_a_permanent_error_that_names_its_term() -> None:
    terms = " ".join(f"exists:e{number}.test" for number in range(11))
    zone: dict[str, Any] = {"example.test": f"v=spf1 {terms} -all"}
    zone |= {f"e{number}.test": {"AAAA": ["::1"], "A": []} for number in range(11)}
    found = _check(zone)
    assert found.result == "permerror"
    assert "void look-up number 3" in found.problem
    zone = {"example.test": "v=spf1 " + " ".join("a" for _ in range(11))}
    found = _check({"example.test": {"TXT": [zone["example.test"]], "A": ["198.51.100.9"]}})
    assert found.problem == "a is look-up number 11; 10 are allowed"


@pytest.mark.parametrize(
    ("mail_from", "domain", "sender"),
    [
        ("", "mx.example.test", "postmaster@mx.example.test"),
        ("<>", "mx.example.test", "postmaster@mx.example.test"),
        ("@example.test", "example.test", "postmaster@example.test"),
        ("example.test", "example.test", "postmaster@example.test"),
        ("<Ann@Example.Test>", "example.test", "Ann@Example.Test"),
        ('"a@b"@example.test', "example.test", '"a@b"@example.test'),
    ],
)
def test_the_identity_is_the_mail_from_and_else_the_helo(
    mail_from: str, domain: str, sender: str
) -> None:
    record = "v=spf1 -all exp=why.test"
    found = _check(
        {"example.test": record, "mx.example.test": record, "why.test": "%{s}"},
        mail_from=mail_from,
    )
    assert (found.domain, found.explanation) == (domain, sender)


def test_another_domain_may_be_asked_about() -> None:
    found = _check({"other.test": "v=spf1 -all"}, domain="other.test")
    assert (found.domain, found.result) == ("other.test", "fail")


def test_a_name_of_another_script_is_asked_as_a_labels() -> None:
    found = _check({"xn--fa-hia.test": "v=spf1 -all"}, mail_from="a@faß.test")
    assert found.result == "fail"


def test_a_local_part_of_another_script_matches_no_term_that_uses_it() -> None:
    records = {"example.test": {"TXT": ["v=spf1 exists:%{l}.w.test exists:%{d}.w.test -all"]}}
    found = _check({**records, "ünï.w.test": {"A": ["127.0.0.1"]}}, mail_from="ünï@example.test")
    assert found.result == "fail"


def test_an_include_that_uses_such_a_local_part_is_passed_over() -> None:
    found = _check(
        {"example.test": "v=spf1 include:%{l}.w.test -all"}, mail_from="ünï@example.test"
    )
    assert found.result == "fail"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is not an IP address"):
        _check({}, ip="example.test")


def test_an_ipv4_address_in_ipv6_is_ipv4() -> None:
    found = _check({"example.test": "v=spf1 ip4:192.0.2.1 -all"}, ip="::ffff:192.0.2.1")
    assert found.result == "pass"


@pytest.mark.parametrize(
    ("records", "result"),
    [
        ({}, "none"),
        ({"example.test": "v=spf10 -all"}, "none"),
        ({"example.test": {"TXT": ["v=spf1 -all", "v=spf1 -all"]}}, "permerror"),
        ({"example.test": {"TXT": ["v=spf1 -all", "other"]}}, "fail"),
        ({"example.test": "v=spf1 redirect=gone.test"}, "permerror"),
        ({"example.test": "v=spf1 include:gone.test"}, "permerror"),
        ({"example.test": "v=spf1 redirect=example.test"}, "permerror"),
        ({"example.test": "v=spf1 include:example.test"}, "permerror"),
        ({"example.test": "v=spf1 ip4:192.0.2.01 -all"}, "permerror"),
        ({"example.test": "v=spf1 ip4:192.0.2.1/032 -all"}, "permerror"),
        ({"example.test": "v=spf1 ip6:fe80::1%eth0 -all"}, "permerror"),
        ({"example.test": "v=spf1 a:x%{d0}.test -all"}, "permerror"),
        ({"example.test": "v=spf1 a:%%{d} -all"}, "permerror"),
        ({"example.test": "v=spf1 foo=%{d}%{c} -all"}, "fail"),
        ({"example.test": "v=spf1 foo=%{x} -all"}, "permerror"),
        ({"example.test": "v=spf1 -foo=bar -all"}, "permerror"),
        ({"example.test": "v=spf1 exp=a.test exp=b.test -all"}, "permerror"),
        ({"example.test": "v=spf1 A:EXAMPLE.TEST MX -ALL"}, "fail"),
        ({"example.test": {"TXT": ["v=spf1 mx -all"], "MX": [(0, ".")]}}, "fail"),
    ],
)
def test_records_have_the_result_of_the_rfc(records: dict[str, Any], result: str) -> None:
    assert _check(records).result == result


@pytest.mark.parametrize("term", ["include:a..test", "redirect=a..test"])
def test_what_leads_to_no_name_is_a_permanent_error(term: str) -> None:
    found = _check({"example.test": f"v=spf1 {term}"})
    assert (found.result, found.problem) == (
        "permerror",
        f"{term} does not lead to a domain name",
    )
    assert found.tree.terms[0].outcome == "error"


@pytest.mark.parametrize("term", ["include:x.test", "redirect=x.test"])
def test_an_error_further_down_is_temporary_too(term: str) -> None:
    found = _check({"example.test": f"v=spf1 {term}"}, failing=["x.test"])
    assert (found.result, found.lookups) == ("temperror", 1)
    assert "TXT records of x.test could not be asked for" in found.problem


def test_names_that_no_query_can_carry_do_not_match() -> None:
    found = _check({"example.test": "v=spf1 a:a..test mx:b..test exists:c..test ~all"})
    assert (found.result, found.lookups, found.void_lookups) == ("softfail", 3, 0)


def test_an_error_of_the_dns_is_temporary() -> None:
    assert _check({}, failing=["example.test"]).result == "temperror"
    found = _check({"example.test": "v=spf1 a:x.test -all"}, failing=["x.test"])
    assert found.result == "temperror"
    assert found.problem == "a:x.test: A of x.test could not be asked for (SERVFAIL)"


def test_what_a_redirect_leads_to_explains() -> None:
    found = _check(
        {
            "example.test": "v=spf1 redirect=r.test exp=mine.test",
            "r.test": "v=spf1 -all exp=theirs.test",
            "mine.test": "mine",
            "theirs.test": "theirs %{d} %{c} %{r} %{t}",
        },
        receiver="mx.receiver.test",
        now_s=7,
    )
    assert found.explanation == "theirs r.test 192.0.2.1 mx.receiver.test 7"


def test_what_is_included_does_not_explain() -> None:
    found = _check(
        {
            "example.test": "v=spf1 include:i.test -all",
            "i.test": "v=spf1 -all exp=theirs.test",
            "theirs.test": "theirs",
        },
        default_explanation="no",
    )
    assert found.explanation == "no"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%%%_%-", "% %20"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{d99999999999999999999}", "email.example.com"),
    ],
)
def test_macros_expand_as_in_the_examples_of_the_rfc(text: str, value: str) -> None:
    values = {
        "s": "strong-bad@email.example.com",
        "l": "strong-bad",
        "o": "email.example.com",
        "d": "email.example.com",
        "i": "192.0.2.3",
        "v": "in-addr",
    }
    assert expand(parse_macro_string(text), values) == value


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"v=spf1 " + tail))
def test_no_octets_make_the_record_parser_raise(raw: bytes) -> None:
    record = parse_spf(raw)
    assert record.problems or raw.lower().startswith(b"v=spf1")


@given(st.text(max_size=100))
def test_a_macro_string_parses_or_is_a_syntax_error(text: str) -> None:
    try:
        pieces = parse_macro_string(text, explanation=True)
    except SpfSyntaxError:
        return
    assert isinstance(expand(pieces, dict.fromkeys("slodiphcrtv", "x.y")), str)


_TERM = st.sampled_from(
    [
        "a", "mx", "ptr", "-all", "~all", "?all", "all", "a:b.test", "a:c.test/24//64", "mx:b.test",
        "include:a.test", "-include:b.test", "include:%{d2}", "exists:%{ir}.%{v}.c.test",
        "redirect=b.test", "redirect=%{h}", "ip4:192.0.2.0/25", "ip6:2001:db8::/32", "exp=c.test",
        "ptr:test", "a:%{p}", "x=y", "bogus", "ip4:1.2.3",
    ]
)  # fmt: skip
_RECORD = st.lists(_TERM, max_size=7).map(lambda terms: " ".join(["v=spf1", *terms]))
_NAME = st.sampled_from(
    ["a.test", "b.test", "c.test", "x.a.test", "1.2.0.192.in-addr.arpa", "1.2.0.192.in-addr.c.test"]
)
_RECORDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "TXT": st.lists(_RECORD, max_size=2),
        "A": st.lists(st.sampled_from(["192.0.2.1", "192.0.2.77", "198.51.100.1"]), max_size=2),
        "AAAA": st.lists(st.sampled_from(["2001:db8::1"]), max_size=1),
        "MX": st.lists(st.tuples(st.integers(0, 20), _NAME), max_size=12),
        "PTR": st.lists(_NAME, max_size=12),
    },
)
_ZONE = st.dictionaries(_NAME, _RECORDS, max_size=6)
_IP = st.sampled_from(["192.0.2.1", "198.51.100.1", "2001:db8::1", "203.0.113.5"])


@given(_ZONE, _IP, st.sampled_from(["", "u@x.a.test", "u-v@a.test", "@b.test"]))
def test_every_zone_ends_within_the_bounds_of_the_rfc(
    zone: dict[str, Any], ip: str, mail_from: str
) -> None:
    zones = Zones(zone)
    found = run(evaluate_spf(ip=ip, helo="b.test", mail_from=mail_from), zones)
    assert found.lookups <= 11
    assert found.void_lookups <= 3
    assert len(zones.asked) <= 1 + 11 * 12 + 12
    assert found.lookups == sum(term.lookups for term in found.tree.terms)
    assert (found.result in {"permerror", "temperror", "none"}) == bool(found.problem)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_no_sender_makes_the_evaluation_raise(mail_from: str, helo: str, domain: str) -> None:
    def resolve(_: object) -> Answer:
        return Answer(status="answer", records=((b"v=spf1 a:%{s}.%{h}.test -all exp=%{l}.test",),))

    found = run(evaluate_spf(ip="192.0.2.1", helo=helo, mail_from=mail_from), resolve)
    assert found.result in {"fail", "none", "permerror"}
    assert run(evaluate_spf(ip="::1", helo=helo, domain=domain), resolve).result


def test_the_result_can_be_written_as_plain_data() -> None:
    records = {"example.test": "v=spf1 include:a.test -all", "a.test": "v=spf1 +all"}
    assert asdict(_check(records))["tree"]["terms"][0]["child"]["domain"] == "a.test"


async def test_the_asynchronous_driver_gives_the_same() -> None:
    zones = Zones(
        {
            "example.test": {"TXT": ["v=spf1 mx -all"], "MX": [(1, "a.test"), (2, "b.test")]},
            "b.test": {"A": ["192.0.2.1"]},
        }
    )

    def evaluation() -> Any:
        return evaluate_spf(ip="192.0.2.1", helo="h.test", mail_from="a@example.test")

    assert await arun(evaluation(), zones.later) == run(evaluation(), zones)
