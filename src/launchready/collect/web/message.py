"""One HTTP request, what came of it, and the bounded intake of an answer's bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from launchready.facts.http import Headers, Timing

Verify = Literal["full", "name", "none"]
"""`full` as browsers do; `name` asks only that the certificate names the host; `none` takes any."""

FailureKind = Literal[
    "no route", "closed", "timeout", "tls", "certificate", "garbled", "silent", "refused by us"
]

HEADER_LINES_MAX = 400
"""Of all heads of one answer together: informational ones (1xx) count, or they would never end."""
HEADER_BYTES_MAX = 256 * 1024
MEDIA_MAX_BYTES = 64_000
"""Of images, sounds, films and fonts: nothing reads them, and a page may load dozens."""

_STATUS_LINE = re.compile(rb"HTTP/(\d(?:\.\d)?) +(\d{3})(?: |\r|\n|$)")
_MEDIA = re.compile(r"(?:image/(?!svg)|audio/|video/|font/)", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# RFC 9110 section 5.5: control characters have no place in a value; a terminal would obey them.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask, and where. No cookies and no credentials but those in `headers`."""

    url: str
    addresses: tuple[str, ...]
    """Published addresses of the URL's host that may be asked; the dial map applies to them."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    verify: Verify = "full"
    deadline_s: float = 10.0
    body_max_bytes: int = 6_000_000
    certificates: bool = False
    """Ask for the presented chain, on a fresh connection."""
    fresh: bool = False
    """Use no connection that is already open."""
    insists: bool = False
    """Ask even a server that keeps others waiting."""
    around: bool = False
    """Go to the addresses even where the dial map sends the host by its name elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP answer, as far as it was taken in. `status` is 0 when what came was not HTTP."""

    url: str
    method: str
    status: int
    headers: Headers
    body: bytes
    body_cut: bool
    wire_bytes: int
    http_version: str
    address: str
    timing: Timing
    trouble: str = ""
    certificates: tuple[tuple[tuple[str, str], ...], ...] = ()
    """The presented chain as libcurl's CERTINFO gives it, when it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No answer. `ours` says that our own network stood in the way."""

    kind: FailureKind
    reason: str
    address: str = ""
    ours: bool = False
    late: bool = False
    """The connection was taken; what should have come over it did not come in time."""
    unsent: bool = False
    """It waited for a share in another request's connection, and was never sent."""
    not_asked: bool = False
    """The server was silent to what was asked before, and was not asked this."""


@dataclass(slots=True, kw_only=True)
class Intake:
    """Takes an answer in through libcurl's callbacks; returns 0 from them to stop the transfer."""

    body_max_bytes: int
    version: str = ""
    status: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    body_bytes: int = 0
    body_cut: bool = False
    stopped: str = ""
    """Why the transfer was stopped by us, other than by a full body."""
    complete_head: bool = False
    _lines: int = 0
    _line_bytes: int = 0

    def header(self, line: bytes) -> int:
        """Take one header line; trailers behind the body are counted but not kept."""
        self._lines += 1
        self._line_bytes += len(line)
        if self._lines > HEADER_LINES_MAX:
            self.stopped = f"more than {HEADER_LINES_MAX} header lines"
            return 0
        if self._line_bytes > HEADER_BYTES_MAX:
            self.stopped = f"more than {HEADER_BYTES_MAX // 1024} KB of header"
            return 0
        if status_line := _STATUS_LINE.match(line):
            self.version, self.status = status_line[1].decode(), int(status_line[2])
            self.fields.clear()
            self.complete_head = False
        elif not self.complete_head:
            self._field(line)
        return len(line)

    def _field(self, line: bytes) -> None:
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            # After 100 or 103 the real head follows and starts anew.
            self.complete_head = self.status >= 200 or self.status == 101
            if any(n.lower() == "content-type" and _MEDIA.match(v) for n, v in self.fields):
                self.body_max_bytes = min(self.body_max_bytes, MEDIA_MAX_BYTES)
            return
        if text[0] in " \t" and self.fields:  # RFC 9112 section 5.2: obs-fold
            name, value = self.fields[-1]
            self.fields[-1] = (name, f"{value} {_clean(text)}".strip())
            return
        name, colon, value = text.partition(":")
        if colon and _TOKEN.match(name):
            self.fields.append((name, _clean(value)))

    def chunk(self, data: bytes) -> int:
        """Take a decoded piece of the body, up to the limit."""
        room = self.body_max_bytes - self.body_bytes
        if len(data) > room:
            self.chunks.append(data[:room])
            self.body_bytes += room
            self.body_cut = True
            return 0
        self.chunks.append(data)
        self.body_bytes += len(data)
        return len(data)


def _clean(value: str) -> str:
    return CONTROL.sub("\ufffd", value).strip(" \t")
