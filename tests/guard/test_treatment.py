from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.parts import PARTS
from launchready.guard.route_figures import RouteFigures
from launchready.guard.treatment import Treatment, names_of
from launchready.manifest import parse_manifest

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/v1" = { kind = "api", cors = ["https://app.willow.example"] }
""")


def treatment() -> Treatment:
    (entry,) = MANIFEST.routes.values()
    return Treatment.of(entry, MANIFEST, PARTS, RouteFigures())


_NAMES = st.sampled_from([b"content-type", b"Content-Length", b"X-Own", b"set-cookie", b"Expires"])
_FIELDS = st.lists(st.tuples(_NAMES, st.sampled_from([b"1", b"22", b"text/plain"])), max_size=4)


def is_usual(one: Treatment, headers: list[tuple[bytes, bytes]]) -> bool:
    return one.decided.isdisjoint(names_of(headers))


@given(st.lists(_FIELDS, max_size=6), _FIELDS)
def test_fields_are_known_only_when_none_of_them_is_guards_to_decide(
    before: list[list[tuple[bytes, bytes]]], headers: list[tuple[bytes, bytes]]
) -> None:
    one = treatment()
    for seen in before:
        if is_usual(one, seen):
            one.learn(seen, names_of(seen))
    assert not one.knows(headers) or is_usual(one, headers)
    if names_of(headers) <= {b"content-type", b"content-length"}:
        one.learn(headers, names_of(headers))
        assert one.knows(headers)


@pytest.mark.parametrize("name", [b"x-token", b"location", b"X-Own"])
def test_what_may_be_one_members_is_not_remembered(name: bytes) -> None:
    one, headers = treatment(), [(b"content-type", b"text/html"), (name, b"/in?token=1")]
    one.learn(headers, names_of(headers))
    assert not one._known


def test_what_is_remembered_of_an_apps_fields_is_little() -> None:
    one = treatment()
    for n in range(5_000):
        for value in (str(n).encode(), str(n).encode() * 10_000):
            one.learn([(b"content-length", value)], {b"content-length"})
    assert len(one._known) <= 512
    assert all(len(value) < 512 for _, value in one._known)
    assert one.knows([(b"content-length", b"4999")])


@pytest.mark.parametrize("headers", [[[b"server", b"1"]], [(bytearray(b"server"), b"1")]])
def test_fields_that_are_no_tuples_of_bytes_are_looked_at_each_time(headers: Any) -> None:
    one = treatment()
    one.learn([(b"server", b"1")], {b"server"})
    assert not one.knows(headers)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\0"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_field_that_would_break_an_answer_in_two_is_refused(at: int, end: bytes) -> None:
    field = [b"x-own", b"1"]
    field[at] += end
    with pytest.raises(ValueError, match="line break"):
        names_of([(b"a", b"1"), (field[0], field[1])])


def test_names_are_told_in_lower_case() -> None:
    assert names_of([(b"x-a", b"A"), (b"x-b", b"B")]) == {b"x-a", b"x-b"}
    assert names_of([(b"X-A", b"A"), (b"x-b", b"B")]) == {b"x-a", b"x-b"}
    assert names_of([]) == set()
