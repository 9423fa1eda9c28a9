"""The data of a page as its own scripts fetch it, beside the page: where it lies, and whether it is there.

Frameworks that draw pages on the server and in the browser answer a page's data at an address of
its own. A guard in front of the page, in a layout or in the web server, does not always guard that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard
from urllib.parse import urlsplit

from launchready.derive.exposure.exposed_paths import SHOWN
from launchready.derive.sign_in.private_page import refused_in_data
from launchready.facts.http import Exchange

# Next.js names its data after the build: in the data of its older pages, and in the stream of its newer.
_BUILD = re.compile(r'"buildId"\s*:\s*"([\w.-]{4,64})"|\\?"b\\?"\s*:\s*\\?"([\w.-]{4,64})\\?"')
_BUILDS_MAX = 2
# SvelteKit runs the page's own part alone when it is told that the parts around it are known.
_PARTS = ("", "01", "001", "0001")
_DATA_TYPES = ("json", "text/x-script")
# What every visitor may know: texts of the interface, and what frameworks say of themselves.
_PUBLIC_KEY = re.compile(
    r"_.*|locales?|defaultlocale|lang(?:uage)?|messages|translations|i18n|env|config|theme|version|buildid|csrf.*",
    re.IGNORECASE,
)
_DEPTH_MAX = 60
_LINES_MAX = 50


def builds(pages: Iterable[str]) -> tuple[str, ...]:
    """Return the names of builds that pages of Next.js tell, each once."""
    found = (match[1] or match[2] for page in pages for match in _BUILD.finditer(page))
    return tuple(dict.fromkeys(found))[:_BUILDS_MAX]


def data_urls(url: str, known_builds: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the URLs at which the frameworks' own scripts would fetch the data of a page.

    SvelteKit, Next.js, Nuxt, Gatsby, React Router (Remix), and who answers the same in JSON, as Rails does.
    The page's own address is none of them: a cache that takes no notice of Vary would keep what a
    script is answered there, and give it to visitors.
    """
    parts = urlsplit(url)
    at = parts.path.rstrip("/")
    named = at or "/index"
    also = f"&{parts.query}" if parts.query else ""
    asked = f"?{parts.query}" if parts.query else ""
    places = [
        *(
            f"{at}/__data.json" + (f"?x-sveltekit-invalidated={p}{also}" if p else asked)
            for p in _PARTS
        ),
        *(f"/_next/data/{build}{named}.json{asked}" for build in known_builds),
        f"{at}/_payload.json",
        f"/page-data{named}/page-data.json",
        f"{at or '/_root'}.data{asked}",
        *([f"{at}.json{asked}"] if at else []),
    ]
    return tuple(f"{parts.scheme}://{parts.netloc}{place}" for place in places)


def holds_data(answer: Exchange) -> bool:
    """Return whether an answer holds a page's data, and neither a refusal nor an empty frame."""
    kind = answer.content_type
    if answer.status not in SHOWN or answer.fault or not any(m in kind for m in _DATA_TYPES):
        return False
    first, *later = _parsed(answer.text)
    if refused_in_data(first, answer):
        return False
    # SvelteKit sends in further lines what was not ready with the first.
    found = [_content(first), *(each["data"] for each in later if _is_piece(each))]
    return any(_told(found))


def _parsed(text: str) -> list[object]:
    """Return the text's data, line by line where each is one; [None] where it is none."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines()[:_LINES_MAX]] or [None]
    except (ValueError, RecursionError):
        return [None]


def _is_piece(data: object) -> TypeGuard[dict[str, object]]:
    return isinstance(data, dict) and data.get("type") == "chunk" and "data" in data


def _content(data: object) -> object:
    """Return what of the data is the page's own, without the frame of its framework."""
    match data:
        case {"type": "redirect" | "error"}:
            return None
        case {"nodes": [*_, {"type": "data", "data": list(values)}]}:
            return _referred(values)
        case {"nodes": list()}:
            return None
        case {"pageProps": dict(props)}:
            return props
        case {"result": dict(result), "componentChunkName": str()}:
            return [result.get("data"), result.get("pageContext")]
        case [dict(first), *_] if "data" in first and isinstance(first["data"], int):
            return _nuxt(data, first["data"])
        case [dict(first), *_] if first and all(re.fullmatch(r"_\d+", str(k)) for k in first):
            return _turbo(data)
        case _:
            return data


def _referred(values: list[object]) -> object:
    """Return the values of devalue's flat list, in which objects name others by their number."""
    first = values[0] if values else None
    keys = list(first) if isinstance(first, dict) else []
    if keys and all(_PUBLIC_KEY.fullmatch(str(key)) for key in keys):
        return None
    return [v for v in values if isinstance(v, str)]


def _nuxt(values: Sequence[object], at: int) -> object:
    """Return what a payload of Nuxt holds as data: names of what was fetched, with what came."""
    for _ in range(2):
        inner = values[at] if 0 <= at < len(values) else None
        if isinstance(inner, dict):
            return list(inner)
        if not (isinstance(inner, list) and len(inner) == 2 and isinstance(inner[1], int)):
            return None
        at = inner[1]
    return None


def _turbo(values: Sequence[object]) -> object:
    """Return the texts of React Router's flat list that are no names of fields or routes."""
    objects = [v for v in values if isinstance(v, dict)]
    names = {int(k[1:]) for each in objects for k in each if re.fullmatch(r"_\d+", str(k))}
    if any(values[n] == "error" for n in names if n < len(values)):
        return None
    return [v for n, v in enumerate(values) if isinstance(v, str) and n not in names]


def _told(data: object, depth: int = 0) -> Iterator[bool]:
    """Yield True for each word or number in the data that is somebody's."""
    if depth > _DEPTH_MAX:
        return
    match data:
        case dict():
            for key, value in data.items():
                if not _PUBLIC_KEY.fullmatch(str(key)):
                    yield from _told(value, depth + 1)
        case list():
            for value in data:
                yield from _told(value, depth + 1)
        case str():
            if data.strip():
                yield True
        case bool() | None:
            return
        case _:
            yield True
