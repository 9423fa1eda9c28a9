"""An app killed under load: whoever was told that something is kept finds it afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

from sqlalchemy import select

from launchready.community.tables import Comment, Letter, Member, Post
from tests.community.browser import PASSWORD
from tests.community.faults.process import Plan
from tests.community.faults.seen import Seen, rows
from tests.community.faults.serving import Served, prepare, serving
from tests.community.faults.visiting import Visitor, post_number, visitors

WRITERS, COMMENTERS, JOINERS = 4, 2, 2
SENT_WITHIN_S = 120
A_TAKEN_LETTER_S = 180.0
"""Later than a letter belongs to a worker that died over it."""


@dataclass(slots=True, kw_only=True)
class Acknowledged:
    """What members were told is kept, noted outside of the app; `asked` was sent and may be there."""

    posts: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)
    joins: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self.posts) + len(self.comments) + len(self.joins)


async def kill_under_load(
    database_url: str, mail_folder: Path, *, kills: int = 2, acknowledged: int = 25
) -> Seen:
    """Kill the app so many times, each time after so many more writes were acknowledged; compare."""
    seen, kept = Seen(), Acknowledged()
    addresses = await prepare(database_url, WRITERS + COMMENTERS)
    plan = Plan(database_url=database_url, mail_folder=str(mail_folder))
    members: list[Visitor] = []
    for round_ in range(kills):
        wanted = kept.count + acknowledged
        async with serving(plan) as served, visitors(served.url, len(addresses)) as browsers:
            if members:
                await _still_signed_in(browsers, members, seen)
            else:
                await asyncio.gather(
                    *(b.log_in(a) for b, a in zip(browsers, addresses, strict=True))
                )
            members = browsers
            async with _load(served, browsers, kept, seen, name=f"r{round_}") as work:
                # What is acknowledged has no event of its own.
                while kept.count < wanted and not all(task.done() for task in work):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    later = Plan(
        database_url=database_url, mail_folder=str(mail_folder), clock_ahead_s=A_TAKEN_LETTER_S
    )
    async with serving(later) as served, visitors(served.url, len(addresses)) as browsers:
        await _still_signed_in(browsers, members, seen)
        await _letters_are_sent(database_url, seen)
    await asyncio.to_thread(_compare, database_url, mail_folder, kept, seen)
    seen.counted |= {"kills": kills, "broken off": seen.statuses[0], "acknowledged": kept.count}
    return seen


@contextlib.asynccontextmanager
async def _load(
    served: Served, browsers: list[Visitor], kept: Acknowledged, seen: Seen, *, name: str
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Write without a pause until the app is gone."""
    numbers = itertools.count()

    async def write(visitor: Visitor) -> None:
        while True:
            kept.asked.add(title := f"{name}-{next(numbers)}")
            reply = await seen.note(visitor.write(title))
            if not reply.status:
                return
            if post_number(reply):
                kept.posts.add(title)

    async def comment(visitor: Visitor) -> None:
        page = f"/posts/{post_number(await visitor.write(f'{name} begins'))}"
        while True:
            kept.asked.add(text := f"{name}-{next(numbers)}")
            reply = await seen.note(visitor.send(page, f"{page}/comments", body=text))
            if not reply.status:
                return
            if "#comment-" in reply.location:
                kept.comments.add(text)

    async def join(visitor: Visitor) -> None:
        while True:
            kept.asked.add(email := f"{name}-{next(numbers)}@willow.example")
            # Everybody who joins has an address of their own.
            someone = visitor.stranger()
            reply = await seen.note(
                someone.send("/signup", name="Jo", email=email, password=PASSWORD)
            )
            if not reply.status:
                return
            if reply.status == 200:
                kept.joins.add(email)

    writers, commenters = browsers[:WRITERS], browsers[WRITERS:]
    work = [asyncio.create_task(write(v)) for v in writers]
    work += [asyncio.create_task(comment(v)) for v in commenters]
    work += [asyncio.create_task(join(browsers[0])) for _ in range(JOINERS)]
    try:
        yield work
    finally:
        # In the middle of all that is under way.
        await served.kill()
        await asyncio.gather(*work)


async def _still_signed_in(browsers: list[Visitor], members: list[Visitor], seen: Seen) -> None:
    """Give the new browsers the cookies of the old ones, and look whether they are good."""
    for browser, member in zip(browsers, members, strict=True):
        browser.cookies = member.cookies
        room = await browser.get("/members")
        seen.expect("a session after the kill", room.status, 200)


async def _letters_are_sent(database_url: str, seen: Seen) -> None:
    """Wait until the outbox is empty."""
    waiting = select(Letter.id).where(Letter.sent_at.is_(None), Letter.given_up_at.is_(None))
    until = asyncio.get_running_loop().time() + SENT_WITHIN_S
    left = [(0,)]
    while left and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(0.1)
        (left,) = await asyncio.to_thread(rows, database_url, waiting)
    seen.expect("letters that wait", left, [])


def _compare(database_url: str, folder: Path, kept: Acknowledged, seen: Seen) -> None:
    posts, comments, members, letters = rows(
        database_url,
        select(Post.title),
        select(Comment.body),
        select(Member.email),
        select(Letter.kind, Letter.recipient, Letter.message_id),
    )
    titles = Counter(title for (title,) in posts)
    said = Counter(body for (body,) in comments)
    seen.expect("posts lost", sorted(kept.posts - set(titles)), [])
    seen.expect("comments lost", sorted(kept.comments - set(said)), [])
    seen.expect("joins lost", sorted(kept.joins - {email for (email,) in members}), [])
    twice = [t for t, n in (titles + said).items() if n > 1 and t in kept.asked]
    seen.expect("kept twice", twice, [])
    told = Counter(recipient for kind, recipient, _ in letters if kind == "confirm")
    seen.expect("joins without their letter", sorted(kept.joins - set(told)), [])
    carried = {
        (str(letter["To"]), str(letter["Message-ID"]).strip("<>").partition("@")[0])
        for letter in (message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml"))
    }
    put_down = {(recipient, id_) for _, recipient, id_ in letters}
    seen.expect("letters that were not carried", sorted(put_down - carried), [])
    seen.counted |= {"letters": len(put_down), "by kind": _by_kind(kept)}


def _by_kind(kept: Acknowledged) -> dict[str, int]:
    return {"posts": len(kept.posts), "comments": len(kept.comments), "joins": len(kept.joins)}
