"""What guard's caching would have said of an answer in which nothing is said to caches.

Guard lies behind whatever stands in front of the app, and only some answers of a host may be its own.
Told apart is what can be: an answer without guard's id never passed through it, and what an answer
does say was said by the app or by something in front, where guard's caching may change nothing.
"""

from __future__ import annotations

import re

from launchready.derive.caching.storable import TARGETED_FIELDS
from launchready.facts import Fault, Subject
from launchready.facts.guarding import GuardFigures
from launchready.facts.hops import host, path
from launchready.facts.http import Exchange
from launchready.manifest import Manifest

_SAYS = ("cache-control", "expires", *TARGETED_FIELDS)
_ID = re.compile(r"[0-9a-f]{16}")
"""Guard's X-Request-ID, which no app behind it can set; those of others have another form."""
_NAMED_BY_CONTENT = re.compile(r"[.\-_](?=[0-9A-Za-z]*\d)[0-9A-Za-z]{8,}\.[A-Za-z0-9]+\Z")
"""The names that guard takes for a hash of the content; the audit knows more of them."""


def left_unsaid(answer: Exchange, subject: Subject) -> Fault | None:
    """Return the fault of guard that explains that nothing is said to caches in an answer.

    None where something is said, where the answer is another host's than the subject's, or where
    it did not come through guard. Whether guard's caching is off at all is for its figures to say.
    """
    at = next((s for s in subject.lineage() if s.kind == "host"), None)
    ids = answer.headers.all("x-request-id")
    if at is None or host(answer.url) != at.name or not any(map(_ID.fullmatch, ids)):
        return None
    if any(field in answer.headers for field in _SAYS):
        return None
    return Fault(GuardFigures, "caching-off", at)


def kept_for_a_year(answer: Exchange, manifest: Manifest) -> bool:
    """Return whether guard's caching has browsers keep a file for a year.

    It does for files that are named by their content, in and below the folder of a declared static
    file, unless they set a cookie; what is declared nowhere, no cache may keep.
    """
    file = path(answer.url)
    if "set-cookie" in answer.headers or not _NAMED_BY_CONTENT.search(file):
        return False
    return any(
        _covers(path(route.url), file)
        for route in manifest.routes.values()
        if route.kind == "static" and route.host == host(answer.url)
    )


def _covers(declared: str, file: str) -> bool:
    folder = declared.rpartition("/")[0]
    # At the root a declared file speaks for itself alone.
    return file == declared or (bool(folder) and file.startswith(f"{folder}/"))
