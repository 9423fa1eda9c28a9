"""Requests beside the declared routes: sensitive paths, and requests that must fail."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from launchready.collect.active.permission import refusal
from launchready.collect.explained import asks_who, behind_lock, exchanges, explained
from launchready.collect.web.address import joined_url, subject_of, url_host
from launchready.collect.web.exchange import Asking, answer_to
from launchready.collect.web.nowhere import DEEP_PATH, DEEP_QUERY
from launchready.collect.world import World
from launchready.derive.exposure.exposed_paths import SHOWN, asked_paths, gist, recognise
from launchready.derive.pages.same_page import same_page
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import ErrorAnswers, Probe
from launchready.facts.http import Exchange, HostAnswers
from launchready.gather import Ask, Collector

BODY_MAX_BYTES = 64_000
AT_ONCE = 24

# So much of a run's deadline is spent on asking one host; what is left then counts as unanswered.
_TIME_SHARE = 0.7
_SILENT_MAX = 6
_REFUSED = 403
_UNAVAILABLE = 503
_ASKED_WRONGLY = frozenset({400, 405, 415, 422})
_INTROSPECTION = b'{"query":"{__schema{queryType{name}}}"}'
_FAILS = 500


@dataclass(slots=True)
class _Round:
    """What is known while the paths of one host are asked."""

    ends_at: float
    answered: set[str] = field(default_factory=set)
    shown: dict[str, Exchange] = field(default_factory=dict)
    """Answers that may hold what lies at the path; hundreds of error pages would be a burden."""
    silent: int = 0
    stopped: bool = False

    @property
    def over(self) -> bool:
        """No more is asked: the host throttles us, challenges us or has fallen silent."""
        late = asyncio.get_running_loop().time() > self.ends_at
        return self.stopped or self.silent >= _SILENT_MAX or late

    def take(self, path: str, found: Exchange | Gap) -> None:
        """Take note of an answer, and of whether the host has had enough."""
        if isinstance(found, Gap) or found.fault:
            self.silent += 1
            self.stopped = self.stopped or (not isinstance(found, Gap) and bool(found.challenge))
        elif found.status == 429 or (found.status == 503 and "retry-after" in found.headers):
            self.stopped = True
        elif found.status == _UNAVAILABLE:
            # nginx and HAProxy answer so to whom they slow down: nothing is known of the path.
            self.silent += 1
        else:
            self.silent = 0
            self.answered.add(path)
            if found.status in SHOWN:
                self.shown[path] = found


async def probe(subject: Subject, world: World, ask: Ask) -> Probe | Gap:
    """Return what the host answers to paths that must not be public.

    Of each answer only what identifies it is kept, so that no secret gets into the fact.
    """
    key = Key(Probe, subject)
    root = f"https://{subject.name}"
    nowhere = await _nowhere(key, root, world, ask)
    if isinstance(nowhere, Gap):
        return nowhere
    if nowhere.status >= _FAILS:
        because = await explained(nowhere, world, ask)
        if because is not None and because.kind is HostAnswers:
            reason = f"{subject.name} answers only errors ({nowhere.status})"
            return Gap(key=key, reason=reason, because=because)
    other = f"{root}/{secrets.token_hex(8)}"
    second = await answer_to(Asking(url=other, body_max_bytes=BODY_MAX_BYTES), world, ask, key=key)
    paths = asked_paths(subject.name)
    # Its time begins with its turn: asked all at once, a hundred hosts would use up each other's.
    async with world.probing:
        asked = await _all_asked(root, paths, world, ask, key)
    found = [
        _identified(path, answer, nowhere)
        for path, answer in asked.shown.items()
        if not same_page(answer, nowhere)
        and not (isinstance(second, Exchange) and same_page(answer, second))
    ]
    return Probe(
        subject=subject,
        at=world.now(),
        how=f"curl -si {root}/.env  # and {len(paths) - 1} more paths",
        nowhere=nowhere,
        found=tuple(found),
        asked=paths,
        unanswered=tuple(p for p in paths if p not in asked.answered),
    )


async def _all_asked(root: str, paths: Sequence[str], world: World, ask: Ask, key: Key) -> _Round:
    """Return what came of asking a host for every path, as far as it lets itself be asked."""
    loop = asyncio.get_running_loop()
    asked = _Round(ends_at=loop.time() + world.deadline_s * _TIME_SHARE)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> None:
        async with places:
            if not asked.over:
                asked.take(path, await _asked(f"{root}{path}", world, ask, key))

    for _ in range(2):
        # What got no answer among many may get one among few.
        await asyncio.gather(*(one(path) for path in paths if path not in asked.answered))
    return asked


async def error_answers(subject: Subject, world: World, ask: Ask) -> ErrorAnswers | Gap:
    """Return what the host says to a missing page, malformed input and a wrong method."""
    key = Key(ErrorAnswers, subject)
    root = f"https://{subject.name}"
    missing = await _nowhere(key, root, world, ask)
    if isinstance(missing, Gap):
        return missing
    askings = (
        Asking(url=f"{root}/?id[]=%ff%fe%00&page=-1"),
        Asking(url=f"{root}{DEEP_PATH}/{'9' * 300}"),
        Asking(
            url=f"{root}{DEEP_PATH}",
            method="POST",
            headers=(("Content-Type", "application/json"),),
            body=b"{",
        ),
    )
    others = await asyncio.gather(
        *(
            answer_to(replace(a, body_max_bytes=BODY_MAX_BYTES * 4), world, ask, key=key)
            for a in askings
        )
    )
    answers = [a for a in others if isinstance(a, Exchange) and not a.challenge]
    return ErrorAnswers(
        subject=subject,
        at=world.now(),
        how=f"curl -si {missing.url}",
        answers=(missing, *answers),
    )


async def _nowhere(key: Key, root: str, world: World, ask: Ask) -> Exchange | Gap:
    """Return the host's answer to a path that does not exist, which the entrance asks for too."""
    subject = subject_of(f"{root}{DEEP_PATH}?{DEEP_QUERY}", world)
    found = await ask(Exchange, subject)
    shared = Key(Exchange, subject)
    if isinstance(found, Gap):
        because = shared if found.because is not None else None
        return Gap(key=key, reason=found.reason, because=because, ours=found.ours)
    if found.challenge:
        who = f"bot protection ({found.challenge}) answered instead of {url_host(root)}"
        return Gap(key=key, reason=who, because=shared)
    if found.fault:
        because = await explained(found, world, ask)
        return Gap(key=key, reason=found.trouble, because=because or shared)
    if asks_who(found) and (lock := await behind_lock(key, found.url, world, ask)) is not None:
        return lock
    if found.status == _REFUSED and await _refuses_everybody(found, root, world, ask):
        return Gap(
            key=key,
            reason=f"{url_host(root)} refuses everything it is asked ({_REFUSED}), or refuses programs",
            how_to_prove="If its pages open in a browser, let the firewall pass this computer's "
            "address, and audit again.",
        )
    return found


