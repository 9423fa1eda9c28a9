"""What a chat's ledger says about this month."""

from __future__ import annotations

from launchready.guard.chat import Chat, Spend, month_of
from tests.guard.chat.conftest import NOW


async def spent_by_all(chat: Chat) -> Spend:
    return await chat.ledger.spent(month_of(NOW))


async def spent_by(chat: Chat, member: str) -> Spend:
    return await chat.ledger.spent(month_of(NOW), member)
