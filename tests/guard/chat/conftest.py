"""Real providers on loopback, and chats that ask them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from launchready.demo.provider import ScriptedProvider
from launchready.guard.chat import Chat, Limits, Piece
from launchready.manifest.app import ChatSection, ProviderEntry

QUESTION = [{"role": "user", "content": "Where do I begin?"}]
FALLBACK = "The guide rests. Please ask again."
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""What is spent is counted by the month, and no test is to last from one into the next."""

MakeChat = Callable[..., Chat]


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with ScriptedProvider() as running:
        yield running


@pytest.fixture
async def second() -> AsyncIterator[ScriptedProvider]:
    async with ScriptedProvider(words=["The", " second", " speaks."]) as running:
        yield running


@pytest.fixture
async def chat_of() -> AsyncIterator[MakeChat]:
    """Return a function that makes a chat of one or two providers; it is closed at the end.

    It is patient: a busy machine is no slow provider.
    """
    async with AsyncExitStack() as stack:

        def make(
            first: ScriptedProvider | str,
            second: ScriptedProvider | None = None,
            *,
            first_token_s: float = 20.0,
            answer_s: float = 60.0,
            answer_max_tokens: int = 200,
            limits: Limits = Limits(),  # noqa: B008 - frozen
            **more: Any,
        ) -> Chat:
            section = ChatSection(
                base_url=first if isinstance(first, str) else first.base_url,
                model="guide-1",
                price=(1.0, 2.0),
                second=ProviderEntry(base_url=second.base_url, model="guide-2", price=(1.0, 2.0))
                if second
                else None,
                first_token_s=first_token_s,
                answer_s=answer_s,
                answer_max_tokens=answer_max_tokens,
                fallback=FALLBACK,
            )
            chat = Chat(section, limits=limits, **{"now": lambda: NOW, **more})
            stack.push_async_callback(chat.close)
            return chat

        yield make


async def pieces_of(chat: Chat, **more: Any) -> list[Piece]:
    """Return every piece of an answer."""
    return [piece async for piece in chat.ask(QUESTION, **more)]
