"""What a route lets scripts of other origins read (Fetch standard, CORS protocol)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from launchready.collect.explained import behind_lock, untold
from launchready.collect.web.address import url_host
from launchready.collect.web.exchange import Asking, answer_in_time, answer_to
from launchready.collect.world import World
from launchready.derive.caching.storable import stored_by_shared
from launchready.derive.sign_in.session_cookies import session_cookies
from launchready.derive.sign_in.throttle import asks_to_wait
from launchready.expected import entrances, zone_of
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.active import SignIn
from launchready.facts.exposure import Cors, CorsAnswer
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry

BODY_MAX_BYTES = 2_000
TRUSTED_MAX = 2
DECLARED_MAX = 4
_SENT_BY_POST = frozenset({"auth", "chat", "signup", "invite", "reset", "webhook", "checkout"})


async def cors(subject: Subject, world: World, ask: Ask) -> Cors | Gap:
    """Return what the route answers to foreign and declared origins, in the request and a preflight."""
    key = Key(Cors, subject)
    route = world.manifest.all_routes[subject.name]
    locked = await behind_lock(key, route.url, world, ask)
    if locked is not None:
        return locked
    method = route.method or ("POST" if route.kind in _SENT_BY_POST else "GET")
    host = url_host(route.url)
    domain = zone_of(world.manifest, host)
    foreign = foreign_origins(host, domain=domain, trusted=route.cors)
    declared = declared_origins(route)
    askings = [(o, a) for o in (*foreign, *declared) for a in _askings(route.url, method, o)]
    # So many questions may reach a limit, which would then keep the test member out.
    by_token = await _by_token(world, ask)
    found = await asyncio.gather(*(answer_to(a, world, ask, key=key) for _, a in askings))
    pairs = [(origin, answer) for (origin, _), answer in zip(askings, found, strict=True)]
    for n, (origin, answer) in enumerate(pairs):
        if isinstance(answer, Exchange) and not answer.fault and not _is_heard(answer):
            later = await answer_in_time(askings[n][1], world, ask, key=key)
            pairs[n] = (origin, later)
            if isinstance(later, Gap) or not _is_heard(later):
                # Who is kept out by now is kept out from the others as well.
                break
    answers = [
        _answer(origin, answer)
        for origin, answer in pairs
        if isinstance(answer, Exchange) and _is_heard(answer)
    ]
    unheard = set(foreign) - {a.origin for a in answers}
    if unheard:
        # The pattern that was not tried may be the careless one.
        return await _gap(key, [answer for o, answer in pairs if o in unheard], world, ask)
    return Cors(
        subject=subject,
        at=world.now(),
        how=f"curl -si -H 'Origin: https://evil.example' {route.url}",
        route=route,
        method=method,
        by_token=by_token,
        answers=tuple(a for a in answers if a.origin in foreign),
        declared=tuple(a for a in answers if a.origin in declared),
    )


async def _by_token(world: World, ask: Ask) -> bool:
    """Return whether every test member got in by a token, and was given no cookie that carries a session."""
    if not (world.active and world.manifest.accounts):
        return False
    found = [await ask(SignIn, way_in) for way_in in entrances(world.manifest)]
    return all(
        isinstance(f, SignIn) and f.by_token and not f.fault and not session_cookies(f.cookies)
        for f in found
    )


def declared_origins(route: RouteEntry) -> tuple[str, ...]:
    """Return the declared origins as browsers would send them; `*` is none that anybody has."""
    written = (origin.strip().rstrip("/") for origin in route.cors if origin != "*")
    return tuple(dict.fromkeys(written))[:DECLARED_MAX]


def _askings(url: str, method: str, origin: str) -> tuple[Asking, Asking]:
    field = ("Origin", origin)
    preflight = (
        field,
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", "content-type"),
    )
    return (
        Asking(url=url, headers=(field,), body_max_bytes=BODY_MAX_BYTES),
        Asking(
            url=url, method="OPTIONS", headers=preflight, body_max_bytes=BODY_MAX_BYTES
        ),
    )  # fmt: skip


def foreign_origins(host: str, *, domain: str = "", trusted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return origins that no host should trust, beside those that careless patterns let in.

    A pattern is written for the domain or for an origin that is trusted as often as for the host.
    """
    domain = domain or host
    hosts = (urlsplit(origin).hostname for origin in trusted[:TRUSTED_MAX])
    names = dict.fromkeys((host, domain, *(name for name in hosts if name)))
    return (
        "https://evil.example",
        "null",
        *(f"https://{name}.evil.example" for name in names),
        # Not of the host: what lies below the launch's own domain belongs to nobody else.
        f"https://evil{domain}",
        f"http://launchready.{host}",
        *(f"https://{name}" for name in _any_letter(names, domain)),
    )


def _any_letter(names: Iterable[str], domain: str) -> list[str]:
    """Return names that a pattern lets in whose dot stands for any letter: `appxexample.org`."""
    halves = [name.partition(".") for name in names]
    made = [f"{first}x{rest}" for first, _, rest in halves if "." in rest]
    return [name for name in made if not name.endswith(f".{domain}")]


def _answer(origin: str, answer: Exchange) -> CorsAnswer:
    vary = {v.strip().lower() for v in (answer.headers.get("vary") or "").split(",")}
    credentials = answer.headers.get("access-control-allow-credentials") or ""
    storing = stored_by_shared(answer)
    return CorsAnswer(
        origin=origin,
        allow_origin=answer.headers.get("access-control-allow-origin"),
        # The Fetch standard compares this value with case.
        allow_credentials=credentials.strip() == "true",
        status=answer.status,
        vary_origin=bool({"origin", "*"} & vary),
        kept=storing.storable and storing.explicit and not storing.asks_first,
        preflight=answer.method == "OPTIONS",
        allow_methods=answer.headers.get("access-control-allow-methods") or "",
        allow_headers=answer.headers.get("access-control-allow-headers") or "",
    )


def _is_heard(answer: Exchange) -> bool:
    """Return whether an answer tells what the origin may: a limit may refuse before it is thought of."""
    allows = "access-control-allow-origin" in answer.headers
    return not answer.fault and (allows or not asks_to_wait(answer))


async def _gap(key: Key, found: list[Exchange | Gap], world: World, ask: Ask) -> Gap:
    """Return why origins were not heard; `found` is what came in place of their answers."""
    gap = next((f for f in found if isinstance(f, Gap)), None)
    if gap is not None:
        return gap
    answer = next(f for f in found if isinstance(f, Exchange))
    return await untold(key, answer, world, ask)


COLLECTORS: dict[type[Fact], Collector] = {Cors: cors}
