"""Single exchanges over HTTP, as an anonymous visitor makes them."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, replace
from datetime import datetime

from launchready import __version__
from launchready.collect.explained import readable
from launchready.collect.web.address import (
    Asked,
    NotAsked,
    addresses_of,
    host_of,
    origin,
    subject_of,
    url_port,
    wire_url,
)
from launchready.collect.web.message import Failure, Request, Response, Verify
from launchready.collect.web.outcome import CLOSED_SILENTLY
from launchready.collect.web.waiting import let_through
from launchready.collect.world import World
from launchready.derive.pages.challenge import challenge
from launchready.facts import Fact, Gap, GapNature, Key, Subject
from launchready.facts.http import Exchange, HostAnswers, Repeat, StyleSheet
from launchready.facts.tls import Handshake
from launchready.gather import Ask, Collector

SECOND_TRY_AFTER_S = 1.0
_HTTPS = 443
_SAID_FIRST: dict[GapNature, str] = {
    "closed": "nothing listens: ",
    "no-tls": "browsers accept no TLS there: ",
}

VISITOR = (
    ("User-Agent", f"LaunchReady/{__version__}"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request yet without addresses; further header fields stand beside a visitor's own."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    body_max_bytes: int | None = None
    fresh: bool = False
    insists: bool = False
    verified_only: bool = False
    """True: nothing is sent where the certificate is not one that browsers accept."""


def stumbled(found: Exchange | Gap) -> bool:
    """Return whether it is a server's error, or came too late: a second try may not meet that again."""
    if isinstance(found, Gap):
        return found.nature == "late"
    return found.status in {500, 502, 503, 504} and not found.challenge


async def exchange(subject: Subject, world: World, ask: Ask) -> Exchange | Gap:
    """Return the answer to an anonymous GET of the subject's URL, or why there is none."""
    asking, key = Asking(url=subject.name), Key(Exchange, subject)
    found = await answer_in_time(asking, world, ask, subject=subject, key=key)
    if not stumbled(found):
        return found
    # A server that wakes up or is asked for much at once, or a line that stalls, may fail once:
    # twice is broken.
    await asyncio.sleep(SECOND_TRY_AFTER_S)
    again = await answer_to(asking, world, ask, subject=subject, key=key)
    return found if isinstance(again, Gap) else again


async def repeat(subject: Subject, world: World, ask: Ask) -> Repeat | Gap:
    """Return the first answer and that to a second request, sent once the first was there."""
    key = Key(Repeat, subject)
    first = await readable(key, ask)
    if isinstance(first, Gap):
        return first
    second = await answer_to(Asking(url=subject.name), world, ask, key=key)
    if isinstance(second, Gap):
        return second
    # Only the fields of the second answer matter; sixty bodies held twice would be a burden.
    second = replace(second, body=b"", body_cut=second.body_cut or bool(second.body))
    return Repeat(
        subject=subject, at=world.now(), how=f"{second.how}  # twice", first=first, second=second
    )


async def style_sheet(subject: Subject, _world: World, ask: Ask) -> StyleSheet | Gap:
    """Return a page's style sheet, or why it could not be read."""
    found = await readable(Key(StyleSheet, subject), ask)
    if isinstance(found, Gap):
        return found
    return StyleSheet(subject=subject, at=found.at, how=found.how, answer=found)


async def answer_to(
    asking: Asking, world: World, ask: Ask, *, key: Key, subject: Subject | None = None
) -> Exchange | Gap:
    """Return the answer to a request; a Gap of `key` when there is none.

    When the certificate is not one that browsers accept but names the host, the request is made
    once more without that demand and the answer marked as not verified, unless it is
    `verified_only`. A fresh connection is tried once more when the first was closed without a word.
    """
    try:
        url = wire_url(asking.url)
    except ValueError as error:
        return Gap(key=key, reason=f"{asking.url[:200]!r} cannot be asked: {error}")
    where = await addresses_of(url, world, ask)
    if isinstance(where, NotAsked):
        return Gap(key=key, reason=where.reason, because=where.because, ours=where.ours)
    request = _request(asking, url, where, world)
    result, verified = await _send(request, world, verified_only=asking.verified_only)
    if isinstance(result, Response) and result.trouble == CLOSED_SILENTLY:
        result = await _turned_away(result, url, world, ask)
    if isinstance(result, Failure):
        return await _gap(result, url, world, ask, key)
    about = subject or subject_of(asking.url, world)
    return as_exchange(result, about, at=world.now(), how=command(asking), verified=verified)


async def _turned_away(silent: Response, url: str, world: World, ask: Ask) -> Response | Failure:
    """Return why a connection was closed where the handshake tells it: no browser gets in there."""
    if not url.startswith("https:") or url_port(url) != _HTTPS:
        return silent
    handshake = await ask(Handshake, host_of(url, world))
    if isinstance(handshake, Gap) or handshake.accepted:
        return silent
    return Failure(kind="tls", reason=handshake.refusal, address=silent.address)


