"""Members who press the button again and again while the first time is still on its way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from launchready.community.invites import code_hash
from launchready.community.tables import Comment, Invite, Letter, Member, Post
from tests.community.browser import PASSWORD
from tests.community.faults.process import Plan
from tests.community.faults.seen import Seen, rows
from tests.community.faults.serving import CODE, CODE_USES, prepare, serving
from tests.community.faults.visiting import Visitor, post_number, visitors

TIMES = 20
JOINS, TEXT = "joins@willow.example", "Said once."


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that is sent, what is typed in, and the page that it is on."""

    page: str
    typed: dict[str, str]
    action: str = ""


async def send_again_and_again(what: str, database_url: str, store_url: str = "") -> Seen:
    """Send one form twenty times in parallel, to two processes in turn where there is a store."""
    seen = Seen()
    guests = await prepare(database_url, 1, plan="")
    plan = Plan(database_url=database_url, store_url=store_url, store_deadline_s=20)
    async with contextlib.AsyncExitStack() as stack:
        one = other = await stack.enter_async_context(serving(plan))
        if store_url:
            other = await stack.enter_async_context(serving(plan))
        (visitor,) = await stack.enter_async_context(visitors(one.url))
        form = await FORMS[what](visitor, guests[0])
        found = await visitor.form(form.page, form.action)
        assert found is not None
        before = await asyncio.to_thread(_rows, database_url)

        async def press(number: int) -> None:
            # A copy: twenty requests of the same browser, wherever they come out.
            again = visitor.copy(other.url if number % 2 else one.url)
            reply = await seen.note(again.post(found, **form.typed))
            repeated.append(reply.repeated)
            led_to.add((reply.status, reply.location))

        repeated: list[bool] = []
        led_to: set[tuple[int, str]] = set()
        await asyncio.gather(*(press(number) for number in range(TIMES)))
    after = await asyncio.to_thread(_rows, database_url)
    seen.expect("times that an answer was given again", sum(repeated), TIMES - 1)
    seen.expect("different answers", len(led_to), 1)
    changed = {k: after[k] - before[k] for k in after if after[k] != before[k]}
    seen.expect("rows", changed, ROWS[what])
    seen.counted |= {"form": what, "led to": sorted(led_to), "rows": changed}
    return seen


async def _join(_: Visitor, __: str) -> Form:
    return Form(page="/signup", typed={"name": "Jo", "email": JOINS, "password": PASSWORD})


async def _write(visitor: Visitor, member: str) -> Form:
    await visitor.log_in(member)
    return Form(page="/write", typed={"circle": "doorstep", "title": "Once", "body": TEXT})


async def _comment(visitor: Visitor, member: str) -> Form:
    await visitor.log_in(member)
    page = f"/posts/{post_number(await visitor.write('Asked once.'))}"
    return Form(page=page, action=f"{page}/comments", typed={"body": TEXT})


async def _invite(visitor: Visitor, member: str) -> Form:
    await visitor.log_in(member)
    return Form(page="/invite", typed={"code": CODE})


async def _reset(_: Visitor, __: str) -> Form:
    return Form(page="/reset", typed={"email": "member0@willow.example"})


FORMS: dict[str, Callable[[Visitor, str], Awaitable[Form]]] = {
    "join": _join, "post": _write, "comment": _comment, "invite": _invite, "reset": _reset,
}  # fmt: skip
ROWS: dict[str, dict[str, int]] = {
    "join": {"members": 1, "letters": 1},
    "post": {"posts": 1},
    "comment": {"comments": 1},
    "invite": {"uses of the code": 1},
    "reset": {"letters": 1},
}


def _rows(database_url: str) -> dict[str, int]:
    tables = {"members": Member, "posts": Post, "comments": Comment, "letters": Letter}
    left = select(Invite.uses_left).where(Invite.code_hash == code_hash(CODE))
    counts = [select(func.count()).select_from(table) for table in tables.values()]
    found = [int(answer[0][0]) for answer in rows(database_url, *counts, left)]
    return {**dict(zip(tables, found, strict=False)), "uses of the code": CODE_USES - found[-1]}
