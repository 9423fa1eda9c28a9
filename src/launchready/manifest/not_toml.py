"""What keeps a text from being TOML, in words that a founder understands."""

from __future__ import annotations

import re
import unicodedata

from pydantic import ValidationError

from launchready.manifest.lines import key_lines, key_path
from launchready.manifest.model import Manifest
from launchready.manifest.problems import Problem, explained, visible, written

_TEXT = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*')|#.*""")
_FOUND_MAX = 60


class _Bare:
    """A value that stands without quotes: no type that a manifest wants."""

    def __init__(self, text: str) -> None:
        self._text = text if len(text) <= _FOUND_MAX else f"{text[:_FOUND_MAX]}…"

    def __str__(self) -> str:
        return self._text


def not_toml(file: str, source: str, error: Exception) -> Problem:
    """Return what keeps the text from being TOML, with its line and key where they can be told."""
    text = str(error)
    if isinstance(error, RecursionError):
        return _problem(file, None, "", "brackets in brackets without end", "A manifest is flat.")
    lines = key_lines(source)
    if "integer string conversion" in text:
        found = "a number of thousands of digits"
        return _problem(file, None, "", found, "Write a smaller one.")
    where = re.search(r"\(at line (\d+), column \d+\)", text)
    # What is never closed is told at the end of the file; it begins at the last key.
    number = int(where[1]) if where else max(lines.values(), default=1)
    path, rest = _key_at(source, number, lines)
    key = written(path)
    found = re.sub(r"\s*\(at .*\)$", "", text)
    if twice := re.search(r"Cannot declare \((.*)\) twice", text):
        key = written(tuple(re.findall(r"'((?:[^'\\]|\\.)*)'", twice[1])))
        return _problem(
            file, number, key, f"the section [{key}] stands twice", "Put both into one."
        )
    if "Cannot overwrite a value" in text:
        return _problem(file, number, key, "this key stands twice", "Leave one of the two out.")
    if not where:
        allowed = "Each bracket, brace and quote has its partner."
        return _problem(file, number, key, "what begins here is never closed", allowed)
    if strange := _strange(source.split("\n")[number - 1]):
        return _problem(file, number, key, *strange)
    if "character '\\n'" in found:
        allowed = 'Texts stand in quotes: "example.org".'
        return _problem(file, number, key, "a text has no closing quote", allowed)
    if "Unescaped '\\'" in found or "Invalid hex" in found:
        allowed = "Write two backslashes for one, or put the text into single quotes."
        return _problem(file, number, key, "a backslash in a text begins a special sign", allowed)
    if found in {"Invalid value", "Expected newline or end of document after a statement"}:
        bare = rest.removeprefix("=").strip()
        if rest.startswith("=") and not bare.startswith(("[", "{", '"', "'")):
            return _without_quotes(file, path, lines, bare, number)
        found = "this is no value" if found == "Invalid value" else found
        return _problem(file, number, key, found, 'Texts stand in quotes: "example.org".')
    if found.startswith(("Expected '=' after a key", "Invalid statement")):
        # No more of it: whoever gets this wrong may have written a password.
        found = f"found {rest[0]!r} where = belongs" if path and rest else found
        key = "" if found == "Invalid statement" else key
        allowed = 'A line is a key, =, and a value: domain = "example.org".'
        if "=" in rest and not rest.startswith(":"):
            allowed = 'A key of more than letters, digits, - and _ stands in quotes: "a.org/b" = …'
        return _problem(file, number, key, found, allowed)
    return _problem(file, number, key, found, "Write valid TOML here.")


def _problem(file: str, line: int | None, key: str, found: str, allowed: str) -> Problem:
    return Problem(file=file, line=line, key=key, found=visible(found), allowed=allowed)


def _key_at(
    source: str, number: int, lines: dict[tuple[str, ...], int]
) -> tuple[tuple[str, ...], str]:
    """Return the path of the key that the line begins with or belongs to, and what stands behind it."""
    line = source.split("\n")[number - 1].strip()
    parts, rest = key_path(line)
    before = [p for p, n in lines.items() if n <= number]
    last = max(before, key=lambda p: (lines[p], len(p)), default=())
    if line.startswith("[") or not parts or not rest or rest.startswith((",", "]")):
        return last, ""
    table: tuple[str, ...] = ()
    for above in source.split("\n")[: number - 1]:
        if above.strip().startswith("["):
            table, _ = key_path(above.strip().lstrip("["))
    return (*table, *parts), rest


def _strange(line: str) -> tuple[str, str] | None:
    """Return what is found and wanted where a sign outside texts and comments is none of TOML's."""
    plain = _TEXT.sub("", line)
    sign = next((c for c in plain if not c.isascii()), None)
    if sign is None:
        return None
    found = f"found {sign!r} ({unicodedata.name(sign, 'a sign without a name').lower()})"
    if unicodedata.category(sign) in {"Pi", "Pf", "Ps"}:
        return found, 'Texts stand in straight quotes: "example.org".'
    return found, "Outside quotes stand plain letters, digits, - and _ only; write it anew."


def _without_quotes(
    file: str,
    path: tuple[str, ...],
    lines: dict[tuple[str, ...], int],
    bare: str,
    number: int,
) -> Problem:
    """Return the problem of a value without quotes, with what its key takes."""
    data: object = _Bare(bare)
    for part in reversed(path):
        data = {part: data}
    try:
        Manifest.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            here = tuple(p for p in each["loc"] if p != "[key]")
            if here[: len(path)] == path and each["type"] != "missing":
                return explained(file, lines | {path: number}, dict(each))
    key = written(path)
    return _problem(file, number, key, "this is no value", 'Texts stand in quotes: "example.org".')
