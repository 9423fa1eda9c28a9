"""The members' feed: posts, comments, circles and people."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from launchready.community import posts
from launchready.community.plans import readable
from launchready.community.search import search_posts, words_of
from launchready.community.tables import Member
from launchready.community.web.asking import AMember, Running, SentForm, number_of
from launchready.community.web.pages import page, see

router = APIRouter()


@router.get("/members")
async def room(request: Request, who: AMember, running: Running) -> Response:
    """Show the members' room: what is new in every circle that is open to the member."""
    async with running.database.read() as session:
        shown = await posts.feed(session, who.plan, before=number_of(request, "before"))
        circles = await posts.circles(session)
    new = "new" in request.query_params
    return page(
        request, "members.html", feed=shown, circles=circles, open=readable(who.plan), new=new
    )


@router.get("/circles/{slug}")
async def circle(request: Request, slug: str, who: AMember, running: Running) -> Response:
    """Show the posts of one circle; one of another plan says what it takes to get in."""
    async with running.database.read() as session:
        circles = await posts.circles(session)
        here = next((c for c in circles if c.slug == slug), None)
        if here is None:
            raise HTTPException(404)
        if here.plan not in readable(who.plan):
            return page(request, "closed.html", 403, circle=here)
        shown = await posts.feed(
            session, who.plan, before=number_of(request, "before"), circle_id=here.id
        )
    return page(
        request, "circle.html", circle=here, feed=shown, circles=circles, open=readable(who.plan)
    )


@router.get("/people/{number:id}")
async def person(request: Request, number: int, who: AMember, running: Running) -> Response:
    """Show what a member says about themselves and what they wrote."""
    async with running.database.read() as session:
        found = await session.get(Member, number)
        if found is None:
            raise HTTPException(404)
        shown = await posts.feed(
            session, who.plan, before=number_of(request, "before"), author_id=number
        )
    return page(request, "person.html", person=found, feed=shown)


@router.get("/search")
async def find(request: Request, who: AMember, running: Running) -> Response:
    """Show the posts that fit some words best."""
    wanted = request.query_params.get("q", "")[:200]
    async with running.database.read() as session:
        found = await search_posts(session, words_of(wanted), who.plan, at_most=posts.POSTS_A_PAGE)
    shown = posts.Feed(posts=tuple(found), before=None)
    return page(request, "search.html", wanted=wanted, feed=shown)


@router.get("/write")
async def write_page(request: Request, who: AMember, running: Running) -> Response:
    """Show the form for a new post."""
    async with running.database.read() as session:
        circles = [c for c in await posts.circles(session) if c.plan in readable(who.plan)]
    chosen = request.query_params.get("circle", "")
    return page(request, "write.html", circles=circles, chosen=chosen, title="", body="")


@router.post("/write")
async def write(request: Request, form: SentForm, who: AMember, running: Running) -> Response:
    """Keep a new post and show it."""
    title, body = form.get("title", "").strip(), form.get("body", "").strip()
    chosen = form.get("circle", "")
    async with running.database.read() as session:
        circles = [c for c in await posts.circles(session) if c.plan in readable(who.plan)]
    here = next((c for c in circles if c.slug == chosen), None)
    note, wrong = (
        ("Please choose a circle.", "circle") if here is None else posts.unfit(title, body)
    )
    if here is None or note:
        return page(
            request, "write.html", 422, circles=circles, chosen=chosen, title=title, body=body,
            note=note, wrong=wrong,
        )  # fmt: skip
    async with running.database.write() as session:
        number = await posts.write_post(session, who.id, here, title, body, now=running.now())
    return see(f"/posts/{number}")


@router.get("/posts/{number:id}")
async def post(request: Request, number: int, who: AMember, running: Running) -> Response:
    """Show a post and what was answered."""
    return await _post(request, number, who, running)


@router.post("/posts/{number:id}/comments")
async def comment(
    request: Request, number: int, form: SentForm, who: AMember, running: Running
) -> Response:
    """Keep a comment and show it under its post."""
    body = form.get("body", "").strip()
    note = posts.unfit_comment(body)
    if note:
        return await _post(request, number, who, running, note=note, draft=body)
    async with running.database.write() as session:
        about = await posts.post(session, number, who.plan)
        if about is None:
            raise HTTPException(404)
        written = await posts.write_comment(session, who.id, number, body, now=running.now())
        if written is None:
            raise HTTPException(404)
    later_page = about.comment_count >= posts.COMMENTS_A_PAGE
    return see(f"/posts/{number}{f'?after={written - 1}' if later_page else ''}#comment-{written}")


async def _post(
    request: Request,
    number: int,
    who: AMember,
    running: Running,
    *,
    note: str = "",
    draft: str = "",
) -> Response:
    async with running.database.read() as session:
        found = await posts.post(session, number, who.plan)
        if found is None:
            raise HTTPException(404)
        after = number_of(request, "after") or 0
        talk = await posts.talk(session, number, after=after)
    return page(
        request, "post.html", 422 if note else 200, post=found, talk=talk, after=after, note=note,
        draft=draft, wrong="body" if note else "",
    )  # fmt: skip
