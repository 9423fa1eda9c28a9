"""The client of the DNS: every question is sent once to each server, however many ask it."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype

from launchready.collect.dial import DialMap
from launchready.collect.dns.reply import Reply, joined, read
from launchready.collect.dns.wire import PAYLOAD_BYTES, NoReplyError, exchange
from launchready.mailauth.lookups import Answer, Question
from launchready.mailauth.names import query_name
from launchready.manifest.values import split_address

Server = tuple[str, int]
PUBLIC: tuple[Server, ...] = (("1.1.1.1", 53), ("8.8.8.8", 53), ("9.9.9.9", 53))
AT_ONCE = 100
"""So many questions are under way at a time: a thousand at once are lost in the buffers."""
HEDGE_S = 1.0
"""After so long without an answer the next resolver is asked as well."""
FIRST_QUESTIONS = 8
"""So many go to a resolver for comparison before it has answered any; the others wait for that."""
SILENT_AFTER = 3
"""A server that has left so many unanswered, and answered none, is not asked again."""
COMPARED_S = 2.0
"""Deadline of a resolver that is asked for comparison only: many networks block it."""
_Asked = tuple[Server, str, str, bool, bool, bool]


class _Acquaintance:
    """What is known of a server: whether it answers at all."""

    def __init__(self) -> None:
        self.asked = 0
        self.failed = 0
        self.ours = False
        """The last failure was one of this machine's own network."""
        self.met = asyncio.Event()
        """It has answered, or has been silent often enough."""