async def _refuses_everybody(missing: Exchange, root: str, world: World, ask: Ask) -> bool:
    """Return whether a host refuses the very page that visitors are meant to open, or all that it has.

    The gateways of APIs refuse in JSON what they do not know, and are no wall.
    """
    own = [r for r in world.manifest.all_routes.values() if r.url.startswith(f"{root}/")]
    if any(r.status == _REFUSED for r in own):
        return False
    front, *others = await exchanges((f"{root}/", *(r.url for r in own)), world, ask)
    if not _refuses(front):
        return False
    if any(r.url == f"{root}/" and r.status is None for r in own):
        return True
    if "json" in missing.content_type:
        return False
    return all(_refuses(other) for other in others if isinstance(other, Exchange))


def _refuses(answer: Exchange | Gap) -> bool:
    return isinstance(answer, Exchange) and answer.status == _REFUSED


async def _asked(url: str, world: World, ask: Ask, key: Key) -> Exchange | Gap:
    """Return the answer, that of the same path with a slash behind it when it leads there.

    GraphQL often takes its queries by POST alone, and says so; a run that only looks sends none.
    """
    if urlsplit(url).path == "/":
        # The front page is fetched for its own sake as well.
        return await ask(Exchange, subject_of(url, world))
    asking = Asking(url=url, body_max_bytes=BODY_MAX_BYTES)
    found = await answer_to(asking, world, ask, key=key)
    if isinstance(found, Exchange) and found.location is not None:
        behind = _with_slash(url, found.location)
        if behind is not None:
            asking = replace(asking, url=behind)
            found = await answer_to(asking, world, ask, key=key)
    if (
        isinstance(found, Exchange)
        and found.status in _ASKED_WRONGLY
        and _is_graphql(url)
        and await refusal(key, url, world, ask) is None
    ):
        posted = replace(
            asking,
            url=asking.url.partition("?")[0],
            method="POST",
            headers=(("Content-Type", "application/json"),),
            body=_INTROSPECTION,
        )
        return await answer_to(posted, world, ask, key=key)
    return found


def _with_slash(url: str, location: str) -> str | None:
    """Return the same URL with a slash behind its path when the redirect leads there."""
    parts = urlsplit(url)
    try:
        there = urlsplit(joined_url(url, location))
    except ValueError:
        return None
    same = there.hostname == parts.hostname and there.path == f"{parts.path}/"
    return parts._replace(path=there.path).geturl() if same else None


def _is_graphql(url: str) -> bool:
    return urlsplit(url).path.rstrip("/").endswith("/graphql")


def _identified(path: str, answer: Exchange, nowhere: Exchange) -> Exchange:
    """Return the answer with only that of its body which proves what it is."""
    known = recognise(path, answer, nowhere)
    kept = gist(known, answer.body) if known is not None else b""
    return replace(answer, body=kept, body_cut=True)


COLLECTORS: dict[type[Fact], Collector] = {Probe: probe, ErrorAnswers: error_answers}
