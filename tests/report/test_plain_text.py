from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.report.plain_text import as_ascii, block, one_line, sentence
from tests.report.unsafe import HOSTILE, assert_harmless


@given(st.text())
def test_any_text_becomes_one_harmless_line(text: str) -> None:
    shown = one_line(text)
    assert_harmless(shown)
    assert "\n" not in shown


@given(st.text(), st.integers(1, 50))
def test_a_line_is_never_longer_than_its_limit_and_the_note(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown.split("… (")[0]) <= limit or "… (" in text


@given(st.text())
def test_a_block_keeps_lines_and_nothing_else(text: str) -> None:
    assert_harmless(block(text), lines=True)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_ascii_is_left_alone(text: str) -> None:
    assert one_line(text) == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_neutralised(text: str) -> None:
    assert_harmless(one_line(text))


def test_an_escape_sequence_is_shown_not_sent() -> None:
    assert one_line("\x1b[31mred") == "\\x1b[31mred"


def test_a_bidi_override_is_shown_by_its_code() -> None:
    assert one_line("moc.\u202egro") == "moc.\\u202egro"


def test_a_pile_of_marks_is_lowered() -> None:
    assert len(one_line("Z" + "\u0301" * 500)) < 10


def test_words_of_other_scripts_are_left_alone() -> None:
    for words in ("Bienenzüchter", "养蜂人", "نحال", "पालक", "می‌خواهم"):
        assert one_line(words) == words


def test_symbols_have_stand_ins_where_only_ascii_can_be_shown() -> None:
    assert as_ascii("✓ yes · 3…") == "+ yes - 3..."
    assert as_ascii("ü").isascii()


def test_the_tail_that_was_cut_is_counted() -> None:
    assert one_line("x" * 1000, 10) == "x" * 10 + "… (990 more characters)"


def test_a_sentence_begins_large_unless_a_name_begins_it() -> None:
    assert sentence("could not check it") == "Could not check it"
    assert sentence("app.example.org: expired") == "app.example.org: expired"
    assert sentence("/private: open") == "/private: open"
    assert sentence("launchready watch tells") == "launchready watch tells"
