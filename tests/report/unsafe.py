"""Hostile text, and the assertion that none of it came through."""

from __future__ import annotations

import unicodedata

HOSTILE = (
    "\x1b[2J\x1b[31mred\x07",
    "\u202eevil\u202c",
    "\x9b31m",
    "a\rb",
    "\u2028next",
    "\ud800",
    "\ufffe",
    "\x00nul",
    "[bold red]markup[/]",
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "'--></style></title><svg onload=document.title='owned'>",
    "{{ 7*7 }}{% raw %}",
    "]]><evil/>",
    "`code` | cell | *bold* <b>",
    "Z" + "\u0301" * 500,
    "x" * 10_000,
)


def assert_harmless(text: str, *, lines: bool = False) -> None:
    """Assert that nothing in the text moves a cursor, turns a line or is not a character."""
    kept = {"\n"} if lines else set()
    found = {
        f"U+{ord(c):04X}"
        for c in text
        if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        and c not in kept | {"\u200c", "\u200d"}
    }
    assert not found
