"""Who is still there: the members of open websockets and streams are asked about again and again.

A request asks once who somebody is. What stays open would go on after a log-out, a new password or
the end of a plan, so the same question is asked anew as long as it is open.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from launchready.guard.asgi import Scope

Member = Callable[[Scope], Awaitable[str | None]]
"""How an app says who is signed in; None when nobody is."""
May = Callable[[Scope, str], Awaitable[bool]]
"""How an app says whether a member may still have what is open: what they have paid for, say."""

ASKS_AGAIN_S = 5.0
"""So long may pass before somebody who has gone is noticed, while not too many are open."""
ASKED_A_SECOND = 200
"""Of more open ones than this allows each is asked about less often: the app's database answers."""
ANSWER_S = 10.0


class SignedOutError(Exception):
    """The member who asked is no longer signed in, or may no longer have what they asked for."""


def awaited(member: Member) -> Member:
    """Return the function that an app gave; one that answers at once says what it should be."""
    if inspect.iscoroutinefunction(member):
        return member

    async def asked(scope: Scope) -> str | None:
        told = member(scope)
        if not inspect.isawaitable(told):
            raise TypeError("member is an async function: async def member(scope) -> str | None")
        return await told

    return asked


def fresh(scope: Scope) -> Scope:
    """Return a copy for one question: apps keep in a request what they have found out about it."""
    state = scope.get("state")
    return {**scope} if state is None else {**scope, "state": dict(state)}


@dataclass(slots=True, kw_only=True)
class Presence:
    """Asks the app about its members."""

    member: Member
    may: May | None = None
    _open: int = field(default=0, init=False)

    async def until_gone(self, opened: Scope, member: str) -> None:
        """Return once the app says that it is no longer this member, or that they may no longer.

        `opened` is the scope of the request that opened it, as it was before the app had it. An app
        that fails or is slow to say has not said that anybody has gone.
        """
        self._open += 1
        try:
            while True:
                apart_s = max(ASKS_AGAIN_S, self._open / ASKED_A_SECOND)
                # Those who came at the same moment, as after a restart, are not all asked about at
                # once.
                await asyncio.sleep(apart_s * random.uniform(0.5, 1))  # noqa: S311
                if not await self._there(opened, member):
                    return
        finally:
            self._open -= 1

    async def _there(self, opened: Scope, member: str) -> bool:
        try:
            async with asyncio.timeout(ANSWER_S):
                asked = fresh(opened)
                if await self.member(asked) != member:
                    return False
                return self.may is None or bool(await self.may(asked, member))
        except Exception:  # noqa: BLE001 - whatever an app raises, it has not said that they left
            return True

    @asynccontextmanager
    async def while_there(self, opened: Scope, member: str) -> AsyncIterator[None]:
        """Run what stands in the context; cancel it and raise SignedOutError when they have gone."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a request is answered in one
        left = False

        async def watch() -> None:
            nonlocal left
            await self.until_gone(opened, member)
            left = True
            task.cancel()

        watching = asyncio.create_task(watch())
        try:
            yield
        except asyncio.CancelledError:
            if not left or task.uncancel():
                # The server, or a deadline, wants it ended too.
                raise
            raise SignedOutError from None
        finally:
            watching.cancel()
