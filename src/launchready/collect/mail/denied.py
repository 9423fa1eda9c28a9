"""What it means that a domain's mail records cannot be looked up, or are not there."""

from __future__ import annotations

from launchready.collect.dns.network import out_of_reach
from launchready.collect.dns.reply import Reply
from launchready.collect.world import World
from launchready.expected import zone_of
from launchready.facts import Gap, Key, Subject, domain_subject
from launchready.facts.zone import Zone
from launchready.gather import Ask
from launchready.manifest import MailDomainEntry


async def denied(key: Key, world: World, ask: Ask, reply: Reply, domain: str = "") -> Gap | None:
    """Return the gap when no answer came because of our network or the zone as a whole."""
    failed = reply.as_answer().failed
    if not failed and reply.rcode != "NXDOMAIN":
        return None
    if failed and (ours := await out_of_reach(key, world)):
        return ours
    if not failed and _is_idle(domain or key.subject.name, world):
        # That the name does not exist says what becomes of mail in its name.
        return None
    zone_key = _zone_key(domain or key.subject.name, world)
    zone = await ask(Zone, zone_key.subject)
    if isinstance(zone, Gap):
        if failed:
            return Gap(key=key, reason=zone.reason, because=zone_key, ours=zone.ours)
        return None
    explains = {"absent"} | ({"bogus", "lame"} if failed else set())
    if zone.fault in explains:
        return Gap(key=key, reason=f"{zone.apex} cannot be looked up", because=zone_key)
    return None


async def absence(domain: str, world: World, ask: Ask) -> Key | None:
    """Return the key of the zone when a domain that does nothing is not there at all."""
    key = _zone_key(domain, world)
    zone = await ask(Zone, key.subject) if _is_idle(domain, world) else None
    return key if isinstance(zone, Zone) and zone.fault == "absent" else None


def _zone_key(domain: str, world: World) -> Key:
    return Key(Zone, domain_subject(zone_of(world.manifest, domain)))


def _is_idle(domain: str, world: World) -> bool:
    """Return whether the manifest says that the domain sends no mail, and nothing of receiving any."""
    entry = world.manifest.mail_domains.get(domain)
    return entry is not None and not entry.sends and not entry.receives


def said(reply: Reply) -> str:
    """Return in words why a reply holds no answer."""
    return reply.said or reply.trouble or reply.rcode or "no answer"


def entry_of(world: World, subject: Subject) -> MailDomainEntry:
    """Return what the manifest says of a mail domain; the defaults when it does not name it."""
    known = world.manifest.mail_domains.get(subject.name)
    return known if known is not None else MailDomainEntry(name=subject.name)
