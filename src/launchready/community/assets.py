"""The files that pages load, each under a name that changes with its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file: the path that it is served at, its type and its bytes."""

    path: str
    content_type: str
    body: bytes


@cache
def assets() -> dict[str, Asset]:
    """Return every file by its plain name, such as `willow.css`."""
    found = {}
    for file in sorted(_FOLDER.iterdir()):
        body = file.read_bytes()
        mark = hashlib.sha256(body).hexdigest()[:8]
        path = f"/assets/{file.stem}.{mark}{file.suffix}"
        found[file.name] = Asset(path=path, content_type=_TYPES[file.suffix], body=body)
    return found


def asset_path(name: str) -> str:
    """Return where a file is served, such as `/assets/willow.8b1f04c7.css`."""
    return assets()[name].path
