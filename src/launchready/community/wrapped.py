"""The community with guard around it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI, Request

from launchready.community.app import create_app
from launchready.community.readiness import readiness
from launchready.community.settings import Settings
from launchready.community.web.asking import visitor
from launchready.guard import Guard, guard
from launchready.guard.asgi import Scope
from launchready.guard.parts import Part
from launchready.guard.presence import Member
from launchready.manifest import Manifest, load_manifest


def guarded(
    settings: Settings,
    manifest: Manifest | str | Path,
    *,
    without: tuple[Part, ...] = (),
    environ: Mapping[str, str] | None = None,
) -> Guard:
    """Return the community as its manifest wants it: the bare app, and one line around it.

    `without` and `environ` are guard's. Raises what guard raises.
    """
    if not isinstance(manifest, Manifest):
        manifest = load_manifest(Path(manifest))
    app = create_app(settings, manifest, environ=environ)
    whole = guard(
        app,
        manifest,
        member=member_of(app),
        ready=readiness(app.state.community, manifest, environ),
        without=without,
        environ=environ,
    )
    app.state.community.outermost = whole
    return whole


def member_of(app: FastAPI) -> Member:
    """Return how guard learns who is signed in."""

    async def member(scope: Scope) -> str | None:
        # The app puts itself there a moment later.
        scope["app"] = app
        found = await visitor(Request(scope))
        return None if found is None else str(found.id)

    return member
