"""A provider on loopback that calls tools, and the community that asks it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from launchready.community import Settings, guarded
from launchready.community.running import Community
from launchready.community.seed import add_member, seed
from launchready.demo.provider import ScriptedProvider
from launchready.demo.provider_faults import Stream, chunk
from launchready.guard import Guard
from launchready.manifest import parse_manifest
from tests.community.conftest import ADA, GUEST

FALLBACK = "The guide rests. Please ask again."
_MANIFEST = """
[launch]
domain = "app.test"
[chat]
base_url = "{base_url}"
model = "guide-1"
price = [1.0, 2.0]
first_token_s = {first_token_s}
answer_s = 60
fallback = "{fallback}"
[budgets]
{budgets}
[routes]
"app.test/" = "page"
"app.test/login" = {{ kind = "auth", fields = {{ username = "email", password = "password" }} }}
"app.test/members" = "private"
"app.test/guide" = "private"
"app.test/chat" = {{ kind = "chat", json_body = true, fields = {{ message = "message" }} }}
"app.test/assets/" = "static"
"""

Calls = list[tuple[str, str]]


class ToolCaller(ScriptedProvider):
    """Calls the tools of `rounds`, one list after the other, and then answers with its words."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.rounds: list[Calls] = []
        self.says_first = ""
        """What it says before each round of calls."""
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What happens before each round of calls."""

    async def answer(self, stream: Stream, asked: dict[str, Any]) -> None:
        if not self.rounds:
            await super().answer(stream, asked)
            return
        if self.meanwhile is not None:
            await self.meanwhile()
        await stream.begin()
        if self.says_first:
            await stream.send(chunk({"content": self.says_first}))
        calls = [
            {"index": i, "id": f"c{i}", "type": "function",
             "function": {"name": name, "arguments": arguments}}
            for i, (name, arguments) in enumerate(self.rounds.pop(0))
        ]  # fmt: skip
        await stream.send(chunk({"tool_calls": calls}))
        await stream.send(chunk({}, "tool_calls"))
        await stream.done()

    @property
    def told(self) -> list[list[dict[str, Any]]]:
        """The messages of every call."""
        return [call.asked["messages"] for call in self.calls]

    @property
    def tool_answers(self) -> list[Any]:
        """What the tools came to, as the last call was told it."""
        return [json.loads(m["content"]) for m in self.told[-1] if m["role"] == "tool"]


@contextlib.asynccontextmanager
async def community_asking(
    provider: ScriptedProvider,
    database_url: str,
    password_hash: str,
    *,
    first_token_s: float = 20.0,
    budgets: str = "",
) -> AsyncIterator[Guard]:
    """Yield the sample community behind guard, its guide asking the provider."""
    manifest = _MANIFEST.format(
        base_url=provider.base_url, first_token_s=first_token_s, fallback=FALLBACK, budgets=budgets
    )
    settings = Settings(
        database_url=database_url, app_url="https://app.test", session_cookie="session"
    )
    app = guarded(settings, parse_manifest(manifest), environ={})
    running = running_in(app)
    async with running.database.write() as session:
        await seed(session)
        for email, name, plan in ((ADA, "Ada", "willow"), (GUEST, "Gil", "")):
            await add_member(
                session, email, name, plan=plan, password_hash=password_hash, now=running.now()
            )
    yield app
    await running.close()
    await app.close()


def running_in(app: Guard) -> Community:
    """Return the community behind its guard."""
    found: Community = app.app.state.community  # type: ignore[attr-defined]
    return found


def sqlite_in(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/community.db"
