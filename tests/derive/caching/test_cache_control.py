from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.caching.cache_control import (
    DELTA_MAX_S,
    delta_seconds,
    parse_cache_control,
    parse_targeted,
)
from tests.hostile import at_once, repeated

TOKENS = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}", fullmatch=True)
QUOTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def seconds(*lines: str, name: str = "max-age") -> int | None:
    return parse_cache_control(lines).seconds(name)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("max-age=3600", 3600),
        ('max-age="3600"', 3600),
        ("MaX-aGe=3600", 3600),
        ("max-age=003600", 3600),
        ("foobar, max-age=3600", 3600),
        ("foo=bar,, ,max-age=3600 ,", 3600),
        ("max-age=1800, max-age=1", 1800),
        ("max-age=1, max-age=1800", 1),
        ("max-age=2147483648", DELTA_MAX_S),
        ("max-age=99999999999", DELTA_MAX_S),
        ("max-age=" + "9" * 100_000, DELTA_MAX_S),
    ],
)
def test_a_lifetime_is_read_as_rfc_9111_has_it(line: str, wanted: int) -> None:
    assert seconds(line) == wanted


@pytest.mark.parametrize(
    "line",
    ["max-age=a100", "max-age=100a", "max-age=-100", "max-age='3600'", "max-age=3600.0", "max-age",
     'max-age=""', "max-age=0"],
)  # fmt: skip
def test_what_is_not_a_number_of_seconds_is_stale(line: str) -> None:
    assert seconds(line) == 0


@pytest.mark.parametrize(
    "line", ["max-age =100", "max-age= 100", "max-age=100; private", "max age=5", "=5", ""]
)
def test_what_is_not_a_directive_is_left_out(line: str) -> None:
    assert seconds(line) is None


@pytest.mark.parametrize(
    "lines",
    [
        ('extension="max-age=3600", max-age=1',),
        ('max-age=1, extension="max-age=3600"',),
        (r'extension="\", max-age=3600", max-age=1',),
        ("max-age=1", "max-age=3600"),
    ],
)
def test_a_directive_inside_a_quoted_string_is_none(lines: tuple[str, ...]) -> None:
    assert seconds(*lines) == 1


def test_an_unclosed_quote_does_not_hide_what_follows_the_next_comma() -> None:
    assert "no-store" in parse_cache_control(['foo="bar, no-store'])


def test_a_malformed_member_does_not_hide_its_neighbours() -> None:
    control = parse_cache_control(["no store, private; max-age=5, no-cache"])
    assert control.directives == (("no-cache", None),)


def test_private_with_field_names_is_not_the_unqualified_one() -> None:
    assert not parse_cache_control(['private="set-cookie"']).unqualified("private")
    assert parse_cache_control(["private"]).unqualified("private")


@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_text_makes_the_parser_fail(lines: list[str]) -> None:
    for name, _ in parse_cache_control(lines).directives:
        assert name == name.lower()


@given(st.lists(st.tuples(TOKENS, st.none() | TOKENS | QUOTABLE), max_size=6))
def test_what_is_written_by_the_grammar_is_read_back(
    directives: list[tuple[str, str | None]],
) -> None:
    def written(name: str, argument: str | None) -> str:
        if argument is None:
            return name
        escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'

    line = ", ".join(written(n, a) for n, a in directives)
    assert parse_cache_control([line]).directives == tuple((n.lower(), a) for n, a in directives)


@given(st.integers(min_value=0, max_value=10**15))
def test_a_number_of_seconds_never_exceeds_its_maximum(number: int) -> None:
    assert delta_seconds(str(number)) == min(number, DELTA_MAX_S)


@pytest.mark.parametrize("of", ['\\"', '"\\', ';"', ',a="\\'])
def test_a_field_of_nothing_but_quotes_is_read_at_once(of: str) -> None:
    with at_once():
        parse_targeted([repeated(of)])


def test_the_parameters_of_a_targeted_field_say_nothing() -> None:
    found = parse_targeted(['max-age=60;x="a, no-store", private="b;c"'])
    assert str(found) == "max-age=60, private=b;c"
