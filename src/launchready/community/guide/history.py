"""What a member has asked the guide, page by page, and where their conversation begins."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.posts import NUMBER_MAX
from launchready.community.tables import Member, Question

EXCHANGES_A_PAGE = 20
REMEMBERED = 6
"""So many exchanges before a question go to the provider with it."""
REMEMBERED_CHARACTERS = 2_000
"""Of each question and each answer of them."""

State = Literal["asked", "whole", "cut", "fallback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and what came of it."""

    id: int
    question: str
    answer: str
    note: str
    state: State
    asked_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One page of exchanges, the oldest first; `before` asks for earlier ones, None at the end."""

    exchanges: tuple[Exchange, ...]
    before: int | None
    begins: bool
    """Whether it is the beginning of a new conversation, and nothing was asked in it yet."""


async def keep_question(
    session: AsyncSession, member_id: int, question: str, *, now: dt.datetime
) -> Exchange:
    """Keep a question, so that it is there whatever becomes of its answer."""
    kept = Question(member_id=member_id, question=question, answer="", note="", asked_at=now)
    kept.state = "asked"
    session.add(kept)
    await session.flush()
    return Exchange(id=kept.id, question=question, answer="", note="", state="asked", asked_at=now)


async def keep_answer(session: AsyncSession, exchange: Exchange, *, now: dt.datetime) -> None:
    """Keep what was answered, and how that ended."""
    await session.execute(
        update(Question)
        .where(Question.id == exchange.id)
        .values(answer=exchange.answer, note=exchange.note, state=exchange.state, answered_at=now)
    )


async def history(session: AsyncSession, member_id: int, *, before: int | None = None) -> History:
    """Return a page of what a member has asked, by default the newest of their conversation.

    What was asked in conversations before is on the pages before.
    """
    after = 0
    if before is None:
        begins_after = select(Member.conversation_after).where(Member.id == member_id)
        after = await session.scalar(begins_after) or 0
    rows = await session.execute(
        select(
            Question.id, Question.question, Question.answer, Question.note, Question.state,
            Question.asked_at,
        )
        .where(
            Question.member_id == member_id, Question.id < (before or NUMBER_MAX),
            Question.id > after,
        )
        .order_by(Question.id.desc())
        .limit(EXCHANGES_A_PAGE + 1)
    )  # fmt: skip
    found = [
        Exchange(**dict(zip(Exchange.__slots__, row, strict=True)))  # type: ignore[arg-type]
        for row in rows
    ]
    shown = found[:EXCHANGES_A_PAGE]
    earlier = shown[-1].id if len(found) > len(shown) else after + 1 if after else None
    return History(exchanges=tuple(reversed(shown)), before=earlier, begins=after > 0 and not shown)


async def begin_anew(session: AsyncSession, member_id: int) -> int:
    """Begin a new conversation; return what `go_back` takes to undo it."""
    before = await session.scalar(
        select(Member.conversation_after).where(Member.id == member_id).with_for_update()
    )
    last = select(func.coalesce(func.max(Question.id), 0)).where(Question.member_id == member_id)
    await go_back(session, member_id, await session.scalar(last) or 0)
    return before or 0


async def go_back(session: AsyncSession, member_id: int, after: int) -> None:
    """Let the conversation begin after a question, as it did before."""
    await session.execute(
        update(Member).where(Member.id == member_id).values(conversation_after=after)
    )


async def remembered(session: AsyncSession, member_id: int, *, before: int) -> list[dict[str, Any]]:
    """Return the last exchanges of the conversation in which the guide said something, as messages.

    The oldest first.
    """
    begins_after = select(Member.conversation_after).where(Member.id == member_id)
    rows = await session.execute(
        select(Question.question, Question.answer)
        .where(
            Question.member_id == member_id,
            Question.id < before,
            Question.id > begins_after.scalar_subquery(),
        )
        .order_by(Question.id.desc())
        .limit(REMEMBERED)
    )
    said: list[dict[str, Any]] = []
    for question, answer in reversed(rows.all()):
        if answer:
            said.append({"role": "user", "content": question[:REMEMBERED_CHARACTERS]})
            said.append({"role": "assistant", "content": answer[:REMEMBERED_CHARACTERS]})
    return said
