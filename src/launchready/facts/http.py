"""What a host answers over HTTP: single exchanges, and what all of its answers have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from launchready.facts.subject import Fact

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UTF_16 = re.compile(r"charset\s*=\s*[\"']?utf-16(?:le|(be))?\b")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order received; names compared without case (RFC 9110 section 5.1)."""

    items: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the field, in order."""
        wanted = name.lower()
        return tuple(v for n, v in self.items if n.lower() == wanted)

    def get(self, name: str) -> str | None:
        """Return the field's values joined by a comma, or None when it is absent."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Phases of one request in seconds since its start (libcurl's cumulative times)."""

    name_s: float
    connect_s: float
    tls_s: float
    first_byte_s: float
    total_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(Fact):
    """One request and its answer; redirects are not followed. The subject is the URL."""

    plain: ClassVar[str] = "the answer"

    url: str
    method: str
    status: int
    """0 when the answer was not HTTP; `trouble` says what it was."""
    headers: Headers
    body: bytes
    """Decoded (gzip, br, zstd), cut at the limit of the run."""
    body_cut: bool
    wire_bytes: int
    """Bytes of the body before decoding; 0 when the body was cut."""
    http_version: str
    """`1.0`, `1.1`, `2` or `3`."""
    address: str
    """The published address that was asked (before the dial map)."""
    verified: bool
    """False: the certificate was not accepted and this is the one anonymous retry without verification."""
    timing: Timing
    challenge: str = ""
    """Name of the bot protection that answered instead of the site; empty if none."""
    trouble: str = ""
    """Why the answer is not usable although something answered: garbage, too many header lines, …"""

    @property
    def location(self) -> str | None:
        """The Location field of a redirect answer, as sent."""
        return self.headers.get("location") if self.status in {301, 302, 303, 307, 308} else None

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; empty when absent."""
        return (self.headers.get("content-type") or "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text; bytes that are not valid in its charset are replaced.

        UTF-16 is read as such, as it alone hides markup; of other charsets only letters get lost.
        """
        return self.body.decode(self._encoding, errors="replace")

    @property
    def _encoding(self) -> str:
        """`utf-8` or an UTF-16: by the byte order mark, else by the Content-Type (Encoding Standard)."""
        for mark, encoding in _MARKS:
            if self.body.startswith(mark):
                return encoding
        told = _UTF_16.search((self.headers.get("content-type") or "").lower())
        return "utf-8" if told is None else "utf-16-be" if told[1] else "utf-16-le"

    @property
    def fault(self) -> str:
        """`challenged` when bot protection answered, `garbled` when it was not HTTP."""
        if self.challenge:
            return "challenged"
        return "garbled" if self.trouble else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswers(Fact):
    """What a host answers over HTTPS wherever it is asked: at its root, a missing page, each route.

    The routes are looked at only where neither root nor missing page has a usable answer.
    """

    plain: ClassVar[str] = "the host's answers"
    patience: ClassVar[int] = 2

    answers: tuple[Exchange, ...]
    unanswered: tuple[str, ...] = ()
    """URLs at which the connection and its TLS stood, and no answer came in time."""
    silence: str = ""
    """How long was waited for an answer there, in words."""
    lock: str = ""
    """What all answers are that ask for a password (401) where visitors are expected; else empty."""

    @property
    def fault(self) -> str:
        """What spoils all that was asked.

        `silent` (nothing was answered), `garbled` (not HTTP), `failing` (status 500 or more),
        `locked` (a password is asked for before anything is shown).
        """
        if not self.answers:
            return "silent"
        if self.lock:
            return "locked"
        faults = {a.fault or ("failing" if a.status >= 500 else "") for a in self.answers}
        if faults <= {"garbled", "failing"}:
            return "garbled" if "garbled" in faults else "failing"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleSheet(Fact):
    """A style sheet of the launch's own hosts, loaded by a page that leaves plain HTTP as it is."""

    plain: ClassVar[str] = "the style sheet"
    patience: ClassVar[int] = 2

    answer: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Fact):
    """The same URL asked a second time shortly after, to see what a cache does."""

    plain: ClassVar[str] = "the second request"

    first: Exchange
    second: Exchange
