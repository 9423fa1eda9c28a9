from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from launchready.report.shell_lines import shell_lines

WORDS = st.lists(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20).map(
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


@given(WORDS, st.integers(20, 80))
def test_the_broken_command_is_the_same_command_to_a_shell(words: list[str], width: int) -> None:
    command = " ".join(words)
    again = "\n".join(shell_lines(command, width)).replace("\\\n", "")
    assert shlex.split(again) == shlex.split(command)
