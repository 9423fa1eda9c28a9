"""When a domain's registration ends, by RDAP (RFC 9082): rdap.org redirects to the registry."""

from __future__ import annotations

from launchready.collect.web.address import joined_url, subject_of
from launchready.collect.world import World
from launchready.derive.rdap import registered
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.dns import Registration
from launchready.facts.http import Exchange
from launchready.facts.zone import Zone
from launchready.gather import Ask, Collector

BOOTSTRAP = "https://rdap.org/domain/"
HOPS_MAX = 5
_BY_HAND = "Look the date up in your registrar's account."


async def registration(subject: Subject, world: World, ask: Ask) -> Registration | Gap:
    """Return what the registry publishes of a domain, or of the one that it is a part of.

    Not every registry answers: such a gap is ours, as nothing is wrong with the launch.
    """
    key = Key(Registration, subject)
    labels = subject.name.split(".")
    reason = "no registry knows this domain"
    for n in range(len(labels) - 1):
        name = ".".join(labels[n:])
        found = await _answer(f"{BOOTSTRAP}{name}", world, ask)
        if isinstance(found, str):
            # 404 for a name inside a registered domain: ask for the domain above it.
            reason = found
            continue
        if isinstance(found, Gap):
            return Gap(key=key, reason=found.reason, ours=True, how_to_prove=_BY_HAND)
        told = registered(found.body)
        if told is None:
            reason = "the registry's answer is not understood"
            break
        return Registration(
            subject=subject,
            at=world.now(),
            how=f"curl -L {BOOTSTRAP}{name}",
            expires=told.expires,
            status=told.status,
            registrar=told.registrar,
        )
    # No registry knows a domain that does not exist: the zone's own finding says so.
    zone = await ask(Zone, subject)
    because = zone.key if isinstance(zone, Zone) and zone.fault == "absent" else None
    return Gap(key=key, reason=reason, ours=True, how_to_prove=_BY_HAND, because=because)


async def _answer(url: str, world: World, ask: Ask) -> Exchange | Gap | str:
    """Return the answer at the end of the redirects; in words why there is none to use."""
    for _ in range(HOPS_MAX):
        page = await ask(Exchange, subject_of(url, world))
        if isinstance(page, Gap):
            return page
        if not page.verified or page.trouble:
            return "the registry could not be asked safely"
        if page.location is None:
            return page if page.status == 200 else f"the registry answers {page.status}"
        try:
            url = joined_url(url, page.location)
        except ValueError:
            return "the registry redirects to nowhere"
    return "the registry redirects without end"


COLLECTORS: dict[type[Fact], Collector] = {Registration: registration}
