"""Hosts as resolvers answer them: addresses, CAA, the proof of ownership.

A host that the dial map names but the DNS does not know is reported as the DNS says: its pages are
reached by the dial map, and the missing record is a finding of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from launchready.collect.dial import is_loopback, is_publishable
from launchready.collect.dns.network import out_of_reach
from launchready.collect.dns.reply import ALIASES_MAX, GOOD, Reply
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject, domain_subject, url_subject
from launchready.facts.dns import Alias, Caa, CaaRecord, Ownership, Resolution, ResolverAnswer
from launchready.facts.http import Exchange
from launchready.facts.zone import Zone
from launchready.gather import Ask, Collector
from launchready.mailauth.names import is_at_or_below
from launchready.manifest import HostEntry

FOLLOWED = 8
"""So many aliases every resolver follows; unbound and BIND stop at 11, PowerDNS at 10."""
PROOF_PATH = "/.well-known/launchready.txt"


async def resolution(subject: Subject, world: World, ask: Ask) -> Resolution | Gap:
    """Return what every resolver answers for a host, all asked at the same time.

    A resolver that does not answer is kept as trouble. When all that fails is explained by the
    zone (bogus, lame, absent), the result is a gap because of the zone.
    """
    name, resolvers = subject.name, world.names.resolvers
    answers = await asyncio.gather(*(_answer_of(world, subject, r) for r in resolvers))
    found = Resolution(
        subject=subject,
        at=world.now(),
        how=f"asked {len(resolvers)} resolvers for A and AAAA of {name}",
        answers=tuple(answers),
    )
    if not found.usable and (ours := await out_of_reach(found.key, world, _parent(subject).name)):
        return ours
    if not found.addresses and _zone_may_tell(subject, world, found):
        zone_key = Key(Zone, _parent(subject))
        zone = await ask(Zone, zone_key.subject)
        if isinstance(zone, Zone) and zone.fault in {"absent", "bogus", "lame"}:
            reason = f"the zone {zone.apex} does not answer as it should"
            return Gap(key=found.key, reason=reason, because=zone_key)
    if not found.usable:
        return unanswered(found.key, answers[0].trouble)
    if found.fault == "unresolved" and _of_the_launch(subject, world):
        zone = await ask(Zone, _parent(subject))
        differing = zone.differing if isinstance(zone, Zone) else ()
        differs = any(label.partition(" ")[0] == name for label in differing)
        found = replace(found, servers_differ=differs)
    return await _completed(found, world)


async def _answer_of(world: World, subject: Subject, resolver: tuple[str, int]) -> ResolverAnswer:
    names, name = world.names, subject.name
    v4, v6 = await asyncio.gather(
        names.ask(name, "A", resolver=resolver), names.ask(name, "AAAA", resolver=resolver)
    )
    if not {v4.rcode, v6.rcode} & GOOD and v4.rcode is not None:
        # Before it counts against the host: a resolver may refuse whatever this network asks.
        complaint = await names.complaint(resolver, _parent(subject).name)
        if complaint:
            return ResolverAnswer(resolver=v4.server, rcode=None, trouble=complaint)
    bogus, aliases, loop = False, v4.aliases or v6.aliases, v4.loop or v6.loop
    if v4.rcode == "SERVFAIL":
        # SERVFAIL may be bad DNSSEC: asked again without checking, to tell.
        unchecked = await names.ask(name, "A", resolver=resolver, checking_disabled=True)
        bogus = unchecked.rcode in GOOD and not unchecked.loop
        aliases, loop = unchecked.aliases, loop or unchecked.loop
        if not bogus and not aliases:
            aliases, loop = await _traced(world, name, resolver)
        if len(aliases) > FOLLOWED and not loop:
            # Their number alone fails where the last of them can be looked up by itself.
            end = await names.ask(aliases[-1].target, "A", resolver=resolver)
            loop = bool(end.found)
            bogus = bogus and not loop
    elif v6.rcode == "SERVFAIL":
        unchecked = await names.ask(name, "AAAA", resolver=resolver, checking_disabled=True)
        bogus = unchecked.rcode in GOOD and not unchecked.loop
    times = [r.ttl_s for r in (v4, v6) if r.ttl_s is not None]
    return ResolverAnswer(
        resolver=v4.server,
        rcode=v4.rcode,
        v4=tuple(sorted(v4.texts)),
        v6=tuple(sorted(v6.texts)),
        aliases=aliases,
        ttl_s=min(times, default=None),
        v6_rcode=v6.rcode,
        bogus=bogus,
        loop=loop,
        trouble=v4.trouble,
        denied_by=v4.denied_by if v4.rcode == "NXDOMAIN" else "",
        made_up=v4.made_up + v6.made_up,
    )


async def _traced(
    world: World, name: str, resolver: tuple[str, int]
) -> tuple[tuple[Alias, ...], bool]:
    """Follow aliases one by one: resolvers answer SERVFAIL to a loop without showing it."""
    aliases: list[Alias] = []
    seen = {name}
    while len(aliases) <= ALIASES_MAX:
        reply = await world.names.ask(name, "CNAME", resolver=resolver, checking_disabled=True)
        if not (reply.found and reply.texts):
            return tuple(aliases), False
        target = reply.texts[0]
        aliases.append(Alias(owner=name, target=target, ttl_s=reply.found.ttl_s))
        if target in seen:
            return tuple(aliases), True
        seen.add(target)
        name = target
    return tuple(aliases), True


def unanswered(key: Key, trouble: str) -> Gap:
    """Return the gap of a question that no resolver answered."""
    reason = f"no resolver answers for this name ({trouble}), though they answer for others"
    return Gap(key=key, reason=reason)


def _of_the_launch(subject: Subject, world: World) -> bool:
    """Return whether the host lies in a domain of the launch, whose zone is looked at anyway."""
    own = {world.manifest.launch.domain, *world.manifest.all_hosts, *world.manifest.mail_domains}
    return _parent(subject).name in own


def _zone_may_tell(subject: Subject, world: World, found: Resolution) -> bool:
    """Return whether the fault may lie in the zone of the launch, and not in this one name."""
    domain = _parent(subject).name
    if not _of_the_launch(subject, world) or any(a.loop for a in found.answers):
        return False
    # A denial that comes from the zone itself, or from beyond an alias, is about the name alone.
    about_name = all(
        a.rcode == "NXDOMAIN" and (a.aliases or is_at_or_below(a.denied_by, domain))
        for a in found.usable
    )
    if not found.usable:
        # Resolvers often wait longer for silent name servers than we wait for them.
        return True
    return not about_name and any(a.rcode != "NOERROR" for a in found.usable)


async def _completed(found: Resolution, world: World) -> Resolution:
    """Return the fact with what the manifest makes worth knowing about its addresses."""
    name = found.subject.name
    entry = world.manifest.hosts.get(name)
    targets: tuple[str, ...] | None = None
    if entry and entry.cname and found.addresses and not found.aliases:
        # An alias at the apex is often flattened to addresses: compare with its target's.
        replies = await asyncio.gather(
            *(world.names.ask(entry.cname, kind) for kind in ("A", "AAAA"))
        )
        targets = tuple(sorted(address for r in replies for address in r.texts))
    private = tuple(a for a in found.addresses if not is_publishable(a))
    dialled = any(
        is_loopback(address) or world.dial.target(name, address, port) != (address, port)
        for address in private
        for port in (80, 443)
    )
    return replace(
        found,
        private=private,
        private_dialled=dialled,
        target_addresses=targets,
        # A host that is dialled by its name is seen where the dial map says, wherever it leads.
        elsewhere=entry is not None
        and world.dial.by_host(name, 443) is None
        and _leads_elsewhere(found, entry),
    )


def _leads_elsewhere(found: Resolution, declared: HostEntry) -> bool:
    """Return whether a host leads to nothing of what the manifest declares for it."""
    if declared.cname:
        return bool(found.aliases) and declared.cname not in {a.target for a in found.aliases}
    return bool(found.addresses and declared.addresses) and not (
        set(found.addresses) & set(declared.addresses)
    )


async def caa(subject: Subject, world: World, ask: Ask) -> Caa | Gap:
    """Return the CAA records that apply to a host: the first set found climbing (RFC 8659).

    A look-up that fails is kept: a certificate authority must not issue then.
    """
    key = Key(Caa, subject)
    labels = subject.name.split(".")
    names = [".".join(labels[n:]) for n in range(len(labels))][:10]
    replies = await asyncio.gather(*(world.names.ask(name, "CAA") for name in names))
    if not any(r.rcode in GOOD for r in replies):
        ours = await out_of_reach(key, world)
        if ours or all(r.rcode is None for r in replies):
            return ours or unanswered(key, replies[0].trouble)
    for name, reply in zip(names, replies, strict=True):
        if reply.rcode not in GOOD:
            resolved = await ask(Resolution, subject)
            if isinstance(resolved, Gap) or resolved.fault:
                because = Key(Resolution, subject)
                return Gap(key=key, reason=f"{name} cannot be looked up", because=because)
            trouble = f"{name}: {reply.trouble or reply.rcode}"
            return _caa(subject, world, (), trouble)
        if reply.found:
            return _caa(subject, world, _caa_records(name, reply), "")
    return _caa(subject, world, (), "")


def _caa(subject: Subject, world: World, records: tuple[CaaRecord, ...], trouble: str) -> Caa:
    how = f"dig CAA {subject.name}"
    return Caa(subject=subject, at=world.now(), how=how, records=records, trouble=trouble)


def _caa_records(owner: str, reply: Reply) -> tuple[CaaRecord, ...]:
    from dns.rdtypes.ANY.CAA import CAA  # noqa: PLC0415 - its folder is imported by need

    return tuple(
        CaaRecord(
            owner=owner,
            flags=rdata.flags,
            tag=rdata.tag.decode("latin-1").lower(),
            # A terminal would obey control characters.
            value="".join(c if c.isprintable() else "?" for c in rdata.value.decode("latin-1")),
        )
        for rdata in (reply.found.rdatas if reply.found else ())
        if isinstance(rdata, CAA)
    )


async def ownership(subject: Subject, world: World, ask: Ask) -> Ownership | Gap:
    """Return whether the manifest's token stands in the DNS or on the site of the domain.

    A TXT record at `_launchready.<domain>` is looked for first, then the file
    `/.well-known/launchready.txt`, whose certificate must be one that browsers accept.
    """
    token, domain = world.manifest.launch.token, subject.name
    if not token:
        return _proof(subject, world, detail="the manifest has no [launch] token")
    reply = await world.names.ask(f"_launchready.{domain}", "TXT")
    if token.encode() in reply.as_answer().texts:
        detail = f"the TXT record at _launchready.{domain} holds the token"
        return _proof(subject, world, proven=True, detail=detail)
    url = f"https://{domain}{PROOF_PATH}"
    page = await ask(Exchange, url_subject(url, domain))
    if isinstance(page, Exchange) and page.status == 200 and page.verified:
        text = page.body[:1000].decode("utf-8", "replace").strip()
        if text == token:
            return _proof(subject, world, proven=True, detail=f"{url} holds the token")
    if reply.rcode is None and isinstance(page, Gap):
        reason = f"neither the DNS ({reply.trouble}) nor the site ({page.reason}) could be asked"
        return Gap(key=Key(Ownership, subject), reason=reason, ours=page.ours)
    missing = f"neither a TXT record at _launchready.{domain} nor {url} holds the token"
    return _proof(subject, world, detail=missing)


def _proof(subject: Subject, world: World, *, detail: str, proven: bool = False) -> Ownership:
    how = f"dig TXT _launchready.{subject.name}"
    return Ownership(subject=subject, at=world.now(), how=how, proven=proven, detail=detail)


def _parent(subject: Subject) -> Subject:
    return subject.parent or domain_subject(subject.name)


COLLECTORS: dict[type[Fact], Collector] = {
    Resolution: resolution,
    Caa: caa,
    Ownership: ownership,
}