class NameClient:
    """Asks resolvers and authoritative servers; every way to fail is a Reply with `trouble`.

    Without named resolvers it asks the system's, and well-known public ones for comparison.
    `query_s` is the deadline of one question with its retries, in seconds.
    """

    def __init__(
        self,
        *,
        dial: DialMap | None = None,
        resolvers: tuple[Server, ...] = (),
        query_s: float = 4.0,
        at_once: int = AT_ONCE,
        hedge_s: float = HEDGE_S,
    ) -> None:
        self.named = bool(resolvers)
        """The resolvers were named, none is there for comparison only."""
        self.resolvers: tuple[Server, ...] = resolvers or tuple(
            dict.fromkeys((*system_resolvers(), *PUBLIC))
        )
        self.query_s = query_s
        self.answered: set[Server] = set()
        """Servers that answered anything in this run."""
        self.unlikely = f"lr-{secrets.token_hex(6)}"
        """A label that exists nowhere but under a wildcard, the same for the whole run."""
        self.asked = 0
        """How many questions were sent."""
        self._dial = dial or DialMap()
        self._hedge_s = hedge_s
        self._slots = asyncio.Semaphore(at_once)
        self._met: defaultdict[Server, _Acquaintance] = defaultdict(_Acquaintance)
        self._known: dict[_Asked, asyncio.Task[Reply]] = {}

    async def ask(
        self,
        name: str,
        rdtype: str,
        *,
        resolver: Server | None = None,
        checking_disabled: bool = False,
        dnssec: bool = False,
    ) -> Reply:
        """Return a resolver's answer; without `resolver`, the first good one of those there are.

        `checking_disabled` sets CD: the resolver passes on what does not validate.
        `dnssec` sets DO: signatures come along.
        """
        if resolver is not None:
            return await self._recursive(name, rdtype, resolver, checking_disabled, dnssec)
        # Those that have answered before come first: a dead one costs its time-out once.
        order = sorted(
            self.resolvers,
            key=lambda r: bool(self.answered) and self._target(r) not in self.answered,
        )
        return await _first_good(
            (self._recursive(name, rdtype, r, checking_disabled, dnssec) for r in order),
            self._hedge_s,
        )

    async def ask_server(
        self,
        address: str,
        port: int,
        name: str,
        rdtype: str,
        *,
        host: str = "",
        recursion_desired: bool = False,
        dnssec: bool = False,
    ) -> Reply:
        """Return what the server at an address says itself; `host` is its name for the dial map."""
        target = self._dial.target(host, address, port)
        return await self._once((target, _key(name), rdtype, False, dnssec, recursion_desired))

    async def answer(self, question: Question) -> Answer:
        """Return the answer for an evaluator of mailauth; pass it to `lookups.arun`."""
        return (await self.ask(question.name, question.rdtype)).as_answer()

    async def works(self) -> bool:
        """Return whether any resolver answers anything: False is a limit of our own network."""
        if any(self._target(r) in self.answered for r in self.resolvers):
            return True
        replies = await asyncio.gather(
            *(self.ask(".", "NS", resolver=resolver) for resolver in self.resolvers)
        )
        return any(r.rcode is not None for r in replies)

    async def close(self) -> None:
        """Stop what is under way."""
        running = [t for t in self._known.values() if not t.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _target(self, resolver: Server) -> Server:
        return self._dial.target("", *resolver)

    async def _recursive(
        self, name: str, rdtype: str, resolver: Server, checking_disabled: bool, dnssec: bool
    ) -> Reply:
        server, name = self._target(resolver), _key(name)
        reply = await self._once((server, name, rdtype, checking_disabled, dnssec, True))
        # A plain server leaves it to us to go on from the last alias.
        while (
            reply.rcode == "NOERROR"
            and reply.aliases
            and not (reply.found or reply.loop or reply.denied_by)
        ):
            asked = (server, reply.last, rdtype, checking_disabled, dnssec, True)
            further = await self._once(asked)
            reply = joined(reply, further)
            if not further.aliases:
                break
        return reply

    async def _once(self, asked: _Asked) -> Reply:
        task = self._known.get(asked)
        if task is None:
            task = self._known[asked] = asyncio.create_task(self._send(asked))
        # Shielded: whoever stops waiting must not take the answer from the others.
        return await asyncio.shield(task)

    async def _send(self, asked: _Asked) -> Reply:
        server, name, rdtype, checking_disabled, dnssec, recursive = asked
        shown = _shown(*server)
        query = _query(name, rdtype)
        if query is None:
            return Reply(name=name, rdtype=rdtype, server=shown, trouble="no name of the DNS")
        query.flags = dns.flags.Flag(
            (dns.flags.RD if recursive else 0)
            | (dns.flags.CD if checking_disabled else 0)
            # AD in a question asks for AD in the answer (RFC 6840 section 5.7).
            | (dns.flags.AD if recursive else 0)
        )
        query.use_edns(0, ednsflags=dns.flags.DO if dnssec else 0, payload=PAYLOAD_BYTES)
        met = self._met[server]
        met.asked += 1
        if self._compared(server) and met.asked > FIRST_QUESTIONS:
            await met.met.wait()
        async with self._slots:
            if self._gave_up(server) and name != ".":
                trouble = "it answered none of the questions before"
                return Reply(name=name, rdtype=rdtype, server=shown, trouble=trouble, ours=met.ours)
            self.asked += 1
            try:
                message = await exchange(query, server, self._deadline_s(server))
            except NoReplyError as error:
                met.failed += 1
                met.ours = error.ours
                if self._gave_up(server):
                    met.met.set()
                return Reply(
                    name=name, rdtype=rdtype, server=shown, trouble=str(error), ours=error.ours
                )
        self.answered.add(server)
        met.met.set()
        return read(name, rdtype, shown, message)

    def _gave_up(self, server: Server) -> bool:
        return server not in self.answered and self._met[server].failed >= SILENT_AFTER

    def _deadline_s(self, server: Server) -> float:
        return min(self.query_s, COMPARED_S) if self._compared(server) else self.query_s

    def _compared(self, server: Server) -> bool:
        return not self.named and server in PUBLIC


def system_resolvers(path: Path = Path("/etc/resolv.conf")) -> tuple[Server, ...]:
    """Return the resolvers that the system names, at most three as its own library uses."""
    found: list[Server] = []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = [f"nameserver {address}" for address in _from_registry()]
    for line in lines:
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                found.append(split_address(words[1], default_port=53))
            except ValueError:
                continue
    return tuple(found[:3])


def _from_registry() -> list[str]:
    """Return the name servers where there is no resolv.conf (Windows keeps them elsewhere)."""
    import dns.resolver  # noqa: PLC0415 - costs 90 ms and only Windows needs it

    try:
        return [str(n) for n in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        return []


def _shown(address: str, port: int) -> str:
    if port == 53:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _key(name: str) -> str:
    return name.lower().rstrip(".") or "."


def _query(name: str, rdtype: str) -> dns.message.QueryMessage | None:
    """Return the question; None when the name cannot stand in one."""
    if name == ".":
        return dns.message.make_query(dns.name.root, rdtype)
    carried = query_name(name)
    if carried is None:
        return None
    # Labels as bytes: a backslash or an odd character is part of the name, not an escape.
    labels = [label.encode() for label in carried.split(".")]
    try:
        return dns.message.make_query(dns.name.Name([*labels, b""]), rdtype)
    except (dns.exception.DNSException, ValueError):
        return None


async def _first_good(questions: Iterable[Coroutine[Any, Any, Reply]], hedge_s: float) -> Reply:
    """Return the first answer that is one, else the best of the failures."""
    waiting = list(questions)
    tasks: set[asyncio.Task[Reply]] = set()
    failures: list[Reply] = []
    try:
        while waiting or tasks:
            if waiting:
                tasks.add(asyncio.create_task(waiting.pop(0)))
            done, tasks = await asyncio.wait(
                tasks,
                timeout=hedge_s if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                reply = task.result()
                if reply.rcode in {"NOERROR", "NXDOMAIN"}:
                    return reply
                failures.append(reply)
    finally:
        for coroutine in waiting:
            coroutine.close()
        for task in tasks:
            task.cancel()
    return min(failures, key=lambda r: (r.rcode is None, r.rcode != "SERVFAIL"))
