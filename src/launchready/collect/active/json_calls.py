"""Log-ins that take JSON, as a single-page app sends them: fields, tokens, where they may go."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urljoin

from launchready.collect.active.journey import Journey
from launchready.collect.active.limited import LogIn
from launchready.collect.active.session import Session
from launchready.collect.web.address import origin, wire_url
from launchready.facts import Gap
from launchready.facts.http import Exchange
from launchready.manifest import AccountEntry, Manifest, RouteEntry

TOKEN_MAX_CHARS = 8192
TOKEN_NAMES = (
    "access_token", "accessToken", "token", "access", "jwt", "auth_token", "authToken",
    "session_token", "sessionToken", "id_token", "idToken", "key",
)  # fmt: skip
"""Under these names tokens are handed out, the likelier first: dj-rest-auth says `key`."""
# Django REST framework and what is built on it.
_FURTHER_SCHEMES = frozenset({"token", "jwt"})
_LEVELS_MAX, _PLACES_MAX = 3, 50
_TOKEN_MIN_CHARS = 20
# Of a picture, of a person.
_ADDRESS = re.compile(r"://|@")
NOT_UNDERSTOOD = frozenset({400, 404, 405, 415, 422})
"""So an API answers fields of other names than its own, or a call of another kind."""
TOKEN_EXPIRED = 419
"""Laravel's answer to a call without its token against forged requests."""
_LARAVELS_TOKEN = "/sanctum/csrf-cookie"  # noqa: S105 - a path


def json_route(manifest: Manifest, account: AccountEntry) -> RouteEntry | None:
    """Return the route that an account signs in at where it takes JSON; None where a form does."""
    return next(
        (
            r
            for r in manifest.routes.values()
            if r.url == account.login and r.kind == "auth" and r.json_body
        ),
        None,
    )


def named(route: RouteEntry, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values under the names that the route declares, else under the usual ones."""
    found = {}
    for what, value in values.items():
        usual = "email" if what == "username" and "@" in value else what
        name = route.fields.get(what) or route.fields.get(usual) or usual
        found[name] = value
    return found


def written(values: Mapping[str, str]) -> bytes:
    """Return the JSON of named values; `user.email` stands inside `user`, as Rails wants it."""
    found: dict[str, str | dict[str, str]] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        place = found.setdefault(outer, {}) if dot and outer and inner else None
        if isinstance(place, dict):
            place[inner] = value
        else:
            found[name] = value
    return json.dumps(found).encode()


async def called(
    session: Session, url: str, body: bytes, *, body_max_bytes: int = 500_000
) -> Exchange | Gap:
    """Return the answer to JSON sent by POST; Laravel's token is fetched where it is asked for."""
    answer = await session.call(url, body, body_max_bytes=body_max_bytes)
    if isinstance(answer, Exchange) and answer.status == TOKEN_EXPIRED:
        await session.send(urljoin(url, _LARAVELS_TOKEN))
        answer = await session.call(url, body, body_max_bytes=body_max_bytes)
    return answer


def log_in_by_json(journey: Journey, route: RouteEntry) -> LogIn:
    """Return how to send the log-in: a token in the answer goes with what the session asks next."""
    session, account = journey.session, journey.account
    url = wire_url(route.url)
    places = (url, account.private, account.logout or url)

    async def log_in(password: str) -> Exchange | Gap:
        session.bearer = ""
        if journey.scheme is None:
            visitor = Session(world=session.world, ask=session.ask, key=session.key, patient=True)
            journey.scheme = scheme_wanted(await visitor.get(account.private))
        values = named(route, {"username": journey.username, "password": password})
        answer = await called(session, url, written(values))
        if isinstance(answer, Gap):
            return answer
        if answer.status < 300:
            session.bearer, session.scheme = token_of(answer), journey.scheme
            journey.token_unknown = not session.bearer and may_hold_token(answer)
            session.bearer_origins = frozenset(origin(wire_url(place)) for place in places)
        return await session.follow(answer)

    return log_in


def token_of(answer: Exchange) -> str:
    """Return the token that an answer hands out; empty when it hands out none of a known name."""
    values = (place[name] for name in TOKEN_NAMES for place in _places(answer) if name in place)
    return next((v for v in values if isinstance(v, str) and _is_token(v)), "")


def scheme_wanted(refusal: Exchange | Gap) -> str:
    """Return the word that goes before a token, as a refusal names it (RFC 9110 section 11.6.1)."""
    said = (refusal.headers.get("www-authenticate") or "") if isinstance(refusal, Exchange) else ""
    word = said.strip().partition(" ")[0].rstrip(",")
    return word if word.lower() in _FURTHER_SCHEMES else "Bearer"


def may_hold_token(answer: Exchange) -> bool:
    """Return whether some value of an answer looks like a token, whatever its name."""
    return any(
        isinstance(v, str)
        and len(v) >= _TOKEN_MIN_CHARS
        and _is_token(v)
        and not _ADDRESS.search(v)
        for place in _places(answer)
        for v in place.values()
    )


def _places(answer: Exchange) -> tuple[dict[str, object], ...]:
    """Return the objects of a JSON answer, from the outside in: tokens stand in `data`, say."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ()
    every: list[dict[str, object]] = []
    level = [found]
    for _ in range(_LEVELS_MAX):
        here = [o for o in level if isinstance(o, dict)][:_PLACES_MAX]
        every += here
        level = [v for o in here for v in o.values()]
    return tuple(every)


def _is_token(value: str) -> bool:
    # RFC 6750 section 2.1: what else stood in it could end the header line.
    plain = value.isascii() and value.isprintable() and " " not in value
    return plain and 0 < len(value) <= TOKEN_MAX_CHARS
