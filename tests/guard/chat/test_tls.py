from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from launchready.demo.certificates import Authority, server_context
from launchready.demo.description import CertificateOptions
from launchready.demo.provider import ScriptedProvider
from tests.guard.chat.conftest import QUESTION, MakeChat


@pytest.fixture
async def distrusted() -> AsyncIterator[ScriptedProvider]:
    provider = ScriptedProvider()
    await provider.start(server_context(Authority(), CertificateOptions(names=["localhost"])))
    yield provider
    await provider.close()


async def test_a_certificate_that_nobody_vouches_for_gets_neither_question_nor_key(
    distrusted: ScriptedProvider, second: ScriptedProvider, chat_of: MakeChat
) -> None:
    answer = await chat_of(distrusted, second).whole(QUESTION)
    alone = await chat_of(distrusted).whole(QUESTION)
    assert answer.end.provider == "second"
    assert (alone.end.reason, alone.end.fallback) == ("tls", True)
    assert distrusted.calls == []


async def test_a_server_that_speaks_no_tls_is_a_fault_of_its_connection(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    async with asyncio.timeout(10):
        base_url = provider.base_url.replace("http:", "https:")
        answer = await chat_of(base_url, first_token_s=1).whole(QUESTION)
    assert answer.end.fallback
    assert answer.end.reason in {"tls", "unreachable", "slow"}
