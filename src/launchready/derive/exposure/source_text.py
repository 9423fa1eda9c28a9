"""What a source map holds (ECMA-426): the sources that it names, and their text."""

from __future__ import annotations

import json
import re

# Whoever wants the sources of a public library has them already; their examples hold made-up keys.
_LIBRARY = re.compile(
    r"(?:^|[/\\~])(?:node_modules|bower_components|webpack|\.yarn|\.pnpm)[/\\]|^webpack/"
)


def sources_in(body: bytes) -> tuple[int, bool]:
    """Return how many sources a map names, and whether it holds their text.

    A body that was cut at its limit is no JSON any more; its beginning still shows a map.
    """
    maps = _maps(body)
    if maps is None:
        cut = body.lstrip()[:1] in {b"{", b")"} and b'"mappings"' in body and b'"sources"' in body
        return (1, b'"sourcesContent"' in body) if cut else (0, False)
    sources = [s for m in maps for s in _list(m.get("sources"))]
    contents = [c for m in maps for c in _list(m.get("sourcesContent")) if c]
    return len(sources), bool(contents)


def own_text(body: bytes) -> str | None:
    """Return the text of a map's sources, one behind the other; None when it is no map.

    The sources of libraries stand in it as so many empty lines.
    """
    maps = _maps(body) or []
    if not any("sourcesContent" in m for m in maps):
        return None
    texts = []
    for each in maps:
        names = _list(each.get("sources"))
        for number, text in enumerate(_list(each.get("sourcesContent"))):
            if isinstance(text, str):
                name = names[number] if number < len(names) else ""
                library = isinstance(name, str) and _LIBRARY.search(name) is not None
                texts.append("\n" * text.count("\n") if library else text)
    return "\n".join(texts)


def _maps(body: bytes) -> list[dict[str, object]] | None:
    """Return a map and those of its sections; none when it is another JSON, None when it is no JSON."""
    try:
        data = json.loads(body.removeprefix(b")]}'"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not {"mappings", "sections"} & set(data):
        return []
    sections = [s.get("map") for s in _list(data.get("sections")) if isinstance(s, dict)]
    return [data, *(m for m in sections if isinstance(m, dict))]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
