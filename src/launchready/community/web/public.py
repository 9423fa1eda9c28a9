"""What everybody may see: the same for all, so that shared caches may keep it."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy import select

from launchready.community.assets import assets
from launchready.community.tables import Circle
from launchready.community.web.asking import Running
from launchready.community.web.pages import page

router = APIRouter()
_PAGES = {
    "/": "landing.html",
    "/pricing": "pricing.html",
    "/journal/first-evening": "journal.html",
    "/community": "community.html",
    "/interface": "interface.html",
    "/files": "files.html",
}


async def _show(request: Request) -> Response:
    return page(request, _PAGES[request.scope["route"].path])


for _path in _PAGES:
    router.add_api_route(_path, _show, methods=["GET", "HEAD"])


@router.get("/v1/circles")
async def circles(running: Running) -> JSONResponse:
    """List what everybody may know of the circles."""
    async with running.database.read() as session:
        rows = await session.execute(
            select(Circle.name, Circle.about, Circle.post_count).order_by(Circle.id)
        )
    listed = [{"name": name, "about": about, "posts": posts} for name, about, posts in rows]
    return JSONResponse({"circles": listed})


@router.api_route("/health", methods=["GET", "HEAD"])
async def health() -> JSONResponse:
    """Say that the app runs."""
    return JSONResponse({"status": "ok"})


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
async def robots() -> PlainTextResponse:
    """Let everybody look."""
    return PlainTextResponse("User-agent: *\nAllow: /\n")


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
async def favicon(running: Running) -> RedirectResponse:
    """Lead to the picture."""
    return RedirectResponse(
        running.settings.static_url + assets()["willow.svg"].path, status_code=302
    )


@router.api_route("/assets/{name}", methods=["GET", "HEAD"])
async def asset(name: str) -> Response:
    """Return a file by the name that changes with its content, or by its plain one.

    The plain one is for who must name a file once and for all, such as a manifest.
    """
    for plain, each in assets().items():
        if name == plain or each.path == f"/assets/{name}":
            return Response(each.body, media_type=each.content_type)
    raise HTTPException(404)
