"""Changing and deleting what one has written; an admin may delete anything."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from launchready.community import mending, posts
from launchready.community.posts import CommentLine, PostLine
from launchready.community.sessions import SignedIn
from launchready.community.web.asking import AMember, Running, SentForm
from launchready.community.web.pages import page, see

router = APIRouter()


@router.get("/posts/{number:id}/edit")
async def post_page(request: Request, number: int, who: AMember, running: Running) -> Response:
    """Show a post's words in a form."""
    found = await _post(number, who, running)
    _only_if(mending.may_change(who, found.author_id))
    return page(request, "edit_post.html", post=found, title=found.title, body=found.body)


@router.post("/posts/{number:id}/edit")
async def edit_post(
    request: Request, number: int, form: SentForm, who: AMember, running: Running
) -> Response:
    """Keep a post's new words and show it."""
    found = await _post(number, who, running)
    _only_if(mending.may_change(who, found.author_id))
    title, body = form.get("title", "").strip(), form.get("body", "").strip()
    note, wrong = posts.unfit(title, body)
    if note:
        return page(
            request, "edit_post.html", 422, post=found, title=title, body=body, note=note,
            wrong=wrong,
        )  # fmt: skip
    async with running.database.write() as session:
        kept = await mending.change_post(session, who, number, title, body, now=running.now())
    _only_if(kept)
    return see(f"/posts/{number}")


@router.get("/posts/{number:id}/delete")
async def post_goes(request: Request, number: int, who: AMember, running: Running) -> Response:
    """Ask whether a post shall really go."""
    found = await _post(number, who, running)
    _only_if(mending.may_delete(who, found.author_id))
    return page(request, "delete_post.html", post=found)


@router.post("/posts/{number:id}/delete")
async def delete_post(number: int, _: SentForm, who: AMember, running: Running) -> Response:
    """Take a post away, with what was answered."""
    found = await _post(number, who, running)
    _only_if(mending.may_delete(who, found.author_id))
    async with running.database.write() as session:
        await mending.delete_post(session, who, number)
    return see(f"/circles/{found.circle_slug}")


@router.get("/comments/{number:id}/edit")
async def comment_page(request: Request, number: int, who: AMember, running: Running) -> Response:
    """Show an answer's words in a form."""
    found = await _comment(number, who, running)
    _only_if(mending.may_change(who, found.author_id))
    return page(request, "edit_comment.html", comment=found, body=found.body)


@router.post("/comments/{number:id}/edit")
async def edit_comment(
    request: Request, number: int, form: SentForm, who: AMember, running: Running
) -> Response:
    """Keep an answer's new words and show it."""
    found = await _comment(number, who, running)
    _only_if(mending.may_change(who, found.author_id))
    body = form.get("body", "").strip()
    note = posts.unfit_comment(body)
    if note:
        return page(
            request, "edit_comment.html", 422, comment=found, body=body, note=note, wrong="body"
        )
    async with running.database.write() as session:
        kept = await mending.change_comment(session, who, number, body, now=running.now())
    _only_if(kept)
    # The page of answers that begins with this one.
    return see(f"/posts/{found.post_id}?after={number - 1}#comment-{number}")


@router.get("/comments/{number:id}/delete")
async def comment_goes(request: Request, number: int, who: AMember, running: Running) -> Response:
    """Ask whether an answer shall really go."""
    found = await _comment(number, who, running)
    _only_if(mending.may_delete(who, found.author_id))
    return page(request, "delete_comment.html", comment=found)


@router.post("/comments/{number:id}/delete")
async def delete_comment(number: int, _: SentForm, who: AMember, running: Running) -> Response:
    """Take an answer away."""
    found = await _comment(number, who, running)
    _only_if(mending.may_delete(who, found.author_id))
    async with running.database.write() as session:
        await mending.delete_comment(session, who, number)
    return see(f"/posts/{found.post_id}#comments")


async def _post(number: int, who: SignedIn, running: Running) -> PostLine:
    async with running.database.read() as session:
        found = await posts.post(session, number, who.plan)
    if found is None:
        raise HTTPException(404)
    return found


async def _comment(number: int, who: SignedIn, running: Running) -> CommentLine:
    async with running.database.read() as session:
        found = await posts.comment(session, number, who.plan)
    if found is None:
        raise HTTPException(404)
    return found


def _only_if(allowed: bool) -> None:
    """Raise 404 otherwise: for others, what is not theirs to change has no such page."""
    if not allowed:
        raise HTTPException(404)
