"""Many members and posts at once, to see how the community carries them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.invites import GOOD_FOR, code_hash
from launchready.community.plans import WILLOW
from launchready.community.sample_posts import POSTS
from launchready.community.seed import seed
from launchready.community.sessions import token_hash
from launchready.community.tables import Invite, Moment, Session

FIRST = 1_001
"""The number of the first member and of the first post."""
LONG_TALK = 120
"""So many comments has the first post; every tenth of the others has one."""
_SESSION_DAYS = 30
_PARAMETER = re.compile(r"(?<!:):([a-z]+)")


def _each(many: str, into: str, select: str) -> str:
    """Return the insertion of a row for each n from 0, as both databases understand it."""
    numbers = "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :{})"
    return " ".join((into, numbers.format(many), select))


_MEMBERS = _each(
    "members",
    "INSERT INTO members(id, email, name, about, password_hash, role, plan, gift, confirmed_at, "
    "joined_at)",
    "SELECT n + :first, 'm' || n || '@crowd.example', 'Member ' || n, 'Balcony ' || n, :password, "
    "'member', CASE WHEN n % 10 = 9 THEN '' ELSE :plan END, '', :now, :now FROM s",
)
_POSTS = _each(
    "posts",
    "INSERT INTO posts(id, circle_id, author_id, plan, title, body, comment_count, created_at)",
    "SELECT n + :first, p.circle_id, n % :members + :first, p.plan, p.title || ' ' || n, "
    "substr(p.body, 1, :letters), "
    "CASE WHEN n = 0 THEN :long WHEN n % 10 = 0 THEN 1 ELSE 0 END, :now "
    "FROM s JOIN posts p ON p.id = 1 + n % :samples",
)
_COMMENTS = (
    "INSERT INTO comments(post_id, author_id, body, created_at) "
    "SELECT id, author_id, 'And with us, too.', :now FROM posts "
    "WHERE id > :first AND (id - :first) % 10 = 0"
)
_LONG_TALK = _each(
    "long",
    "INSERT INTO comments(post_id, author_id, body, created_at)",
    "SELECT :first, n % :members + :first, 'Answer ' || n, :now FROM s",
)
_QUESTIONS = _each(
    "questions",
    "INSERT INTO questions(member_id, question, answer, note, state, asked_at, answered_at)",
    "SELECT n % :sessions + :first, 'Question ' || n, p.body, '', 'whole', :now, :now "
    "FROM s JOIN posts p ON p.id = 1 + n % :samples",
)
_LETTERS = _each(
    "members",
    "INSERT INTO letters(kind, recipient, details, message_id, created_at, due_at, attempts, "
    "sent_at, problem)",
    "SELECT 'welcome', 'm' || n || '@crowd.example', '{}', 'crowd-' || n, :now, :now, 1, :now, '' "
    "FROM s",
)
_SUBSCRIPTIONS = _each(
    "members",
    "INSERT INTO subscriptions(reference, member_id, customer, plan, status, paid_until, "
    "changed_at)",
    "SELECT 'sub_' || n, n + :first, 'cus_' || n, :plan, 'active', :until, :now FROM s "
    "WHERE n % 10 <> 9",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many there are. Every tenth member is a guest, and all others pay."""

    members: int = 10_000
    posts: int = 100_000
    letters: int = 10_000
    """The longest post's."""
    sessions: int = 2_000
    """So many of the members are signed in."""
    questions: int = 50_000
    """All by those who are signed in."""
    invites: int = 5_000


def email_of(n: int) -> str:
    """Return the address of the n-th member, from 0."""
    return f"m{n}@crowd.example"


def session_of(n: int) -> str:
    """Return the token of the n-th member's session, from 0."""
    return f"crowd-session-{n}"


def code_of(n: int) -> str:
    """Return the n-th invitation's code, good once, from 0."""
    return f"crowd-invite-{n}"


async def fill(
    session: AsyncSession, crowd: Crowd, *, password_hash: str | None, now: dt.datetime
) -> None:
    """Add a crowd to the sample community, which it begins with where there is none.

    All have one password, and none when `password_hash` is None. They have posts, comments,
    questions to the guide, letters that were sent, and payments; some are signed in.
    """
    if not (await session.execute(text("SELECT 1 FROM circles"))).first():
        await seed(session)
    values = {
        "first": FIRST, "now": now, "until": now + dt.timedelta(days=20), "plan": WILLOW,
        "password": password_hash, "samples": len(POSTS), "long": LONG_TALK,
        "letters": crowd.letters, "sessions": crowd.sessions,
        "members": crowd.members, "posts": crowd.posts, "questions": crowd.questions,
    }  # fmt: skip
    await _add(session, _MEMBERS, values)
    await _without_index(session, lambda: _add(session, _POSTS, values))
    for line in (_COMMENTS, _LONG_TALK, _QUESTIONS, _LETTERS, _SUBSCRIPTIONS):
        await _add(session, line, values)
    until = now + dt.timedelta(days=_SESSION_DAYS)
    await session.execute(
        insert(Session),
        [
            {"token_hash": token_hash(session_of(n)), "member_id": n + FIRST, "created_at": now,
             "expires_at": until}
            for n in range(crowd.sessions)
        ],
    )  # fmt: skip
    await session.execute(
        insert(Invite),
        [
            {"code_hash": code_hash(code_of(n)), "plan": WILLOW, "note": "", "uses_left": 1,
             "created_at": now, "expires_at": now + GOOD_FOR}
            for n in range(crowd.invites)
        ],
    )  # fmt: skip
    await _go_on_counting(session)
    await session.execute(text("ANALYZE"))


async def _add(session: AsyncSession, line: str, values: dict[str, Any]) -> None:
    names = set(_PARAMETER.findall(line))
    moments = [bindparam(name, type_=Moment) for name in sorted(names & {"now", "until"})]
    await session.execute(text(line).bindparams(*moments), {name: values[name] for name in names})


async def _without_index(session: AsyncSession, add: Callable[[], Awaitable[None]]) -> None:
    """Add posts; PostgreSQL makes the index of their words anew, which is faster than row by row."""
    if session.get_bind().dialect.name != "postgresql":
        await add()
        return
    found = await session.execute(
        text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_posts_words'")
    )
    made = found.scalar_one()
    await session.execute(text("DROP INDEX ix_posts_words"))
    await add()
    await session.execute(text(made))


async def _go_on_counting(session: AsyncSession) -> None:
    """Let PostgreSQL number new rows behind those that were numbered here; SQLite does by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in ("members", "posts"):
        await session.execute(
            text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")  # noqa: S608
        )
