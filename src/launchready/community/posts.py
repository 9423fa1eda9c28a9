"""What members tell one another: circles, posts and comments, page by page.

Pages are cut by the last post that was shown (its number), never by counting: the hundredth page
costs what the first one does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.plans import PLANS, readable
from launchready.community.tables import Circle, Comment, Member, Post

POSTS_A_PAGE = 20
COMMENTS_A_PAGE = 50
NUMBER_MAX = 2**63 - 1
TITLE_MAX, BODY_MAX, COMMENT_MAX = 120, 10_000, 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine:
    """A post as lists and its page show it."""

    id: int
    title: str
    body: str
    created_at: dt.datetime
    comment_count: int
    author_id: int
    author: str
    circle: str
    circle_slug: str
    edited_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentLine:
    """A comment as its post's page shows it."""

    id: int
    post_id: int
    body: str
    created_at: dt.datetime
    author_id: int
    author: str
    edited_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One page of posts, the newest first; `before` asks for the next one, None at the end."""

    posts: tuple[PostLine, ...]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One page of comments, the oldest first; `after` asks for the next one, None at the end."""

    comments: tuple[CommentLine, ...]
    after: int | None


def post_lines() -> Select[int, str, str, dt.datetime, int, int, str, str, str, dt.datetime | None]:
    """Return the statement that every list of posts begins with."""
    return (
        select(
            Post.id, Post.title, Post.body, Post.created_at, Post.comment_count,
            Post.author_id, Member.name, Circle.name, Circle.slug, Post.edited_at,
        )
        .join(Member, Member.id == Post.author_id)
        .join(Circle, Circle.id == Post.circle_id)
    )  # fmt: skip


def post_line(row: Sequence[object]) -> PostLine:
    """Return a row of `post_lines`."""
    fields = dict(zip(PostLine.__slots__, row, strict=True))
    return PostLine(**fields)  # type: ignore[arg-type]


async def feed(
    session: AsyncSession,
    plan: str,
    *,
    before: int | None = None,
    circle_id: int | None = None,
    author_id: int | None = None,
) -> Feed:
    """Return a page of what a member of the plan may read: of all, of a circle or of an author."""
    wanted = post_lines().where(Post.id < (before or NUMBER_MAX))
    wanted = wanted.order_by(Post.id.desc()).limit(POSTS_A_PAGE + 1)
    if readable(plan) != PLANS:
        wanted = wanted.where(Post.plan.in_(readable(plan)))
    if circle_id is not None:
        wanted = wanted.where(Post.circle_id == circle_id)
    if author_id is not None:
        wanted = wanted.where(Post.author_id == author_id)
    found = [post_line(row) for row in await session.execute(wanted)]
    shown = found[:POSTS_A_PAGE]
    return Feed(posts=tuple(shown), before=shown[-1].id if len(found) > len(shown) else None)


async def post(session: AsyncSession, post_id: int, plan: str) -> PostLine | None:
    """Return a post, or None when there is none that a member of the plan may read."""
    wanted = post_lines().where(Post.id == post_id, Post.plan.in_(readable(plan)))
    row = (await session.execute(wanted)).one_or_none()
    return None if row is None else post_line(row)


async def talk(session: AsyncSession, post_id: int, *, after: int = 0) -> Talk:
    """Return a page of a post's comments."""
    wanted = _comment_lines().where(Comment.post_id == post_id, Comment.id > after)
    wanted = wanted.order_by(Comment.id).limit(COMMENTS_A_PAGE + 1)
    found = [_comment_line(row) for row in await session.execute(wanted)]
    shown = found[:COMMENTS_A_PAGE]
    return Talk(comments=tuple(shown), after=shown[-1].id if len(found) > len(shown) else None)


async def comment(session: AsyncSession, comment_id: int, plan: str) -> CommentLine | None:
    """Return a comment, or None when there is none that a member of the plan may read."""
    wanted = _comment_lines().join(Post, Post.id == Comment.post_id)
    wanted = wanted.where(Comment.id == comment_id, Post.plan.in_(readable(plan)))
    row = (await session.execute(wanted)).one_or_none()
    return None if row is None else _comment_line(row)


def _comment_lines() -> Select[int, int, str, dt.datetime, int, str, dt.datetime | None]:
    return select(
        Comment.id, Comment.post_id, Comment.body, Comment.created_at, Comment.author_id,
        Member.name, Comment.edited_at,
    ).join(Member, Member.id == Comment.author_id)  # fmt: skip


def _comment_line(row: Sequence[object]) -> CommentLine:
    fields = dict(zip(CommentLine.__slots__, row, strict=True))
    return CommentLine(**fields)  # type: ignore[arg-type]


def unfit(title: str, body: str) -> tuple[str, str]:
    """Return what is to be set right in a post before it is kept, and where; empty when nothing is."""
    if not title or len(title) > TITLE_MAX:
        return f"Please write a title of at most {TITLE_MAX} characters.", "title"
    if not body or len(body) > BODY_MAX:
        return f"Please write at most {BODY_MAX} characters, and at least one.", "body"
    return "", ""


def unfit_comment(body: str) -> str:
    """Return what is to be set right in a comment before it is kept; empty when nothing is."""
    if not body or len(body) > COMMENT_MAX:
        return f"Please write at most {COMMENT_MAX} characters, and at least one."
    return ""


async def circles(session: AsyncSession) -> list[Circle]:
    """Return every circle in its order."""
    return list((await session.execute(select(Circle).order_by(Circle.id))).scalars())


async def write_post(
    session: AsyncSession,
    author_id: int,
    circle: Circle,
    title: str,
    body: str,
    *,
    now: dt.datetime,
) -> int:
    """Keep a new post and return its number."""
    written = Post(
        circle_id=circle.id, author_id=author_id, plan=circle.plan, title=title, body=body,
        created_at=now,
    )  # fmt: skip
    session.add(written)
    await session.execute(
        update(Circle).where(Circle.id == circle.id).values(post_count=Circle.post_count + 1)
    )
    await session.flush()
    return written.id


async def write_comment(
    session: AsyncSession, author_id: int, post_id: int, body: str, *, now: dt.datetime
) -> int | None:
    """Keep a new comment and return its number; None when its post is gone meanwhile."""
    # Counted first: it holds the post, which its author may be taking away.
    held = await session.execute(
        update(Post)
        .where(Post.id == post_id)
        .values(comment_count=Post.comment_count + 1)
        .returning(Post.id)
    )
    if held.first() is None:
        return None
    written = Comment(post_id=post_id, author_id=author_id, body=body, created_at=now)
    session.add(written)
    await session.flush()
    return written.id
