"""What explains an error answer: a host that answers nothing else, or a page that is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from launchready.collect.nowhere import DEEP_PATH, DEEP_QUERY
from launchready.collect.web_address import host_of, subject_of, url_host, url_port, wire_url
from launchready.collect.world import World
from launchready.expected import routes, zone_of
from launchready.facts import Fact, Gap, Key, Subject, route_subject
from launchready.facts.hops import is_plain, same_page
from launchready.facts.http import Exchange, HostAnswers
from launchready.facts.ways import Visit
from launchready.gather import Ask, Collector


async def host_answers(subject: Subject, world: World, ask: Ask) -> HostAnswers | Gap:
    """Return what the host answers, or why it answers nothing.

    Nothing is sent that the entrance and the routes do not ask for anyway.
    """
    key = Key(HostAnswers, subject)
    root = f"https://{subject.name}"
    found = await _exchanges((f"{root}/", f"{root}{DEEP_PATH}?{DEEP_QUERY}"), world, ask)
    answers = {f.url: f for f in found if isinstance(f, Exchange)}
    if not answers:
        first = next(f for f in found if isinstance(f, Gap))
        because = first.key if first.because is not None or first.ours else None
        return Gap(key=key, reason=first.reason, because=because, ours=first.ours)
    if all(_broken(a) for a in answers.values()):
        own = (r.url for r in routes(world.manifest) if r.url.startswith(f"{root}/"))
        more = await _exchanges(own, world, ask)
        answers |= {f.url: f for f in more if isinstance(f, Exchange)}
    return HostAnswers(
        subject=subject, at=world.now(), how=f"curl -si {root}/", answers=tuple(answers.values())
    )


async def explained(answer: Exchange, world: World, ask: Ask, *, route: str = "") -> Key | None:
    """Return the key of the judged fact that an error answer is owed to, None when there is none.

    `route` is the URL of the route that was asked: a route does not explain itself.
    """
    if not (_broken(answer) or _missing(answer)):
        return None
    entry = world.manifest.all_hosts.get(url_host(answer.url))
    known = entry is not None and entry.web and url_port(answer.url) == 443
    if _broken(answer) and known and not is_plain(answer.url):
        host = await ask(HostAnswers, host_of(answer.url, world))
        if isinstance(host, HostAnswers) and host.fault:
            return host.key
    for other in routes(world.manifest):
        if other.url == route or not same_page(other.url, answer.url):
            continue
        # Asked by itself, without the cookies and codes that led here, it must fail as well.
        (own,) = await _exchanges((other.url,), world, ask)
        if isinstance(own, Exchange) and (_broken(own) or _missing(own)):
            return Key(Visit, route_subject(other.url, zone_of(world.manifest, other.host)))
    return None


def _broken(answer: Exchange) -> bool:
    """Return whether the answer is no HTTP or a server's error; a challenge is somebody else's."""
    return not answer.challenge and (answer.fault == "garbled" or answer.status >= 500)


def _missing(answer: Exchange) -> bool:
    return answer.status in {404, 410} and not answer.challenge


async def _exchanges(urls: Iterable[str], world: World, ask: Ask) -> list[Exchange | Gap]:
    subjects = [subject_of(wire_url(url), world) for url in urls]
    return list(await asyncio.gather(*(ask(Exchange, s) for s in subjects)))


COLLECTORS: dict[type[Fact], Collector] = {HostAnswers: host_answers}
