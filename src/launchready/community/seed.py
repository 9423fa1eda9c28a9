"""Sample members and posts, the same each time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.plans import WILLOW
from launchready.community.sample_posts import CIRCLES, COMMENTS, PEOPLE, POSTS
from launchready.community.tables import Circle, Comment, Member, Post, Table

FIRST_DAY = dt.datetime(2026, 3, 1, 18, tzinfo=dt.UTC)


async def seed(session: AsyncSession) -> None:
    """Fill an empty community with sample circles, members, posts and comments.

    The sample members have no password: nobody can log in as one of them.
    """
    circle_ids = await _kept(
        session,
        Circle,
        [
            {"slug": slug, "name": name, "about": about, "plan": plan,
             "post_count": sum(post[0] == slug for post in POSTS)}
            for slug, name, about, plan in CIRCLES
        ],
    )  # fmt: skip
    numbers = {circle[0]: i for i, circle in enumerate(CIRCLES)}
    people = await _kept(
        session,
        Member,
        [
            {"email": f"{name.lower()}@willow.example", "name": name, "about": about,
             "role": "member", "plan": WILLOW, "gift": WILLOW, "joined_at": FIRST_DAY, "confirmed_at": FIRST_DAY}
            for name, about in PEOPLE
        ],
    )  # fmt: skip
    posts = await _kept(
        session,
        Post,
        [
            {"circle_id": circle_ids[numbers[slug]], "author_id": people[author],
             "plan": CIRCLES[numbers[slug]][3], "title": title, "body": body,
             "comment_count": sum(comment[0] == n for comment in COMMENTS),
             "created_at": FIRST_DAY + dt.timedelta(days=3 * n, minutes=17 * n)}
            for n, (slug, author, title, body) in enumerate(POSTS)
        ],
    )  # fmt: skip
    await _kept(
        session,
        Comment,
        [
            {"post_id": posts[post], "author_id": people[author], "body": body,
             "created_at": FIRST_DAY + dt.timedelta(days=3 * post, hours=2, minutes=17 * post + n)}
            for n, (post, author, body) in enumerate(COMMENTS)
        ],
    )  # fmt: skip


async def add_member(
    session: AsyncSession,
    email: str,
    name: str,
    *,
    password_hash: str,
    now: dt.datetime,
    plan: str = WILLOW,
    role: str = "member",
) -> int:
    """Keep a member whose address counts as confirmed, and return their number."""
    member = Member(
        email=email, name=name, password_hash=password_hash, plan=plan, gift=plan, role=role, joined_at=now,
        confirmed_at=now,
    )  # fmt: skip
    session.add(member)
    await session.flush()
    return member.id


async def _kept(session: AsyncSession, table: type[Table], rows: list[dict[str, Any]]) -> list[int]:
    numbered = insert(table).returning(table.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]
    return list((await session.execute(numbered, rows)).scalars())
