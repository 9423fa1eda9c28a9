"""The application: its routes, and what starts and ends with it.

It answers by path alone, so that one host or several may lead to it. Security headers, limits,
error pages, request ids and cache rules are not here: the manifest's route kinds decide them, and
guard does them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse, Response

from launchready.community.database import upgrade
from launchready.community.running import Community
from launchready.community.settings import Settings
from launchready.community.web import (
    account,
    admin,
    entrance,
    guide,
    mending,
    paying,
    public,
    talking,
)
from launchready.community.web.asking import NotSignedIn, Refused, login_with
from launchready.community.web.pages import page
from launchready.manifest import Manifest


def create_app(
    settings: Settings,
    manifest: Manifest | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> FastAPI:
    """Return the community as a bare ASGI application; its database is brought up to date.

    The manifest says which AI provider the guide asks and what it may spend; without one the guide
    answers from the community's own posts. `environ` holds the provider's key (os.environ if None).
    """
    upgrade(settings.database_url)
    running = Community(settings, manifest, environ)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        running.start()
        yield
        await running.close()

    # The description of every endpoint is nobody's business.
    app = FastAPI(title=settings.name, openapi_url=None, lifespan=life, redirect_slashes=False)
    app.state.community = running
    running.outermost = app
    app.add_exception_handler(NotSignedIn, _to_log_in)
    app.add_exception_handler(Refused, _refused)
    for part in (public, entrance, account, talking, mending, paying, guide, admin):
        app.include_router(part.router)
    return app


async def _to_log_in(request: Request, problem: Exception) -> RedirectResponse:
    leads_back = problem.leads_back if isinstance(problem, NotSignedIn) else "/members"
    status = 302 if request.method in {"GET", "HEAD"} else 303
    return RedirectResponse(login_with(leads_back), status_code=status)


async def _refused(request: Request, problem: Exception) -> Response:
    problem = cast("Refused", problem)
    if "text/html" in request.headers.get("accept", ""):
        # As a page, which guard leaves as it is: its own could not say what to do.
        shown: dict[str, Any] = {"title": problem.title, "said": problem.said, "kept": problem.kept}
        if problem.kept:
            shown["leads_to"] = ("/members", "Go to your room")
        return page(request, "said.html", 403, **shown)
    return await http_exception_handler(request, problem)