async def answer_in_time(
    asking: Asking, world: World, ask: Ask, *, key: Key, subject: Subject | None = None
) -> Exchange | Gap:
    """Return the answer as `answer_to` does; where it asks to wait, the one that came later."""

    async def asked() -> Exchange | Gap:
        return await answer_to(asking, world, ask, key=key, subject=subject)

    found = await asked()
    return found if isinstance(found, Gap) else await let_through(found, asked, world)


def _request(asking: Asking, url: str, where: Asked, world: World) -> Request:
    own = {name for name, _ in asking.headers}
    limit = world.body_max_bytes if asking.body_max_bytes is None else asking.body_max_bytes
    return Request(
        url=url,
        addresses=where.addresses,
        method=asking.method,
        headers=(*(v for v in VISITOR if v[0] not in own), *asking.headers),
        body=asking.body,
        deadline_s=world.request_s,
        body_max_bytes=min(limit, world.body_max_bytes),
        fresh=asking.fresh,
        insists=asking.insists,
    )


async def _send(
    request: Request, world: World, *, verified_only: bool
) -> tuple[Response | Failure, bool]:
    """Return what came, and whether the certificate was one that browsers accept."""
    known, here = world.http.unverified, origin(request.url)
    verify: Verify = "name" if here in known and not verified_only else "full"
    result = await world.http.send(replace(request, verify=verify))
    refused = isinstance(result, Failure) and result.kind == "certificate"
    if refused and verify == "full" and not verified_only:
        result = await world.http.send(replace(request, verify="name"))
        if isinstance(result, Response):
            known.add(here)
            verify = "name"
    silent = isinstance(result, Response) and result.trouble == CLOSED_SILENTLY
    if silent and request.method in {"GET", "HEAD"}:
        again = await world.http.send(replace(request, verify=verify, fresh=True))
        result = again if isinstance(again, Response) else result
    return result, verify == "full"


async def _gap(failure: Failure, url: str, world: World, ask: Ask, key: Key) -> Gap:
    because = None
    if url.startswith("https:") and url_port(url) == _HTTPS and not failure.ours:
        # The handshake is a fact of its own: when it has the fault, it explains this gap.
        host = host_of(url, world)
        handshake = await ask(Handshake, host)
        if isinstance(handshake, Gap) or handshake.fault:
            because = Key(Handshake, host)
        entry = world.manifest.all_hosts.get(host.name)
        shaken = failure.kind == "timeout" or because is None
        if failure.late and shaken and entry is not None and entry.web:
            # A server that does TLS is not kept from us by our network. Whether it answers
            # anything at all is a fact of its own, which is made from such gaps.
            because = Key(HostAnswers, host)
    nature = _nature(failure, url)
    reason = _SAID_FIRST.get(nature, "") + failure.reason
    return Gap(key=key, reason=reason, because=because, ours=failure.ours, nature=nature)


def _nature(failure: Failure, url: str) -> GapNature:
    if failure.not_asked:
        return "not-asked"
    if failure.kind == "closed":
        return "closed"
    if failure.kind == "timeout":
        return "late"
    refused = failure.kind in {"certificate", "tls"} and not (failure.late or failure.unsent)
    if refused and not failure.ours and url_port(url) != _HTTPS:
        # No fact is made of the handshake at another port, so that nothing else tells of it.
        return "no-tls"
    return ""


def as_exchange(
    response: Response, subject: Subject, *, at: datetime, how: str, verified: bool
) -> Exchange:
    """Return an answer as the fact that it is, with whose bot protection gave it."""
    return Exchange(
        subject=subject,
        at=at,
        how=how,
        url=response.url,
        method=response.method,
        status=response.status,
        headers=response.headers,
        body=response.body,
        body_cut=response.body_cut,
        wire_bytes=response.wire_bytes,
        http_version=response.http_version,
        address=response.address,
        verified=verified,
        timing=response.timing,
        challenge=challenge(response.status, response.headers, response.body),
        trouble=response.trouble,
    )


def command(asking: Asking) -> str:
    """Return the request as a curl command; the values of cookies and signatures stay out."""
    words = ["curl", "-si"]
    if asking.method != "GET":
        words += ["-X", asking.method]
    for name, value in asking.headers:
        words += ["-H", f"{name}: {'…' if name.lower() in _KEPT_BACK else value}"]
    return shlex.join([*words, asking.url])


_KEPT_BACK = {
    "cookie", "authorization", "stripe-signature", "webhook-signature", "x-xsrf-token", "x-csrftoken",
}  # fmt: skip


COLLECTORS: dict[type[Fact], Collector] = {
    Exchange: exchange, Repeat: repeat, StyleSheet: style_sheet,
}  # fmt: skip
