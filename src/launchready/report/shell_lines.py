"""Shell commands in lines that fit a terminal and still run when they are copied."""

from __future__ import annotations

from rich.cells import cell_len


def shell_lines(command: str, width: int, *, cuts_words: bool = False) -> list[str]:
    r"""Return the command in lines of at most `width` columns where it can be broken.

    Breaks stand between words, each with a trailing ` \`; the line behind one begins with blanks. A
    word longer than the width keeps a line of its own, or with `cuts_words` goes on at the very
    beginning of the next line, so that nothing may stand in front of it there. What stands behind a
    `#` cannot be continued by a shell and is broken into comments.
    """
    lines: list[str] = []
    for given in command.split("\n"):
        if cell_len(given) <= width:
            lines.append(given)
            continue
        words = shell_words(given)
        end = next((at for at, word in enumerate(words) if word.startswith("#")), len(words))
        lines += _broken(words[:end], width, cuts_words=cuts_words)
        lines += _comments(words[end:], width)
    return lines


def _broken(words: list[str], width: int, *, cuts_words: bool) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if line and cell_len(joined) + 2 > width:
            lines.append(f"{line} \\")
            line = f"  {word}"
        else:
            line = joined
        if cuts_words and cell_len(line) + 2 > width:
            *cut, line = _cut(line, width)
            lines += cut
    return [*lines, line] if line else lines


def _cut(line: str, width: int) -> list[str]:
    r"""Cut anywhere: a shell takes `\` and a line's end away, between single quotes after closing them."""
    pieces: list[str] = []
    piece = quote = ""
    escaped = False
    for character in line:
        end = "'\\" if quote == "'" else "\\"
        if not escaped and cell_len(piece + character + end) + 2 > width:
            pieces.append(piece + end)
            piece = "'" if quote == "'" else ""
        quote, escaped = _after(character, quote, escaped=escaped)
        piece += character
    return [*pieces, piece]


def _comments(words: list[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in " ".join(words).lstrip("#").split():
        if lines and cell_len(lines[-1]) + cell_len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"# {word}")
    return lines


def shell_words(command: str) -> list[str]:
    """Split at blanks outside quotes, keeping every quote and backslash as it stands."""
    words: list[str] = []
    word = quote = ""
    escaped = False
    for character in command:
        if character == " " and not quote and not escaped:
            if word:
                words.append(word)
            word = ""
            continue
        quote, escaped = _after(character, quote, escaped=escaped)
        word += character
    return [*words, word] if word else words


def _after(character: str, quote: str, *, escaped: bool) -> tuple[str, bool]:
    """Return in which quotes a shell is after a character, and whether it escapes the next one."""
    if escaped:
        return quote, False
    if character == "\\" and quote != "'":
        return quote, True
    if quote:
        return ("" if character == quote else quote), False
    return (character if character in {"'", '"'} else ""), False
