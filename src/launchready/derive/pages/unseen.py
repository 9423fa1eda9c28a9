"""Whether a visit showed what a route gives, or only that something is wrong there."""

from __future__ import annotations

from launchready.derive.pages.route_answer import Wrong, wrong_with
from launchready.facts.ways import Visit
from launchready.manifest import CALLED_KINDS, RouteKind

LOADS_NOTHING: frozenset[RouteKind] = CALLED_KINDS | {"health"}
"""Kinds of which browsers load nothing beyond the answer itself."""


def unseen(visit: Visit) -> str:
    """Return why what the route gives once it is mended was not seen; empty when it was."""
    answer = visit.answer
    if visit.walk.end != "answer" or answer is None:
        return "its redirects reach no answer"
    if answer.challenge:
        return f"bot protection ({answer.challenge}) answered instead of the site"
    if answer.status < 400 and not answer.trouble:
        return ""
    wrong = wrong_with(visit)
    return f"it answers {wrong.seen}" if isinstance(wrong, Wrong) else ""


def unseen_page(visit: Visit) -> str:
    """Return why the page that browsers will get here was not seen; empty when it was, or is none."""
    return "" if visit.route.kind in LOADS_NOTHING else unseen(visit)
