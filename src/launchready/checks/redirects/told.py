"""Which check tells of a way in, or of a route, that is at fault: others point to it by its id."""

from __future__ import annotations

from launchready.facts.ways import Entrance, Visit

OF_ENTRANCE = {
    "loop": "redirect-loop",
    "too-many-hops": "redirect-loop",
    "private-address": "redirect-to-private-address",
    "bad-location": "redirect-leads-nowhere",
    "gap": "redirect-leads-nowhere",
    "stays": "host-does-not-redirect",
    "astray": "redirects-elsewhere-than-declared",
    "stays-plain": "http-not-sent-to-https",
    "path-lost": "redirect-drops-path",
}
OF_VISIT = {
    "loop": "route-redirects-in-a-loop",
    "too-many-hops": "route-redirects-in-a-loop",
    "private-address": "route-redirects-to-private-address",
    "bad-location": "route-redirects-nowhere",
    "gap": "route-redirects-nowhere",
    "garbled": "route-answers-wrong",
    "failing": "route-answers-wrong",
    "missing": "route-answers-wrong",
    "garbled-call": "endpoint-answers-wrong",
    "failing-call": "endpoint-answers-wrong",
    "missing-call": "endpoint-answers-wrong",
}


def see(found: Entrance | Visit) -> str:
    """Return the end of a sentence that points to the check of this fault; empty where none is."""
    told_by = OF_ENTRANCE if isinstance(found, Entrance) else OF_VISIT
    check = told_by.get(found.fault)
    return f"; see {check}" if check else ""
