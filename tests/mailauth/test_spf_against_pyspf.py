"""Compare with pyspf, an implementation of RFC 7208 that others wrote, on invented zones."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from launchready.mailauth.lookups import Question, run
from launchready.mailauth.spf import evaluate_spf
from tests.mailauth.mail_zones import Zones

spf = pytest.importorskip("spf")

_TERM = st.sampled_from(
    [
        "a", "mx", "-all", "~all", "?all", "+all", "a:b.test", "a:c.test/24//64", "mx:b.test/30",
        "include:a.test", "-include:b.test", "~include:c.test", "include:%{d2}", "ip4:192.0.2.0/25",
        "exists:%{ir}.%{v}.c.test", "exists:%{l1r-}.c.test", "ip6:2001:db8::/33", "?ip4:1.2.3.4",
        "redirect=b.test", "redirect=c.test", "exp=c.test", "x=y", "bogus", "ip4:1.2.3", "a:b..test",
        "ptr:test", "ptr", "A:B.TEST", "mx:%{o}", "all:x", "include:", "redirect=", "ip4:192.0.2.1/33",
    ]
)  # fmt: skip
# RFC 7208, 6 wants unknown modifiers ignored however often they stand; pyspf refuses the second.
_TERMS = st.lists(_TERM, max_size=6).filter(lambda terms: terms.count("x=y") < 2)
_RECORD = _TERMS.map(lambda terms: " ".join(["v=spf1", *terms]))
_NAME = st.sampled_from(["a.test", "b.test", "c.test", "u.c.test", "1.2.0.192.in-addr.c.test"])
_RECORDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"TXT": st.lists(_RECORD, min_size=1, max_size=1)},
    optional={
        "A": st.lists(
            st.sampled_from(["192.0.2.1", "192.0.2.77", "198.51.100.1"]), max_size=2, unique=True
        ),
        "AAAA": st.just(["2001:db8::1"]),
        "MX": st.lists(
            st.tuples(st.integers(0, 20), _NAME), max_size=4, unique_by=lambda pair: pair[1]
        ),
    },
)
_REVERSE = st.fixed_dictionaries(
    {}, optional={"1.2.0.192.in-addr.arpa": st.just({"PTR": ["b.test"]})}
)
_ZONE = st.tuples(
    st.fixed_dictionaries({"a.test": _RECORDS, "c.test": _RECORDS}),
    st.dictionaries(_NAME, _RECORDS | st.just({"AAAA": ["2001:db8::2"]}), max_size=3),
    _REVERSE,
).map(lambda parts: parts[1] | parts[0] | parts[2])


def _oracle(zones: Zones, ip: str, mail_from: str) -> str:
    def look_up(name: str, rdtype: str, *_: Any, **__: Any) -> list[Any]:
        answer = zones(Question(name=name.rstrip("."), rdtype=rdtype))  # type: ignore[arg-type]
        return [((name, rdtype), record) for record in answer.records]

    kept, spf.DNSLookup = spf.DNSLookup, look_up
    try:
        result, _, explanation = spf.query(i=ip, s=mail_from, h="b.test", strict=True).check()
    finally:
        spf.DNSLookup = kept
    # pyspf refuses an include of the same domain even where evaluation never gets to it.
    assume("trivial recursion" not in explanation)
    return str(result)


@settings(max_examples=400)
@given(
    _ZONE,
    st.sampled_from(["192.0.2.1", "198.51.100.1", "2001:db8::1"]),
    st.sampled_from(["", "u@a.test", "u-v@c.test"]),
)
def test_both_give_the_same_result(zone: dict[str, Any], ip: str, mail_from: str) -> None:
    ours = run(evaluate_spf(ip=ip, helo="b.test", mail_from=mail_from), Zones(zone))
    assert ours.result == _oracle(Zones(zone), ip, mail_from), ours.steps
