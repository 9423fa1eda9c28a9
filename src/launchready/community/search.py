"""Posts that fit a question: FTS5 in SQLite, a tsvector in PostgreSQL.

What was asked is taken apart into words first, so that nothing of it is read as a search's syntax.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Float, Select, Text, column, func, literal_column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.plans import readable
from launchready.community.posts import PostLine, post_line, post_lines
from launchready.community.tables import Post

FOUND_MAX = 5
WORDS_MAX = 12
NEWEST = 2_000
"""So many of the newest posts that fit are compared: a word that is in every post costs no more."""
_WORD_MAX = 40
_STEM_MIN = 4
_WORD = re.compile(r"[^\W_]+")
_PLURAL = re.compile(r"(?<=[^\W_]{3})(?:es|s)\Z")
_COMMON_WORDS = (
    "about all also am an and any anybody anyone anything are as ask at be been best but by can "
    "could did do does everything for from get got had has have help here how if in into is it "
    "its just know like long lot make many me more most much my need no not nothing now of off on "
    "one only or other our out over people please post posts really say should so some somebody "
    "someone something tell than that the their them then there these they thing things this to "
    "too up us very want was way we were what when where which who why will with would you your"
)
_COMMON = frozenset(_COMMON_WORDS.split())

_INDEX = table("posts_words", column("rowid"))
_MATCHES = literal_column("posts_words", Text)
_WORDS = literal_column("posts.words", Text)


def words_of(text: str) -> list[str]:
    """Return the words of a question that are worth looking for, in lower case, each once."""
    found = dict.fromkeys(word[:_WORD_MAX] for word in _WORD.findall(text.lower()))
    return [word for word in found if len(word) > 1 and word not in _COMMON][:WORDS_MAX]


async def search_posts(
    session: AsyncSession, words: Sequence[str], plan: str, *, at_most: int = FOUND_MAX
) -> list[PostLine]:
    """Return posts that hold any of the words and that a member of the plan may read; best first.

    `words` are those of `words_of`.
    """
    if not words:
        return []
    fits = _in_sqlite if session.get_bind().dialect.name == "sqlite" else _in_postgresql
    newest = fits(words).where(Post.plan.in_(readable(plan))).limit(NEWEST).subquery("newest")
    fitness = (newest.c.rank.desc(), newest.c.id.desc())
    best = select(newest).order_by(*fitness).limit(at_most).subquery("best")
    # Authors and circles of the few that are shown, not of all that were compared.
    wanted = post_lines().join(best, best.c.id == Post.id)
    wanted = wanted.order_by(best.c.rank.desc(), Post.id.desc())
    return [post_line(row) for row in await session.execute(wanted)]


def _in_sqlite(words: Sequence[str]) -> Select[int, float]:
    sought = " OR ".join(_like(word) for word in words)
    # A match in the title counts as four in the body; the best is the lowest.
    rank = -func.bm25(_MATCHES, 4.0, 1.0, type_=Float)
    return (
        select(Post.id, rank.label("rank"))
        .select_from(_INDEX)
        .join(Post, Post.id == _INDEX.c.rowid)
        .where(_MATCHES.op("MATCH")(sought))
        .order_by(_INDEX.c.rowid.desc())
    )


def _like(word: str) -> str:
    """Return a word as FTS5 looks for it and its other endings: it knows no language's."""
    stem = _PLURAL.sub("", word)
    return f'"{stem}"*' if len(stem) >= _STEM_MIN else f'"{stem}" OR "{word}"'


def _in_postgresql(words: Sequence[str]) -> Select[int, float]:
    sought = func.to_tsquery("english", " | ".join(words))
    rank = func.ts_rank(_WORDS, sought, type_=Float)
    return (
        select(Post.id, rank.label("rank")).where(_WORDS.op("@@")(sought)).order_by(Post.id.desc())
    )
