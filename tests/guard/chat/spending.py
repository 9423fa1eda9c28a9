"""What a chat's ledger says about this month."""

from __future__ import annotations

from datetime import UTC, datetime

from launchready.guard.chat import Chat, Spend, month_of


async def spent_by_all(chat: Chat) -> Spend:
    return await chat.ledger.spent(month_of(datetime.now(UTC)))


async def spent_by(chat: Chat, member: str) -> Spend:
    return await chat.ledger.spent(month_of(datetime.now(UTC)), member)
