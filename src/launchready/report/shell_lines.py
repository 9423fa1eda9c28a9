"""Shell commands broken into lines that can still be copied and run."""

from __future__ import annotations


def shell_lines(command: str, width: int) -> list[str]:
    r"""Return the command in lines of at most `width` columns where it can be broken.

    Breaks stand between words only, never inside quotes, each with a trailing ` \`. A word
    longer than the width keeps a line of its own.
    """
    lines: list[str] = []
    for given in command.split("\n"):
        lines += _broken(given, width)
    return lines


def _broken(command: str, width: int) -> list[str]:
    if len(command) <= width:
        return [command]
    lines: list[str] = []
    line = ""
    for word in _words(command):
        joined = f"{line} {word}" if line else word
        if line and len(joined) + 2 > width:
            lines.append(f"{line} \\")
            line = f"  {word}"
        else:
            line = joined
    return [*lines, line]


def _words(command: str) -> list[str]:
    """Split at blanks outside quotes, keeping every quote and backslash as it stands."""
    words: list[str] = []
    word = ""
    quote = ""
    escaped = False
    for character in command:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == " ":
            if word:
                words.append(word)
            word = ""
            continue
        word += character
    return [*words, word] if word else words
