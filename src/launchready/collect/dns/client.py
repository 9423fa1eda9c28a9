"""The client of the DNS: every question is sent once to each server, however many ask it."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from dataclasses import replace

from launchready.collect.dial import DialMap
from launchready.collect.dns.hedging import first_good
from launchready.collect.dns.question import Asked, Server, key_of, message_of, shown_at
from launchready.collect.dns.reply import GOOD, Reply, joined, read
from launchready.collect.dns.system import system_resolvers
from launchready.collect.dns.wire import NoReplyError, exchange
from launchready.mailauth.lookups import Answer, Question

PORT = 53
PUBLIC: tuple[Server, ...] = (("1.1.1.1", PORT), ("8.8.8.8", PORT), ("9.9.9.9", PORT))
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
_DENIES_ALL = "it denies every name, the root too"
_NEVER = "invalid"
"""No name exists below it (RFC 6761 section 6.4)."""


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
        self._useful: set[Server] = set()
        """Those of them that gave an answer, and not only refusals."""
        self.unlikely = f"lr-{secrets.token_hex(6)}"
        """A label that exists nowhere but under a wildcard, the same for the whole run."""
        self.asked = 0
        """How many questions were sent."""
        self._dial = dial or DialMap()
        self._hedge_s = hedge_s
        self._slots = asyncio.Semaphore(at_once)
        self._met: defaultdict[Server, _Acquaintance] = defaultdict(_Acquaintance)
        self._known: dict[Asked, asyncio.Task[Reply]] = {}

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
        return await first_good(
            (self._recursive(name, rdtype, r, checking_disabled, dnssec) for r in order),
            self._hedge_s,
        )

    async def ask_server(
        self,
        address: str,
        name: str,
        rdtype: str,
        *,
        host: str,
        dnssec: bool = False,
        tcp: bool = False,
    ) -> Reply:
        """Return what the server at an address says itself; `host` is its name for the dial map.

        `dnssec` sets DO: signatures come along. `tcp` asks over TCP and nothing else.
        """
        target = self._dial.target(host, address, PORT)
        return await self._once(
            Asked(target, key_of(name), rdtype, dnssec=dnssec, recursive=False, tcp=tcp)
        )

    async def answer(self, question: Question) -> Answer:
        """Return the answer for an evaluator of mailauth; pass it to `lookups.arun`."""
        return (await self.ask(question.name, question.rdtype)).as_answer()

    async def works(self, near: str = "") -> bool:
        """Return whether any resolver is of use: False is a limit of our own network."""
        known = [r for r in self.resolvers if self._target(r) in self._useful]
        for some in (known, [r for r in self.resolvers if r not in known]):
            if not all(await asyncio.gather(*(self.complaint(r, near) for r in some))):
                return True
        return False

    def heard(self, resolver: Server) -> bool:
        """Return whether a resolver answered anything in this run, were it a refusal."""
        return self._target(resolver) in self.answered

    async def complaint(self, resolver: Server, near: str = "") -> str:
        """Return why a resolver's failures say nothing of the launch; empty when they do.

        It is asked for the root's servers, which every resolver knows, and for the address of
        `near`, in case it is an authoritative server that knows little else.
        """
        server = self._target(resolver)
        made_up = await self._made_up(server) if server in self.answered else None
        if made_up and not await self._resolves(server):
            return f"it leads every name to {min(made_up)}, as networks do before a sign-in"
        if server in self.answered and await self._denies_all(server):
            return _DENIES_ALL
        if server in self._useful:
            return ""
        for name, kind in ((".", "NS"), (near, "A")):
            if not name:
                continue
            reply = await self.ask(name, kind, resolver=resolver)
            if reply.rcode in GOOD:
                return ""
            why = reply.trouble or f"it answers {reply.rcode} to everything"
        return why

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
        server, name = self._target(resolver), key_of(name)
        reply = await self._once(Asked(server, name, rdtype, checking_disabled, dnssec))
        # A plain server leaves it to us to go on from the last alias.
        while (
            reply.rcode == "NOERROR"
            and reply.aliases
            and not (reply.found or reply.loop or reply.denied_by)
        ):
            further = await self._once(Asked(server, reply.last, rdtype, checking_disabled, dnssec))
            reply = joined(reply, further)
            if not further.aliases:
                break
        return await self._honest(reply, server)

    async def _honest(self, reply: Reply, server: Server) -> Reply:
        """Return the reply as it would be of a resolver that makes up no addresses.

        Some lead names that do not exist to pages of their own; those of a network that wants a
        sign-in lead every name there, and tell nothing. Nor do those of a network that lets only
        some names out, and denies the root as well.
        """
        if reply.rcode == "NXDOMAIN" and await self._denies_all(server):
            return replace(reply, rcode=None, trouble=_DENIES_ALL, ours=True)
        if reply.rdtype not in {"A", "AAAA"} or not reply.texts:
            return reply
        made_up = await self._made_up(server)
        if not made_up & set(reply.texts):
            return reply
        bare = replace(reply, found=None, aliases=(), answer=(), made_up=reply.texts)
        if await self._resolves(server):
            return replace(bare, rcode="NXDOMAIN")
        trouble = f"it leads every name to {min(made_up)}"
        return replace(bare, rcode=None, trouble=trouble, ours=True)

    async def _made_up(self, server: Server) -> frozenset[str]:
        """Return the addresses that a server gives to a name that cannot exist (RFC 6761)."""
        found: list[str] = []
        for kind in ("A", "AAAA"):
            reply = await self._once(Asked(server, f"{self.unlikely}.{_NEVER}", kind))
            found += reply.texts
            if not found:
                break
        return frozenset(found)

    async def _resolves(self, server: Server) -> bool:
        return bool((await self._root(server)).found)

    async def _denies_all(self, server: Server) -> bool:
        return (await self._root(server)).rcode == "NXDOMAIN"

    async def _root(self, server: Server) -> Reply:
        return await self._once(Asked(server, ".", "NS"))

    async def _once(self, asked: Asked) -> Reply:
        task = self._known.get(asked)
        if task is None:
            task = self._known[asked] = asyncio.create_task(self._send(asked))
        # Shielded: whoever stops waiting must not take the answer from the others.
        return await asyncio.shield(task)

    async def _send(self, asked: Asked) -> Reply:
        server, name, rdtype = asked.server, asked.name, asked.rdtype
        shown = shown_at(*server)
        query = message_of(asked)
        if query is None:
            return Reply(name=name, rdtype=rdtype, server=shown, trouble="no name of the DNS")
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
                message = await exchange(query, server, self._deadline_s(server), tcp=asked.tcp)
            except NoReplyError as error:
                met.failed += 1
                met.ours = error.ours
                if self._gave_up(server):
                    met.met.set()
                return Reply(
                    name=name, rdtype=rdtype, server=shown,
                    trouble=str(error), ours=error.ours, cut=error.cut,
                )  # fmt: skip
        self.answered.add(server)
        met.met.set()
        reply = read(name, rdtype, shown, message)
        # What only comes with checking disabled is no use to members, and many resolvers deny
        # `invalid` by themselves, however broken the way to all other names is.
        if reply.rcode in GOOD and not (asked.checking_disabled or name.endswith(f".{_NEVER}")):
            self._useful.add(server)
        return reply

    def _gave_up(self, server: Server) -> bool:
        return server not in self.answered and self._met[server].failed >= SILENT_AFTER

    def _deadline_s(self, server: Server) -> float:
        return min(self.query_s, COMPARED_S) if self._compared(server) else self.query_s

    def _compared(self, server: Server) -> bool:
        return not self.named and server in PUBLIC
