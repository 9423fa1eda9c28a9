"""Which check judges what lies open at a sensitive path, so that everything found has one owner."""

from __future__ import annotations

from typing import Literal, get_args
from urllib.parse import urlsplit

from launchready.derive.exposure.exposed_paths import PATHS, exposed, placed
from launchready.derive.exposure.sensitive_path import Path
from launchready.facts.exposure import Probe
from launchready.facts.http import Exchange
from launchready.manifest import Manifest

Exposure = Literal[
    "environment", "repository", "source", "backup", "settings", "log", "debug", "admin", "members", "accounts",
    "api docs", "metrics", "ai", "internal", "listing",
]  # fmt: skip
EXPOSURES: tuple[Exposure, ...] = get_args(Exposure)

_BY_WHAT: dict[str, Exposure] = {
    "a file of secrets and settings": "environment",
    "the source code's history": "repository",
    "the program's source code": "source",
    "the list of what the program is made of": "source",
    "a copy of the site": "backup",
    "a copy of the database": "backup",
    "the database itself": "backup",
    "a private key": "settings",
    "access keys of the hosting account": "settings",
    "a package registry's access token": "settings",
    "log-ins of other services": "settings",
    "commands that were typed on the server": "settings",
    "password hashes": "settings",
    "keys of a service account": "settings",
    "the database password": "settings",
    "the program's settings": "settings",
    "how the app is run": "settings",
    "the program's log": "log",
    "the app's error log": "log",
    "the web server's status": "debug",
    "the PHP settings": "debug",
    "the settings of the running app": "debug",
    "the controls of the running app": "debug",
    "the inside of the running app": "debug",
    "a debug page": "debug",
    "letters that the app sent": "debug",
    "a console that runs code": "debug",
    "the app's routes": "debug",
    "the database's administration": "admin",
    "the controls of background work": "admin",
    "an admin area without a log-in": "admin",
    "the log-in of the admin area": "admin",
    "the members with their addresses": "members",
    "the names of the accounts": "accounts",
    "the description of the API": "api docs",
    "a console for the API": "api docs",
    "the app's measurements": "metrics",
    "an AI model that anyone can use": "ai",
    "the chatbot's knowledge base": "ai",
    "a list of the folder's files": "listing",
}
# Meant for somebody outside: what the manifest names as a route is open on purpose, and a private
# one is judged as such.
_MAY_BE_MEANT: frozenset[Exposure] = frozenset(
    {"admin", "accounts", "api docs", "metrics", "ai", "internal", "listing"}
)


def exposure_of(path: Path) -> Exposure:
    """Return which kind of exposure a path is; what has no kind of its own is `internal`."""
    return _BY_WHAT.get(path.what, "internal")


def open_paths(
    probe: Probe, exposure: Exposure, manifest: Manifest
) -> tuple[tuple[Path, Exchange], ...]:
    """Return what a probe found open of this kind, the gravest first, without declared routes."""
    found = [(path, answer) for path, answer in exposed(probe) if exposure_of(path) == exposure]
    if found and exposure in _MAY_BE_MEANT:
        # Every host is judged so, and every route belongs to the launch: only where something is open.
        declared = {_place(r.url) for r in manifest.routes.values()}
        found = [f for f in found if _front(f[1]) or _place(f[1].url) not in declared]
    grades = ("secret", "inside", "surface")
    return tuple(sorted(found, key=lambda f: grades.index(f[0].grade)))


def unanswered_paths(probe: Probe, exposure: Exposure) -> tuple[str, ...]:
    """Return the paths of this kind that got no answer, so that nothing is known about them."""
    if not probe.unanswered:
        return ()
    of_kind = {at for at, p in placed(probe.subject.name) if exposure_of(p) == exposure}
    return tuple(p for p in probe.unanswered if p in of_kind)


def asked_of(exposure: Exposure) -> int:
    """Return how many paths are asked for this kind."""
    return len({p.path for p in PATHS if exposure_of(p) == exposure})


def _front(answer: Exchange) -> bool:
    """Return whether it is the front page: its route is declared, the machinery on it is not meant."""
    return urlsplit(answer.url).path in {"", "/"}


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.path.strip("/")
