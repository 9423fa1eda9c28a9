"""What an app's own error answer gives away, or leaves unsaid."""

from __future__ import annotations

import json
from http import HTTPStatus

_TELLING = (
    b"Traceback (most recent call last)",
    # Every debug page of Django has it at its head, its page for paths that do not exist too.
    b'content="NONE,NOARCHIVE"',
    b"DEBUG = True",
    b"Werkzeug Debugger",
)
_BARE = (b"<h1>Not Found</h1>", b"<h1>403 Forbidden</h1>", b"<h1>Bad Request (400)</h1>")
_BARE_MAX_BYTES = 300


def gives_away(body: bytes) -> bool:
    """Return whether an error answer shows a trace or a page made for developers."""
    return any(mark in body for mark in _TELLING)


def says_nothing(status: int, body: bytes) -> bool:
    """Return whether an error answer is a framework's own, which says no more than the status."""
    if len(body) > _BARE_MAX_BYTES:
        return False
    if any(mark in body for mark in _BARE):
        return True
    try:
        phrases = {"", str(status), HTTPStatus(status).phrase}
    except ValueError:
        phrases = {"", str(status)}
    if body.startswith(b"{"):
        try:
            members = json.loads(body)
        except ValueError:
            return False
        return all(str(value) in phrases for value in members.values())
    return body.strip().decode("latin-1") in phrases
