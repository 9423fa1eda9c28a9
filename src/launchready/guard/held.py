"""The beginning of an answer that waits for its content."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from launchready.guard import caching
from launchready.guard.asgi import Message, RawHeaders
from launchready.guard.headers import value_of, without

HELD_MAX_BYTES = 262_144
"""A page that is longer, or that does not say how long it is, gets no validator."""

_LENGTH = frozenset({b"content-length"})


@dataclass(slots=True)
class Held:
    """One answer's beginning, as the app gave it or mended already."""

    message: Message
    names: AbstractSet[bytes]
    """Names of its fields, in lower case."""
    body: bytes = b""
    """What has come of a page."""

    def page(self, piece: Message, method: str, if_none_match: bytes | None) -> Message | None:
        """Take a piece of a page, and return what goes after the beginning; None to wait for more.

        The beginning gets a validator where all of the page is here, and becomes 304 when the
        visitor has it already.
        """
        self.body += piece.get("body", b"")
        headers: RawHeaders = self.message["headers"]
        more = piece.get("more_body", False)
        if more:
            # What comes in pieces may say how many bytes they have together.
            length = value_of(headers, b"content-length") or b""
            whole = int(length) if length.isdigit() and len(length) < 9 else HELD_MAX_BYTES + 1
            if len(self.body) < whole <= HELD_MAX_BYTES:
                return None
            more = len(self.body) != whole
        body = self.body
        if not more and (body or method == "GET"):
            tag = caching.etag(body)
            headers.append((b"etag", tag))
            if if_none_match is not None and caching.unchanged(tag, if_none_match):
                self.message["status"] = 304
                self.message["headers"] = without(headers, _LENGTH)
                body = b""
        return {"type": "http.response.body", "body": body, "more_body": more}
