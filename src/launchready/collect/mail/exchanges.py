"""The mail exchanges of a domain, talked to on port 25."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from launchready.collect.dial import is_public
from launchready.collect.mail.smtp import Talk, talk
from launchready.collect.world import World
from launchready.expected import mail_domain
from launchready.facts import Gap, Key, Subject
from launchready.facts.mail import MailServer, MailTalk, Mx
from launchready.gather import Ask

ADDRESSES_MAX = 4
OTHERS_MAX = 20
_TURNED_AWAY = (
    "spamhaus", "blocklist", "block list", "blocked", "blacklist", "denylist", "listed", "dnsbl",
    "rbl", "reputation", "dynamic", "residential", "your ip",
)  # fmt: skip
_BEST = ("talked", "no greeting", "refused", "no connection")
_ELSEWHERE = "From a machine whose network lets port 25 out (a server at a hosting company): "


async def mail_talk(subject: Subject, world: World, ask: Ask) -> MailTalk | Gap:
    """Return what came of talking to a mail exchange at its addresses, one after the other."""
    key = Key(MailTalk, subject)
    addresses = await _addresses(subject, world, ask)
    if isinstance(addresses, Gap):
        return addresses
    how = f"SMTP conversation with {subject.name}:25"
    if not addresses:
        return MailTalk(
            subject=subject, at=world.now(), how=how, end="refused",
            detail="its name has no address",
        )  # fmt: skip
    tries: list[_Try] = []
    for address in addresses[:ADDRESSES_MAX]:
        target = world.dial.target(subject.name, address, 25)
        if target[0] == address and not is_public(address):
            said = Talk(end="refused", detail=f"it publishes {address}, which no sender can reach")
        else:
            said = await talk(
                subject.name, target, _share(world, len(addresses)), world.http.ca_file
            )
        tries.append(_Try(address=address, talk=said))
        if said.end == "talked":
            break
    best = min(tries, key=lambda t: _BEST.index(t.talk.end))
    if best.talk.end == "refused" and 400 <= best.talk.code < 500:
        reason = f"{best.talk.detail} (it asks to come back later)"
        return Gap(key=key, reason=reason, how_to_prove="Run it again in an hour.")
    said = best.talk
    return MailTalk(
        subject=subject, at=world.now(), how=how, end=said.end, address=best.address,
        banner=said.banner, starttls=said.starttls, tls_accepted=said.tls_accepted,
        tls_detail=said.tls_detail, name_matches=said.name_matches, trusted=said.trusted,
        trust_detail=said.trust_detail, detail=said.detail,
        ours=all(t.talk.no_route for t in tries)
        or (said.code >= 500 and any(w in said.detail.lower() for w in _TURNED_AWAY)),
    )  # fmt: skip


async def mail_server(subject: Subject, world: World, ask: Ask) -> MailServer | Gap:
    """Return the conversation with a mail exchange.

    Silence is the server's only when another exchange of the launch could be reached; otherwise
    our own network may keep port 25 closed, as most do.
    """
    key = Key(MailServer, subject)
    said = await ask(MailTalk, subject)
    if isinstance(said, Gap):
        return Gap(
            key=key, reason=said.reason, because=said.because, ours=said.ours,
            how_to_prove=said.how_to_prove,
        )  # fmt: skip
    prove = _ELSEWHERE + f"openssl s_client -starttls smtp -connect {subject.name}:25"
    if said.ours and said.end == "no connection":
        family = " with IPv6" if ":" in said.address else ""
        prove = (
            f"From a machine{family}: openssl s_client -starttls smtp -connect {subject.name}:25"
        )
        reason = f"this machine has no way to {said.address}"
        return Gap(key=key, reason=reason, ours=True, how_to_prove=prove)
    if said.ours:
        reason = f"it turns our own network away: {said.detail}"
        return Gap(key=key, reason=reason, ours=True, how_to_prove=prove)
    if said.end == "no greeting":
        return Gap(key=key, reason=said.detail, how_to_prove=prove)
    detail = said.detail
    if said.end == "no connection":
        if not await _another_answers(subject, world, ask):
            reason = f"{said.detail}; most home and office networks let nothing out to port 25"
            return Gap(key=key, reason=reason, ours=True, how_to_prove=prove)
        detail = f"{said.detail}, while another mail server could be reached"
    return MailServer(
        subject=subject,
        at=said.at,
        how=f"openssl s_client -starttls smtp -connect {subject.name}:25",
        reachable=said.end == "talked",
        banner=said.banner,
        starttls=said.starttls,
        tls_accepted=said.tls_accepted,
        tls_detail=said.tls_detail,
        name_matches=said.name_matches,
        trusted=said.trusted,
        trust_detail=said.trust_detail,
        detail=detail,
        address=said.address,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    address: str
    talk: Talk


async def _addresses(subject: Subject, world: World, ask: Ask) -> list[str] | Gap:
    mapped = world.dial.by_host(subject.name, 25)
    if mapped is not None:
        return [mapped[0]]
    key = Key(MailTalk, subject)
    if subject.parent is not None:
        mx = await ask(Mx, subject.parent)
        if isinstance(mx, Gap):
            return Gap(key=key, reason=mx.reason, because=mx.key, ours=mx.ours)
        known = [r for r in mx.records if r.exchange == subject.name]
        if known and known[0].addresses:
            return list(known[0].addresses)
    replies = await asyncio.gather(*(world.names.ask(subject.name, kind) for kind in ("A", "AAAA")))
    found = [address for reply in replies for address in reply.texts]
    if not found and (silent := next((r for r in replies if r.rcode is None), None)) is not None:
        ours = silent.ours or not await world.names.works()
        return Gap(key=key, reason=f"its name could not be looked up: {silent.trouble}", ours=ours)
    return found


async def _another_answers(subject: Subject, world: World, ask: Ask) -> bool:
    """Return whether any other mail exchange of the launch took a connection."""
    others: set[Subject] = set()
    for name in world.manifest.mail_domains:
        domain = mail_domain(world.manifest, name)
        mx = await ask(Mx, domain)
        if isinstance(mx, Mx):
            others |= {Subject("mail server", r.exchange, domain) for r in mx.records[:10]}
    others = {o for o in others if o.name != subject.name}
    ordered = sorted(others, key=lambda o: o.name)[:OTHERS_MAX]
    found = await asyncio.gather(*(ask(MailTalk, other) for other in ordered))
    return any(isinstance(f, MailTalk) and f.end in {"talked", "no greeting"} for f in found)


def _share(world: World, addresses: int) -> float:
    """Return the seconds for one address, so that all of them fit into the fact's deadline."""
    tried = max(1, min(addresses, ADDRESSES_MAX))
    return min(world.request_s, 0.8 * world.deadline_s / tried)


COLLECTORS = {MailTalk: mail_talk, MailServer: mail_server}
