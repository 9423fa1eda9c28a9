"""What members make of what they have written: change it, or take it back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.sessions import SignedIn
from launchready.community.tables import Circle, Comment, Post


def may_change(who: SignedIn, author_id: int) -> bool:
    """Return whether somebody may change what is written: its author alone."""
    return who.id == author_id


def may_delete(who: SignedIn, author_id: int) -> bool:
    """Return whether somebody may take it away: its author, and every admin."""
    return who.id == author_id or who.is_admin


async def change_post(
    session: AsyncSession, who: SignedIn, post_id: int, title: str, body: str, *, now: dt.datetime
) -> bool:
    """Keep a post's new words; False when there is no such post of this author."""
    changed = await session.execute(
        update(Post)
        .where(Post.id == post_id, Post.author_id == who.id)
        .values(title=title, body=body, edited_at=now)
        .returning(Post.id)
    )
    return changed.first() is not None


async def change_comment(
    session: AsyncSession, who: SignedIn, comment_id: int, body: str, *, now: dt.datetime
) -> bool:
    """Keep a comment's new words; False when there is no such comment of this author."""
    changed = await session.execute(
        update(Comment)
        .where(Comment.id == comment_id, Comment.author_id == who.id)
        .values(body=body, edited_at=now)
        .returning(Comment.id)
    )
    return changed.first() is not None


async def delete_post(session: AsyncSession, who: SignedIn, post_id: int) -> bool:
    """Take a post away with its comments; False when this member may not, or somebody has."""
    gone = await session.execute(
        delete(Post)
        .where(Post.id == post_id, *_of(who, Post.author_id == who.id))
        .returning(Post.circle_id)
    )
    circle_id = gone.scalar_one_or_none()
    if circle_id is None:
        return False
    await session.execute(
        update(Circle).where(Circle.id == circle_id).values(post_count=Circle.post_count - 1)
    )
    return True


async def delete_comment(session: AsyncSession, who: SignedIn, comment_id: int) -> bool:
    """Take a comment away; False when this member may not, or somebody has."""
    # The post first, as whoever takes the post away with its comments: two that each hold what the
    # other one wants would wait in a circle.
    its_post = select(Comment.post_id).where(Comment.id == comment_id).scalar_subquery()
    await session.execute(
        select(Post.id).where(Post.id == its_post).with_for_update(key_share=True)
    )
    gone = await session.execute(
        delete(Comment)
        .where(Comment.id == comment_id, *_of(who, Comment.author_id == who.id))
        .returning(Comment.post_id)
    )
    post_id = gone.scalar_one_or_none()
    if post_id is None:
        return False
    await session.execute(
        update(Post).where(Post.id == post_id).values(comment_count=Post.comment_count - 1)
    )
    return True


def _of(who: SignedIn, own: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return () if who.is_admin else (own,)
