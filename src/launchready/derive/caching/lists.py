"""Which routes are safe to cache at the edge, and which must stay dynamic, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from launchready.derive.caching.personal import PERSONAL_KINDS, personal_signs
from launchready.derive.caching.storable import stored_by_shared
from launchready.facts.ways import Visit
from launchready.manifest import Manifest, RouteEntry, RouteKind

_DYNAMIC: dict[RouteKind, str] = {
    "private": "its answer depends on who is signed in",
    "auth": "it signs members in",
    "signup": "it makes accounts",
    "invite": "it takes invitation codes",
    "reset": "it hands out new passwords",
    "checkout": "it belongs to one payment",
    "webhook": "each call must arrive",
    "chat": "each answer is for one member",
    "health": "a stored answer would hide that the app is down",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCaching:
    """One route and why it may be cached or must not."""

    url: str
    kind: RouteKind
    reason: str


def cache_lists(
    manifest: Manifest, visits: Iterable[Visit]
) -> tuple[tuple[RouteCaching, ...], tuple[RouteCaching, ...]]:
    """Return the routes that are safe to cache, and those that must stay dynamic.

    Every route of the launch stands in exactly one list, in the manifest's order. What was not
    seen stays dynamic: not knowing is no permission.
    """
    seen = {v.route.url: v for v in visits}
    safe: list[RouteCaching] = []
    dynamic: list[RouteCaching] = []
    for route in manifest.all_routes.values():
        may, reason = _judged(route, seen.get(route.url))
        entry = RouteCaching(url=route.url, kind=route.kind, reason=reason)
        (safe if may else dynamic).append(entry)
    return tuple(safe), tuple(dynamic)


def _judged(route: RouteEntry, visit: Visit | None) -> tuple[bool, str]:
    if route.cacheable is not None:
        return route.cacheable, "declared in launchready.toml"
    if route.kind in _DYNAMIC:
        return False, _DYNAMIC[route.kind]
    answer = visit.answer if visit else None
    if visit is None or answer is None or visit.walk.end != "answer" or answer.trouble:
        return False, "it was not seen; leave it until it is known"
    if answer.challenge:
        return False, f"bot protection ({answer.challenge}) answered in its place"
    if not 200 <= answer.status < 300:
        return False, f"it answers {answer.status}"
    if signs := [s for hop in visit.walk.hops for s in personal_signs(hop)]:
        return False, signs[0]
    storing = stored_by_shared(answer)
    if not storing.storable:
        return False, storing.reason
    if "cookie" in (answer.headers.get("vary") or "").lower():
        return False, "it varies by cookie"
    if route.kind == "api" and not storing.explicit:
        return False, "an API that does not say that its answers may be stored"
    if route.kind == "static":
        return True, "a file, the same for everybody"
    return True, "the same for everybody, and sets no cookie"


# Each personal kind must say why it stays dynamic.
assert _DYNAMIC.keys() >= PERSONAL_KINDS  # noqa: S101 - checked once, when the module is read
