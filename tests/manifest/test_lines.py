from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from launchready.manifest.lines import key_lines, line_of


def test_tables_and_keys_have_their_lines() -> None:
    toml = '[launch]\ndomain = "a"\n\n[hosts."a.example"]\nedge = "none"\n'
    lines = key_lines(toml)
    assert lines["launch",] == 1
    assert lines["launch", "domain"] == 2
    assert lines["hosts", "a.example"] == 4
    assert lines["hosts", "a.example", "edge"] == 5


def test_a_table_has_a_line_by_each_of_its_parts() -> None:
    assert key_lines("\n[mail.domains.example]\n")["mail", "domains"] == 2


def test_a_key_inside_a_long_string_is_no_key() -> None:
    assert ("b",) not in key_lines('a = """\nb = 1\n"""\nc = 2\n')


def test_a_dotted_key_has_the_line_of_its_table_too() -> None:
    assert key_lines("a.b.c = 1")["a", "b"] == 1


def test_an_unknown_path_takes_the_line_of_the_table_above() -> None:
    assert line_of(key_lines("[a]\nb = {c = 1}\n"), ("a", "b", "c")) == 2
    assert line_of({}, ("a",)) is None


def test_an_array_in_an_array_is_no_table() -> None:
    lines = key_lines("[a]\nb = [\n  ['x'],\n  ['#', ']'], # ]\n]\nc = 1\n")
    assert lines["a", "c"] == 6
    assert line_of(lines, ("x",)) is None


def test_a_key_behind_a_long_string_with_quotes_in_it_has_its_line() -> None:
    assert key_lines('a = """\nx = \\"""\n""""\nb = 1\n')["b",] == 4


def test_what_is_no_end_of_a_line_in_toml_counts_for_none() -> None:
    assert key_lines("# a\u2028b\x85c\x0c\nb = 1\n")["b",] == 2


@given(st.text())
def test_any_text_is_read_to_its_end(text: str) -> None:
    assert all(1 <= n <= len(text.splitlines()) for n in key_lines(text).values())
