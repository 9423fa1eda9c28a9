"""Whether anything says that mail is sent as a domain: the manifest, or a record in the DNS."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from launchready.collect.world import World
from launchready.derive.mail.senders import COMMON_SELECTORS
from launchready.mailauth.dkim_key import find_dkim_key
from launchready.mailauth.dmarc_record import looks_like_dmarc
from launchready.mailauth.lookups import arun
from launchready.manifest import SIGN_IN_KINDS, Manifest

# Possessive: a text of nothing but spaces would be parted in every way there is.
_MEANT_AS_SPF = re.compile(rb"\W*+v?\s*+=?\s*+spf\s*+[12]", re.IGNORECASE)


async def silent(domain: str, world: World) -> bool:
    """Return whether nothing says that mail is sent as this domain.

    Nothing does where the manifest names no mail domain and no page by which members sign in or
    pay, and the domain has neither MX nor SPF, DMARC or DKIM. A look-up that fails leaves it open.
    """
    if _is_told(world.manifest):
        return False
    above = f"_domainkey.{domain}"
    asked = ((domain, "MX"), (domain, "TXT"), (f"_dmarc.{domain}", "TXT"), (above, "TXT"))
    replies = await asyncio.gather(*(world.names.ask(name, kind) for name, kind in asked))
    answers = [reply.as_answer() for reply in replies]
    if any(answer.failed for answer in answers):
        return False
    exchanges, own, policy, _ = answers
    if any(name.rstrip(".") for _, name in exchanges.exchanges):
        return False
    if any(map(meant_as_spf, own.texts)) or any(map(looks_like_dmarc, policy.texts)):
        return False
    if replies[-1].rcode == "NXDOMAIN":
        return True
    # Where any name exists, as under a wildcard, that this one does tells nothing of keys.
    anything = await world.names.ask(f"{world.names.unlikely}.{domain}", "TXT")
    return anything.rcode == "NOERROR" and not await keys(domain, COMMON_SELECTORS, world)


def _is_told(manifest: Manifest) -> bool:
    """Return whether the manifest names mail domains, or pages that mail to members belongs to."""
    pages = any(route.kind in SIGN_IN_KINDS for route in manifest.routes.values())
    return bool(manifest.mail.domains or manifest.accounts or pages)


def meant_as_spf(text: bytes) -> bool:
    """Return whether somebody meant this TXT record as SPF, valid or not."""
    return _MEANT_AS_SPF.match(text) is not None


async def keys(domain: str, selectors: Sequence[str], world: World) -> tuple[str, ...]:
    """Return those of the selectors that hold a key; none where any name would hold one."""
    tried = [world.names.unlikely, *selectors]
    results = await asyncio.gather(
        *(arun(find_dkim_key(domain, each), world.names.answer) for each in tried)
    )
    if results[0].status == "found":
        return ()
    return tuple(
        selector
        for selector, result in zip(tried, results, strict=True)
        if result.status == "several" or (result.key is not None and result.key.public_key)
    )
