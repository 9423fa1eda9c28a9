from __future__ import annotations

import shlex
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.report.shell_lines import shell_lines

WORDS = st.lists(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30).map(
        shlex.quote
    ),
    min_size=1,
    max_size=20,
)


def test_a_short_command_stays_on_its_line() -> None:
    assert shell_lines("dig example.org", 40) == ["dig example.org"]


def test_a_long_command_breaks_between_words() -> None:
    assert shell_lines("curl -sSI https://example.org/a", 20) == [
        "curl -sSI \\",
        "  https://example.org/a",
    ]


def test_a_comment_is_not_continued_but_begun_again() -> None:
    assert shell_lines("curl -si https://example.org/.env  # and 197 more paths", 36) == [
        "curl -si https://example.org/.env",
        "# and 197 more paths",
    ]
    assert shell_lines("dig example.org  # asked of each resolver", 20) == [
        "dig example.org",
        "# asked of each",
        "# resolver",
    ]


def test_a_word_that_is_too_long_is_cut_only_where_that_is_asked_for() -> None:
    command = f"curl '{'a' * 40}'"
    assert max(map(len, shell_lines(command, 20))) > 40
    assert max(map(len, shell_lines(command, 20, cuts_words=True))) <= 20


@settings(deadline=None)
@given(WORDS, st.integers(20, 80), st.booleans())
def test_a_shell_is_given_the_same_words_by_the_broken_command(
    words: list[str], width: int, cuts_words: bool
) -> None:
    command = " ".join(words)
    lines = shell_lines(command, width, cuts_words=cuts_words)
    script = "printf '%s\\n' " + "\n".join(lines)
    ran = subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True)
    assert ran.stdout.split("\n")[:-1] == shlex.split(command)
    if cuts_words:
        assert max(map(len, lines)) <= width
