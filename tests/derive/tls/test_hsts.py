"""The HSTS header, any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.tls.hsts import parse_hsts

PIECES = st.sampled_from(
    ["max-age", "=", "31536000", '"', ";", " ", "includeSubDomains", "preload", "\\", ",", "0", "é"]
)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=20).map("".join))
def test_any_text_is_read_or_has_a_problem(value: str) -> None:
    found = parse_hsts(value)
    assert found.max_age_s >= 0
    if found.problem:
        assert (found.max_age_s, found.include_subdomains, found.preload) == (0, False, False)


@given(st.integers(min_value=0, max_value=10**12), st.booleans(), st.booleans(), st.booleans())
def test_what_is_written_is_read_back(
    age: int, subdomains: bool, preload: bool, quoted: bool
) -> None:
    parts = [f'max-age="{age}"' if quoted else f"max-age={age}"]
    parts += ["includeSubDomains"] * subdomains + ["preload"] * preload
    found = parse_hsts("; ".join(reversed(parts)))
    assert (found.max_age_s, found.include_subdomains, found.preload) == (age, subdomains, preload)
    assert not found.problem


def test_a_number_beyond_all_dates_is_bounded() -> None:
    assert parse_hsts("max-age=" + "9" * 4000).max_age_s == 10**15


def test_a_header_beyond_all_measure_is_not_read() -> None:
    assert parse_hsts("max-age=1;" + " " * 5000).problem == "it is too long"


@pytest.mark.parametrize("first", ["includesubdomains", "preload"])
def test_of_two_directives_that_take_no_value_the_first_one_is_told(first: str) -> None:
    both = sorted(["includesubdomains", "preload"], key=lambda name: name != first)
    found = parse_hsts("; ".join(["max-age=60", *(f"{name}=1" for name in both)]))
    assert found.problem == f"{first} takes no value"
