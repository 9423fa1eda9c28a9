"""Source maps: whether the readable source of a script or style lies open beside it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from urllib.parse import unquote_to_bytes, urlsplit

from launchready.collect.explained import readable
from launchready.collect.web.address import joined_url, subject_of, url_host
from launchready.collect.world import World
from launchready.derive.exposure.source_text import sources_in
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import SourceMap
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector

# ECMA-426 section 11.1.2: the last such comment counts; both marks are in use.
_COMMENT = re.compile(rb"(?://|/\*)[#@]\s*sourceMappingURL=\s*([^\s'\"*]{1,2000000})")

# A development build of webpack holds each module as it was written, with its comments.
_EVALUATED = re.compile(rb"sourceURL=webpack(?:-internal)?://[\w@.-]{0,80}/(?!webpack/)")
INSIDE = "inside the file itself"


async def source_map(subject: Subject, world: World, ask: Ask) -> SourceMap | Gap:
    """Return whether a script or style has a public source map, and whether it holds sources.

    The map is the one that the file names, in a header or in its last comment; on hosts of the
    launch also the usual one beside it, which many builds upload without naming it or although
    they name another.
    """
    key = Key(SourceMap, subject)
    script = await readable(key, ask)
    if isinstance(script, Gap):
        return script
    named = _named(script)

    def fact(url: str, body: bytes | None) -> SourceMap:
        sources, contents = sources_in(body or b"")
        return SourceMap(
            subject=subject,
            at=world.now(),
            how=f"curl -s {url}",
            map_url=url,
            public=sources > 0,
            sources=sources,
            has_contents=contents,
        )

    if named.startswith("data:"):
        return fact(INSIDE, _inline(named))
    if modules := len(_EVALUATED.findall(script.body)):
        return replace(fact(INSIDE, None), public=True, sources=modules, has_contents=True)
    first: SourceMap | Gap = fact(named[:200], None)
    for at, url in enumerate(_places(script.url, named, world)):
        found = await ask(Exchange, subject_of(url, world))
        if isinstance(found, Gap):
            seen: SourceMap | Gap = Gap(
                key=key, reason=found.reason, because=found.key, ours=found.ours
            )
        else:
            seen = fact(url, found.body if found.status == 200 else None)
        if isinstance(seen, SourceMap) and seen.public:
            return seen
        first = seen if at == 0 or isinstance(seen, Gap) else first
    return first


def _places(script: str, named: str, world: World) -> list[str]:
    """Return where the map of a script may lie: where it says, and beside it on our own hosts."""
    places = []
    if named:
        with suppress(ValueError):
            places.append(joined_url(script, named))
    beside = _beside(script)
    if url_host(beside) in world.manifest.all_hosts:
        # Builds that send their maps to an error tracker often deploy them all the same.
        places.append(beside)
    return list(dict.fromkeys(places))


def _named(script: Exchange) -> str:
    header = script.headers.get("sourcemap") or script.headers.get("x-sourcemap")
    if header:
        return header.strip()
    comments = _COMMENT.findall(script.body)
    return comments[-1].decode("utf-8", "replace") if comments else ""


def _beside(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path}.map", query="").geturl()


def inside(script: Exchange) -> bytes:
    """Return the map that a script or style carries in itself; empty when it carries none."""
    named = _named(script)
    return _inline(named) if named.startswith("data:") else b""


def _inline(url: str) -> bytes:
    """Return the bytes of a data: URL (RFC 2397); empty when it is none."""
    import base64  # noqa: PLC0415 - inline maps are rare
    import binascii  # noqa: PLC0415

    head, _, data = url.partition(",")
    raw = unquote_to_bytes(data)
    if not head.endswith(";base64"):
        return raw
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""


COLLECTORS: dict[type[Fact], Collector] = {SourceMap: source_map}
