"""Paths that must not be public, and what in an answer proves that they are.

An answer proves it when every pattern of its entry is found, the answer is not the one that a
random path gets, and the random path's answer does not match the patterns as well. Patterns match
names and marks only, never values, so that what they matched can be kept: see `gist`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from urllib.parse import urlsplit

from launchready.derive.exposure.inner_pages import PAGES
from launchready.derive.exposure.sensitive_files import FILES
from launchready.derive.exposure.sensitive_path import Path
from launchready.derive.pages.same_page import same_page
from launchready.facts.exposure import Probe
from launchready.facts.http import Exchange

PATHS: tuple[Path, ...] = (*FILES, *PAGES)
"""What is asked of each host, in order; a path may stand twice with different patterns."""
SHOWN = frozenset({200, 203, 206})
"""Statuses of an answer that holds what lies at a path (RFC 9110 section 15.3)."""

_GIST_MAX = 20


def asked_paths(host: str) -> tuple[str, ...]:
    """Return each path to ask a host once, in order."""
    return tuple(dict.fromkeys(path for path, _ in placed(host)))


@lru_cache(maxsize=256)
def placed(host: str) -> tuple[tuple[str, Path], ...]:
    """Return the path of each entry on a host, which some name after it, with the entry."""
    parent = host.partition(".")[2]
    names = {
        "{host}": host,
        "{parent}": parent if "." in parent else host,
        "{name}": host.split(".")[-2] if "." in host else host,
    }
    found = []
    for entry in PATHS:
        path = entry.path
        for word, name in names.items():
            path = path.replace(word, name)
        found.append((path, entry))
    return tuple(found)


def recognise(path: str, answer: Exchange, nowhere: Exchange) -> Path | None:
    """Return what an answer proves to be public at a path; None when it proves nothing.

    `nowhere` is the host's answer to a random path. A trailing slash or a query does not count.
    """
    if answer.status not in SHOWN or answer.challenge or same_page(answer, nowhere):
        return None
    host = urlsplit(answer.url).hostname or ""
    for place, candidate in placed(host):
        if _bare(place) == _bare(path) and _matches(candidate, answer):
            return None if nowhere.status == 200 and _matches(candidate, nowhere) else candidate
    return None


def exposed(probe: Probe) -> tuple[tuple[Path, Exchange], ...]:
    """Return each thing that a probe found to be public, with the answer that proves it."""
    found = []
    for answer in probe.found:
        path = recognise(urlsplit(answer.url).path, answer, probe.nowhere)
        if path is not None:
            found.append((path, answer))
    return tuple(found)


def gist(path: Path, body: bytes) -> bytes:
    """Return only what the patterns matched: enough to recognise it again, and no secret's value."""
    found: list[bytes] = []
    body = _bytes(body)
    for number, pattern in enumerate(path.patterns):
        matches = islice(pattern.finditer(body), _GIST_MAX if number == 0 else 1)
        found += [match[0].strip(b"\r\n") for match in matches]
    return b"\n".join(found)


def _bare(path: str) -> str:
    return path.partition("?")[0].strip("/")


def _matches(candidate: Path, answer: Exchange) -> bool:
    body = _bytes(answer.body)
    if not candidate.html and _is_html(answer):
        return False
    first, *others = candidate.patterns
    if candidate.at_least > 1:
        if sum(1 for _ in first.finditer(body)) < candidate.at_least:
            return False
    elif first.search(body) is None:
        return False
    return all(p.search(body) for p in others)


def _bytes(body: bytes) -> bytes:
    """Return a body as the patterns are written; editors of Windows save settings in UTF-16."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").encode()
    return body


def _is_html(answer: Exchange) -> bool:
    start = answer.body[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype", b"<html", b"<head", b"<body"))
