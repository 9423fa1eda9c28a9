"""Commands that anyone can run to see what a check saw. Hostile values are quoted."""

from __future__ import annotations

from shlex import quote


def headers_of(url: str) -> str:
    """Return the command that prints the head of one answer; a GET, as HEAD is often answered otherwise."""
    return f"curl -sS -o /dev/null -D - {quote(url)}"


def refresh_of(url: str) -> str:
    """Return the command that prints how a page sends its visitors on: its Refresh field, markup or script."""
    return f"curl -sSi {quote(url)} | grep -aiE 'refresh|location'"


def walk_of(url: str) -> str:
    """Return the command that prints every hop from a URL: status and Location."""
    return f"curl -sSL --max-redirs 20 -o /dev/null -D - {quote(url)} | grep -iE '^(HTTP|location)'"
